"""Where commands print and draw, and how they show numbers."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from moral_games.text.visible import visible


class SafeConsole(Console):
    """A console on which text from others does nothing: what does not print is told as its code."""

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to be printed, as `rich.console.Console` does."""
        return super().render_str(visible(text), **options)


# Where no terminal sets a width, lines are not folded, so that they can be searched.
console = SafeConsole(highlight=False, width=None if sys.stdout.isatty() else 160)


FIGURE_FORMATS = (".pdf", ".png", ".svg")


def shown(entry: Any) -> str:
    """Return a number, a list or a dict as it stands in a table."""
    if isinstance(entry, dict):
        return ", ".join(f"{key} {shown(value)}" for key, value in entry.items())
    if isinstance(entry, list):
        return " ".join(shown(value) for value in entry)
    return f"{entry:.3f}" if isinstance(entry, float) else str(entry)


def check_figure(path: Path) -> None:
    """Raise a ValueError unless a figure can be written there, before anything is played."""
    if find_spec("matplotlib") is None:
        raise ValueError("a figure needs matplotlib; install it with: pip install 'moral-games[report]'")
    if path.suffix not in FIGURE_FORMATS:
        raise ValueError(f"a figure's name ends in {', '.join(FIGURE_FORMATS)}; got {str(path)!r}")
    if not path.parent.is_dir():
        raise ValueError(f"there is no folder {str(path.parent)!r} to write the figure to")
