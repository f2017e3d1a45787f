"""Ashlock fingerprints: a strategy as a function of two noise parameters of a probe; exact, not sampled.

Source: Ashlock & Kim (2008), "Fingerprinting: visualization and automatic analysis of prisoner's
dilemma strategies"; on the whole square Ashlock, Kim & Ashlock (2010), "A fingerprint comparison of
different prisoner's dilemma payoff matrices".
"""

from __future__ import annotations

import numpy as np

from moral_games.analysis.chain import joint, long_run_occupancy, transition_matrix
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, as_policy
from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import RepeatedGame, Rewards
from moral_games.situations import Floats, Situations


def joss_ann(policy: FiniteStatePolicy, x: float, y: float) -> FiniteStatePolicy:
    """Return the policy that plays action 0 with probability x, action 1 with y, and else as `policy` does.

    It remembers what was then played.

    Raises
    ------
    ValueError
        If the policy has not two actions, or x, y and x + y are not all probabilities.
    """
    if policy.probabilities.shape[1] != 2:
        raise ValueError(f"the Joss-Ann transform is for two actions; policy {policy.name!r} has another number")
    if min(x, y) < 0 or x + y > 1 + 1e-9:
        raise ValueError(f"x and y must be probabilities that sum to at most 1, got x={x} and y={y}")
    kept = max(0.0, 1 - x - y)
    name = f"joss_ann({policy.name}, {x:g}, {y:g})"
    return FiniteStatePolicy(np.array([x, y]) + kept * policy.probabilities, policy.transitions, name)


def dual(policy: FiniteStatePolicy) -> FiniteStatePolicy:
    """Return the policy that does the opposite of what `policy` would do, had it done so before.

    Raises
    ------
    ValueError
        If the policy has not two actions.
    """
    if policy.probabilities.shape[1] != 2:
        raise ValueError(f"the dual is for two actions; policy {policy.name!r} has another number")
    memories = len(policy.transitions)
    opposite = policy.transitions.reshape(memories, 2, -1)[:, ::-1].reshape(memories, -1)
    return FiniteStatePolicy(policy.probabilities[:, ::-1], opposite, f"dual({policy.name})")


def fingerprint(
    strategy: AnyOpponent,
    game: MatrixGame,
    rewards: Rewards = "selfish",
    probe: AnyOpponent = "tit_for_tat",
    points: int = 21,
) -> Floats:
    """Return a strategy's long-run mean reward against the Joss-Ann transforms of a probe.

    At (x, y) the probe plays its first action with probability x, its second with y, and otherwise
    what it would have played. Where x + y > 1 that is read as the dual of the transform at
    (1 − x, 1 − y), which continues it. Play begins at the start, so that values on the
    square's edge, where the probe does not visit everything, may jump.

    Parameters
    ----------
    strategy
        A strategy with a finite table.
    game
        A two-by-two game; the strategy is player 0.
    rewards
        ``"selfish"`` for payoffs, as in the source, or any other value.
    probe
        A strategy with a finite table; player 1.
    points
        How many values each of x and y takes, evenly from 0 to 1; at least 2.

    Returns
    -------
    ndarray
        (points, points) float64, entry (i, j) for x = i / (points − 1) and y = j / (points − 1).

    Raises
    ------
    ValueError
        If the game is not two-by-two, a strategy has no table or does not fit it, or there are
        fewer than two points.

    Examples
    --------
    Always defecting gets T where the probe cooperates, which is with probability x, and P elsewhere:

    >>> from moral_games import games
    >>> fingerprint("always_defect", games.get("ipd"), points=3)
    array([[1. , 1. , 1. ],
           [2.5, 2.5, 2.5],
           [4. , 4. , 4. ]])
    """
    if game.shape != (2, 2):
        raise ValueError(f"fingerprints are for two players and two actions; game {game.name!r} has {game.shape}")
    if points < 2:
        raise ValueError(f"points must be at least 2, got {points}")
    one, other = as_policy(strategy, game), as_policy(probe, game.seen_by(1))
    repeated = RepeatedGame.compile(game, rewards)
    below, above = (Situations.build(repeated, [one, policy]) for policy in (other, dual(other)))
    values = np.empty((points, points))
    grid = np.linspace(0, 1, points)
    for i, x in enumerate(grid):
        for j, y in enumerate(grid):
            if i + j < points:
                values[i, j] = _long_run_reward(below, [one, joss_ann(other, x, y)])
            else:
                values[i, j] = _long_run_reward(above, [one, dual(joss_ann(other, 1 - x, 1 - y))])
    return values


def _long_run_reward(met: Situations, policies: list[FiniteStatePolicy]) -> float:
    play = joint(met.acting(policies))
    shares = long_run_occupancy(transition_matrix(met, play), met.first("start"))
    return float(np.einsum("k,kj,kj->", shares, play, met.rewards[..., 0]))
