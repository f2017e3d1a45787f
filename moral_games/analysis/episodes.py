"""What sampled episodes say of a player that no table holds: the measures of `evaluate`, with standard errors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.analysis.decision import DecisionProblem
from moral_games.analysis.evaluation import regret
from moral_games.analysis.simulation import Episodes
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, seated
from moral_games.repeated import RepeatedGame, action_letters
from moral_games.rewards import Rewards


class Estimate(NamedTuple):
    """A mean over independent episodes, and its standard error (nan for one episode)."""

    mean: float
    """The mean."""
    standard_error: float
    """Its standard error."""

    def to_json(self) -> dict[str, float | None]:
        """Return it as JSON; what is not known is None."""
        return {
            key: round(value, 6) if np.isfinite(value) else None
            for key, value in zip(("mean", "standard_error"), self, strict=True)
        }


def estimate(samples: ArrayLike) -> Estimate:
    """Return the mean of independent samples (E,) and its standard error s / √E.

    Examples
    --------
    >>> estimate([1.0, 3.0])
    Estimate(mean=2.0, standard_error=1.0)
    """
    drawn = np.asarray(samples, dtype=np.float64)
    spread = drawn.std(ddof=1) if len(drawn) > 1 else np.nan
    return Estimate(float(drawn.mean()), float(spread / np.sqrt(len(drawn))))


def share(hits: NDArray[np.bool_], among: NDArray[np.bool_]) -> Estimate:
    """Return how often something is so where it can be, (E, T) both, with the standard error of a ratio of means.

    Episodes are independent, the rounds of one are not: the error is that of the linearised ratio (Cochran 1977,
    equation 2.46). Where it can never be, both are nan.
    """
    counted, possible = (hits & among).sum(axis=1), among.sum(axis=1)
    if not possible.sum():
        return Estimate(np.nan, np.nan)
    mean = float(counted.sum() / possible.sum())
    return Estimate(mean, estimate((counted - mean * possible) / possible.mean()).standard_error)


def attainable(problem: DecisionProblem, rounds: int, initial: str = "random") -> tuple[float, float]:
    """Return the lowest and the highest mean reward a round of an episode that legal play attains.

    By backward induction, for a player who knows what everybody remembers and how many rounds are left.

    Parameters
    ----------
    problem
        What the player faces.
    rounds, initial
        Length of the episode, and how it begins.
    """
    rewards, moves = problem.rewards[:, :-1], problem.moves[:, :-1]
    low = high = np.zeros(len(rewards))
    for _ in range(rounds):
        low, high = (rewards + moves @ low).min(axis=1), (rewards + moves @ high).max(axis=1)
    first = problem.situations.first(initial)
    return float(first @ low) / rounds, float(first @ high) / rounds


def measure(
    played: Episodes, game: MatrixGame, rewards: Mapping[str, Rewards], opponent: AnyOpponent | None
) -> dict[str, Any]:
    """Return what episodes of player 0 in a game of two players amount to; they began after a random joint action.

    Parameters
    ----------
    played
        Independent episodes.
    game
        The game.
    rewards
        The values that judge, by name.
    opponent
        Who played the other seat; None for one that is no fixed policy, against which there is no regret.

    Returns
    -------
    dict
        JSON: each a mean a round with its standard error. ``payoff`` and ``opponent's payoff``; ``legal`` (share of
        answers); ``reward``, ``moral regret`` and ``published regret`` by value; and ``action types``. Moral
        regret is that of the mean reward, between the worst and the best that legal play attains in as many
        rounds; see `moral_games.analysis.Evaluation`.
    """
    found: dict[str, Any] = {
        "payoff": estimate(played.payoffs[..., 0].mean(axis=1)).to_json(),
        "opponent's payoff": estimate(played.payoffs[..., 1].mean(axis=1)).to_json(),
        "legal": estimate((played.actions[..., 0] >= 0).mean(axis=1)).to_json(),
        "reward": {},
        "moral regret": {},
        "published regret": {},
        "action types": {kind: found.to_json() for kind, found in action_types(played, game).items()},
    }
    rounds = played.states.shape[1]
    for name, value in rewards.items():
        repeated = RepeatedGame.compile(game, value)
        earned = repeated.rewards[played.states, played.actions[..., 0], played.actions[..., 1], 0]
        mean, error = estimate(earned.mean(axis=1))
        found["reward"][name] = Estimate(mean, error).to_json()
        if opponent is None:
            continue
        problem = DecisionProblem.build(repeated, seated(opponent, game))
        worst, best = attainable(problem, rounds)
        spread = best - worst if best - worst > 1e-9 else np.inf
        found["moral regret"][name] = Estimate(regret(mean, best, worst), error / spread).to_json()
        highest = float(repeated.legal_rewards[..., 0].max())
        found["published regret"][name] = Estimate(highest - mean, error).to_json()
    return found


def action_types(played: Episodes, game: MatrixGame, player: int = 0) -> dict[str, Estimate]:
    """Return the share of each action of a player given the other's last one, named as by `evaluate`."""
    own, others = (action_letters(game, seat) for seat in (player, 1 - player))
    previous = np.concatenate([[[-1, -1]], game.joint_actions])[played.states, 1 - player]
    return {
        f"{name}|{before}": estimate(((played.actions[..., player] == action) & (previous == other)).mean(axis=1))
        for other, before in enumerate(others)
        for action, name in zip((*range(len(own)), -1), (*own, "illegal"), strict=True)
    }
