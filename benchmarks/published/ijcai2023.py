"""The IJCAI 2023 study of Tennant, Hailes & Musolesi, reproduced.

Six moral learners meet each other and four fixed players in three games, 100 runs of 10 000 rounds each. Run from
the repository's root::

    .venv/bin/python -m benchmarks.published.ijcai2023
    .venv/bin/python -m benchmarks.published.ijcai2023 --name ijcai2023-slips --as-published truncated-weight

Results go to ``runs/NAME``: ``results.csv`` (a row a match), ``over_time.csv``, ``metrics.json``, ``figures/``. What a
run draws depends on its seed alone, so all matches share their runs' random numbers, as published.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import tyro

from benchmarks.published import ijcai2023_figures as figures
from benchmarks.published.ijcai2023_grid import BATCHES, GAMES, Batch, Counts, Slip, play, settings
from benchmarks.published.ijcai2023_measures import over_time, results
from benchmarks.tables import write_csv
from moral_games.runs import METRICS, Run, RunError, whole_file, write_json

FIGURES = {"endings": figures.endings, "social-outcomes": figures.social, "action-types": figures.areas}


@dataclass(frozen=True)
class Options:
    """Reproduce the study."""

    runs: int = 100
    """Runs of each match."""
    iterations: int = 10_000
    """Rounds of each run."""
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
    if options.processes < 1:
        raise ValueError(f"processes must be at least 1, got {options.processes}")
    settings(options.runs, options.iterations, options.seed).check()
    run = Run.open(options.folder / options.name, options.to_json(), options.resume)
    _play(run, options)
    played = {batch: load(run, batch) for batch in BATCHES}
    write_csv(run.path("results.csv"), (row for batch, counts in played.items() for row in results(batch, counts)))
    write_csv(run.path("over_time.csv"), (row for batch, counts in played.items() for row in over_time(batch, counts)))
    write_json(
        run.path(METRICS), {"matches": [row for batch, counts in played.items() for row in results(batch, counts)]}
    )
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
    missing = [batch for batch in BATCHES if not _kept(run, batch).exists()]
    if not missing:
        return
    run.path("batches").mkdir(exist_ok=True)
    begun = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(options.processes, len(missing)), mp_context=context) as pool:
        waiting = {pool.submit(_play_and_keep, options, batch, _kept(run, batch)): batch for batch in missing}
        for done in as_completed(waiting):
            batch = waiting[done]
            spent = time.perf_counter() - begun
            _told(f"{batch.name}: {len(batch.pairs)} matches in {done.result():.1f} s ({spent:.1f} s since the start)")


def _play_and_keep(options: Options, batch: Batch, path: Path) -> float:
    """Play a batch and keep it, whole or not at all; return the seconds it took."""
    from safetensors.numpy import save_file

    begun = time.perf_counter()
    protocol = settings(options.runs, options.iterations, options.seed, options.as_published)
    counts = play(batch, protocol, options.as_published)
    with whole_file(path) as partial:
        save_file(counts._asdict(), partial)
    return time.perf_counter() - begun


def _draw(run: Run, played: Mapping[Batch, Counts]) -> None:
    """Draw the figures that are not there yet."""
    run.path("figures").mkdir(exist_ok=True)
    for game in GAMES:
        for name, draw in FIGURES.items():
            path = run.path("figures", f"{game}-{name}.png")
            if not path.exists():
                with whole_file(path) as partial:
                    draw(game, played).savefig(partial, format="png", dpi=110, metadata={"Software": None})


def _told(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def main(options: Options) -> None:
    """Reproduce the study, and print how the runs of each match end."""
    try:
        run = reproduce(options)
    except (RunError, ValueError, OSError) as error:
        sys.exit(f"ijcai2023: {error}")
    print("| game | row | column | CC | CD | DC | DD |\n|---|---|---|---|---|---|---|")
    for batch in BATCHES:
        for row in results(batch, load(run, batch)):
            shares = " | ".join(f"{100 * row[f'ends_{joint}']:.0f} %" for joint in ("CC", "CD", "DC", "DD"))
            print(f"| {row['game']} | {row['row']} | {row['column']} | {shares} |")
    _told(f"results: {run.folder}")


if __name__ == "__main__":
    main(tyro.cli(Options))
