"""The explorer as a process of its own, as somebody starts it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS_TO_START = 60


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start ``moral-games explore`` on a free port; give its address and its process, and end it."""
    command = [sys.executable, "-u", "-m", "moral_games", "explore", "--no-browser", "--folder", str(folder)]
    environment = {key: entry for key, entry in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=folder.parent
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None, process.communicate(timeout=5)
        wait_for(found[0])
        yield found[0], process
    finally:
        process.kill()
        process.communicate()


def wait_for(address: str) -> None:
    """Wait until there is an answer."""
    end = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(address, timeout=SECONDS_TO_START):
            return
        time.sleep(0.1)
    raise TimeoutError(f"{address} does not answer")
