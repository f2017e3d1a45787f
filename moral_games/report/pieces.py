"""What every page is made of: numbers that matter, figures with what is seen in them, and estimates in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from matplotlib.figure import Figure

NORMAL_95 = 1.96
"""So many standard errors on each side make an interval of 95 %, where means are about normal."""

MOST_LINES = 1000
"""More points than this are not told apart along a figure."""


class Card(NamedTuple):
    """One of the few numbers that matter."""

    name: str
    number: str
    note: str = ""
    """What it is to be compared with, or how sure it is."""


class Drawing(NamedTuple):
    """A figure, and in words what is seen in it."""

    figure: Figure
    seen: str
    """The alternative text."""


def estimate(found: Mapping[str, Any], samples: int, form: str = ".2f") -> str:
    """Return a mean with its 95 % interval in brackets; without, where one sample allows none.

    Parameters
    ----------
    found
        ``mean``, ``low`` and ``high``; None for what is not known.
    samples
        How many seeds, runs or markets the interval is over.
    form
        How a number is written.

    Examples
    --------
    >>> estimate({"mean": 0.5, "low": 0.25, "high": 0.75}, 3)
    '0.50 [0.25, 0.75]'
    >>> estimate({"mean": 0.5, "low": 0.5, "high": 0.5}, 1, ".0%")
    '50%'
    """
    if found["mean"] is None:
        return "-"
    mean = format(found["mean"], form)
    return mean if samples == 1 else f"{mean} [{found['low']:{form}}, {found['high']:{form}}]"


def estimated(name: str, found: Mapping[str, Any], samples: int, what: str, form: str = ".2f", note: str = "") -> Card:
    """Return a card of an estimate; its note says the interval, or that there is none.

    Parameters
    ----------
    name, note
        What it is, and what else is to be said.
    found, samples, form
        See `estimate`.
    what
        What the interval is over.

    Examples
    --------
    >>> estimated("regret", {"mean": 0.5, "low": 0.25, "high": 0.75}, 3, "seed")
    Card(name='regret', number='0.50', note='95 % interval 0.25 to 0.75')
    """
    if samples == 1 or found["mean"] is None:
        sure = f"one {what}: no interval" if samples == 1 else ""
    else:
        sure = f"95 % interval {found['low']:{form}} to {found['high']:{form}}"
    return Card(name, estimate(found, 1, form), "; ".join(filter(None, (sure, note))))


def sampled(found: Mapping[str, Any], form: str = ".2f") -> str:
    """Return a sampled mean with how far its 95 % interval reaches; without, where there is no standard error.

    Examples
    --------
    >>> sampled({"mean": 0.5, "standard_error": 0.1})
    '0.50 ± 0.20'
    """
    if found["mean"] is None:
        return "-"
    mean, error = format(found["mean"], form), found["standard_error"]
    return mean if error is None else f"{mean} ± {NORMAL_95 * error:{form}}"


def over(samples: int, what: str) -> str:
    """Return what an interval is over, or that there is none.

    Examples
    --------
    >>> over(3, "seed"), over(1, "seed")
    ('means over 3 seeds, 95 % intervals in brackets', 'one seed: no interval')
    """
    return f"one {what}: no interval" if samples == 1 else f"means over {samples} {what}s, 95 % intervals in brackets"


def thinned(history: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return the lines of a history that a figure has room for: all, or about `MOST_LINES`, the last one always.

    Examples
    --------
    >>> [line["update"] for line in thinned([{"update": k} for k in range(2500)])[-2:]]
    [2496, 2499]
    """
    step = -(-len(history) // MOST_LINES)
    return history if step <= 1 else history[::-step][::-1]


def counted(number: int, what: str) -> str:
    """Return so many of something.

    Examples
    --------
    >>> counted(1, "game"), counted(3, "game")
    ('1 game', '3 games')
    """
    return f"{number} {what}" if number == 1 else f"{number:,} {what}s"


def listed(names: list[str]) -> str:
    """Return names as a sentence lists them.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def shortened(text: str, longest: int = 48) -> str:
    """Return a text that fits, its end cut off where it must be.

    Examples
    --------
    >>> shortened("selfish + altruistic", 10)
    'selfish...'
    """
    return text if len(text) <= longest else f"{text[: longest - 3]}..."
