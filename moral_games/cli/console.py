"""Where commands print, and how they show numbers."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console

# Where no terminal sets a width, lines are not folded, so that they can be searched.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


def shown(entry: Any) -> str:
    """Return a number, a list or a dict as it stands in a table."""
    if isinstance(entry, dict):
        return ", ".join(f"{key} {shown(value)}" for key, value in entry.items())
    if isinstance(entry, list):
        return " ".join(shown(value) for value in entry)
    return f"{entry:.3f}" if isinstance(entry, float) else str(entry)
