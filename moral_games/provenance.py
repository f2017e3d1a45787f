"""Where a number comes from: the command, the code, the packages and the machine that made it."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PROVENANCE = "provenance.json"
"""The file of a run's folder that says so."""

PACKAGES = ("numpy", "gymnasium", "pettingzoo", "stable-baselines3", "torch", "transformers", "peft", "trl", "jax")
"""Packages that numbers may depend on."""

ROOT = Path(__file__).parents[1]


def provenance() -> dict[str, Any]:
    """Return what is to be known of numbers that are made here and now.

    Returns
    -------
    dict
        JSON: ``begun`` (UTC, to the second), ``command``, ``commit`` (None without a checkout), ``versions`` by name,
        of what is installed, and ``machine`` (``processor``, ``cores`` that may be used, ``system``).

    Examples
    --------
    >>> sorted(provenance())
    ['begun', 'command', 'commit', 'machine', 'versions']
    """
    return {
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command(sys.argv),
        "commit": commit(ROOT),
        "versions": dict(versions()),
        "machine": machine(),
    }


def command(arguments: Sequence[str]) -> str:
    """Return a command line as one types it in the folder where it was given, without absolute paths into it.

    Parameters
    ----------
    arguments
        As in `sys.argv`: the program's path, and what it was given.

    Examples
    --------
    >>> command(["/opt/venv/bin/moral-games", "finetune", "--reward", "selfish + altruistic"])
    "moral-games finetune --reward 'selfish + altruistic'"
    >>> command([str(ROOT / "agents" / "tabular_q.py"), "--seeds", "20"])
    'python -m agents.tabular_q --seeds 20'
    """
    here = f"{Path.cwd()}{os.sep}"
    given = [argument.removeprefix(here) for argument in arguments[1:]]
    path = Path(arguments[0])
    if path.suffix == ".py" and path.is_relative_to(ROOT):
        parts = [part for part in path.relative_to(ROOT).with_suffix("").parts if part != "__main__"]
        return shlex.join(["python", "-m", ".".join(parts), *given])
    return shlex.join([path.name, *given])


@cache
def commit(folder: Path) -> str | None:
    """Return the commit that a checkout is at, with ``-dirty`` after it where files were changed since.

    It is asked for once in a process, whose code does not change either. None is returned where a folder is no
    checkout, or git is missing.
    """
    if not (folder / ".git").exists():
        return None
    asked = ("git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    try:
        return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python, of this library and of those `PACKAGES` that are installed."""
    found = {"python": platform.python_version()}
    for name in ("moral-games", *PACKAGES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """Return the processor's name, how many of its cores may be used, and the operating system."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"processor": _processor(), "cores": cores, "system": f"{platform.system()} {platform.machine()}"}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
