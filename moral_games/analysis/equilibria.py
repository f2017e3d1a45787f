"""Equilibria of the one-shot game, from nashpy."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame


def equilibria(game: MatrixGame) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the Nash equilibria of a two-player game that support enumeration finds.

    Returns
    -------
    list
        Pairs of mixed strategies, shapes (A_0,) and (A_1,). In a degenerate game there may be
        infinitely many; then these are the extreme points that were found.

    Raises
    ------
    ValueError
        If the game does not have two players.
    """
    import nashpy

    if game.players != 2:
        raise ValueError(f"equilibria are found for two players; game {game.name!r} has {game.players}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nashpy warns of an even number of equilibria: a degenerate game
        found = list(nashpy.Game(game.payoffs[..., 0], game.payoffs[..., 1]).support_enumeration())
    distinct: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for row, column in found:
        if not any(np.allclose(row, r) and np.allclose(column, c) for r, c in distinct):
            distinct.append((row, column))
    return distinct
