"""What a game is called, decided from its payoffs alone.

In a symmetric two-player, two-action game the four payoffs of the row player have names:
R (both take action 0), T (own action 1 against 0), S (own action 0 against 1), P (both take
action 1). With n players, C(k) and D(k) are the payoffs of action 0 and of action 1 when k of
the others take action 0. Each kind below is one test; `classify` returns the first that holds.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moral_games.games.game import MatrixGame
from moral_games.games.solutions import dominant_actions, nash_set
from moral_games.games.symmetric import letters, schelling

__all__ = ["ALSO", "BROAD", "KINDS", "classify", "is_kind", "letters"]


def _ordered(test: Callable[[float, float, float, float], bool]) -> Callable[[MatrixGame], bool]:
    def holds(game: MatrixGame) -> bool:
        named = letters(game)
        return named is not None and test(*named)

    return holds


def _of_many(test: Callable[[float, float, float, float], bool]) -> Callable[[MatrixGame], bool]:
    """Return a test of D(n-1), C(n-1), D(0), C(0): what T, R, P, S are to three players or more."""

    def holds(game: MatrixGame) -> bool:
        curves = schelling(game) if game.players > 2 else None
        return curves is not None and test(
            float(curves[1][-1]), float(curves[0][-1]), float(curves[1][0]), float(curves[0][0])
        )

    return holds


def _constant_sum(game: MatrixGame) -> bool:
    totals = (game.payoffs / game.players).sum(axis=-1)
    return bool(np.allclose(totals, totals.flat[0]))


def _is_matching_pennies(game: MatrixGame) -> bool:
    return game.shape == (2, 2) and _constant_sum(game) and not nash_set(game)


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


def _is_pure_coordination(game: MatrixGame) -> bool:
    if game.players < 2 or len(set(game.shape)) != 1 or game.shape[0] < 2:
        return False
    alike = np.zeros(game.shape, dtype=bool)
    alike[tuple(np.arange(game.shape[0]) for _ in range(game.players))] = True
    together, apart = game.payoffs[alike], game.payoffs[~alike]
    return bool((together == together.flat[0]).all() and apart.max() < together.flat[0])


def _is_bach_or_stravinsky(game: MatrixGame) -> bool:
    if game.shape != (2, 2):
        return False
    row, column = game.payoffs[..., 0], game.payoffs[..., 1]
    return bool(
        set(nash_set(game)) == {(0, 0), (1, 1)}
        and row[0, 0] > row[1, 1] > row[0, 1]
        and column[1, 1] > column[0, 0] > column[0, 1]
    )


def _is_social_dilemma(game: MatrixGame) -> bool:
    first, last = (0,) * game.players, tuple(count - 1 for count in game.shape)
    return (
        game.players > 1 and dominant_actions(game) == last and bool((game.payoffs[first] > game.payoffs[last]).all())
    )


def _has_deficient_equilibrium(game: MatrixGame) -> bool:
    outcomes = game.payoffs.reshape(-1, game.players)
    return any(bool((outcomes > game.payoffs[cell]).all(axis=1).any()) for cell in nash_set(game))


KINDS: dict[str, tuple[Callable[[MatrixGame], bool], str]] = {
    "prisoners_dilemma": (_ordered(lambda t, r, p, s: t > r > p > s and 2 * r > t + s), "T > R > P > S and 2R > T + S"),
    "stag_hunt": (_ordered(lambda t, r, p, s: r > t >= p > s), "R > T >= P > S"),
    "chicken": (_ordered(lambda t, r, p, s: t > r > s > p), "T > R > S > P"),
    "harmony": (_ordered(lambda t, r, p, s: r > t and s > p and r > p), "R > T, S > P and R > P"),
    "deadlock": (_ordered(lambda t, r, p, s: t > p > r > s), "T > P > R > S"),
    "pure_coordination": (
        _is_pure_coordination,
        "the same for everybody whenever all choose alike, and less otherwise",
    ),
    "defective_coordination": (_ordered(lambda t, r, p, s: p > r and r > t and p > s), "P > R > T and P > S"),
    "bach_or_stravinsky": (
        _is_bach_or_stravinsky,
        "equilibria (0, 0), which player 0 prefers, and (1, 1), which player 1 prefers",
    ),
    "matching_pennies": (_is_matching_pennies, "two by two, constant sum, no pure equilibrium"),
    "cyclic": (_is_cyclic, "symmetric, constant sum, every action beats as many others as beat it"),
    "n_player_stag_hunt": (
        _of_many(lambda t, r, p, s: r > t >= p > s),
        "three or more players, symmetric, two actions, C(n-1) > D(n-1) >= D(0) > C(0)",
    ),
    "n_player_chicken": (
        _of_many(lambda t, r, p, s: t > r >= s > p),
        "three or more players, symmetric, two actions, D(n-1) > C(n-1) >= C(0) > D(0)",
    ),
    "social_dilemma": (
        _is_social_dilemma,
        "everybody's last action strictly dominant, and everybody better off if all play their first than if all "
        "play their last (Dawes 1980)",
    ),
    "deficient_equilibrium": (
        _has_deficient_equilibrium,
        "a pure equilibrium and an outcome in which everybody is better off (Kollock 1998)",
    ),
}
"""Each kind's name, the test that proves it, and the test in words."""

BROAD = ("social_dilemma", "deficient_equilibrium")
"""Kinds that hold beside more special ones: a Prisoner's Dilemma is a social dilemma too."""

ALSO: dict[str, str] = {"volunteers_dilemma": "chicken"}
"""Kinds that are another kind under a second name.

The studies' Volunteer's Dilemma for two is a Chicken. In Diekmann's (1985), the family
`n_player_volunteers_dilemma`, a volunteer is paid the same whether or not the other is one, so that
R = S and it is on the border.
"""


def is_kind(game: MatrixGame, kind: str) -> bool:
    """Return whether the payoffs of `game` make it a game of the named kind."""
    test, _ = KINDS[ALSO.get(kind, kind)]
    return test(game)


def classify(game: MatrixGame) -> str:
    """Return the name of the first kind whose test the payoffs pass, else ``"unclassified"``."""
    return next((kind for kind, (test, _) in KINDS.items() if test(game)), "unclassified")
