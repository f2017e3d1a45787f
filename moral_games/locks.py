"""One process at a time: a lock that the operating system takes back when its process ends, however it ends."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO
from weakref import WeakValueDictionary

PATIENCE = 3.0
"""Seconds to wait for a lock: a process that was killed takes a moment to end."""

PAUSE = 0.05
_BYTE = 1 << 30
"""The byte that is locked where there is no fcntl, far behind what the file says."""


class Locked(RuntimeError):
    """Another process holds the lock; the message says which."""


class Lock:
    """A lock on a file, held until the object is gone or its process ends.

    Made by `hold`. The file stays when the lock is given back, and says who held it last.

    Parameters
    ----------
    file
        The open file whose lock was taken.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def __del__(self) -> None:
        self._file.close()


_held: WeakValueDictionary[Path, Lock] = WeakValueDictionary()
"""What this process holds: whoever asks for it again in this process shares it."""


def hold(path: Path, patience: float | None = None) -> Lock:
    """Lock a file, which is made if it is missing.

    Parameters
    ----------
    path
        The file; it serves no other purpose.
    patience
        Seconds to wait for another process to give it back; `PATIENCE` by default.

    Returns
    -------
    Lock
        Whoever keeps it holds the lock. A process that holds it already gets the same one.

    Raises
    ------
    Locked
        If another process holds it.
    OSError
        If the file cannot be opened.
    """
    path = path.resolve()
    mine = _held.get(path)
    if mine is not None:
        return mine
    file = path.open("a+", encoding="utf-8")
    try:
        _wait(file, PATIENCE if patience is None else patience)
    except Locked:
        file.close()
        raise
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
    file.flush()
    _held[path] = lock = Lock(file)
    return lock


def holder(path: Path) -> str | None:
    """Return who holds the lock on a file, e.g. ``"process 123 on host"``; None if nobody does."""
    if path.resolve() in _held:
        return f"process {os.getpid()} on {socket.gethostname()}"
    if not path.exists():
        return None
    with path.open("a+", encoding="utf-8") as file:
        return None if _take(file) else _said(file)


def _wait(file: IO[str], patience: float) -> None:
    end = time.monotonic() + patience
    while not _take(file):
        if time.monotonic() > end:
            raise Locked(_said(file))
        time.sleep(PAUSE)


def _said(file: IO[str]) -> str:
    file.seek(0)
    return file.readline(200).strip() or "another process"


def _take_by_fcntl(file: IO[str]) -> bool:
    """Return whether the lock was free; a disk that knows no locks, as some network disks, counts as free."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def _take_by_msvcrt(file: IO[str]) -> bool:
    """Return whether the lock was free, on Windows."""
    import msvcrt

    file.seek(_BYTE)
    try:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    return True


_take: Callable[[IO[str]], bool] = _take_by_msvcrt if os.name == "nt" else _take_by_fcntl
