"""The payoffs of symmetric games with two actions, by their customary names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moral_games.games.game import MatrixGame


def letters(game: MatrixGame) -> tuple[float, float, float, float] | None:
    """Return (T, R, P, S) of a symmetric two-by-two game, or None for any other game."""
    if game.shape != (2, 2) or not game.is_symmetric:
        return None
    own = game.payoffs[..., 0]
    return float(own[1, 0]), float(own[0, 0]), float(own[1, 1]), float(own[0, 1])


def schelling(game: MatrixGame) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return the two curves of a Schelling diagram, or None if the game has none.

    Returns
    -------
    tuple or None
        Payoffs of a player that takes action 0, and of one that takes action 1, when 0, 1, ...,
        n - 1 of the others take action 0; each of shape (n,). None unless the game is symmetric,
        of two players or more with two actions each.

    Notes
    -----
    Schelling (1973), "Hockey helmets, concealed weapons, and daylight saving"; R_c and R_d of
    Hughes et al. (2018).

    Examples
    --------
    >>> cooperators, defectors = schelling(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    >>> cooperators.tolist(), defectors.tolist()
    ([0.0, 3.0], [1.0, 5.0])
    """
    if game.players < 2 or set(game.shape) != {2} or not game.is_symmetric:
        return None
    own, others = game.payoffs[..., 0], game.players - 1
    cells = [(0,) * count + (1,) * (others - count) for count in range(others + 1)]
    cooperators, defectors = (np.array([own[(action, *cell)] for cell in cells]) for action in (0, 1))
    return cooperators, defectors
