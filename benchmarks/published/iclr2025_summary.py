"""The results of the ICLR 2025 study in short: means over seeds, with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from benchmarks.published.aies2024_results import interval
from benchmarks.published.iclr2025_conditions import HELD_OUT

Line = Mapping[str, Any]
WITHOUT_SEED = ("condition", "opponent", "game", "telling", "measure")

MEASURES = (
    "moral regret deontological",
    "moral regret utilitarian",
    "published regret deontological",
    "published regret utilitarian",
    "legal",
    "P(C|C)",
    "P(C|D)",
)
"""The measures of the printed table, with a column each."""


def over_seeds(lines: Iterable[Line]) -> list[dict[str, Any]]:
    """Return the exact measures over seeds: mean, and the ends of the published 95 % interval, mean ± 1.96 s.e.

    Beside them stands the mean of the published protocol as ``sampled``, None where it does not estimate a measure.
    What no seed has an exact number for is left out.
    """

    def about(line: Line) -> tuple[str, ...]:
        return tuple(line[key] for key in WITHOUT_SEED)

    ordered = list(dict.fromkeys(map(about, lines := list(lines))))
    place = {key: position for position, key in enumerate(ordered)}
    summarised = []
    for key, group in groupby(sorted(lines, key=lambda line: place[about(line)]), about):
        found = list(group)
        numbers = np.array([line["exact"] for line in found if line["exact"] is not None])
        drawn = [line["sampled"] for line in found if line["sampled"] is not None]
        if len(numbers):
            ends = dict(zip(("mean", "low", "high"), map(float, interval(numbers)), strict=True))
            summary: dict[str, Any] = dict(zip(WITHOUT_SEED, key, strict=True))
            summary |= {name: round(end, 6) for name, end in ends.items()}
            summary |= {"sampled": round(float(np.mean(drawn)), 6) if drawn else None, "seeds": len(numbers)}
            summarised.append(summary)
    return summarised


def markdown(results: Sequence[Line]) -> str:
    """Return the exact measures on held-out tellings as a Markdown table, a line a condition, opponent and game."""
    told = [line for line in results if line["telling"] == HELD_OUT]
    head = ("condition", "opponent", "game", *MEASURES)
    lines = [" | ".join(name.replace("|", r"\|") for name in head), " | ".join("---" for _ in head)]
    for key, group in groupby(told, lambda line: (line["condition"], line["opponent"], line["game"])):
        found = {line["measure"]: line for line in group}
        lines.append(" | ".join((*key, *_cells(found))))
    return "\n".join(f"| {line} |" for line in lines)


def _cells(found: Mapping[str, Line]) -> Iterator[str]:
    for measure in MEASURES:
        yield f"{found[measure]['mean']:.3f}" if measure in found else "none"
