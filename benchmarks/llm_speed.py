"""How long each way to train a language model takes until it keeps a duty, on tellings it met and on others.

One run, one machine, one model, one task: the Prisoner's Dilemma against tit-for-tat, a duty not to betray, compact
prompts. Run from the repository's root on a quiet machine; the defaults take up to an hour on two cores::

    python -m benchmarks.llm_speed
    python -m benchmarks.llm_speed --methods exact sft --seeds 3 --name few

What is looked at is P(duty kept): the mean probability of the action that the value prefers, over the states where it
prefers one and the presentations, with the weights that the method would keep. Looking is not timed, and becomes rarer.
Then: prompts answered a second, the exact evaluation of five games, and where there is a CUDA device what a model of
Gemma 2's 2B shape gets out of it. Each part is kept in ``runs/NAME`` as soon as it is known; ``--resume`` goes on.
Markdown goes to stdout, ``metrics.json`` holds the same.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import torch
import tyro

from benchmarks import gpu_check, llm_learning, llm_reading
from benchmarks.env_speed import timing
from benchmarks.gpu_check import Throughput
from benchmarks.llm_learning import METHODS, Goal, Learned
from benchmarks.llm_reading import Reading
from moral_games import games, text
from moral_games.llm import Finetune
from moral_games.llm.finetuning import judge, machine
from moral_games.llm.models import load
from moral_games.llm.options import BUNDLED, STUDY
from moral_games.names import check_folder_name, unknown
from moral_games.runs import METRICS, Run, RunError, write_json

READING, EVALUATION, CARD = ("reading",), ("evaluation",), ("card",)

TOLD = 2
"""Held-out presentations of which reading is timed."""

ELSEWHERE = {"methods", "seeds", "name", "folder", "resume"}
"""Options that say which cells there are and where they are kept, not what a cell's numbers are."""

PACKAGES = ("torch", "transformers", "peft", "trl", "numpy")

Cell = tuple[str, ...]
"""A method and a seed, or one of the other parts."""


@dataclass(frozen=True)
class Options:
    """Time every way to train a language model until it keeps a duty, and what reading costs."""

    methods: tuple[str, ...] = tuple(METHODS)
    """Who learns."""
    seeds: int = 1
    """Seeds of each method."""
    minutes: float = 10.0
    """Minutes of training after which a method is not waited for; an update that has begun is ended."""
    target: float = 0.95
    """P(duty kept) that is to be reached."""
    growth: float = 0.2
    """By what share the seconds of training grow from one look to the next. A look takes longer than most updates."""
    repeats: int = 8
    """How often each prompt is asked where reading is timed."""
    model: str = BUNDLED
    """Who learns: "bundled", a folder, or a Hugging Face id."""
    name: str = "llm_speed"
    """Name of the run's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped; methods and seeds may be added."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, or a method needs what is not installed."""
        check_folder_name("study", self.name)
        for method in self.methods:
            if method not in METHODS:
                raise unknown("method", method, METHODS)
            METHODS[method].check()
        for name in ("seeds", "repeats"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in ("minutes", "growth"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        if not 0 < self.target <= 1:
            raise ValueError(f"target must lie in (0, 1], got {self.target}")

    @property
    def goal(self) -> Goal:
        """What every method is to reach."""
        return Goal(self.model, self.target, self.minutes, self.growth)

    @property
    def cells(self) -> list[Cell]:
        """What is measured, in order."""
        learning = [(method, str(seed)) for seed in range(self.seeds) for method in self.methods]
        return [READING, EVALUATION, CARD, *learning]

    def to_json(self) -> dict[str, Any]:
        """Return what decides the numbers, the machine among it."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE}
        found = {entry.name: entry.version for entry in distributions()}
        packages = ", ".join(f"{name} {found.get(name, 'missing')}" for name in PACKAGES)
        where = {**machine(), **timing.machine(), "packages": packages}
        asked: dict[str, Any] = json.loads(json.dumps(kept | {"machine": where}))
        return asked


def measure(asked: Options, cell: Cell) -> dict[str, Any]:
    """Return what a cell holds, as JSON; a card that is not there holds nothing."""
    if cell == READING:
        game, told = games.get("ipd"), text.held_out()[:TOLD]
        ways = llm_reading.read_in_each_way(load(asked.model), game, told, asked.repeats)
        return {name: asdict(way) for name, way in ways.items()}
    if cell == EVALUATION:
        return evaluate(asked.model)
    if cell == CARD:
        return asdict(gpu_check.on_card(gpu_check.Options())) if torch.cuda.is_available() else {}
    method, seed = cell
    return asdict(llm_learning.learn(asked.goal, method, int(seed)))


def evaluate(name: str) -> dict[str, float]:
    """Time the exact evaluation of a model on the study's games, under all held-out presentations."""
    model = load(name)
    begun = time.perf_counter()
    policies = judge(model, Finetune(model=name))["policy"]
    return {"seconds": time.perf_counter() - begun, "tables": sum(map(len, policies.values()))}


def measure_all(asked: Options) -> dict[Cell, dict[str, Any]]:
    """Measure what is not known yet, and keep each part as it is known.

    Raises
    ------
    RunError
        If the folder cannot be used.
    """
    run = Run.open(asked.folder / asked.name, asked.to_json(), asked.resume)
    kept = run.history()
    run.rewind(len(kept))
    known = {tuple(record["cell"]): record for record in kept}
    for cell in asked.cells:
        if cell not in known:
            timing.told(f"{', '.join(cell)} (load {timing.load()})")
            record = {"cell": cell, "load": [timing.load()], "found": measure(asked, cell)}
            record["load"].append(timing.load())
            run.append(record)
            known[cell] = json.loads(json.dumps(record))
    write_json(run.path(METRICS), {" ".join(cell): record for cell, record in known.items()})
    return {cell: known[cell] for cell in asked.cells}


def learning_table(run: Run) -> str:
    """Return as Markdown when each method of a run that was kept reached its target."""
    config = run.config()
    goal = Goal(**{entry.name: config[entry.name] for entry in fields(Goal)})
    cells = ((record["cell"], record["found"]) for record in run.history())
    return llm_learning.table(
        goal, {(cell[0], int(cell[1])): Learned.from_json(found) for cell, found in cells if cell[1:]}
    )


def reading_table(run: Run) -> str:
    """Return as Markdown how fast a run that was kept read prompts, in each way."""
    found = next(record["found"] for record in run.history() if tuple(record["cell"]) == READING)
    return llm_reading.table({name: Reading(**way) for name, way in found.items()})


def report(asked: Options, known: Mapping[Cell, Mapping[str, Any]]) -> str:
    """Return everything as Markdown."""
    found = {cell: record["found"] for cell, record in known.items()}
    learned = {(cell[0], int(cell[1])): Learned.from_json(found[cell]) for cell in found if len(cell) == 2}
    ways = {name: Reading(**way) for name, way in found[READING].items()}
    loads = [float(each.split()[0]) for record in known.values() for each in record["load"]]
    evaluation, card = found[EVALUATION], found[CARD]
    return "\n".join(
        [
            *(f"- {name}: {told}" for name, told in asked.to_json()["machine"].items()),
            f"- model: {asked.model}; processes that wanted a core: {min(loads)} to {max(loads)}",
            f"\n### Until a duty is kept\n\n{llm_learning.table(asked.goal, learned)}",
            f"\n### Reading\n\n{llm_reading.table(ways)}",
            f"\nThe exact evaluation of {len(STUDY)} games, {evaluation['tables']} tables in all, took "
            f"{evaluation['seconds']:.1f} s.",
            "\n### A model of Gemma 2's 2B shape\n",
            gpu_check.table(Throughput(**card), gpu_check.Options()) if card else gpu_check.NO_CARD,
        ]
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure everything, and print it."""
    asked = tyro.cli(Options, args=arguments)
    try:
        asked.check()
        print(report(asked, measure_all(asked)))
    except (ValueError, RunError, OSError) as error:
        sys.exit(f"llm_speed: {error}")


if __name__ == "__main__":
    main()
