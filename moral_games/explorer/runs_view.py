"""Runs as HTML: a list of them, and one of them or two side by side with their reports."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from moral_games.explorer import shelf
from moral_games.explorer.markup import shown, table
from moral_games.explorer.shelf import Shelved
from moral_games.runs import RunError

LONGEST = 200
"""How much of what an option was asked, or of a reason, is shown."""


def listed(runs: Sequence[Shelved], folder: Path) -> str:
    """Return the list of runs as HTML, each name a link to its page."""
    if not runs:
        return (
            f"<p>There are no runs in <code>{shown(folder)}</code>. <code>moral-games finetune</code> makes one; "
            "<code>--folder</code> looks elsewhere.</p>"
        )
    rows = [(_link(run.name), shown(run.kind), _state(run)) for run in runs]
    more = f'<p class="soft">Only the first {shelf.MOST_RUNS} are listed.</p>' if len(runs) == shelf.MOST_RUNS else ""
    return f"{table(('Run', 'What it is', 'State'), rows, 'Runs', 'runs')}{more}"


def opened(folder: Path, name: str) -> str:
    """Return one run as HTML: its state, what it was asked, and its report."""
    run = shelf.look(folder, name)
    parts = [f"<h2>{shown(name)}</h2>", f"<p>{_said(run)}</p>"]
    if run.state != shelf.BROKEN:
        parts += [_asked(folder, name), _report(folder, name)]
    return f'<section class="run">{"".join(parts)}</section>'


def compared(folder: Path, name: str, beside: str) -> str:
    """Return in what two runs were asked differently as HTML."""
    try:
        found = shelf.asked_differently(shelf.asked(folder, name), shelf.asked(folder, beside))
    except (ValueError, RunError):
        return ""
    if not found:
        return "<p>Both were asked the same.</p>"
    rows = [(shown(option), _cut(one), _cut(other)) for option, one, other in found]
    heads = ("Option", shown(name), shown(beside))
    return f"<h2>Asked differently</h2>{table(heads, rows, 'In what the two runs were asked differently', 'asked')}"


def page_of(name: str, beside: str = "") -> str:
    """Return the address of the page on one run, or on two."""
    return f"/runs?run={quote(name, safe='')}" + (f"&beside={quote(beside, safe='')}" if beside else "")


def _link(name: str) -> str:
    try:
        address = page_of(name)
    except UnicodeEncodeError:  # a name on disk that is no text
        return shown(name)
    return f'<a href="{shown(address)}">{shown(name)}</a>'


def _state(run: Shelved) -> str:
    reason = f'<br><span class="soft">{_cut(run.said)}</span>' if run.said else ""
    return f'<span class="state {run.state.replace(" ", "-")}">{run.state}</span>{reason}'


def _said(run: Shelved) -> str:
    kind = f"{shown(run.kind)}: " if run.kind else ""
    return f"{kind}{run.state}{f'; {_cut(run.said)}' if run.said else ''}."


def _asked(folder: Path, name: str) -> str:
    rows = [(shown(option), _cut(entry)) for option, entry in shelf.asked(folder, name).items()]
    told = "What it was asked"
    return f"<details><summary>{told}</summary>{table(('Option', ''), rows, told, 'asked')}</details>"


def _report(folder: Path, name: str) -> str:
    if not shelf.has_report(folder, name):
        return '<p class="soft">It has no report yet.</p>'
    address = shown(f"/runs/{quote(name)}/{shelf.REPORT}")
    return (
        f'<p><a href="{address}" target="_blank" rel="noopener">The report on a page of its own</a></p>'
        f'<iframe src="{address}" title="Report of {shown(name)}" sandbox></iframe>'
    )


def _cut(text: str) -> str:
    return shown(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
