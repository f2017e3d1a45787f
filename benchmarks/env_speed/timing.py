"""Timing: contenders of a group take turns in a process of their own, and every turn is kept."""

from __future__ import annotations

import multiprocessing
import os
import platform
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from time import perf_counter

Run = Callable[[], object]

PACKAGES = ("numpy", "gymnasium", "pettingzoo", "torch", "jax", "open-spiel", "axelrod", "jaxmarl")


@dataclass(frozen=True)
class Contender:
    """Something that takes steps.

    Attributes
    ----------
    name
        What it is.
    environments
        How many of them step together.
    steps
        How many environment steps one run takes, those of all environments together.
    prepare
        Returns what takes the steps. It is called in the process that times it, so it can be pickled.
    install
        The command that installs it, for a peer that may be missing.
    """

    name: str
    environments: int
    steps: int
    prepare: Callable[[], Run]
    install: str = ""


@dataclass(frozen=True)
class Speed:
    """How fast a contender was: seconds an environment step took in each turn, or why it was not timed."""

    name: str
    environments: int
    turns: tuple[float, ...] = field(default=(), repr=False)
    missing: str = ""

    @property
    def seconds(self) -> float:
        """Median seconds of an environment step."""
        return median(self.turns)

    @property
    def per_second(self) -> float:
        """Median environment steps a second."""
        return 1 / self.seconds


@dataclass(frozen=True)
class Effort:
    """How many turns each contender gets, and how many seconds a turn lasts at least."""

    turns: int
    seconds: float


def ratio(fast: Speed, slow: Speed) -> float:
    """Return how many times as fast `fast` is: the median over turns, which neighbours in time share."""
    return median(late / early for early, late in zip(fast.turns, slow.turns, strict=True))


def compare(contenders: Sequence[Contender], effort: Effort) -> list[Speed]:
    """Time contenders in turns, in this process."""
    runs: dict[int, tuple[Run, int]] = {}
    missing: dict[int, str] = {}
    for i, contender in enumerate(contenders):
        try:
            run = contender.prepare()
        except ImportError as error:
            missing[i] = f"missing ({error}); install with `{contender.install}`"
            continue
        runs[i] = run, _repeats(run, effort.seconds)
    turns: dict[int, list[float]] = {i: [] for i in runs}
    for _ in range(effort.turns):
        for i, (run, repeats) in runs.items():
            turns[i].append(_timed(run, repeats) / (repeats * contenders[i].steps))
    return [
        Speed(contender.name, contender.environments, tuple(turns.get(i, ())), missing.get(i, ""))
        for i, contender in enumerate(contenders)
    ]


def compare_apart(contenders: Sequence[Contender], effort: Effort) -> list[Speed]:
    """Time contenders in turns, in a fresh process, whose memory nothing else has touched."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(compare, contenders, effort).result()


def machine() -> dict[str, str]:
    """Return what the figures were measured on."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "CPU": f"{models[0] if models else platform.processor() or platform.machine()}, {cores} cores usable",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "packages": ", ".join(f"{name} {_version(name)}" for name in PACKAGES),
    }


def load() -> str:
    """Return how many processes wanted a core over the last 1, 5 and 15 minutes."""
    return " ".join(f"{wanting:.2f}" for wanting in os.getloadavg())


def told(text: str) -> None:
    """Show progress, which is no part of the output."""
    print(text, file=sys.stderr, flush=True)


def _repeats(run: Run, seconds: float) -> int:
    """Warm up, and return how many runs last `seconds`."""
    run()
    repeats = 1
    while (taken := _timed(run, repeats)) < seconds / 2:
        repeats = max(2 * repeats, int(repeats * seconds / max(taken, 1e-9) / 2))
    return max(1, round(repeats * seconds / taken))


def _timed(run: Run, repeats: int) -> float:
    start = perf_counter()
    for _ in range(repeats):
        run()
    return perf_counter() - start


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
