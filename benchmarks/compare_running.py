"""Where a comparison's studies are carried out: in this process, in several, or on Ray; the numbers are the same."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from benchmarks.compare_grid import Cell, learn
from benchmarks.pool import each
from moral_games.report.page import REPORT
from moral_games.runs import Run, RunError

LOG = "log.txt"
PATIENCE = 10.0
"""Seconds to wait for a cluster's answer; Ray itself waits for minutes."""


class Outcome(NamedTuple):
    """A cell that was carried out, and why it failed, if it did."""

    cell: Cell
    failure: str | None


CarryOut: TypeAlias = "Callable[[Sequence[Cell]], Iterator[Outcome]]"
"""Carries out studies and returns what became of each as it ends, in any order."""


def finished(cell: Cell) -> bool:
    """Tell whether a cell's study was carried out, with these very options."""
    run = Run(cell.options.folder / cell.name)
    return run.path(REPORT).exists() and run.config() == cell.options.to_json()


def carry_out(cell: Cell) -> Outcome:
    """Carry out a study, or what is left of it; what it prints goes to ``log.txt`` in its folder."""
    log = Path(cell.options.folder, cell.name, LOG)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as said, redirect_stdout(said), redirect_stderr(said):
        try:
            learn(cell)
        except (ValueError, TypeError, RunError, ArithmeticError, OSError, MemoryError) as error:
            return Outcome(cell, f"{type(error).__name__}: {error}")
    return Outcome(cell, None)


@contextmanager
def on_this_machine(workers: int) -> Iterator[CarryOut]:
    """Carry out so many studies at once on this machine; see `benchmarks.pool.each`."""
    yield lambda cells: (outcome for _, outcome in each(carry_out, cells, workers))


@contextmanager
def on_ray(address: str) -> Iterator[CarryOut]:
    """Carry studies out on a Ray cluster, as many at once as it has processors.

    Parameters
    ----------
    address
        ``"local"`` for one on this machine that lives as long as the comparison, ``"auto"`` for the one
        that runs here already, or ``HOST:PORT``. All its machines must see the run folder and this code.

    Raises
    ------
    RunError
        If Ray is not installed, or there is no cluster at the address.
    """
    try:
        import ray
    except ImportError as error:
        raise RunError("--ray needs Ray: pip install 'ray[rllib]', or leave it out") from error
    try:
        _knock(address)
        ray.init(address=address, log_to_driver=False, logging_level="ERROR", include_dashboard=False)
    except (OSError, RuntimeError, ValueError) as error:
        raise RunError(
            f"no Ray cluster answers at {address!r} ({error}); start one with 'ray start --head', or give --ray local"
        ) from error
    remote = ray.remote(carry_out)

    def everything(cells: Sequence[Cell]) -> Iterator[Outcome]:
        waiting: list[Any] = [remote.remote(cell) for cell in cells]
        while waiting:
            (ended,), waiting = ray.wait(waiting, num_returns=1)
            yield ray.get(ended)

    try:
        yield everything
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise an OSError or ValueError if nobody answers at ``HOST:PORT``; other addresses are left to Ray."""
    if address in ("local", "auto"):
        return
    host, _, port = address.removeprefix("ray://").rpartition(":")
    socket.create_connection((host, int(port)), timeout=PATIENCE).close()
