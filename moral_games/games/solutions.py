"""What reason says of one play of a game: dominance, equilibria in pure strategies, efficiency.

Payoffs that differ by less than `MatrixGame.resolution` count as equal. Mixed equilibria are in `moral_games.analysis`.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

from moral_games.games.game import MatrixGame

JointAction = tuple[int, ...]


def dominant_actions(game: MatrixGame) -> tuple[int | None, ...]:
    """Return for each player its strictly dominant action, None where it has none.

    Examples
    --------
    >>> dominant_actions(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    (1, 1)
    """
    return tuple(_dominant(game, player) for player in range(game.players))


def _dominant(game: MatrixGame, player: int) -> int | None:
    own = np.moveaxis(game.payoffs[..., player], player, 0).reshape(game.shape[player], -1)
    with np.errstate(over="ignore"):
        for action, payoffs in enumerate(own):
            if (payoffs > np.delete(own, action, axis=0) + game.resolution).all():
                return action
    return None


def nash_set(game: MatrixGame) -> tuple[JointAction, ...]:
    """Return the Nash equilibria in pure strategies, in row-major order.

    Examples
    --------
    >>> nash_set(MatrixGame.from_payoffs([[[4, 4], [0, 3]], [[3, 0], [1, 1]]]))
    ((0, 0), (1, 1))
    """
    stable = np.ones(game.shape, dtype=bool)
    for player in range(game.players):
        own = game.payoffs[..., player]
        with np.errstate(over="ignore"):
            stable &= own >= own.max(axis=player, keepdims=True) - game.resolution
    return _cells(stable)


def pareto_set(game: MatrixGame) -> tuple[JointAction, ...]:
    """Return the Pareto-efficient joint actions, in row-major order.

    Efficient means that no other joint action pays somebody more and nobody less.

    Examples
    --------
    >>> pareto_set(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    ((0, 0), (0, 1), (1, 0))
    """
    step = game.resolution or 1.0
    payoffs = np.round(game.payoffs / (1e3 * step)).reshape(-1, game.players)
    distinct, cell_of = np.unique(payoffs, axis=0, return_inverse=True)
    efficient = np.zeros(len(distinct), dtype=bool)
    # Whatever dominates a payoff vector is lexicographically above it, and np.unique sorts ascending.
    for row in range(len(distinct) - 1, -1, -1):
        efficient[row] = not (distinct[efficient] >= distinct[row]).all(axis=1).any()
    return _cells(efficient[cell_of.reshape(game.shape)])


def price_of_anarchy(game: MatrixGame) -> float | None:
    """Return the highest total payoff over that of the worst pure Nash equilibrium; at least 1.

    Returns
    -------
    float or None
        ``inf`` where the worst equilibrium pays nothing in total and something else does.
        None where the ratio is undefined: a payoff is negative, or there is no pure equilibrium.

    Notes
    -----
    Koutsoupias & Papadimitriou (1999), here for payoffs and equilibria in pure strategies.

    Examples
    --------
    >>> price_of_anarchy(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    3.0
    """
    stable = nash_set(game)
    if (game.payoffs < 0).any() or not stable:
        return None
    totals = game.payoffs.sum(axis=-1)
    best, worst = float(totals.max()), float(min(totals[cell] for cell in stable))
    if worst == 0:
        return 1.0 if best == 0 else inf
    return best / worst


def _cells(mask: NDArray[np.bool_]) -> tuple[JointAction, ...]:
    return tuple(tuple(int(action) for action in cell) for cell in np.argwhere(mask))
