"""Make the pictures of the explorer in ``docs/images``: ``python docs/screenshots.py``.

Chromium is looked for in $CHROMIUM and on PATH. The runs that are shown are made in a folder that is thrown away.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
COLOURS = 128
HEIGHTS = {1280: 900, 390: 844}
"""Of the window, by its width."""

RUNS = {"selfish": "selfish", "utilitarian": "utilitarian"}
"""Runs that are made, and what they value."""


def game(page: Page) -> None:
    """Open a Prisoner's Dilemma that inequity aversion makes a Stag Hunt."""
    page.goto("/?value=inequity_aversion(alpha=0.5, beta=0.6)")
    page.wait_for_selector("svg.replies")


def play(page: Page) -> None:
    """Play four rounds against a strategy that draws."""
    page.goto("/play?value=selfish %2B deontological&opponent=generous_tit_for_tat&seed=3")
    page.get_by_text("Nothing has been played yet.").wait_for()
    for number, key in enumerate("1211", 1):
        page.keyboard.press(key)
        page.get_by_text(f"Round {number}:").wait_for()


def runs(page: Page) -> None:
    """Open two runs side by side."""
    page.goto("/runs?run=selfish&beside=utilitarian")
    for frame in (0, 1):
        page.frame_locator("iframe").nth(frame).locator("h1").wait_for()


PICTURES: dict[str, tuple[Callable[[Page], None], int]] = {
    "explorer-game-1280": (game, 1280),
    "explorer-game-390": (game, 390),
    "explorer-play-1280": (play, 1280),
    "explorer-runs-1280": (runs, 1280),
}


@contextmanager
def explorer(folder: Path) -> Iterator[str]:
    """Serve the explorer of a folder; give its address."""
    command = [sys.executable, "-u", "-m", "moral_games", "explore", "--no-browser", "--folder", folder.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder.parent) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None, "the explorer did not start"
        try:
            yield found[0]
        finally:
            process.terminate()


def learn(folder: Path) -> None:
    """Make the runs that are shown."""
    for name, reward in RUNS.items():
        command = [sys.executable, "-m", "agents.actor_critic", "--folder", str(folder), "--name", name]
        options = ["--reward", reward, "--seeds", "5", "--updates", "300"]
        subprocess.run([*command, *options], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)


def keep(name: str, png: bytes) -> None:
    """Write a picture with few colours, which is a third of its size."""
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS).save(IMAGES / f"{name}.png", optimize=True)


def main() -> None:
    """Make all pictures."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        folder = Path(home, "runs")
        learn(folder)
        with explorer(folder) as address:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            for name, (show, width) in PICTURES.items():
                context = browser.new_context(base_url=address, viewport={"width": width, "height": HEIGHTS[width]})
                page = context.new_page()
                show(page)
                whole = page.evaluate("document.documentElement.scrollHeight")
                page.set_viewport_size({"width": width, "height": whole})
                show(page)  # again, for frames are painted where the window was when they were opened
                page.wait_for_timeout(2000)  # until frames are painted, and what was pressed has faded
                keep(name, page.screenshot())
            browser.close()


if __name__ == "__main__":
    main()
