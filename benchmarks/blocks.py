"""Generated blocks: parts of a page that are written from run folders, between markers; all else is written by hand.

A block begins with ``<!-- results: NAME -->`` and ends with ``<!-- end -->``, each alone on its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from moral_games.names import unknown
from moral_games.provenance import PROVENANCE
from moral_games.runs import CONFIG, METRICS, Run, RunError, as_written, read_json

BEGIN, END = "<!-- results: {} -->", "<!-- end -->"
_BLOCK = re.compile(r"^<!-- results: (?P<name>[^\n]+) -->\n(?P<text>.*?)^<!-- end -->$", re.DOTALL | re.MULTILINE)
_ABSOLUTE = re.compile(r"(?<!\S)/(?:[^\s/]+/)+")
"""The folders before the last part of an absolute path, which are a machine's own."""
_MARKER = re.compile(r"^<!-- (?:results: (?P<name>[^\n]+)|end) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """What a block shows.

    Attributes
    ----------
    runs
        Names of the run folders that it is written from.
    write
        Returns Markdown from these runs, in order. It raises a RunError where a run holds less than it needs.
    seeds
        Returns the seeds of a run, for the line that says where numbers come from; None for a block without such
        a line, next to another that has it.
    """

    runs: tuple[str, ...]
    write: Callable[..., str]
    seeds: Callable[[Run], Iterable[int]] | None = None

    def text(self, folder: Path) -> str:
        """Return the block's Markdown from the runs in a folder.

        Raises
        ------
        RunError
            If a run is not there, not finished or of another version.
        """
        runs = [Run(folder / name) for name in self.runs]
        for run in runs:
            if not run.folder.is_dir():
                raise RunError(f"there is no run folder {run.folder}")
        with as_written(runs[0].folder):
            told = [self.write(*runs)]
            if self.seeds is not None:
                told += [made_by(run, self.seeds(run)) for run in runs]
        return "\n\n".join(part.strip("\n") for part in told if part)


class Rewritten(NamedTuple):
    """A page whose blocks were written anew, the names of those that came out otherwise, and why others were left."""

    page: str
    changed: tuple[str, ...]
    left: dict[str, str]


def rewrite(page: str, blocks: Mapping[str, Block], folder: Path) -> Rewritten:
    """Write the blocks of a page anew; those whose runs are not there are left as they are.

    Parameters
    ----------
    page
        Markdown with blocks.
    blocks
        What blocks show, by name.
    folder
        Where runs are kept.

    Raises
    ------
    ValueError
        If a block of the page is unknown, or markers do not come in pairs.
    """
    changed, left = [], {}

    def anew(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in blocks:
            raise unknown("block", name, blocks)
        try:
            text = f"\n{blocks[name].text(folder)}\n\n"
        except RunError as error:
            left[name] = str(error)
            return found[0]
        if text != found["text"]:
            changed.append(name)
        return f"{BEGIN.format(name)}\n{text}{END}"

    _check_pairs(page)
    return Rewritten(_BLOCK.sub(anew, page), tuple(changed), left)


def _check_pairs(page: str) -> None:
    open_block = ""
    for marker in _MARKER.finditer(page):
        if bool(open_block) == bool(marker["name"]):
            raise ValueError(f"{marker[0]} does not follow a {END if marker['name'] else BEGIN.format('NAME')}")
        open_block = marker["name"] or ""
    if open_block:
        raise ValueError(f"block {open_block!r} has no {END}")


def made_by(run: Run, seeds: Iterable[int]) -> str:
    """Return the line that says where a run's numbers come from; what was not recorded is called so."""
    kept = known(run)
    facts = {
        "seeds": span(seeds),
        "commit": kept.get("commit"),
        "date": kept.get("begun", "")[:10],
        "command": f"`{_ABSOLUTE.sub('…/', kept['command'])}`" if kept.get("command") else None,
        "machine": _listed(kept.get("machine", {})),
        "versions": _listed(kept.get("versions", {})),
    }
    told = [f"{name} {fact}" for name, fact in facts.items() if fact]
    if missing := [name for name, fact in facts.items() if not fact]:
        told.append(f"{', '.join(missing)} not recorded")
    return f"<small>From `{run.folder.name}`: {'; '.join(told)}.</small>"


def seeds_asked(run: Run) -> range:
    """Return the seeds of a run whose options say from which on, and how many (``seeds`` or ``runs``)."""
    asked = run.config()
    first = asked.get("seed", 0)
    return range(first, first + asked.get("runs", asked.get("seeds", 1)))


def span(numbers: Iterable[int]) -> str:
    """Return numbers in short.

    Examples
    --------
    >>> span([0, 1, 2]), span([3]), span([0, 2, 5])
    ('0 to 2', '3', '0, 2, 5')
    """
    listed = sorted(set(numbers))
    if len(listed) > 2 and listed == list(range(listed[0], listed[-1] + 1)):
        return f"{listed[0]} to {listed[-1]}"
    return ", ".join(map(str, listed))


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], words: int = 1) -> str:
    """Return a Markdown table whose first columns, so many, are words and whose others are numbers."""
    lines = [heads, [*["---"] * words, *["--:"] * (len(heads) - words)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def with_interval(found: Mapping[str, Any], digits: int = 2) -> str:
    """Return a mean with its interval.

    Examples
    --------
    >>> with_interval({"mean": 0.5, "low": 0.25, "high": 0.75})
    '0.50 [0.25, 0.75]'
    """
    mean, low, high = (f"{found[end]:.{digits}f}" for end in ("mean", "low", "high"))
    return f"{mean} [{low}, {high}]"


def known(run: Run) -> dict[str, Any]:
    """Return the provenance of a run or of the first run inside it; of older ones the machine, where they kept it.

    See `moral_games.provenance.provenance`; what was not recorded is missing.
    """
    for path in sorted(run.folder.rglob(PROVENANCE), key=_depth):
        return dict(read_json(path))
    for path in sorted([*run.folder.rglob(METRICS), *run.folder.rglob(CONFIG)], key=_depth):
        found = read_json(path)
        if isinstance(found, dict) and "machine" in found:
            return {"machine": found["machine"]}
    return {}


def _depth(path: Path) -> tuple[int, str]:
    return len(path.parts), str(path)


def _listed(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
