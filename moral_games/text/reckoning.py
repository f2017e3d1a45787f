"""What a value makes of a game, worked out in words: the calculation that an answer can begin with.

The calculation is made from the payoffs and from what the other player is going to do, never from the answer. To
let another value be worked out, add one function of two payoffs to `RECKONINGS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from moral_games.games import MatrixGame
from moral_games.names import unknown
from moral_games.text.presentation import Presentation
from moral_games.text.wordings import listed

ANSWER = 'Answer: "'
"""What stands between a calculation and a label; a quotation mark follows the label."""

Reckoning = Callable[[float, float], tuple[str, float]]
"""From the own payoff and the other's to the calculation in words, and the number that it ends with."""


class Worked(NamedTuple):
    """A calculation, and what comes of it.

    Attributes
    ----------
    text
        The calculation, up to the label.
    best
        The best action, or None where two are equally good.
    """

    text: str
    best: int | None


def _selfish(own: float, other: float) -> tuple[str, float]:
    return f"{own:g}", own


def _altruistic(own: float, other: float) -> tuple[str, float]:
    return f"{other:g}", other


def _utilitarian(own: float, other: float) -> tuple[str, float]:
    return f"{own:g} + {other:g} = {own + other:g}", own + other


def _maximin(own: float, other: float) -> tuple[str, float]:
    least = min(own, other)
    return f"less of {own:g} and {other:g} is {least:g}", least


RECKONINGS: Mapping[str, Reckoning] = {
    "selfish": _selfish,
    "altruistic": _altruistic,
    "utilitarian": _utilitarian,
    "maximin": _maximin,
}
"""By value; the number is what `moral_games.rewards` gives for the same payoffs."""


def reckoning(value: str) -> Reckoning:
    """Return how a value is worked out.

    Raises
    ------
    ValueError
        If this is not known of the value.
    """
    if value not in RECKONINGS:
        raise unknown("value that can be worked out in words", value, RECKONINGS)
    return RECKONINGS[value]


def work_out(game: MatrixGame, told: Presentation, expected: int, value: str) -> Worked:
    """Work out which action a value calls for when the other player is going to do one thing.

    Parameters
    ----------
    game
        A game of two players, the reader as player 0.
    told
        The labels, and the order of the rows in which they are gone through.
    expected
        What the other is going to do.
    value
        One of `RECKONINGS`.

    Examples
    --------
    >>> from moral_games import games
    >>> told = Presentation(("left", "right"))
    >>> work_out(games.get("ipd"), told, expected=0, value="utilitarian").text
    'They do "left", column 1. "left": 3 + 3 = 6. "right": 4 + 0 = 4. Most: 6. Answer: "'
    """
    reckon, names = reckoning(value), told.names
    rows, columns = listed(game.shape[0], told, told.rows), listed(game.shape[1], told, told.columns)
    found = {action: reckon(*map(float, game.payoffs[action, expected])) for action in rows}
    lines = " ".join(f'"{names[action]}": {words}.' for action, (words, _) in found.items())
    most = max(number for _, number in found.values())
    best = [action for action, (_, number) in found.items() if number == most]
    column = f'They do "{names[expected]}", column {columns.index(expected) + 1}.'
    return Worked(f"{column} {lines} Most: {most:g}. {ANSWER}", best[0] if len(best) == 1 else None)
