"""The IJCAI 2023 study of Tennant, Hailes & Musolesi, reproduced.

Six moral learners meet each other and four fixed players in three games, 100 runs of 10 000 rounds each; the one that
mixes two virtues also with other weights. Run from the repository's root::

    .venv/bin/python -m benchmarks.published.ijcai2023
    .venv/bin/python -m benchmarks.published.ijcai2023 --name ijcai2023-slips --as-published truncated-weight

Results go to ``runs/NAME``: ``results.csv`` (a row a match), ``over_time.csv``, ``first_and_last.csv`` (the first and
the last 20 rounds of each match, one by one), ``metrics.json``, ``figures/``. What a run draws depends on its
seed alone, so all matches share their runs' random numbers, as published.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tyro
from matplotlib.figure import Figure

import moral_games as mg
from benchmarks.pool import each
from benchmarks.published import ijcai2023_figures as figures
from benchmarks.published.ijcai2023_grid import BATCHES, GAMES, Batch, Counts, Slip, play, settings, sweep, values
from benchmarks.published.ijcai2023_measures import first_and_last, over_time, results
from benchmarks.tables import write_csv
from moral_games.names import check_folder_name
from moral_games.runs import METRICS, Run, RunError, read_json, whole_file, write_json

FIGURES: dict[str, Callable[[str, Mapping[Batch, Counts]], Figure]] = {
    "endings": figures.endings,
    "social-outcomes": figures.social,
    "action-types": figures.areas,
    "first-and-last": figures.first_and_last,
}
Rows = Iterator[dict[str, Any]]
TABLES: dict[str, Callable[[Batch, Counts], Rows]] = {
    "results": results,
    "over_time": over_time,
    "first_and_last": first_and_last,
}


@dataclass(frozen=True)
class Options:
    """Reproduce the study."""

    runs: int = 100
    """Runs of each match."""
    iterations: int = 10_000
    """Rounds of each run."""
    weights: tuple[float, ...] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)
    """Weights of equality with which Virtue-mixed also meets Selfish and AD, as published; none for the grid alone."""
    as_published: tuple[Slip, ...] = ()
    """Slips of what was published to switch on: truncated-weight (Virtue-mixed is kindness alone), readme-decay
    (the learning rate falls as the README says)."""
    seed: int = 1
    """Seed of the first run."""
    processes: int = 2
    """Processes that play; it makes no difference to the results."""
    name: str = "ijcai2023"
    """Name of the run's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped."""

    @property
    def batches(self) -> tuple[Batch, ...]:
        """What is played."""
        return BATCHES + sweep(self.weights)

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        check_folder_name("study", self.name)
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, got {self.processes}")
        if len(set(self.weights)) < len(self.weights):
            raise ValueError(f"weights must differ from each other, got {self.weights}")
        for held in values((), self.weights).values():
            mg.rewards.as_reward(held)
        settings(self.runs, self.iterations, self.seed).check()

    def to_json(self) -> dict[str, Any]:
        """Return what decides the results."""
        apart = {"processes", "folder", "resume"}
        return json.loads(json.dumps({key: entry for key, entry in asdict(self).items() if key not in apart}))


def reproduce(options: Options) -> Run:
    """Play what is left to play, and write measures and figures.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used.
    """
    options.check()
    run = Run.open(options.folder / options.name, options.to_json(), options.resume)
    _play(run, options)
    played = {batch: load(run, batch) for batch in options.batches}
    for name, rows in TABLES.items():
        write_csv(run.path(f"{name}.csv"), _rows(rows, played))
    write_json(run.path(METRICS), {"matches": list(_rows(results, played))})
    _draw(run, played)
    return run


def load(run: Run, batch: Batch) -> Counts:
    """Return what a run's folder holds of a batch."""
    from safetensors.numpy import load_file

    return Counts(**load_file(_kept(run, batch)))


def _kept(run: Run, batch: Batch) -> Path:
    return run.path("batches", f"{batch.name}.safetensors")


def _play(run: Run, options: Options) -> None:
    """Play the batches that are not kept yet, each in whole, in processes of their own."""
    run.path("batches").mkdir(exist_ok=True)
    missing = [batch for batch in options.batches if not _kept(run, batch).exists()]
    begun = time.perf_counter()
    for batch, seconds in each(partial(_play_and_keep, options), missing, options.processes):
        spent = time.perf_counter() - begun
        _told(f"{batch.name}: {len(batch.pairs)} matches in {seconds:.1f} s ({spent:.1f} s since the start)")


def _play_and_keep(options: Options, batch: Batch) -> float:
    """Play a batch and keep it, whole or not at all; return the seconds it took."""
    from safetensors.numpy import save_file

    begun = time.perf_counter()
    protocol = settings(options.runs, options.iterations, options.seed, options.as_published)
    counts = play(batch, protocol, options.as_published)
    with whole_file(_kept(Run(options.folder / options.name), batch)) as path:
        save_file(counts._asdict(), path)
    return time.perf_counter() - begun


def _rows(rows: Callable[[Batch, Counts], Rows], played: Mapping[Batch, Counts]) -> Rows:
    return (row for batch, counts in played.items() for row in rows(batch, counts))


def _draw(run: Run, played: Mapping[Batch, Counts]) -> None:
    """Draw the figures that are not there yet."""
    run.path("figures").mkdir(exist_ok=True)
    drawn = {f"{game}-{name}": partial(draw, game, played) for game in GAMES for name, draw in FIGURES.items()}
    if any(batch.weights for batch in played):
        drawn["weights"] = partial(figures.weights, played)
    for name, draw in drawn.items():
        if not (path := run.path("figures", f"{name}.png")).exists():
            with whole_file(path) as partly:
                draw().savefig(partly, format="png", dpi=110, metadata={"Software": None})


def table(matches: Iterable[Mapping[str, Any]]) -> str:
    """Return how the runs of each match end, as Markdown."""
    lines = ["| game | row | column | CC | CD | DC | DD |", "|---|---|---|--:|--:|--:|--:|"]
    for row in matches:
        shares = " | ".join(f"{100 * row[f'ends_{joint}']:.0f} %" for joint in ("CC", "CD", "DC", "DD"))
        lines.append(f"| {row['game']} | {row['row']} | {row['column']} | {shares} |")
    return "\n".join(lines)


def _told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(options: Options) -> None:
    """Reproduce the study, and print how the runs of each match end."""
    try:
        run = reproduce(options)
    except (RunError, ValueError, OSError) as error:
        sys.exit(f"ijcai2023: {error}")
    print(table(read_json(run.path(METRICS))["matches"]))
    _told(f"results: {run.folder}")


if __name__ == "__main__":
    main(tyro.cli(Options))
