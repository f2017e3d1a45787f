"""The runs under one folder: what each is, whether it is finished, and its report. Nothing else can be reached."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moral_games import locks
from moral_games.names import check_folder_name, unknown
from moral_games.runs import CONFIG, HISTORY, LOCK, METRICS, POLICY, Run, RunError, read_json

REPORT = "report.html"
FIGURES = "figures"

READ = (CONFIG, HISTORY, LOCK, METRICS, POLICY, REPORT, FIGURES)
"""What is read or written in a run's folder."""

MOST_RUNS = 500
"""How many runs are listed."""

FINISHED, AT_WORK, UNFINISHED, BROKEN = "finished", "going on", "unfinished", "broken"


@dataclass(frozen=True)
class Shelved:
    """One run: its name under the folder, what it is, in what state, and what there is to be said of that."""

    name: str
    kind: str
    state: str
    said: str = ""


def names(folder: Path) -> list[str]:
    """Return the runs under a folder, and in those of its folders that are no runs themselves; sorted."""
    found = []
    for entry in _folders(folder):
        if (entry / CONFIG).exists():
            found.append(entry.name)
        else:
            found += [f"{entry.name}/{inner.name}" for inner in _folders(entry) if (inner / CONFIG).exists()]
    return found[:MOST_RUNS]


def run_folder(folder: Path, name: str) -> Path:
    """Return the folder of a run by its name under `folder`.

    Raises
    ------
    ValueError
        If the name leads elsewhere, or there is no such run.
    RunError
        If the run, or what is read of it, lies outside `folder` by a link.
    """
    parts = name.split("/")
    for part in parts:
        check_folder_name("run", part)
    place = folder.joinpath(*parts)
    home = folder.resolve()
    if not all(place.joinpath(entry).resolve().is_relative_to(home) for entry in ("", *READ)):
        raise RunError(f"run {name!r} leads out of {folder} by a link; start the explorer with the --folder it lies in")
    if not (place / CONFIG).is_file():
        raise unknown("run", name, names(folder))
    return place


def runs(folder: Path) -> list[Shelved]:
    """Return what there is under a folder."""
    return [look(folder, name) for name in names(folder)]


def look(folder: Path, name: str) -> Shelved:
    """Return what a run is and in what state; a run that cannot be read is `BROKEN`, with the reason."""
    try:
        place = run_folder(folder, name)
        config = Run(place).config()
        working = _holder(place)
        metrics = read_json(place / METRICS) if (place / METRICS).exists() else None
    except (ValueError, RunError, OSError) as error:
        return Shelved(name, "", BROKEN, str(error))
    kind = kind_of(config, metrics)
    if working is not None:
        return Shelved(name, kind, AT_WORK, f"{working} is at work in it")
    if metrics is None:
        return Shelved(name, kind, UNFINISHED, f"it has no {METRICS}; its command goes on with --resume")
    return Shelved(name, kind, FINISHED)


def kind_of(config: Mapping[str, Any], metrics: Any) -> str:
    """Return in a few words what a run is."""
    from moral_games.report.page import what_to_show

    if "lora_rank" in config:
        return "fine-tuned model"
    for key in ("agent", "study"):
        if key in config:
            return f"{key} {config[key]}"
    try:
        shown = what_to_show(metrics or {}).__name__
    except (RunError, TypeError):
        return "run"
    return shown.rpartition(".")[2].replace("_", " ")


def report_page(folder: Path, name: str) -> bytes:
    """Return the report of a run, as it was written.

    Raises
    ------
    ValueError, RunError
        If there is no such run (see `run_folder`), or it has no report.
    """
    page = run_folder(folder, name) / REPORT
    if not page.is_file():
        raise RunError(f"run {name!r} has no {REPORT} yet")
    return page.read_bytes()


def has_report(folder: Path, name: str) -> bool:
    """Return whether a run has a report."""
    return (run_folder(folder, name) / REPORT).is_file()


def write_report(folder: Path, name: str) -> None:
    """Write the report of a run into its folder.

    Raises
    ------
    ValueError, RunError
        If there is no such run (see `run_folder`), or its files are not as this version writes them.
    OSError
        If its folder cannot be written.
    """
    from moral_games import report

    report.write_report(run_folder(folder, name))


def asked(folder: Path, name: str) -> dict[str, str]:
    """Return what a run was asked, option by option; options within options have a dot in their names."""
    return dict(_flat("", Run(run_folder(folder, name)).config()))


def asked_differently(one: Mapping[str, str], other: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return the options in which two runs differ: the option, and what either was asked, or nothing.

    Examples
    --------
    >>> asked_differently({"seed": "0", "game": "ipd"}, {"seed": "1", "game": "ipd", "rank": "8"})
    [('seed', '0', '1'), ('rank', '', '8')]
    """
    options = dict.fromkeys((*one, *other))
    return [(key, one.get(key, ""), other.get(key, "")) for key in options if one.get(key) != other.get(key)]


def players(folder: Path) -> list[str]:
    """Return the runs that have learned a policy."""
    return [name for name in names(folder) if (folder / name / POLICY).exists()]


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            found = [entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")]
    except OSError:
        return []
    return [folder / name for name in sorted(found)]


def _holder(place: Path) -> str | None:
    try:
        return locks.holder(place / LOCK)
    except OSError:  # of somebody else's run nothing is known
        return None


def _flat(before: str, config: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for key, entry in config.items():
        name = f"{before}{key}"
        found += _flat(f"{name}.", entry) if isinstance(entry, dict) and entry else [(name, _told(entry))]
    return found


def _told(entry: Any) -> str:
    return ", ".join(map(str, entry)) if isinstance(entry, list) else str(entry)
