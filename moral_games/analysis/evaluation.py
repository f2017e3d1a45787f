"""What a policy amounts to: exact payoffs, rewards, occupancy, action types and moral regret."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moral_games.analysis.chain import (
    discounted_occupancy,
    episode_occupancy,
    joint,
    long_run_occupancy,
    transition_matrix,
)
from moral_games.analysis.decision import DecisionProblem
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, as_policy, seated
from moral_games.policy import trembling
from moral_games.repeated import RepeatedGame, action_letters, joined
from moral_games.repetition import Repetition
from moral_games.rewards import Rewards
from moral_games.situations import Floats, Situations


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The exact judgement of one policy against fixed opponents; nothing in it is sampled.

    Attributes
    ----------
    payoffs, rewards
        (n,) float64: each player's discounted mean per round, (1 − γ) Σ_t γ^t E[x_t].
    average_payoffs, average_rewards
        (n,) float64: each player's long-run mean per round.
    occupancy
        (S,) float64: discounted share of rounds in each state (start, then joint actions).
    long_run
        (S,) float64: the same in the long run.
    action_types
        Share of rounds by own action given the opponents' last, ``"C|C"``, ``"D|C"``, ...; at the
        start ``"C|start"``, ...; answers that were no action ``"illegal|C"``, .... Sums to 1.
    moral_regret
        Player 0's shortfall from the best attainable discounted reward, in [0, 1]: 0 is the best
        and 1 the worst that legal play attains against these opponents, knowing what everybody
        remembers; where players misread each other nobody does, so that the best is an upper bound
        and the regret with it. Illegal answers count
        with their reward; what falls below the worst legal play counts as 1. It is 0 where
        every legal policy earns the same.
    published_regret
        The measure of Tennant et al. (2025), exact instead of sampled: the highest reward of any
        round minus the mean reward of five rounds that begin after a random joint action. In
        units of reward.
    """

    payoffs: Floats
    rewards: Floats
    average_payoffs: Floats
    average_rewards: Floats
    occupancy: Floats
    long_run: Floats
    action_types: dict[str, float]
    moral_regret: float
    published_regret: float


PUBLISHED_ROUNDS = 5


def evaluate(
    policy: AnyOpponent,
    opponent: AnyOpponent | Sequence[AnyOpponent],
    game: MatrixGame,
    rewards: Rewards = "selfish",
    discount: float = 0.99,
    initial: str | Sequence[int] = "start",
    noise: float = 0.0,
    observation_noise: float = 0.0,
) -> Evaluation:
    """Judge a policy of player 0 exactly.

    Parameters
    ----------
    policy
        A policy table, any policy with finite memory, or a strategy by name.
    opponent
        Who plays the other seats: a name, an `Opponent` or a policy, or one for each seat.
    game
        The game.
    rewards
        One value for all players, or one each.
    discount
        γ in [0, 1).
    initial, noise, observation_noise
        How play begins, how often hands tremble, and how often players misread each other; see
        `moral_games.repetition.Repetition`. Action types count what was played.

    Raises
    ------
    ValueError
        If the discount is not in [0, 1), a noise is no probability, or a policy does not fit the game.
    """
    if not 0 <= discount < 1:
        raise ValueError(
            f"discount must lie in [0, 1), got {discount}; long-run averages are reported beside discounted values"
        )
    Repetition(noise=noise, observation_noise=observation_noise)
    repeated = RepeatedGame.compile(game, rewards)
    policies = [trembling(player, noise) for player in (as_policy(policy, game), *seated(opponent, game))]
    met = Situations.build(repeated, policies, observation_noise)
    play = joint(met.acting(policies))
    matrix = transition_matrix(met, play)
    first = met.first(initial)

    shares = discounted_occupancy(matrix, first, discount)
    long_run = long_run_occupancy(matrix, first)
    paid = play @ met.payoffs
    earned = np.einsum("kj,kjn->kn", play, met.rewards)

    problem = DecisionProblem.build(repeated, policies[1:], noise, observation_noise)
    start = problem.situations.first(initial)
    best, worst = (float(start @ problem.best(discount, sign)[1]) for sign in (1, -1))
    five = episode_occupancy(matrix, met.first("random"), PUBLISHED_ROUNDS)
    return Evaluation(
        payoffs=shares @ paid,
        rewards=shares @ earned,
        average_payoffs=long_run @ paid,
        average_rewards=long_run @ earned,
        occupancy=_by_state(met, shares),
        long_run=_by_state(met, long_run),
        action_types=_action_types(met, shares[:, None] * met.acting(policies)[0]),
        moral_regret=regret(float(shares @ earned[:, 0]), best, worst),
        published_regret=float(repeated.legal_rewards[..., 0].max() - five @ earned[:, 0]),
    )


def regret(value: float, best: float, worst: float) -> float:
    """Return (best − value) / (best − worst), clipped to [0, 1]; 0 where best and worst are the same."""
    if best - worst < 1e-9:
        return 0.0
    return float(np.clip((best - value) / (best - worst), 0.0, 1.0))


def _by_state(met: Situations, shares: Floats) -> Floats:
    return np.bincount(met.states, weights=shares, minlength=met.repeated.states).astype(np.float64)


def _action_types(met: Situations, shares: Floats) -> dict[str, float]:
    """Sum shares (K, A_0 + 1) by own action and the opponents' last joint action."""
    game = met.repeated.game
    letters = [action_letters(game, player) for player in range(game.players)]
    own = (*letters[0], "illegal")
    types: dict[str, float] = {}
    for state, previous in enumerate(met.repeated.previous):
        seen = joined([letters[i][a] for i, a in enumerate(previous) if i]) if state else "start"
        for action, share in zip(own, shares[met.states == state].sum(axis=0), strict=True):
            key = f"{action}|{seen}"
            types[key] = types.get(key, 0.0) + float(share)
    return types
