"""The command that opens the explorer in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from moral_games.cli.command import Command, Terminated
from moral_games.cli.console import console


@dataclass(frozen=True)
class Explore(Command):
    """Explore games, values, opponents and runs in a browser, on this machine alone; Ctrl-C ends it."""

    uses: ClassVar = {
        "games, values and the runs of this folder": "moral-games explore",
        "runs kept elsewhere, on a port of one's own": "moral-games explore --folder /data/runs --port 9000",
        "where there is no browser, print the address": "moral-games explore --no-browser",
    }

    when_stopped: ClassVar[str] = "nothing was to be kept"

    folder: Path = Path("runs")
    """Where runs are kept; no file elsewhere is shown."""
    port: int | None = None
    """Where the explorer listens, on 127.0.0.1; by default 8080 or the next free port."""
    browser: bool = True
    """Open the page in a browser."""

    def run(self) -> None:
        """Serve the explorer until it is interrupted."""
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"--folder is the folder in which runs are kept; {str(self.folder)!r} is a file")
        from moral_games.explorer.server import listening, serve

        with listening(self.port) as at:
            host, port = at.getsockname()
            console.print(f"The explorer is at http://{host}:{port} (Ctrl-C ends it).", markup=False)
            try:
                serve(self.folder, at, self.browser)
            except Terminated:
                raise
            except KeyboardInterrupt:  # the way to end it
                return
