"""All benchmarks: what each finds out, how long it takes, and how it is called, in full and small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

JSON, SCRATCH, TINY = "{json}", "{scratch}", "{tiny}"
"""What stands in arguments for a file to write to, a folder to throw away, and that of a tiny random model."""


class Benchmark(NamedTuple):
    """A benchmark and what it is called with.

    Attributes
    ----------
    what
        What it finds out.
    minutes
        How long it takes, about, on two cores.
    arguments, quick
        Of its command, in full and to see whether it runs; None where there is no small way.
    told
        The page that tells its results, seen from this folder.
    """

    what: str
    minutes: float
    arguments: tuple[str, ...] = ()
    quick: tuple[str, ...] | None = ()
    told: str = "../docs/results.md"


KEPT = ("--resume",)
SPEEDS = "../docs/benchmarks.md"
SMALL = ("--folder", SCRATCH, "--model", TINY)

BENCHMARKS: Mapping[str, Benchmark] = {
    "env_speed": Benchmark(
        "Steps a second of the environments and of their peers",
        10,
        ("--json", JSON),
        ("--quick", "--json", JSON),
        SPEEDS,
    ),
    "ijcai_speed": Benchmark(
        "What a round of the tabular study costs",
        2,
        ("--json", JSON),
        ("--rounds", "20", "--turns", "1", "--json", JSON),
        SPEEDS,
    ),
    "population_speed": Benchmark(
        "How fast populations learn",
        2,
        ("--json", JSON),
        ("--runs", "1", "2", "--players", "4", "--episodes", "10", "--repetitions", "1", "--json", JSON),
        SPEEDS,
    ),
    "llm_speed": Benchmark(
        "How long each way to train a language model takes, and what reading costs",
        90,
        KEPT,
        (*SMALL, "--methods", "exact", "--minutes", "0.02", "--repeats", "1"),
        SPEEDS,
    ),
    "gpu_check": Benchmark("What a model of Gemma 2's 2B shape gets out of a card", 1, (), (), SPEEDS),
    "recovery": Benchmark("Whether preferences come back", 1, KEPT, ("--people", "2", "--folder", SCRATCH)),
    "leaderboard": Benchmark(
        "Moral regret of the baselines",
        12,
        KEPT,
        ("--agents", "actor_critic", "--games", "ipd", "--seeds", "1", "--folder", SCRATCH),
        "../docs/leaderboard.md",
    ),
    "published.ijcai2023": Benchmark(
        "The tabular study", 1, KEPT, ("--runs", "2", "--iterations", "50", "--weights", "0.5", "--folder", SCRATCH)
    ),
    "published.aies2024": Benchmark(
        "Populations that select their partners",
        120,
        KEPT,
        ("--population", "S", "--runs", "1", "--episodes", "200", "--processes", "1", "--folder", SCRATCH),
    ),
    "published.iclr2025": Benchmark(
        "Moral fine-tuning of a language model",
        160,
        KEPT,
        (*SMALL, "--conditions", "deontological", "--seeds", "0", "--games", "ipd", "--train.updates", "2"),
    ),
    "best_response": Benchmark(
        "Rounds until the exact best response",
        90,
        KEPT,
        (
            *("--games", "ipd", "--algorithms", "dqn", "--opponents", "always_defect", "--seeds", "1"),
            *("--steps", "2048", "--folder", SCRATCH),
        ),
        "../docs/best_response.md",
    ),
    "demo_seeds": Benchmark("The demo under ten seeds", 40, (), None),
    "payoff_reading": Benchmark(
        "Whether a language model reads payoffs",
        60,
        KEPT,
        (
            *(*SMALL, "--ways", "nothing", "--updates", "2", "--games", "3"),
            *("--settings.games", "1", "--settings.longest", "4"),
        ),
    ),
    "methods": Benchmark(
        "Rewards and examples towards one value",
        600,
        KEPT,
        (
            *(*SMALL, "--methods", "calculation", "--seeds", "0", "--updates", "2", "--batch", "4"),
            *("--questions", "4", "--scenarios", "4", "--themes", "climate"),
        ),
    ),
    "transfer": Benchmark(
        "Whether a value reaches other games",
        90,
        KEPT,
        (
            *(*SMALL, "--rewards", "utilitarian", "--seeds", "0", "--updates", "2", "--lora-rank", "4"),
            *("--pairwise-tests", "ipd", "--goods-tests", "public_goods(players=3)", "--themes", "commons"),
        ),
    ),
    "fuzz": Benchmark(
        "Whether readers refuse what they cannot read", 2, ("--cases", "500"), ("--cases", "5"), "../docs/trust.md"
    ),
    "faults": Benchmark(
        "Whether runs survive faults",
        5,
        ("--kills", "8", "--damages", "2", "--full-disks", "1"),
        ("--works", "tabular agents", "--kills", "1", "--damages", "1", "--full-disks", "1"),
        "../docs/trust.md",
    ),
}
"""By module below `benchmarks`."""
