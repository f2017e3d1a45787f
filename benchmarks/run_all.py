"""All benchmarks, one after the other, each within a time; what they find is kept and becomes one table of ratios.

Run from the repository's root, or as ``make bench``, which also writes the table into ``benchmarks/README.md``::

    python -m benchmarks.run_all                       # all that take a quarter of an hour at most, about 40 minutes
    python -m benchmarks.run_all --only ijcai_speed    # one of them
    python -m benchmarks.run_all --quick               # whether all run, small; no number of it is kept
    python -m benchmarks.results

Each benchmark leaves ``runs/bench/NAME.json`` (where its numbers come from, how long it took, what it found) and
``NAME.md`` (what it printed); one that fails leaves what an earlier one found.
"""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks.catalogue import BENCHMARKS, JSON, SCRATCH, TINY
from benchmarks.ratios import BENCH
from moral_games.names import unknown
from moral_games.provenance import ROOT, provenance
from moral_games.runs import read_json, write_json

PATIENCE, LEAST = 2.0, 2.0
"""How many times its minutes a benchmark is waited for, and how many minutes at least."""


@dataclass(frozen=True)
class Options:
    """Run benchmarks one after the other, and keep what they find."""

    only: tuple[str, ...] = ()
    """Which; by default all that take no longer than --most minutes."""
    most: float = 15.0
    """How many minutes a benchmark may take to be among those."""
    quick: bool = False
    """See whether all of them run, however long they would take in full; nothing is kept."""
    folder: Path = Path("runs")
    """Where what they find is kept; runs of their own are in ``runs``."""

    def chosen(self) -> list[str]:
        """Return which benchmarks are run; raises a ValueError for an unknown one, or one without a small way."""
        for name in self.only:
            if name not in BENCHMARKS:
                raise unknown("benchmark", name, BENCHMARKS)
            if self.quick and BENCHMARKS[name].quick is None:
                raise ValueError(f"{name} has no quick way; leave out --quick")
        if self.only:
            return list(self.only)
        if self.quick:
            return [name for name, one in BENCHMARKS.items() if one.quick is not None]
        return [name for name, one in BENCHMARKS.items() if one.minutes <= self.most]


def run(name: str, asked: Options, home: Path, places: Mapping[str, str]) -> str:
    """Run a benchmark, keep what it found, and return what became of it.

    Parameters
    ----------
    name
        Which.
    asked
        Whether in full or quick.
    home
        The folder that it is kept in.
    places
        What stands in the arguments for files and folders.
    """
    one = BENCHMARKS[name]
    wanted = (one.quick or ()) if asked.quick else one.arguments
    found = home / f".{name}.found.json"
    given = [(places | {JSON: str(found)}).get(argument, argument) for argument in wanted]
    begun, where = time.perf_counter(), provenance() | {"load": os.getloadavg()[0]}
    reason = _carried_out([f"benchmarks.{name}", *given], home / f"{name}.md", 60 * max(one.minutes * PATIENCE, LEAST))
    kept = {
        **where,
        "command": command(name, wanted),
        "seconds": round(time.perf_counter() - begun, 1),
        "failure": reason,
        "found": read_json(found) if found.exists() else None,
    }
    found.unlink(missing_ok=True)
    write_json(home / f"{name}{'.failed' if reason else ''}.json", kept)
    if not reason:
        (home / f"{name}.failed.json").unlink(missing_ok=True)
    return reason or f"{kept['seconds']:.0f} s"


def command(name: str, arguments: Sequence[str]) -> str:
    """Return how one calls a benchmark by hand.

    Examples
    --------
    >>> command("env_speed", ("--quick", "--json", JSON))
    'python -m benchmarks.env_speed --quick'
    """
    own = [argument for argument in arguments if argument not in (JSON, "--json")]
    return shlex.join(["python", "-m", f"benchmarks.{name}", *own])


def run_all(asked: Options) -> int:
    """Run what was chosen, and say what became of each; return how many failed.

    Raises
    ------
    ValueError
        If a benchmark is unknown; nothing was run then.
    """
    chosen = asked.chosen()
    failed = 0
    with tempfile.TemporaryDirectory(prefix="moral-games-bench-") as scratch:
        home = Path(scratch, BENCH) if asked.quick else (asked.folder / BENCH).absolute()
        home.mkdir(parents=True, exist_ok=True)
        places = {SCRATCH: str(Path(scratch, "runs"))}
        if asked.quick and any(TINY in (BENCHMARKS[name].quick or ()) for name in chosen):
            from benchmarks.faults import tiny_model

            places[TINY] = str(tiny_model())
        for name in chosen:
            told = run(name, asked, home, places)
            failed += (home / f"{name}.failed.json").exists()
            print(f"{name}: {told}", file=sys.stderr, flush=True)
    return failed


def _carried_out(command: Iterable[str], output: Path, seconds: float) -> str | None:
    """Run a module with its output to a file; return why it failed, or None. It ends with all its processes."""
    log = output.with_suffix(".log")
    with output.open("w", encoding="utf-8") as said, log.open("w", encoding="utf-8") as told:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=said, stderr=told, cwd=ROOT, start_new_session=True
        )
        try:
            status = process.wait(seconds)
        except subprocess.TimeoutExpired:
            return f"not finished after {seconds / 60:.0f} minutes"
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    last = lines[-1].replace(f"{ROOT}{os.sep}", "") if lines else "nothing said"
    return None if status == 0 else f"exit status {status}: {last}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmarks; return 1 if one of them failed, 2 if what was asked for is unknown."""
    try:
        return int(run_all(tyro.cli(Options, args=arguments)) > 0)
    except (ValueError, OSError) as error:
        print(f"run_all: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
