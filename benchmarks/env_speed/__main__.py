"""Steps a second of our environments and of their peers, and the ratio to each.

Run from the repository's root on a quiet machine, about ten minutes::

    .venv/bin/python -m benchmarks.env_speed > speed.md

Markdown goes to stdout, progress to stderr.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from benchmarks.env_speed import arrays, ours, peers, report
from benchmarks.env_speed.report import Section
from benchmarks.env_speed.timing import Contender, Effort, compare_apart, load, machine, told

SIZES = (1, 64, 1_000, 4_096, 16_384, 65_536, 1_000_000)
SYNCHRONOUS = (64, 4_096)
PLAYERS = range(2, 9)
ROWS = 4_096
MATCHES, TURNS = 1_000, 200

PAX = (
    "pax cannot be installed from the package index (the archive of `pax-rl`, which we take to be it, lacks a file "
    "that its build reads), "
    "so a game written by hand in its manner stands in for it; JaxMARL has no plain matrix game."
)

FULL, QUICK = Effort(turns=7, seconds=0.3), Effort(turns=3, seconds=0.05)


@dataclass(frozen=True)
class Options:
    """Time our environments and their peers.

    Attributes
    ----------
    quick
        Fewer and shorter turns: rougher figures in less time.
    json
        Where to write the seconds a step of every turn.
    """

    quick: bool = False
    json: Path | None = None


def measured(title: str, note: str, groups: Sequence[Sequence[Contender]], effort: Effort) -> Section:
    """Time groups of contenders, each group in a process of its own."""
    speeds = []
    for group in groups:
        for speed in compare_apart(group, effort):
            speeds.append(speed)
            told(
                f"{title} | {speed.name}, {speed.environments:,}: {speed.missing or f'{speed.per_second:.3g} steps/s'}"
            )
    return Section(title, note, tuple(speeds))


def apart(contenders: Sequence[Contender]) -> list[list[Contender]]:
    """Return a group for each contender."""
    return [[contender] for contender in contenders]


def scalar(effort: Effort) -> list[Section]:
    """Time a step of one environment; peers take turns in one process, so that noise falls on all alike."""
    note = "A step is a round of all players. Episodes of 100 rounds, resets counted in."
    return [
        measured("Two learners, one environment", note, [ours.parallel_contenders()], effort),
        measured("One learner, one environment", note, [ours.single_contenders()], effort),
    ]


def vector(effort: Effort) -> list[Section]:
    """Time the native vector environment against Gymnasium's loop, in each configuration."""
    sections = []
    for name, options in ours.CONFIGURATIONS.items():
        contenders = [ours.native(size, **options) for size in SIZES]
        contenders += [ours.synchronous(size, options) for size in SYNCHRONOUS]
        if not options:
            contenders += [ours.synchronous_bare(size) for size in SYNCHRONOUS]
        note = f"Options: `{options}`. The reference is ours at its best number of rows."
        sections.append(measured(f"Vector, {name}", note, apart(contenders), effort))
    return sections


def by_players(effort: Effort) -> list[Section]:
    """Time our environments of a public goods game among ever more players."""
    note = "Index observations; in the vector environment the others play at random."
    return [
        measured("Public goods, vector", note, apart([ours.public_goods(n, ROWS) for n in PLAYERS]), effort),
        measured("Public goods, parallel", note, apart([ours.public_goods_parallel(n) for n in PLAYERS]), effort),
    ]


def pure(effort: Effort) -> list[Section]:
    """Time the pure step on the array libraries, which use their threads as they come."""
    note = (
        "Actions are drawn beforehand. Under JAX a step also observes one-hot and counts rounds, "
        "and episodes begin anew after 100."
    )
    two = [*arrays.two_learners(), peers.jaxmarl(arrays.SIZES[0])]
    return [
        measured("The pure step, two learners", f"{note} {PAX}", apart(two), effort),
        measured("The pure step, one learner against Tit for Tat", note, apart(arrays.one_learner()), effort),
    ]


def others(effort: Effort) -> list[Section]:
    """Time other libraries' games."""
    one = "Rewards and observations of both players are asked for in every round."
    many = "Ours has one learner in each row, OpenSpiel's two."
    match = f"Matches of {TURNS} rounds between two fixed strategies."
    parallel = ours.parallel_contenders()[:1]
    return [
        measured("OpenSpiel, one environment", one, apart([*parallel, *peers.open_spiel()]), effort),
        measured("OpenSpiel, a batch", many, apart([ours.native(ROWS), peers.open_spiel_batch(ROWS)]), effort),
        measured("Axelrod", match, apart([*ours.matches(MATCHES, TURNS), *peers.axelrod(TURNS)]), effort),
    ]


def main(options: Options) -> None:
    """Time everything, then print it."""
    facts = {**machine(), "load before": load()}
    effort = QUICK if options.quick else FULL
    two, one = scalar(effort)
    vectors, goods = vector(effort), by_players(effort)
    sections = [two, one, *vectors, *goods, *pure(effort), *others(effort)]
    facts["load after"] = load()
    print(f"Median of {effort.turns} turns of at least {effort.seconds} s, after a warm-up; wall clock.\n")
    print("\n".join(f"- {name}: {fact}" for name, fact in facts.items()), "\n\n## Budgets\n", sep="")
    print(report.budgets(two, vectors))
    print(
        "## Growth\n\nCost of one row's step in the vector environment by number of rows, and of a step by players:\n"
    )
    print("\n".join(map(report.flatness, vectors)))
    print("\n".join(report.growth(section, PLAYERS) for section in goods), "\n")
    print("\n".join(map(report.table, sections)))
    if options.json is not None:
        found = {"machine": facts, "effort": asdict(effort), "sections": [asdict(section) for section in sections]}
        options.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(tyro.cli(Options, prog="python -m benchmarks.env_speed"))
