"""What is kept: a run's folder, written so that a crash loses nothing and leaves nothing half-written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from moral_games import locks
from moral_games.names import check_folder_name
from moral_games.provenance import PROVENANCE, provenance

CONFIG, METRICS, HISTORY, POLICY = "config.json", "metrics.json", "history.jsonl", "policy.json"
MANIFEST, LOCK = "manifest.json", ".lock"
FORMAT = 1
"""The number of the format in which run folders are written; it grows when old ones can no longer be read."""

KEPT_CHECKPOINTS = 2
"""How many checkpoints are kept where nothing else is asked for."""


class RunError(RuntimeError):
    """A run folder that cannot be used; the message says why and what to do."""


class RunFailed(Exception):
    """A run that was begun and did not come to what was asked for; the message says what is left and what to do."""


class Run:
    """One run's folder.

    Parameters
    ----------
    folder
        Where the run lives.

    Notes
    -----
    ``config.json`` is what was asked, ``metrics.json`` what came out, ``history.jsonl`` what
    happened on the way (one line an update), ``policy.json`` the policy tables, ``checkpoints/`` what
    a resumed run continues from, ``provenance.json`` by which command, code and machine it was begun. Who begins or
    continues a run has the folder to its process for as long as it keeps the object (see `moral_games.locks`); a copy
    of it can read.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._lock: locks.Lock | None = None

    def __reduce__(self) -> tuple[type[Run], tuple[Path]]:
        return Run, (self.folder,)

    @classmethod
    def create(cls, folder: str | Path, config: dict[str, Any], needs: int = 0) -> Run:
        """Begin a run in a new folder.

        Parameters
        ----------
        folder
            Where; it must not hold a run already.
        config
            What was asked; JSON.
        needs
            How many bytes the run will write at most.

        Raises
        ------
        RunError
            If there is a run already, another process works in the folder, it cannot be written, or its disk is too
            full.
        """
        run = cls(folder)
        run._refuse_a_run()
        run._occupy(needs)
        run._refuse_a_run()  # another process may have begun one meanwhile
        write_json(run.path(PROVENANCE), provenance())
        write_json(run.path(CONFIG), {"format": FORMAT} | config)
        return run

    @classmethod
    def resume(cls, folder: str | Path, config: dict[str, Any], needs: int = 0) -> Run:
        """Continue the run of a folder, or begin it where there is none.

        Raises
        ------
        RunError
            If the folder's run was asked for with another configuration or is of another format, another process
            works in the folder, it cannot be written, or its disk is too full.
        """
        run = cls(folder)
        if not run.path(CONFIG).exists():
            return cls.create(folder, config, needs)
        kept = run.config()
        different = sorted(key for key in {*kept, *config} if kept.get(key) != config.get(key))
        if different:
            changes = "; ".join(f"{key}: {kept.get(key)!r} then, {config.get(key)!r} now" for key in different)
            raise RunError(
                f"{run.folder} was begun with other options ({changes}); repeat those, or choose another --name"
            )
        run._occupy(needs)
        return run

    @classmethod
    def open(cls, folder: str | Path, config: dict[str, Any], resume: bool, needs: int = 0) -> Run:
        """Continue a run (`resume`) or begin one (`create`), as is asked; raises a `RunError` as these do."""
        return (cls.resume if resume else cls.create)(folder, config, needs)

    def path(self, *parts: str) -> Path:
        """Return the path of something in the folder."""
        return self.folder.joinpath(*parts)

    def config(self) -> dict[str, Any]:
        """Return what was asked.

        Raises
        ------
        RunError
            If there is none, or the folder is of another format, from another version of this library or another
            program.
        """
        kept = read_json(self.path(CONFIG))
        written = kept.pop("format", FORMAT) if isinstance(kept, dict) else "of another program"
        if written != FORMAT:
            raise RunError(
                f"{self.folder} is in format {written!r}, and this version of Moral Games reads format {FORMAT}; use "
                "the version that wrote it, or begin anew under another --name"
            )
        return dict(kept)

    def append(self, record: dict[str, Any]) -> None:
        """Add a line to the history."""
        with self.path(HISTORY).open("a", encoding="utf-8") as history:
            history.write(json.dumps(record) + "\n")

    def history(self) -> list[dict[str, Any]]:
        """Return the history's complete lines.

        Raises
        ------
        RunError
            If one of them is not JSON.
        """
        path = self.path(HISTORY)
        if not path.exists():
            return []
        try:
            return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        except (OSError, ValueError, RecursionError) as error:
            raise RunError(f"{path} cannot be read: {error}") from error

    def rewind(self, lines: int) -> None:
        """Keep the first so many lines of the history: those before the checkpoint that is resumed."""
        with whole_file(self.path(HISTORY)) as path:
            path.write_text("".join(json.dumps(record) + "\n" for record in self.history()[:lines]), encoding="utf-8")

    def save_checkpoint(self, step: int, write: Callable[[Path], None], keep: int = KEPT_CHECKPOINTS) -> None:
        """Write a checkpoint whole or not at all, and drop all but the newest few.

        Parameters
        ----------
        step
            How far the run is.
        write
            Called with an empty folder to fill.
        keep
            How many checkpoints are kept, at least 1.
        """
        home = self.path("checkpoints")
        home.mkdir(parents=True, exist_ok=True)
        partial = home / ".writing"
        shutil.rmtree(partial, ignore_errors=True)  # what a process left that was killed
        partial.mkdir()
        try:
            write(partial)
            write_json(partial / MANIFEST, {file.name: digest(file) for file in sorted(partial.iterdir())})
            final = home / f"step-{step:06d}"
            shutil.rmtree(final, ignore_errors=True)
            partial.rename(final)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
        for old in self.checkpoints()[:-keep]:
            shutil.rmtree(old)

    def checkpoints(self) -> list[Path]:
        """Return the checkpoints' folders, oldest first."""
        return sorted(self.path("checkpoints").glob("step-*"))

    def checkpoint(self, name: str | None = None) -> Path | None:
        """Return a checkpoint that is known to be whole: the named or the newest, None without any.

        Raises
        ------
        RunError
            If it is missing or corrupt; the one before it is offered.
        """
        if name is not None:
            check_folder_name("checkpoint", name)
        available = self.checkpoints()
        if name is None and not available:
            return None
        chosen = self.path("checkpoints", name) if name else available[-1]
        reason = _damage(chosen)
        if reason is None:
            return chosen
        whole = [other.name for other in available if other != chosen and _damage(other) is None]
        offer = (
            f"continue from the one before it with --checkpoint {whole[-1]}"
            if whole
            else "no other is left; begin anew under another --name"
        )
        raise RunError(f"checkpoint {chosen} cannot be used: {reason}; {offer}")

    def _refuse_a_run(self) -> None:
        if self.path(CONFIG).exists():
            raise RunError(f"{self.folder} holds a run already; continue it with --resume, or choose another --name")

    def _occupy(self, needs: int) -> None:
        """Have the folder to this process, once it is known that it can be written."""
        self._check_writable(needs)
        try:
            self._lock = locks.hold(self.path(LOCK))
        except locks.Locked as other:
            raise RunError(
                f"{other} is at work in {self.folder}; wait until it has ended or stop it, or choose another --name"
            ) from None

    def _check_writable(self, needs: int) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"moral games")
        except OSError as error:
            raise RunError(f"run folder {self.folder} cannot be written: {error.strerror or error}") from error
        free = shutil.disk_usage(self.folder).free
        if free < needs:
            raise RunError(
                f"the disk of {self.folder} has {free / 1e6:.0f} MB free, and this run may write "
                f"{needs / 1e6:.0f} MB; make room first"
            )


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a path to write to, which becomes `path` at once when all went well, else vanishes.

    It lies in a folder of its own, and so does what libraries put beside it meanwhile. Where a process is killed, the
    folder is left, until the same file is written again.
    """
    home = path.with_name(f".writing-{path.name}")
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    try:
        partial = home / path.name
        yield partial
        with partial.open("rb+") as written:
            os.fsync(written.fileno())
        partial.replace(path)
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def as_written(folder: Path) -> Iterator[None]:
    """Say of a run's folder that it is not as this version writes it, where something is missing or of another type.

    Raises
    ------
    RunError
        Instead of a KeyError, IndexError, AttributeError or TypeError.
    """
    try:
        yield
    except (KeyError, IndexError, AttributeError, TypeError) as error:
        raise RunError(
            f"the files in {folder} are not as this version of Moral Games writes them "
            f"({type(error).__name__}: {error}); use the version that wrote them, or begin anew under another --name"
        ) from error


def write_json(path: Path, content: Any) -> None:
    """Write JSON, whole or not at all."""
    with whole_file(path) as partial:
        partial.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")


def read_json(path: Path) -> Any:
    """Read JSON.

    Raises
    ------
    RunError
        If the file is missing or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


def digest(file: Path) -> str:
    """Return a file's SHA-256."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _damage(checkpoint: Path) -> str | None:
    """Return what is wrong with a checkpoint's files, or None."""
    if not (checkpoint / MANIFEST).exists():
        return "its manifest is missing"
    try:
        manifest = json.loads((checkpoint / MANIFEST).read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return "its manifest is corrupt"
    if not isinstance(manifest, dict):
        return "its manifest is corrupt"
    files = {file.name for file in checkpoint.iterdir() if file.is_file()}
    for name, expected in manifest.items():
        if name not in files:
            return f"its file {name[:100]} is missing"
        if digest(checkpoint / name) != expected:
            return f"its file {name} is corrupt"
    return None
