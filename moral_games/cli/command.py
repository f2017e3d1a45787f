"""What all commands have: examples, a way to be carried out, and what is left of them where they are stopped."""

from __future__ import annotations

import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

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


def _terminate(number: int, frame: Any) -> None:
    raise Terminated
