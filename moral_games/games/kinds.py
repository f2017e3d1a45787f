"""What a game is called, decided from its payoffs alone.

In a symmetric two-player, two-action game the four payoffs of the row player have names:
R (both take action 0), T (own action 1 against 0), S (own action 0 against 1), P (both take
action 1). Each kind below is one test; `classify` returns the first that holds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moral_games.games.game import MatrixGame


def letters(game: MatrixGame) -> tuple[float, float, float, float] | None:
    """Return (T, R, P, S) of a symmetric two-by-two game, or None for any other game."""
    if game.shape != (2, 2) or not game.is_symmetric:
        return None
    own = game.payoffs[..., 0]
    return float(own[1, 0]), float(own[0, 0]), float(own[1, 1]), float(own[0, 1])


def _ordered(test: Callable[[float, float, float, float], bool]) -> Callable[[MatrixGame], bool]:
    def holds(game: MatrixGame) -> bool:
        named = letters(game)
        return named is not None and test(*named)

    return holds


def _constant_sum(game: MatrixGame) -> bool:
    totals = game.payoffs.sum(axis=-1)
    return bool(np.allclose(totals, totals.flat[0]))


def _pure_equilibria(game: MatrixGame) -> list[tuple[int, ...]]:
    best = np.ones(game.shape, dtype=bool)
    for player in range(game.players):
        own = game.payoffs[..., player]
        best &= own >= own.max(axis=player, keepdims=True)
    return [tuple(int(a) for a in cell) for cell in np.argwhere(best)]


def _is_matching_pennies(game: MatrixGame) -> bool:
    return game.shape == (2, 2) and _constant_sum(game) and not _pure_equilibria(game)


def _is_cyclic(game: MatrixGame) -> bool:
    if (
        game.players != 2
        or not game.is_symmetric
        or game.shape[0] < 3
        or game.shape[0] % 2 == 0
        or not _constant_sum(game)
    ):
        return False
    own = game.payoffs[..., 0]
    draw = own[0, 0]
    wins, losses = (own > draw).sum(axis=1), (own < draw).sum(axis=1)
    return bool(np.allclose(np.diag(own), draw) and (wins == losses).all() and (wins == game.shape[0] // 2).all())


def _is_bach_or_stravinsky(game: MatrixGame) -> bool:
    if game.shape != (2, 2):
        return False
    row, column = game.payoffs[..., 0], game.payoffs[..., 1]
    return bool(
        set(_pure_equilibria(game)) == {(0, 0), (1, 1)}
        and row[0, 0] > row[1, 1] > row[0, 1]
        and column[1, 1] > column[0, 0] > column[0, 1]
    )


KINDS: dict[str, tuple[Callable[[MatrixGame], bool], str]] = {
    "prisoners_dilemma": (_ordered(lambda t, r, p, s: t > r > p > s and 2 * r > t + s), "T > R > P > S and 2R > T + S"),
    "stag_hunt": (_ordered(lambda t, r, p, s: r > t >= p > s), "R > T >= P > S"),
    "chicken": (_ordered(lambda t, r, p, s: t > r > s > p), "T > R > S > P"),
    "harmony": (_ordered(lambda t, r, p, s: r > t and s > p and r > p), "R > T, S > P and R > P"),
    "deadlock": (_ordered(lambda t, r, p, s: t > p > r > s), "T > P > R > S"),
    "pure_coordination": (_ordered(lambda t, r, p, s: r == p and r > t and p > s), "R = P, above T and S"),
    "defective_coordination": (_ordered(lambda t, r, p, s: p > r and r > t and p > s), "P > R > T and P > S"),
    "bach_or_stravinsky": (
        _is_bach_or_stravinsky,
        "equilibria (0, 0), which player 0 prefers, and (1, 1), which player 1 prefers",
    ),
    "matching_pennies": (_is_matching_pennies, "two by two, constant sum, no pure equilibrium"),
    "cyclic": (_is_cyclic, "symmetric, constant sum, every action beats as many others as beat it"),
}
"""Each kind's name, the test that proves it, and the test in words."""

ALSO: dict[str, str] = {"volunteers_dilemma": "chicken"}
"""Kinds that are another kind under a second name: with two players a Volunteer's Dilemma is a Chicken."""


def is_kind(game: MatrixGame, kind: str) -> bool:
    """Return whether the payoffs of `game` make it a game of the named kind."""
    test, _ = KINDS[ALSO.get(kind, kind)]
    return test(game)


def classify(game: MatrixGame) -> str:
    """Return the name of the first kind whose test the payoffs pass, else ``"unclassified"``."""
    return next((kind for kind, (test, _) in KINDS.items() if test(game)), "unclassified")
