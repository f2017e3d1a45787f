"""The 78 strictly ordinal two-by-two games: every way in which two players can rank four outcomes.

Each player ranks the outcomes from 1 (worst) to 4 (best), without ties. Games that differ only
in the names of the actions or in who is called player 0 are one game. So every game can be
turned until each player's best outcome lies where the *other* takes action 0, which is the
sense in which action 0 is cooperation. Then each player's ranking is one of twelve patterns, an
unordered pair of patterns is a game, and there are 12 · 13 / 2 = 78 of them; the twelve pairs of
a pattern with itself are the symmetric games, which give the patterns their names.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moral_games.games.families import family, require
from moral_games.games.game import MatrixGame
from moral_games.games.solutions import dominant_actions, nash_set

PATTERNS: dict[str, tuple[int, int, int, int]] = {
    "Concord": (3, 4, 1, 2),
    "Harmony": (2, 4, 1, 3),
    "Peace": (1, 4, 2, 3),
    "Coordination": (1, 4, 3, 2),
    "Assurance": (2, 4, 3, 1),
    "Stag Hunt": (3, 4, 2, 1),
    "Prisoner's Dilemma": (4, 3, 2, 1),
    "Deadlock": (4, 2, 3, 1),
    "Compromise": (4, 1, 3, 2),
    "Hero": (4, 1, 2, 3),
    "Battle": (4, 2, 1, 3),
    "Chicken": (4, 3, 1, 2),
}
"""A player's ranks (T, R, P, S), by the name of the symmetric game in which both have them.

Names as in Robinson & Goforth (2005), The Topology of the 2x2 Games, and Bruns (2015), Names for
Games, Games 6(4).
"""

NUMBERS: tuple[tuple[int, ...], ...] = (
    (6,),
    (1, 3),
    (2, 4, 5),
    (30, 28, 29, 60),
    (27, 24, 25, 59, 63),
    (26, 22, 23, 58, 62, 61),
    (21, 19, 20, 57, 47, 48, 12),
    (17, 14, 13, 54, 43, 46, 11, 9),
    (18, 16, 15, 53, 42, 45, 10, 8, 7),
    (44, 41, 40, 73, 75, 77, 38, 33, 34, 69),
    (56, 52, 51, 74, 76, 71, 37, 31, 32, 64, 68),
    (55, 50, 49, 70, 78, 72, 39, 35, 36, 65, 67, 66),
)
"""Rapoport & Guyer's (1966) number of each game: row for the one player's pattern, column for the other's.

Read at second hand: from the listing of Rapoport & Guyer's games by Albrecht & Ramamoorthy (2012),
arXiv:1907.09189, as carried by a public game library; the book itself was not at hand. Checked:
the listing holds each of the 78 games once; the symmetric games have the numbers that the
literature gives them (the Prisoner's Dilemma 12, Chicken 66, Stag Hunt 61); and games 1 to 21, 22
to 57 and 58 to 78 are those in which two, one and no player have a dominant action, no-conflict
games first. Between neighbours within such a group nothing but the listing vouches for the order.
"""


@dataclass(frozen=True)
class OrdinalClass:
    """What kind of conflict a strictly ordinal two-by-two game is.

    Parameters
    ----------
    number
        Rapoport & Guyer's.
    patterns
        The name of each player's pattern of ranks, in `PATTERNS`.
    interests
        ``"no conflict"`` if one outcome is best for both, ``"complete opposition"`` if what is
        better for the one is always worse for the other, else ``"mixed motive"``.
    dominant
        Each player's dominant action, None where it has none.
    equilibria
        The Nash equilibria in pure strategies: none, one or two.
    """

    number: int
    patterns: tuple[str, str]
    interests: str
    dominant: tuple[int | None, ...]
    equilibria: tuple[tuple[int, ...], ...]

    @property
    def is_symmetric(self) -> bool:
        """Whether both players have the same pattern."""
        return self.patterns[0] == self.patterns[1]


@family(
    "Ordinal game",
    "Rapoport & Guyer (1966), A taxonomy of 2 x 2 games, General Systems 11; numbers by way of Albrecht & "
    "Ramamoorthy (2012)",
    "Ordinal",
)
def ordinal(number: int = 12) -> MatrixGame:
    """Return one of the 78 strictly ordinal two-by-two games; payoffs are ranks, 1 to 4.

    Each player's best outcome lies where the other takes action 0.

    Parameters
    ----------
    number
        Rapoport & Guyer's, 1 to 78; see `NUMBERS` for where they come from.

    Examples
    --------
    >>> ordinal(66).title, ordinal(66).kind
    ('Chicken (ordinal game 66)', 'chicken')
    """
    require("ordinal", 1 <= number <= 78, "a number from 1 to 78", number=number)
    one, other = _patterns(number)
    payoffs = np.stack([_ranks(one), _ranks(other).T], axis=-1)
    title = one if one == other else f"{one} against {other}"
    return MatrixGame.from_payoffs(payoffs, title=f"{title} (ordinal game {number})")


def ordinal_class(number: int) -> OrdinalClass:
    """Return what kind of conflict an ordinal game is, by its Rapoport-Guyer number.

    Raises
    ------
    ValueError
        If there is no game of that number.

    Examples
    --------
    >>> ordinal_class(12).interests, ordinal_class(12).dominant, ordinal_class(12).equilibria
    ('mixed motive', (1, 1), ((1, 1),))
    """
    game = ordinal(number)
    one, other = game.payoffs[..., 0], game.payoffs[..., 1]
    if ((one == 4) & (other == 4)).any():
        interests = "no conflict"
    else:
        interests = "complete opposition" if (one + other == 5).all() else "mixed motive"
    return OrdinalClass(number, _patterns(number), interests, dominant_actions(game), nash_set(game))


def _patterns(number: int) -> tuple[str, str]:
    names = tuple(PATTERNS)
    return next((names[i], names[j]) for i, row in enumerate(NUMBERS) for j, entry in enumerate(row) if entry == number)


def _ranks(pattern: str) -> NDArray[np.int64]:
    temptation, reward, punishment, sucker = PATTERNS[pattern]
    return np.array([[reward, sucker], [temptation, punishment]])
