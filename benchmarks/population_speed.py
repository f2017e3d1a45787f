"""How fast populations learn: the cost of an episode by runs and by players, beside a plain loop of the protocol.

Run from the repository's root::

    .venv/bin/python -m benchmarks.population_speed

The loop (`benchmarks.published.aies2024_loop`) does what the batched learner does, one network after the other, and
the tests show that both learn the same. Each figure is the least of a few repetitions, by the wall clock.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import tyro

from agents.population_games import Chances, draw, streams
from agents.population_learning import Populations, Protocol
from benchmarks.published.aies2024 import VALUES, players
from benchmarks.published.aies2024_loop import OneByOne
from moral_games.runs import write_json

RUNS, EPISODES = 20, 30_000
"""Of the published study."""


@dataclass(frozen=True)
class Options:
    """Measure."""

    runs: tuple[int, ...] = (1, 2, 5, 10, 20, 40)
    """Numbers of runs that are stepped together, of 16 players each."""
    players: tuple[int, ...] = (4, 8, 16, 32, 64)
    """Numbers of players, of one run each."""
    episodes: int = 50
    """Episodes of a repetition."""
    repetitions: int = 5
    """How often each is measured."""
    threads: int = 1
    """Threads of torch."""
    device: str = "cpu"
    """Where torch computes."""
    json: Path | None = None
    """Where to write the seconds of an episode."""


def main(options: Options) -> None:
    """Measure, and print tables."""
    import torch

    torch.set_num_threads(options.threads)
    study = Protocol(reward=tuple(VALUES[kind] for kind in players("S")), device=options.device)
    loop = _loop(study, options)
    print(f"A plain loop: {1e3 * loop:.1f} ms an episode of one run of {study.players} players.\n")
    print(
        "| runs together | ms an episode | ms a run | times the loop | the study's population |\n|---|---|---|---|---|"
    )
    batched = {}
    for runs in options.runs:
        batched[runs] = cost = _batched(replace(study, seeds=runs), options)
        row = f"{1e3 * cost:.2f} | {1e3 * cost / runs:.3f} | {loop * runs / cost:.0f}"
        print(f"| {runs} | {row} | {cost / runs * RUNS * EPISODES / 60:.1f} min |")
    print("\n| players | ms an episode of one run | µs a player |\n|---|---|---|")
    for count in options.players:
        cost = _batched(replace(study, reward=("utilitarian",), players=count), options)
        print(f"| {count} | {1e3 * cost:.2f} | {1e6 * cost / count:.0f} |")
    print(
        f"\nThe last column of the first table is extrapolated to {EPISODES:,} episodes of {RUNS} runs, which would "
        f"take the loop {loop * EPISODES * RUNS / 3600:.1f} hours. A player's networks grow with the players. "
        f"torch: {options.device}, {options.threads} thread(s)."
    )
    if options.json is not None:
        write_json(options.json, {"loop": loop, "batched": batched})


def _batched(protocol: Protocol, options: Options) -> float:
    """Return the seconds of an episode of all runs."""
    populations = Populations(replace(protocol, chunk=options.episodes, episodes=10**9))
    return _least(populations.advance, options.repetitions) / options.episodes


def _loop(protocol: Protocol, options: Options) -> float:
    """Return the seconds of an episode of one run in the plain loop."""
    episodes = max(options.episodes // 10, 1)
    slow = OneByOne(protocol, Populations(replace(protocol, device="cpu")).state()[0])
    begins = streams([protocol.seed], protocol.players)
    drawn = draw(begins, 1, episodes, 2, protocol.explore_partners, protocol.explore_moves)

    def some() -> None:
        for episode in range(episodes):
            slow.episode(Chances(*(entry[episode, 0] for entry in drawn)))

    return _least(some, options.repetitions) / episodes


def _least(work: Callable[[], object], repetitions: int) -> float:
    """Return the least seconds that some work takes, after it was done once unmeasured."""
    work()
    spent = np.zeros(repetitions)
    for repetition in range(repetitions):
        begun = time.perf_counter()
        work()
        spent[repetition] = time.perf_counter() - begun
    return float(spent.min())


if __name__ == "__main__":
    main(tyro.cli(Options))
