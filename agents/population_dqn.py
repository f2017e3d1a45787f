"""Deep Q-networks in populations whose players select partners: the command.

The protocol of Tennant, Hailes & Musolesi (2024), "Dynamics of Moral Behavior in Heterogeneous
Populations of Learning Agents", AIES: see `agents.population_learning`. Run it with, for example::

    python -m agents.population_dqn --players 4 --reward utilitarian --episodes 3000 --seeds 5

The run's folder keeps every episode in ``record/``, so that anything can be measured later; its
``metrics.json`` measures the last ones.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from agents import population_measures as measures
from agents.command import command
from agents.judgement import interval
from agents.population_learning import Populations, Protocol
from agents.population_measures import Record
from agents.study import carry_out
from moral_games.names import check_folder_name
from moral_games.repeated import action_letters
from moral_games.report import write_report
from moral_games.report.page import REPORT
from moral_games.runs import METRICS, Run, RunError, read_json, whole_file, write_json

RECORD, POLICIES = "record", "policies"
JUDGED = 100
"""How many episodes at the end are measured, as published."""

ELSEWHERE = {"folder", "resume", "checkpoint", "checkpoint_every"}
"""Options that say how and where a run is carried out, and not what it is."""


@dataclass(frozen=True)
class Options(Protocol):
    """Let populations learn that select partners, and measure what they do."""

    name: str = "population_dqn"
    """Name of the run, and of its folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    checkpoint_every: int = 10
    """Chunks between two checkpoints."""
    resume: bool = False
    """Continue the run of that name where it stopped."""
    checkpoint: str | None = None
    """Resume from this checkpoint, e.g. step-000020, instead of the newest."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        check_folder_name("run", self.name)
        if self.checkpoint_every < 1:
            raise ValueError(f"checkpoint_every must be at least 1, got {self.checkpoint_every}")

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE}
        return {"agent": "population_dqn"} | json.loads(json.dumps(kept))


def study(options: Options) -> Run:
    """Let populations learn in their run folder, or what is left of it, and measure what they do in the end.

    A run that was killed and goes on with ``resume`` leaves the same files as one that was not, but for
    what depends on the clock.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used, or a checkpoint is corrupt or another run's.
    """
    options.check()
    asked = options.to_json()
    run = Run(options.folder / options.name)
    populations = Populations(options, lambda first, record: _keep(run, first, record))
    needs = 4 * sum(array.nbytes for array in populations.state()[0].values())
    needs += 4 * options.episodes * options.seeds * options.players
    Run.open(run.folder, asked, options.resume, needs)
    if not run.path(METRICS).exists():
        run.path(RECORD).mkdir(exist_ok=True)
        carry_out(run, populations, asked, options.checkpoint_every, options.checkpoint)
        _conclude(run, populations)
    write_report(run.folder)
    return run


def records(run: Run, first: int = 0) -> Iterator[Record]:
    """Return a run's episodes from the first asked for on, a chunk at a time.

    Raises
    ------
    RunError
        If a file of the record is missing.
    """
    from safetensors.numpy import load_file

    due = 0
    for path in sorted(run.path(RECORD).glob("*.safetensors")):
        if path.name != _chunk(due):
            raise RunError(f"the record in {run.path(RECORD)} is not whole: {_chunk(due)} is missing")
        chunk = Record(**load_file(path))
        due += len(chunk.before)
        if due > first:
            yield Record(*(array[max(first - due, -len(array)) :] for array in chunk))


def summarise(populations: Populations, record: Record) -> dict[str, Any]:
    """Return what populations do in some episodes and what they have learned, each an interval over runs; JSON.

    Parameters
    ----------
    populations
        What has learned.
    record
        The episodes that are measured.

    Returns
    -------
    dict
        ``learners``: by player its ``reward`` (the value it holds) and its ``measures``: the share of runs
        in which it answers each last move with the first action; how popular it is; its games
        an episode; its payoff and reward a game. ``together``: the measures of all.
        ``episodes``: how many were measured.
    """
    game = populations.protocol.played()
    paid = measures.payoffs(record, game)
    earned = measures.rewards(record, populations.rewards)
    games, payoff, reward = (
        measures.by_player(record, numbers).sum(axis=0) for numbers in (np.ones_like(paid), paid, earned)
    )
    first, *_ = letters = action_letters(game)
    answers = populations.q_values().argmax(axis=-1) == 0
    by_player = {
        **{f"{first} after {letter}": answers[..., move] for move, letter in enumerate(letters)},
        "popularity": measures.popularity(record),
        "games": games / len(record.before),
        "payoff": payoff / games,
        "reward": reward / games,
    }
    together = {
        "cooperation": measures.cooperation(record),
        "selected cooperated": measures.selected_cooperated(record),
        "collective payoff": paid.sum(axis=(2, 3)),
        "equality": measures.equality(paid),
        "least payoff": measures.minimum(paid),
    }
    return {
        "learners": {
            f"player_{player}": {
                "reward": str(value),
                "measures": {name: interval(numbers[:, player]) for name, numbers in by_player.items()},
            }
            for player, value in enumerate(populations.protocol.values())
        },
        "together": {name: interval(numbers.mean(axis=0)) for name, numbers in together.items()},
        "episodes": len(record.before),
    }


def show(run: Run) -> None:
    """Print a finished run's measures: mean over runs."""
    from rich.console import Console
    from rich.table import Table

    metrics = read_json(run.path(METRICS))
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    names = list(next(iter(metrics["learners"].values()))["measures"])
    table = Table("player", "value", *names, box=None, pad_edge=False)
    for player, found in metrics["learners"].items():
        table.add_row(player, found["reward"], *(f"{found['measures'][name]['mean']:.3f}" for name in names))
    console.print(table)
    console.print(", ".join(f"{name} {found['mean']:.3f}" for name, found in metrics["together"].items()))
    console.print(f"report: {run.path(REPORT)}", soft_wrap=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, let the populations learn, and print what they do; return the exit status."""
    return command(Options, study, arguments, show)


def _chunk(first: int) -> str:
    return f"episodes-{first:07d}.safetensors"


def _keep(run: Run, first: int, record: Record) -> None:
    """Write a chunk of episodes; one that was written before a run was killed is written again, the same."""
    from safetensors.numpy import save_file

    with whole_file(run.path(RECORD, _chunk(first))) as partial:
        save_file({name: np.ascontiguousarray(array) for name, array in record._asdict().items()}, partial)


def _conclude(run: Run, populations: Populations) -> None:
    """Write the learned policies and the measures."""
    run.path(POLICIES).mkdir(exist_ok=True)
    for seed, policies in enumerate(populations.policies(), start=populations.protocol.seed):
        for player, policy in enumerate(policies):
            policy.save(run.path(POLICIES, f"seed_{seed}_player_{player}.json"))
    last = records(run, max(populations.total - JUDGED, 0))
    write_json(run.path(METRICS), summarise(populations, Record(*map(np.concatenate, zip(*last, strict=True)))))


if __name__ == "__main__":
    sys.exit(main())
