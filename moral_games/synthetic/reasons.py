"""What a preference makes of a question, worked out in words: from payoffs and beliefs, never from the answer.

Utilities are printed in the smallest whole weights that keep their order: (own + all)/2 as own + all, and
0.75·own + 0.25·all as 3*own + all. A game of two roles is summed over both, instead of the mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

from moral_games.analysis.preferences import Preference
from moral_games.games import MatrixGame
from moral_games.text.once import Roles, end, plan, strategies
from moral_games.text.reckoning import ANSWER
from moral_games.text.wordings import Telling, listed

LARGEST_WEIGHT = 10**6
"""Larger weights would make sums that are no longer exact, and that nobody can learn to write."""


class Weights(NamedTuple):
    """How much each part of a utility counts, in whole numbers.

    Attributes
    ----------
    own, both
        The own payoff against what is expected, and if both did the same.
    behind, ahead
        How far one is behind and ahead; negative where that is minded.
    """

    own: int
    both: int
    behind: int
    ahead: int


class Reading(NamedTuple):
    """A payoff that is read where one strategy meets another.

    Attributes
    ----------
    place
        What is said before it, to name where it stands.
    own, other
        The own payoff there, and the other's.
    """

    place: str
    own: float
    other: float


def whole_weights(preference: Preference, times: int = 1) -> Weights:
    """Return the smallest whole weights in the proportions of a preference.

    Parameters
    ----------
    preference
        What is valued.
    times
        In how many cases what is expected is added up; what would be if both did the same is then counted as often.

    Raises
    ------
    ValueError
        If a weight is larger than `LARGEST_WEIGHT`.

    Examples
    --------
    >>> whole_weights(Preference(kappa=0.5)), whole_weights(Preference(kappa=0.25, alpha=0.5))
    (Weights(own=1, both=1, behind=0, ahead=0), Weights(own=3, both=1, behind=-2, ahead=0))
    """
    kappa, alpha, beta = map(_fraction, (preference.kappa, preference.alpha, preference.beta))
    exact = (1 - kappa, kappa * times, -alpha, -beta)
    scale = lcm(*(part.denominator for part in exact))
    whole = [int(part * scale) for part in exact]
    weights = Weights(*(part // gcd(*whole) for part in whole))
    if max(map(abs, weights)) > LARGEST_WEIGHT:
        raise ValueError(
            f"in whole numbers {preference} has weights above {LARGEST_WEIGHT:,}, too large to calculate with; "
            "give kappa, alpha and beta with at most three decimals"
        )
    return weights


def reasons_at_once(game: MatrixGame, told: Telling, expected: int, preference: Preference) -> str:
    """Work out what is best in a symmetric game against one strategy of the other, up to the label.

    Examples
    --------
    >>> from moral_games.games import get
    >>> from moral_games.text import Presentation
    >>> reasons_at_once(get("ipd"), Presentation(("left", "right")), 1, Preference(kappa=0.5))
    'They do "right", column 2. "left": 0 + column 1: 3 = 3. "right": 1 + column 2: 1 = 2. Most: 3. Answer: "'
    """
    return f"They do {_against(game, told, expected, preference)[0]} {ANSWER}"


def reasons_in_equilibrium(game: MatrixGame, told: Telling, preference: Preference) -> str:
    """Work out which strategy of a symmetric game is the best reply to itself, up to the label.

    Each strategy in turn is what the other does; the best reply to it is named after the highest number.
    """
    said = []
    for candidate in listed(game.shape[0], told, told.rows):
        worked, best = _against(game, told, candidate, preference)
        named = " or ".join(f'"{told.names[action]}"' for action in best)
        said.append(f"If they do {worked.removesuffix('.')}: {named}.")
    return f"{' '.join(said)} {ANSWER}"


def reasons_in_roles(game: Roles, told: Telling, expected: Sequence[int], preference: Preference) -> str:
    """Work out which plan for both roles is best against one plan of the other, or several as likely, up to the label.

    Examples
    --------
    >>> from moral_games.games import protocol
    >>> from moral_games.text import Presentation
    >>> reasons_in_roles(protocol("tg1"), Presentation(("A", "B", "C", "D")), [1], Preference())
    'They do "B": 1; 2 after 1. "A": 1-2 20 + 1-1 50 = 70. "B": 1-2 20 + 1-2 80 = 100. "C": 2 30 + 1-1 50 = 80. \
"D": 2 30 + 1-2 80 = 110. Most: 110. Answer: "'
    """
    known, names = strategies(game), told.names
    weights = whole_weights(preference, times=len(expected))
    worked = {}
    for own in listed(len(known), told, told.rows):
        first = [Reading(*end(game, known[own], known[other])) for other in expected]
        second = [_mirrored(end(game, known[other], known[own])) for other in expected]
        alike = Reading(*end(game, known[own], known[own]))
        both = [alike, _mirrored((alike.place, alike.own, alike.other))]
        worked[own] = _utility(weights, [*first, *second], "both ", both)
    said = " or ".join(f'"{names[other]}": {plan(game, known[other])}' for other in expected)
    return f"They do {said}. {_compared(worked, told)[0]} {ANSWER}"


def _against(game: MatrixGame, told: Telling, expected: int, preference: Preference) -> tuple[str, list[int]]:
    """Return the calculation against one strategy, from its label on, and what is best against it."""
    columns, weights = listed(game.shape[1], told, told.columns), whole_weights(preference)
    worked = {}
    for own in listed(game.shape[0], told, told.rows):
        now = Reading("", *map(float, game.payoffs[own, expected]))
        alike = Reading(f"column {columns.index(own) + 1}:", *map(float, game.payoffs[own, own]))
        worked[own] = _utility(weights, [now], "", [alike])
    said, best = _compared(worked, told)
    return f'"{told.names[expected]}", column {columns.index(expected) + 1}. {said}', best


def _compared(worked: dict[int, tuple[str, str]], told: Telling) -> tuple[str, list[int]]:
    """Return the calculations one after another with the highest number, and which strategies reach it."""
    most = max((number for _, number in worked.values()), key=float)
    lines = " ".join(f'"{told.names[strategy]}": {words}.' for strategy, (words, _) in worked.items())
    return f"{lines} Most: {most}.", [strategy for strategy, (_, number) in worked.items() if number == most]


def _utility(weights: Weights, now: Sequence[Reading], alike: str, both: Sequence[Reading]) -> tuple[str, str]:
    """Return a strategy's utility worked out in words, and the number that it comes to.

    Where being behind or ahead counts, the other's payoffs are read too.
    """
    own, owned = _added([(reading.place, reading.own) for reading in now])
    others = " and ".join(_number(reading.other) for reading in now)
    everyone, shared = _added([(reading.place, reading.own) for reading in both])
    behind, lost = _added([("", max(0.0, reading.other - reading.own)) for reading in now])
    ahead, won = _added([("", max(0.0, reading.own - reading.other)) for reading in now])
    compares = bool(weights.behind or weights.ahead)
    if weights.own and weights.both and not compares and len(now) == 1:
        total = _number(weights.own * owned + weights.both * shared)
        return (
            f"{_factor(weights.own)}{own} + {both[0].place} {_factor(weights.both)}{_number(shared)} = {total}",
            total,
        )
    said = [
        (own, bool(weights.own) and not compares),
        (f"{own}, they {others}", compares),
        (f"behind {behind}", bool(weights.behind)),
        (f"ahead {ahead}", bool(weights.ahead)),
        (f"{alike}{everyone}", bool(weights.both)),
    ]
    words = "; ".join(each for each, counts in said if counts)
    parts = ((weights.own, owned), (weights.behind, lost), (weights.ahead, won), (weights.both, shared))
    summed = [(weight, number) for weight, number in parts if weight]
    total = _number(sum(weight * number for weight, number in summed))
    return (words if [weight for weight, _ in summed] == [1] else f"{words}; {_formula(summed)} = {total}"), total


def _added(terms: Sequence[tuple[str, float]]) -> tuple[str, float]:
    """Return numbers added up in words, each after its place, and their sum."""
    words = " + ".join(f"{place} {_number(number)}".strip() for place, number in terms)
    total = sum(number for _, number in terms)
    return (f"{words} = {_number(total)}" if len(terms) > 1 else words), total


def _formula(terms: Sequence[tuple[int, float]]) -> str:
    """Return a weighted sum in words."""
    words = ""
    for weight, number in terms:
        sign = " - " if weight < 0 else " + "
        words += f"{sign if words else '-' * (weight < 0)}{_factor(abs(weight))}{_number(number)}"
    return words


def _factor(weight: int) -> str:
    return "" if weight == 1 else f"{weight}*"


def _mirrored(found: tuple[str, float, float]) -> Reading:
    """Return an end as the second mover reads it."""
    place, first, second = found
    return Reading(place, second, first)


def _number(number: float) -> str:
    """Return a number without what rounding adds, and without a negative zero."""
    return f"{round(number, 9) + 0.0:.15g}"


def _fraction(number: float) -> Fraction:
    """Return a number as the simple fraction that it was meant to be, such as 1/3, else as its decimals say."""
    exact = Fraction(str(float(number)))
    simple = exact.limit_denominator(1000)
    return simple if abs(simple - exact) < Fraction(1, 10**12) else exact
