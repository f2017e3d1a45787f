"""What the benchmark prints: a table a section, how cost grows, and whether the budgets are met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.env_speed.timing import Speed, ratio

SCALAR_COST, OVER_SYNCHRONOUS, STEPS_A_SECOND = 1.5, 200.0, 1e8
"""Budgets: cost of a scalar step against a bare one; against SyncVectorEnv; at the best number of rows."""

OURS, LOOP = "MatrixGameVectorEnv", "SyncVectorEnv of MatrixGameEnv"

_HEAD = "| what | environments | steps/s | slowest to fastest turn | µs for all of them | reference is faster by |"
_RULE = "|---|--:|--:|--:|--:|--:|"


@dataclass(frozen=True)
class Section:
    """Contenders that are compared with one of ours: the fastest that bears the first one's name."""

    title: str
    note: str
    speeds: tuple[Speed, ...]

    @property
    def reference(self) -> Speed:
        """Ours at its best."""
        return max((speed for speed in self.named(self.speeds[0].name)), key=lambda speed: speed.per_second)

    def named(self, name: str) -> list[Speed]:
        """Return the speeds of one contender at all sizes at which it was timed."""
        return [speed for speed in self.speeds if speed.name == name and not speed.missing]


def table(section: Section) -> str:
    """Return a section as Markdown."""
    lines = [f"## {section.title}", "", section.note, "", _HEAD, _RULE]
    for speed in section.speeds:
        name = f"{speed.name} | {speed.environments:,}"
        if speed.missing:
            lines.append(f"| {name} | {speed.missing} | | | |")
            continue
        spread = f"{1 / max(speed.turns):.3g} to {1 / min(speed.turns):.3g}"
        call = f"{speed.seconds * speed.environments * 1e6:,.1f}"
        faster = "(reference)" if speed is section.reference else f"{ratio(section.reference, speed):,.2f}x"
        lines.append(f"| {name} | {speed.per_second:.3g} | {spread} | {call} | {faster} |")
    return "\n".join(lines) + "\n"


def flatness(section: Section, least: int = 1_000) -> str:
    """Say how the cost of a row's step changes from `least` rows on."""
    costs = {speed.environments: speed.seconds * 1e9 for speed in section.named(OURS) if speed.environments >= least}
    told = ", ".join(f"{cost:.1f} at {size:,}" for size, cost in costs.items())
    *_, most = costs.values()
    return f"- {section.title}: {told}; the most rows cost {most / min(costs.values()):.2f} times the cheapest"


def growth(section: Section, players: Sequence[int]) -> str:
    """Say what each further player costs, and how much more the last one costs than the first."""
    costs = [speed.seconds * 1e9 for speed in section.speeds]
    told = ", ".join(f"{cost:,.1f} among {count}" for count, cost in zip(players, costs, strict=True))
    a_player = [cost / count for count, cost in zip(players, costs, strict=True)]
    return (
        f"- {section.title}: {told}; "
        f"each player costs {a_player[-1] / a_player[0]:.2f} times as much among {players[-1]} as among {players[0]}"
    )


def budgets(parallel: Section, vectors: Sequence[Section]) -> str:
    """Return whether each budget is met."""
    ours, *bare = parallel.speeds[:3]
    lines = ["| budget | found | met |", "|---|--:|---|"]
    for other in bare:
        cost = ratio(other, ours)
        lines.append(
            _line(f"{ours.name} costs at most {SCALAR_COST} x {other.name}", f"{cost:.2f} x", cost <= SCALAR_COST)
        )
    for section in vectors:
        best, loop = section.reference, max(section.named(LOOP), key=lambda speed: speed.per_second)
        over = ratio(best, loop)
        lines.append(
            _line(
                f"{section.title}: at least {OVER_SYNCHRONOUS:.0f} x SyncVectorEnv, each at its best",
                f"{over:,.0f} x",
                over >= OVER_SYNCHRONOUS,
            )
        )
        lines.append(
            _line(
                f"{section.title}: at least {STEPS_A_SECOND:.0e} steps/s at its best number of rows",
                f"{best.per_second:.3g} at {best.environments:,}",
                best.per_second >= STEPS_A_SECOND,
            )
        )
    return "\n".join(lines) + "\n"


def _line(budget: str, found: str, met: bool) -> str:
    return f"| {budget} | {found} | {'yes' if met else '**no**'} |"
