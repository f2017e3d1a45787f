"""How far a work is, and about how long it will still take, told on the error stream."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

Entry = TypeVar("Entry")

Show = Callable[[Sequence[Entry]], Iterable[Entry]]
"""Goes through a sequence, and may tell how far it is; `iter` tells nothing."""

EVERY = 10.0
"""Seconds from one line to the next where no terminal shows a bar."""


@contextmanager
def progress(what: str, total: int, done: int = 0) -> Iterator[Callable[[int], None]]:
    """Give what is called with how much more is done: a bar on a terminal, else a plain line now and then.

    Parameters
    ----------
    what
        The work's name.
    total
        How much there is to do.
    done
        How much of it was done before.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_interactive:
        yield Lines(what, total, done).advance
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    left = (TextColumn("left"), TimeRemainingColumn())
    to_terminal = sys.stdout.isatty()
    with Progress(*columns, *left, console=console, redirect_stdout=to_terminal, speed_estimate_period=600) as bar:
        task = bar.add_task(what, total=total, completed=done)
        yield lambda number: bar.advance(task, number)


def track(entries: Sequence[Entry], what: str) -> Iterator[Entry]:
    """Go through a sequence, and tell how far it is.

    Parameters
    ----------
    entries
        What is gone through; each is done when the next is asked for.
    what
        The work's name.
    """
    if not entries:
        return
    with progress(what, len(entries)) as advance:
        for entry in entries:
            yield entry
            advance(1)


class Lines:
    """Tells progress in lines, the first after `EVERY` seconds; a work that is quicker is not told of.

    Parameters
    ----------
    what, total, done
        As for `progress`.
    now
        The clock, in seconds.
    """

    def __init__(self, what: str, total: int, done: int, now: Callable[[], float] = time.monotonic) -> None:
        self.what, self.total, self.done, self.now = what, total, done, now
        self._before, self._begun = done, now()
        self._told = self._begun

    def advance(self, number: int) -> None:
        """Count what was done, and tell it if it is time to."""
        self.done += number
        now = self.now()
        if now - self._told < EVERY:
            return
        self._told, took, new = now, now - self._begun, self.done - self._before
        left = (
            f", about {duration(took / new * (self.total - self.done))} left"
            if new > 0 and self.done < self.total
            else ""
        )
        print(f"{self.what}: {self.done} of {self.total} in {duration(took)}{left}", file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """Return a time in the two largest units that it fills.

    Examples
    --------
    >>> duration(7.4), duration(125), duration(7300)
    ('7 s', '2 min 5 s', '2 h 1 min')
    """
    whole = round(seconds)
    hours, minutes = divmod(whole // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {whole % 60} s" if minutes else f"{whole} s"
