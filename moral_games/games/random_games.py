"""Games drawn at random: any, or one of a chosen kind."""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from moral_games.games.families import everyone, family, table
from moral_games.games.game import MatrixGame
from moral_games.games.kinds import is_kind
from moral_games.names import unknown

DRAWABLE = (
    "chicken",
    "deadlock",
    "deficient_equilibrium",
    "defective_coordination",
    "harmony",
    "prisoners_dilemma",
    "social_dilemma",
    "stag_hunt",
)
"""Kinds that a symmetric two-by-two game with random payoffs has with a probability above zero."""

EXAM_SHARE = 5
"""Of so many games with whole payoffs one belongs to the exam; see `drawn_game`."""


@family("Random game", "Drawn by us: payoffs independent and uniform on [0, 1)", "RandomGame")
def random_game(players: int = 2, actions: int = 2, seed: int = 0) -> MatrixGame:
    """Draw every payoff independently, uniform on [0, 1).

    Parameters
    ----------
    players, actions
        How many players, and how many actions each.
    seed
        The same seed gives the same game.

    Examples
    --------
    >>> random_game(seed=1).name
    'random_game(seed=1)'
    """
    shape = everyone("random_game", players, actions).shape
    return table(_generator("random_game", seed).random(shape))


@family(
    "Random social dilemma",
    "Drawn by us: C(k) and D(k) independent and uniform on [0, 1), given D(k) > C(k) for all k and C(n-1) > D(0)",
    "RandomSocialDilemma",
)
def random_social_dilemma(players: int = 2, seed: int = 0) -> MatrixGame:
    """Draw a symmetric social dilemma with two actions, in the sense of Dawes (1980).

    What a cooperator, C(k), and a defector, D(k), are paid when k of the others cooperate is
    independent and uniform on [0, 1), given that to defect is dominant and that all are better
    off if all cooperate than if all defect. With two players these are Prisoner's Dilemmas,
    with or without 2R > T + S.

    Parameters
    ----------
    players, seed
        How many, and what the draw is made from.

    Examples
    --------
    >>> random_social_dilemma(players=5, seed=2).kind
    'social_dilemma'
    """
    name = "random_social_dilemma"
    defects = everyone(name, players, 2)
    rng = _generator(name, seed)
    while True:
        # Of two independent draws the smaller is C(k): that is their law given D(k) > C(k).
        curves = np.sort(rng.random((2, players)), axis=0)
        if curves[0, -1] > curves[1, 0]:
            break
    others = players - 1 - (defects.sum(axis=0) - defects)
    return table(curves[defects, others])


@family(
    "Random Prisoner's Dilemma",
    "Drawn by us: (T, R, P, S) uniform on [0, 1)^4, given T > R > P > S and 2R > T + S",
    "RandomPrisonersDilemma",
)
def random_prisoners_dilemma(seed: int = 0) -> MatrixGame:
    """Draw a Prisoner's Dilemma: (T, R, P, S) uniform on [0, 1)^4, given that it is one.

    Parameters
    ----------
    seed
        The same seed gives the same game.

    Examples
    --------
    >>> random_prisoners_dilemma(seed=7).kind
    'prisoners_dilemma'
    """
    return random_of_kind("prisoners_dilemma", _generator("random_prisoners_dilemma", seed))


def random_of_kind(kind: str, rng: np.random.Generator) -> MatrixGame:
    """Draw a symmetric two-by-two game of a chosen kind.

    Parameters
    ----------
    kind
        One of `DRAWABLE`.
    rng
        Where the draws come from.

    Returns
    -------
    MatrixGame
        Its (T, R, P, S) is uniform on [0, 1)^4, given that the game has the kind: other draws
        are rejected.

    Raises
    ------
    ValueError
        If the kind is unknown, or random payoffs never have it (they have no ties).

    Examples
    --------
    >>> random_of_kind("stag_hunt", np.random.default_rng(0)).kind
    'stag_hunt'
    """
    if kind not in DRAWABLE:
        raise unknown("kind to draw from", kind, DRAWABLE)
    while True:
        own = rng.random((2, 2))
        game = MatrixGame.from_payoffs(np.stack([own, own.T], axis=-1), name=f"random_{kind}", kind=kind)
        if is_kind(game, kind):
            return game


def drawn_game(rng: np.random.Generator, exam: bool = False, actions: int = 2, highest: int = 9) -> MatrixGame:
    """Draw a game of two players whose payoffs are whole numbers, for learning to read payoffs and for being examined.

    Every payoff is independent and uniform. A game belongs either to the lessons or to the exam, by its
    payoffs: so nobody is examined in a game that anybody was taught.

    Parameters
    ----------
    rng
        Where the draws come from.
    exam
        Whether to draw a game of the exam (about one in `EXAM_SHARE`), or one of the lessons.
    actions
        How many each player has.
    highest
        The highest payoff; the lowest is 0.

    Raises
    ------
    ValueError
        If there are no actions, or the highest payoff is below 1.

    Examples
    --------
    >>> drawn_game(np.random.default_rng(0)).payoffs[0, 0]
    array([8., 6.])
    """
    if actions < 1 or highest < 1:
        raise ValueError(f"a drawn game needs actions and a highest payoff of at least 1, got {actions} and {highest}")
    while True:
        payoffs = rng.integers(highest + 1, size=(actions, actions, 2))
        if is_examined(payoffs) == exam:
            return MatrixGame.from_payoffs(payoffs.astype(np.float64), name="drawn_game")


def is_examined(payoffs: NDArray[np.int64]) -> bool:
    """Tell whether a game with these whole payoffs, (A, A, 2), belongs to the exam rather than to the lessons."""
    return crc32(payoffs.astype("<i8").tobytes()) % EXAM_SHARE == 0


def _generator(family: str, seed: int) -> np.random.Generator:
    if seed < 0:
        raise ValueError(f"family {family!r} needs a seed of 0 or more, got {seed}")
    return np.random.default_rng(seed)
