"""What language models behind servers have answered: kept on disk, so that a run replays without a network."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds for which a process waits for another one that is writing."""


def cache_folder() -> Path:
    """Return where things are kept between runs: MORAL_GAMES_CACHE, or a folder in the user's cache."""
    chosen = os.environ.get("MORAL_GAMES_CACHE")
    return Path(chosen) if chosen else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "moral_games"


class Transcripts:
    """Answers by what was asked, in one SQLite file that several processes may use at once.

    Requests and answers are kept as the JSON texts that were sent and received; nothing that is read
    back is ever evaluated. An answer is written whole or not at all. The key is the digest of a
    request, so that prompts may be of any length.

    Parameters
    ----------
    path
        The file; by default ``transcripts.sqlite`` in `cache_folder`.
    """

    def __init__(self, path: str | Path | None = None) -> None:
        self.path = Path(path) if path else cache_folder() / "transcripts.sqlite"

    def __len__(self) -> int:
        if not self.path.exists():
            return 0
        with self._opened() as file:
            return int(file.execute("SELECT count(*) FROM transcripts").fetchone()[0])

    def find(self, asked: Mapping[str, Any]) -> str | None:
        """Return the answer to a request, or None where there is none yet.

        Raises
        ------
        OSError
            If the file cannot be read.
        """
        if not self.path.exists():
            return None
        with self._opened() as file:
            row = file.execute("SELECT answered FROM transcripts WHERE key = ?", (key(asked),)).fetchone()
        return str(row[0]) if row else None

    def keep(self, asked: Mapping[str, Any], answered: str) -> str:
        """Keep the answer to a request; return the one that is kept, which is the first that came.

        Raises
        ------
        OSError
            If the file cannot be written.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._opened() as file:
            file.execute("INSERT OR IGNORE INTO transcripts VALUES (?, ?, ?)", (key(asked), _text(asked), answered))
            row = file.execute("SELECT answered FROM transcripts WHERE key = ?", (key(asked),)).fetchone()
        return str(row[0])

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file for one transaction, so that no connection is shared between threads."""
        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE)) as file, file:
                file.execute("CREATE TABLE IF NOT EXISTS transcripts (key TEXT PRIMARY KEY, asked TEXT, answered TEXT)")
                yield file
        except sqlite3.Error as error:
            raise OSError(
                f"the transcripts in {self.path} cannot be used: {error}; if the file is damaged, move it away"
            ) from error


def key(asked: Mapping[str, Any]) -> str:
    """Return what a request is kept under: 64 characters, the same for the same request.

    Examples
    --------
    >>> key({"model": "m", "seed": 1}) == key({"seed": 1, "model": "m"})
    True
    """
    return hashlib.sha256(_text(asked).encode()).hexdigest()


def _text(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked, sort_keys=True, ensure_ascii=False, allow_nan=False)
