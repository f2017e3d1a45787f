"""Agents side by side: every agent on every game, under every value, against every opponent, in one table and report.

Every combination is a study of its own in ``runs/NAME/cells``, so that a comparison that was killed goes on with
``--resume`` where it stopped. Run it from the repository's root with, for example::

    python -m benchmarks.compare --agents tabular_q actor_critic --games ipd stag_hunt \
        --rewards selfish utilitarian --opponents tit_for_tat learner --seeds 10 --workers 2
    python -m benchmarks.compare --agents "tabular_q(steps=1000)" "tabular_q(steps=10000)" --ray local --name steps

The opponent ``learner`` learns too, with the same agent and value; ``learner:REWARD`` under a value of its own.
``comparison.csv`` has a line for each learner, ``report.html`` shows it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.table import Column, Table

from agents.command import command
from agents.judgement import interval
from agents.study import TIMES
from benchmarks.compare_grid import LEARNER, Cell, Common, grid
from benchmarks.compare_running import CarryOut, finished, on_ray, on_this_machine
from benchmarks.tables import write_csv
from moral_games.names import check_folder_name
from moral_games.progress import progress
from moral_games.report import write_report
from moral_games.runs import METRICS, Run, RunFailed, read_json, write_json

CELLS, TABLE = "cells", "comparison.csv"
ELSEWHERE = {"folder", "resume", "workers", "ray"}
"""Options that say how and where a comparison is carried out, and not what it is."""

WHICH = ("agent", "game", "value", "opponent", "player")
OVERALL = ("cooperation", "moral regret", "exploitability", "equality")
"""Measures that mean the same in every game, so that a mean over games says something."""


@dataclass(frozen=True)
class Options:
    """Compare agents on games, under values, against opponents."""

    agents: tuple[str, ...] = ("tabular_q",)
    """Agents of the package agents, with their own options if need be: "tabular_q(steps=500)"."""
    games: tuple[str, ...] = ("ipd",)
    """What is played."""
    rewards: tuple[str, ...] = ("selfish",)
    """What player 0 values."""
    opponents: tuple[str, ...] = ("tit_for_tat",)
    """Who sits on the other seats: an opponent, or learner, or learner:REWARD."""
    seeds: int = 10
    """How many seeds learn, from --seed upwards."""
    seed: int = 0
    """The first seed."""
    discount: float = 0.9
    """Discount of later rounds, in learning and in judging."""
    initial: Literal["start", "random"] = "random"
    """Whether play begins with nothing played yet, or after a random joint action, which agents that learn in one
    endless game know better."""
    name: str = "comparison"
    """Name of the comparison, and of its folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Go on with the comparison of that name where it stopped."""
    workers: int = 1
    """How many studies are carried out at once, each in a process of its own; the numbers are the same."""
    ray: str = ""
    """Carry the studies out on Ray: local, auto, or the address of a cluster; the numbers are the same."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        check_folder_name("comparison", self.name)
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")
        if self.ray and self.workers > 1:
            raise ValueError(f"--ray {self.ray} and --workers {self.workers} exclude each other; give one of them")

    def to_json(self) -> dict[str, Any]:
        """Return what defines the comparison."""
        kept: dict[str, Any] = json.loads(json.dumps(asdict(self), default=str))
        return {key: entry for key, entry in kept.items() if key not in ELSEWHERE}


def compare(asked: Options) -> Run:
    """Carry out a comparison, or what is left of it.

    Raises
    ------
    ValueError, TypeError
        If something is unknown, out of range or does not fit; nothing was run then.
    RunError
        If the folder cannot be used, or there is no Ray cluster.
    RunFailed
        If studies failed; the others are kept.
    """
    asked.check()
    common = Common(asked.seeds, asked.seed, asked.discount, asked.initial)
    home = (asked.folder / asked.name).absolute()
    cells = grid(asked.agents, asked.games, asked.rewards, asked.opponents, common, home / CELLS)
    with _workplace(asked) as carry_out_all:
        run = Run.open(home, asked.to_json(), asked.resume)
        _carry_out(cells, carry_out_all, asked.name)
    found = [row for cell in cells for row in rows(cell)]
    write_table(run.path(TABLE), found)
    write_json(run.path(METRICS), {"rows": found, "agents": overall(found)})
    write_report(run.folder)
    return run


def rows(cell: Cell) -> Iterator[dict[str, Any]]:
    """Return a finished study's lines of the table, one a learner.

    Each says which (`WHICH`; the opponent as that learner sees it), ``run`` (the study's folder), ``seeds``,
    ``seconds`` (wall time of learning, all seeds together) and ``measures``: intervals by name, those of the
    learner first, then those of all players together.
    """
    run = Run(cell.options.folder / cell.name)
    metrics, seconds = read_json(run.path(METRICS)), read_json(run.path(TIMES))["learning"]
    for player, found in metrics["learners"].items():
        which = (cell.agent, cell.game, found["reward"], _faced(cell, player), player)
        yield dict(zip(WHICH, which, strict=True)) | {
            "run": cell.name,
            "seeds": cell.options.seeds,
            "seconds": seconds,
            "measures": found["measures"] | metrics["together"],
        }


def overall(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return by agent the means over its lines of what is comparable between games, with intervals over seeds.

    ``matches`` is the number of its studies, and ``seconds`` the wall time of learning in all of them.
    """
    summary = {}
    for agent in dict.fromkeys(row["agent"] for row in found):
        own = [row for row in found if row["agent"] == agent]
        seconds = {row["run"]: row["seconds"] for row in own}
        means = {name: np.mean([row["measures"][name]["by_seed"] for row in own], axis=0) for name in OVERALL}
        summary[agent] = {
            "matches": len(seconds),
            "seconds": round(sum(seconds.values()), 3),
            "measures": {name: interval(by_seed) for name, by_seed in means.items()},
        }
    return summary


def write_table(path: Path, found: Sequence[dict[str, Any]]) -> None:
    """Write the lines as CSV: which, seeds, seconds, and mean, low and high of each measure."""
    parts = ("mean", "low", "high")
    write_csv(
        path,
        (
            {key: row[key] for key in (*WHICH, "seeds")}
            | {f"{name} {part}": told[part] for name, told in row["measures"].items() for part in parts}
            | {"seconds": row["seconds"]}
            for row in found
        ),
    )


def show(run: Run) -> None:
    """Print a finished comparison: each learner's means, and the agents' overall."""
    metrics = read_json(run.path(METRICS))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 200)
    names = list(metrics["rows"][0]["measures"])
    table = Table(*(Column(key, overflow="fold") for key in WHICH), *names, "seconds", box=None, pad_edge=False)
    for row in metrics["rows"]:
        means = (f"{row['measures'][name]['mean']:.3f}" for name in names)
        table.add_row(*(row[key] for key in WHICH), *means, f"{row['seconds']:.2f}")
    console.print(table)
    console.print()
    table = Table("agent", "matches", *OVERALL, "seconds", box=None, pad_edge=False)
    for agent, found in metrics["agents"].items():
        told = ("{mean:.3f} [{low:.3f}, {high:.3f}]".format(**found["measures"][name]) for name in OVERALL)
        table.add_row(agent, str(found["matches"]), *told, f"{found['seconds']:.2f}")
    console.print(table)
    console.print(f"table: {run.path(TABLE)}\nreport: {run.path('report.html')}", soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, compare, and print what came out; return the exit status."""
    return command(Options, compare, arguments, show)


def _faced(cell: Cell, player: str) -> str:
    """Return whom a learner met: what was asked for is what player 0 did, and the others met player 0."""
    first = player == "player_0" or cell.opponent == LEARNER
    return cell.opponent if first else f"{LEARNER}:{cell.reward}"


def _workplace(asked: Options) -> AbstractContextManager[CarryOut]:
    return on_ray(asked.ray) if asked.ray else on_this_machine(asked.workers)


def _carry_out(cells: Sequence[Cell], carry_out_all: CarryOut, name: str) -> None:
    """Carry out what is left of the cells, with progress; failures are collected and raised at the end."""
    left = [cell for cell in cells if not finished(cell)]
    failures = []
    with progress(name, len(cells), len(cells) - len(left)) as advance:
        for outcome in carry_out_all(left):
            if outcome.failure:
                failures.append(f"{outcome.cell.name}: {outcome.failure}")
            advance(1)
    if failures:
        raise RunFailed(
            f"{len(failures)} of {len(cells)} studies failed; the others are kept, and --resume tries these again\n  "
            + "\n  ".join(failures)
        )


if __name__ == "__main__":
    raise SystemExit(main())
