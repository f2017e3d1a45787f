"""Where the numbers of a page come from: everything that a run kept about how it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MADE_BY = ("command", "commit", "versions", "machine")
"""What is shown of ``provenance.json``. The time is left out, so that a run that was resumed has the same page."""

LONGEST = 400
"""The most characters of a setting that are shown."""


def provenance(
    config: Mapping[str, Any], metrics: Mapping[str, Any], made_by: Mapping[str, Any]
) -> dict[str, list[tuple[str, str]]]:
    """Return by section the lines of a page's end: what made the run, its seeds and settings, machine and seconds.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.
    made_by
        The content of ``provenance.json``; empty for runs without.
    """
    found = {"machine": metrics.get("machine", {})} | {key: made_by[key] for key in MADE_BY if key in made_by}
    made = list(_lines(found))
    made += [(name, "not kept by this run") for name in ("command", "commit") if found.get(name) is None]
    seconds = metrics.get("seconds")
    return {
        "How it was made": made,
        "Seconds": list(_lines(seconds if isinstance(seconds, Mapping) else {})),
        "What was asked": list(_lines(config)),
    }


def _lines(content: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Return settings one by one, those inside others by their path."""
    for name, entry in content.items():
        path = f"{before}{str(name).replace('_', ' ')}"
        if isinstance(entry, Mapping):
            yield from _lines(entry, f"{path}: ")
        elif entry is not None:
            yield path, _told(entry)


def _told(entry: Any) -> str:
    text = (", ".join(map(str, entry)) or "none") if isinstance(entry, list) else str(entry)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
