"""An agent's command: options are read, a study is carried out, and what came out is printed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import tyro
from rich.console import Console
from rich.table import Table

from moral_games.cli.command import attempt
from moral_games.report.page import REPORT
from moral_games.runs import METRICS, Run, read_json

AnyOptions = TypeVar("AnyOptions")


def show(run: Run) -> None:
    """Print a finished run's exact measures: mean over seeds, and the interval."""
    metrics = read_json(run.path(METRICS))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    names = list(next(iter(metrics["learners"].values()))["measures"])
    table = Table("player", "reward", *names, box=None, pad_edge=False)
    for player, found in metrics["learners"].items():
        table.add_row(player, found["reward"], *(_shown(found["measures"][name]) for name in names))
    console.print(table)
    console.print(", ".join(f"{name} {_shown(found)}" for name, found in metrics["together"].items()))
    console.print(f"report: {run.path(REPORT)}", soft_wrap=True)


def command(
    options: type[AnyOptions],
    work: Callable[[AnyOptions], Run],
    arguments: Sequence[str] | None = None,
    show: Callable[[Run], None] = show,
) -> int:
    """Read options, carry out what they ask for, and show what came out; return the exit status."""
    return attempt(lambda: show(work(tyro.cli(options, args=arguments))), "error", lambda: "go on with --resume")


def _shown(interval: dict[str, Any]) -> str:
    if len(interval["by_seed"]) == 1:
        return f"{interval['mean']:.3f}"
    return f"{interval['mean']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"
