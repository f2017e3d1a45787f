"""What a round of the IJCAI 2023 study costs: our arrays beside a plain loop of the same protocol.

Run from the repository's root on a quiet machine, about two minutes::

    .venv/bin/python -m benchmarks.ijcai_speed > ijcai_speed.md

Markdown goes to stdout. The published code took about 3 ms a round where we measured it, on two cores.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import tyro

from agents.tabular_q import QLearning
from benchmarks.env_speed.timing import Contender, Effort, Speed, compare, machine
from benchmarks.published import ijcai2023_loop
from benchmarks.published.ijcai2023_grid import BATCHES, Batch, matches, settings
from moral_games.runs import write_json

PUBLISHED_SECONDS = 3e-3
SIZES = (1, 10, 100, 1_000, 10_000)
STUDY_RUNS, STUDY_ROUNDS = 100, 10_000


@dataclass(frozen=True)
class Options:
    """Time a round of the study.

    Attributes
    ----------
    rounds
        Rounds of each timed piece of play.
    turns
        Turns of each contender; the median counts.
    json
        Where to write the seconds a round of every turn.
    """

    rounds: int = 200
    turns: int = 5
    json: Path | None = None


def loop(rounds: int) -> Contender:
    """Return the plain loop: one match, one run."""

    def prepare() -> Callable[[], object]:
        draws = np.random.default_rng(0).random((rounds, 2, 2)).tolist()
        return partial(ijcai2023_loop.run, "IPD", ("Deontological", "Selfish"), (0.1, 0.9), draws)

    return Contender("plain loop, one pair", 1, rounds, prepare)


def pair(runs: int, rounds: int) -> Contender:
    """Return one pair of learners in so many runs."""

    def prepare() -> Callable[[], object]:
        match = matches(Batch("IPD", "learners"))[2]
        return lambda: QLearning([match], settings(runs, rounds, 0)).play(rounds)

    return Contender("ours, one pair", runs, rounds * runs, prepare)


def grid(rounds: int) -> Contender:
    """Return the whole study: all batches, in one process."""
    count = sum(len(batch.pairs) for batch in BATCHES)

    def prepare() -> Callable[[], object]:
        everybody = [matches(batch) for batch in BATCHES]
        protocol = settings(STUDY_RUNS, rounds, 0)
        return lambda: [QLearning(batch, protocol).play(rounds) for batch in everybody]

    return Contender("ours, the whole grid", count * STUDY_RUNS, rounds * count * STUDY_RUNS, prepare)


def line(speed: Speed, slow: Speed) -> str:
    """Return a contender's line of the table."""
    micro = speed.seconds * 1e6
    ratios = f"{slow.seconds / speed.seconds:.2g} | {PUBLISHED_SECONDS / speed.seconds:,.0f}"
    return f"| {speed.name} | {speed.environments:,} | {micro:.3g} | {ratios} |"


def main(options: Options) -> None:
    """Time everything, then print it."""
    contenders = [loop(options.rounds), *(pair(runs, options.rounds) for runs in SIZES), grid(options.rounds)]
    facts = machine()
    speeds = compare(contenders, Effort(options.turns, 0.1))
    print("\n".join(f"- {name}: {fact}" for name, fact in facts.items()), "\n")
    print("| | runs at once | µs a round and run | times the loop's speed | times the published |")
    print("|---|---|---|---|---|")
    print(*(line(speed, speeds[0]) for speed in speeds), sep="\n")
    whole = speeds[-1].seconds * contenders[-1].environments * STUDY_ROUNDS
    print(f"\nThe whole grid, {STUDY_RUNS} runs of {STUDY_ROUNDS:,} rounds, in one process: {whole:.0f} s of play.")
    if options.json is not None:
        write_json(options.json, {"speeds": [asdict(speed) for speed in speeds]})


if __name__ == "__main__":
    main(tyro.cli(Options))
