"""The AIES 2024 study of Tennant, Hailes & Musolesi, reproduced.

Nine populations of 16 learners that select partners, 20 runs of 30 000 episodes each: in each population eight
players hold one value, and one player each of the other eight values. Run from the repository's root::

    .venv/bin/python -m benchmarks.published.aies2024
    .venv/bin/python -m benchmarks.published.aies2024 --population S UT --name slips --as-published judged-on-own-move

Results go to ``runs/NAME``: ``over_time.csv``, ``by_type.csv``, ``selections.csv``, ``metrics.json``, ``figures/``,
and a folder a population with every episode of it (see `agents.population_dqn`). What a run draws depends on its
seed alone.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import tyro

from agents import population_dqn
from agents.population_learning import SLIPS, Slip
from agents.study import TIMES
from benchmarks.pool import each
from benchmarks.published.aies2024_results import Measured, measure, rows_by_type, rows_of_selections, rows_over_time
from benchmarks.tables import write_csv
from moral_games.names import check_folder_name, unknown
from moral_games.runs import METRICS, Run, RunError, read_json, whole_file, write_json

VALUES = {
    "UT": "utilitarian",
    "DE": "deontological(penalty=5)",
    "VEe": "virtue_equality",
    "VEk": "virtue_kindness(bonus=5)",
    "S": "selfish",
    "aUT": "anti_utilitarian",
    "mDE": "malicious_deontological(bonus=5)",
    "Vie": "virtue_inequality",
    "Vagg": "virtue_aggression(bonus=5)",
}
"""What each type of player values, prosocial types first; the names are those of the published populations."""

MAJORITY = 8
"""How many players hold the value that a population is called by."""

MEASURES = "measures.safetensors"


@dataclass(frozen=True)
class Options:
    """Reproduce the study."""

    population: tuple[str, ...] = tuple(VALUES)
    """Which populations, by the type that eight players are of; all nine by default."""
    runs: int = 20
    """Runs of each population."""
    episodes: int = 30_000
    """Episodes of each run."""
    as_published: tuple[Slip | Literal["all"], ...] = ()
    """Slips of the published code to switch on: judged-on-own-move (in the role of the selected, a value is shown
    its holder's own last move), first-selection-apart (the first selection is made on moves that nobody made),
    few-network-seeds (of networks, 1 to 99, so that some begin alike); or all."""
    seed: int = 1
    """Seed of the first run."""
    processes: int = 2
    """Processes that learn, one population each; it makes no difference to the results."""
    device: str = "cpu"
    """Where torch computes; rounding differs between devices, and so do runs after a while."""
    name: str = "aies2024"
    """Name of the run's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped, or add populations."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        check_folder_name("study", self.name)
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, got {self.processes}")
        if not self.population:
            raise ValueError(f"name at least one population of {', '.join(VALUES)}")
        for majority in self.population:
            if majority not in VALUES:
                raise unknown("population", majority, VALUES)
        self.learning(self.population[0]).check()

    def to_json(self) -> dict[str, Any]:
        """Return what decides the results of each population."""
        return {
            "study": "aies2024",
            "runs": self.runs,
            "episodes": self.episodes,
            "as_published": list(self.slips()),
            "seed": self.seed,
            "device": self.device,
        }

    def slips(self) -> tuple[Slip, ...]:
        """Return the slips that are switched on."""
        return SLIPS if "all" in self.as_published else tuple(slip for slip in SLIPS if slip in self.as_published)

    def learning(self, majority: str) -> population_dqn.Options:
        """Return what is asked of a population."""
        return population_dqn.Options(
            reward=tuple(VALUES[kind] for kind in players(majority)),
            players=len(players(majority)),
            episodes=self.episodes,
            slips=self.slips(),
            seeds=self.runs,
            seed=self.seed,
            device=self.device,
            name=majority,
            folder=self.folder / self.name,
            resume=True,
        )


def players(majority: str) -> tuple[str, ...]:
    """Return the type of each player of a population: eight of the majority's, one of each other, prosocial first."""
    return tuple(chain.from_iterable([kind] * (MAJORITY if kind == majority else 1) for kind in VALUES))


def reproduce(options: Options) -> Run:
    """Let the populations learn that have not yet, and write measures and figures of all that have.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used.
    """
    options.check()
    run = Run.open(options.folder / options.name, options.to_json(), options.resume)
    missing = [majority for majority in options.population if not run.path(majority, MEASURES).exists()]
    for majority, seconds in each(partial(learn, options), missing, options.processes):
        print(f"{majority}: {seconds:.0f} s of learning", file=sys.stderr, flush=True)
    measured = {majority: load(run, majority) for majority in VALUES if run.path(majority, MEASURES).exists()}
    _write_tables(run, measured)
    _draw(run, measured)
    return run


def learn(options: Options, majority: str) -> float:
    """Let a population learn, or what is left of it, and keep its measures; return the seconds of learning."""
    import torch
    from safetensors.numpy import save_file

    torch.set_num_threads(1)  # however many processes there are
    asked = options.learning(majority)
    run = population_dqn.study(asked)
    last = max(asked.episodes - population_dqn.JUDGED, 0)
    measured = measure(asked, population_dqn.records(run), population_dqn.records(run, last))
    with whole_file(run.path(MEASURES)) as partial:
        save_file(measured._asdict(), partial)
    return float(read_json(run.path(TIMES))["learning"])


def load(run: Run, majority: str) -> Measured:
    """Return what a study's folder holds of a population."""
    from safetensors.numpy import load_file

    return Measured(**load_file(run.path(majority, MEASURES)))


def _write_tables(run: Run, measured: Mapping[str, Measured]) -> None:
    types = {majority: players(majority) for majority in measured}
    rows = [row for majority, found in measured.items() for row in rows_by_type(majority, types[majority], found)]
    write_csv(run.path("by_type.csv"), rows)
    write_csv(
        run.path("over_time.csv"),
        (row for majority, found in measured.items() for row in rows_over_time(majority, found)),
    )
    write_csv(
        run.path("selections.csv"),
        (row for majority, found in measured.items() for row in rows_of_selections(majority, types[majority], found)),
    )
    together = {majority: read_json(run.path(majority, METRICS))["together"] for majority in measured}
    write_json(run.path(METRICS), {"together": together, "by_type": rows})


def _draw(run: Run, measured: Mapping[str, Measured]) -> None:
    from benchmarks.published import aies2024_figures as figures

    run.path("figures").mkdir(exist_ok=True)
    types = {majority: players(majority) for majority in measured}
    drawn = {
        "cooperation": figures.cooperation(measured),
        "outcomes": figures.outcomes(measured),
        "popularity": figures.popularity(measured, types),
        "selections": figures.selections(measured, types),
        "rewards": figures.rewards(measured, types),
    }
    for name, figure in drawn.items():
        figure.savefig(run.path("figures", f"{name}.png"), dpi=110, metadata={"Software": None})


def table(together: Mapping[str, Mapping[str, Any]]) -> str:
    """Return what populations do in the end, means over runs with intervals, as Markdown; by majority and measure."""
    names = list(next(iter(together.values())))
    lines = [f"| majority | {' | '.join(names)} |", f"|---|{'--:|' * len(names)}"]
    for majority, found in together.items():
        cells = " | ".join("{mean:.2f} [{low:.2f}, {high:.2f}]".format(**found[name]) for name in names)
        lines.append(f"| {majority} | {cells} |")
    return "\n".join(lines)


def main(options: Options) -> None:
    """Reproduce the study, and print what each population does in the end."""
    try:
        run = reproduce(options)
    except (RunError, ValueError, OSError) as error:
        sys.exit(f"aies2024: {error}")
    together = read_json(run.path(METRICS))["together"]
    print(table(together))
    print(f"results: {run.folder}", file=sys.stderr)


if __name__ == "__main__":
    main(tyro.cli(Options))
