"""What all commands have: examples, a way to be carried out, and what is left of them where they are stopped."""

from __future__ import annotations

import signal
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from moral_games.runs import RunError, RunFailed
from moral_games.text.visible import visible

DONE, FAILED, BAD_INPUT = 0, 1, 2
"""Exit statuses: all is well; what was asked for was tried and failed; it could not be tried as it was asked for."""

INTERRUPTED, TERMINATED = 128 + signal.SIGINT, 128 + signal.SIGTERM
"""Exit statuses of a command that was stopped, by Ctrl-C and by SIGTERM."""


class Command(ABC):
    """A command: its options are the fields of a dataclass, its first line of help is the docstring's."""

    uses: ClassVar[Mapping[str, str]]
    """What one may want, and what to type for it; two to four, shown below the options."""
    when_stopped: ClassVar[str] = "nothing of it is kept; the same command begins anew"
    """What is left of it where it is stopped."""

    @abstractmethod
    def run(self) -> None:
        """Carry it out, and print what came out."""


class Terminated(KeyboardInterrupt):
    """The process was asked to end by SIGTERM."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM stop what is done as Ctrl-C does, with files whole; outside the main thread signals stay as they are.

    Raises
    ------
    Terminated
        When the signal comes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def attempt(work: Callable[[], None], program: str, left: Callable[[], str]) -> int:
    """Do what a command is for, and say in one line why where it does not come to its end.

    Parameters
    ----------
    work
        What it does.
    program
        Its name, which that line begins with.
    left
        Tells what is left of the work where it is stopped.

    Returns
    -------
    int
        The exit status: 0 if all is well, 1 if what was asked for failed, 2 if it cannot be tried, 130 or 143 if it was
        stopped.
    """

    def ended(status: int, why: str) -> int:
        print(visible(f"{program}: {why}"), file=sys.stderr)
        return status

    try:
        with terminable():
            work()
    except (RunFailed, FloatingPointError, OSError) as error:
        return ended(FAILED, str(error))
    except (ValueError, TypeError, RunError) as error:
        return ended(BAD_INPUT, str(error))
    except KeyboardInterrupt as stop:
        return ended(TERMINATED if isinstance(stop, Terminated) else INTERRUPTED, f"stopped; {left()}")
    return DONE


def _terminate(number: int, frame: Any) -> None:
    raise Terminated
