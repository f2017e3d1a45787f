"""How many times as fast ours is as a named other, from what benchmarks kept; and a table of all benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.blocks import Block, known
from benchmarks.catalogue import BENCHMARKS
from benchmarks.env_speed.report import Section
from benchmarks.env_speed.timing import Speed, ratio
from benchmarks.llm_learning import HELD_OUT, REFERENCE, Learned
from benchmarks.llm_reading import IN_FULL, TREE
from moral_games.runs import CONFIG, Run, read_json

EARLIER: Mapping[str, Any] = read_json(Path(__file__).with_name("earlier.json"))
"""Ratios of an earlier, quiet machine, by benchmark: when it ran, on what, and its lines of the table."""
SOURCE = "[docs/benchmarks.md](../docs/benchmarks.md)"

BENCH = "bench"
"""The folder of runs that they keep what they found in."""

PUBLISHED_ROUND, PUBLISHED_EPISODE = 3e-3, 0.69
"""Seconds of a round of the published code of IJCAI 2023, and of an episode of one run of that of AIES 2024, as we
measured them on two cores (docs/benchmarks.md)."""

PEERS = ("bare", "PettingZoo", "SyncVectorEnv", "in pax's manner", "JaxMARL", "OpenSpiel", "Axelrod")
"""How the names of contenders begin that are not ours."""


class Ratio(NamedTuple):
    """One line of the table of ratios.

    Attributes
    ----------
    what
        What is measured of ours.
    peer
        Beside whom.
    times
        How many times as fast ours is, or why there is no number.
    """

    what: str
    peer: str
    times: str


def env_speed(found: Mapping[str, Any]) -> Iterator[Ratio]:
    """Yield ours at its best beside each peer at its best, section by section."""
    for kept in found["sections"]:
        speeds = tuple(Speed(**(speed | {"turns": tuple(speed["turns"])})) for speed in kept["speeds"])
        section = Section(kept["title"], kept["note"], speeds)
        peers = dict.fromkeys(speed.name for speed in speeds if speed.name.startswith(PEERS))
        for peer in peers:
            timed = section.named(peer)
            if not timed:
                missing = next(speed.missing for speed in speeds if speed.name == peer)
                yield Ratio(f"{kept['title']}: {section.reference.name}", peer, missing.partition(";")[0])
                continue
            best = max(timed, key=lambda speed: speed.per_second)
            yield Ratio(f"{kept['title']}: {section.reference.name}", peer, shown(ratio(section.reference, best)))


def ijcai_speed(found: Mapping[str, Any]) -> Iterator[Ratio]:
    """Yield a round of the whole tabular study beside a plain loop and the published code."""
    speeds = [Speed(**(speed | {"turns": tuple(speed["turns"])})) for speed in found["speeds"]]
    loop, whole = speeds[0], speeds[-1]
    yield Ratio("Tabular study, a round and run of the whole grid", loop.name, shown(loop.seconds / whole.seconds))
    published = "published code, 3 ms as we measured it"
    yield Ratio("Tabular study, a round and run of the whole grid", published, shown(PUBLISHED_ROUND / whole.seconds))


def population_speed(found: Mapping[str, Any]) -> Iterator[Ratio]:
    """Yield an episode of as many runs as go best together beside a plain loop and the published code."""
    runs, each = min(((int(runs), cost / int(runs)) for runs, cost in found["batched"].items()), key=lambda one: one[1])
    what = f"Populations, an episode of a run, {runs} runs together"
    yield Ratio(what, "plain loop", shown(found["loop"] / each))
    yield Ratio(what, "published code, 0.69 s as we measured it", shown(PUBLISHED_EPISODE / each))


def llm_speed(found: Mapping[str, Any]) -> Iterator[Ratio]:
    """Yield what reading a tree saves, and how much longer other methods need until a duty is kept.

    Parameters
    ----------
    found
        ``target``, the P(duty kept) that is to be reached, and ``history``, the lines of the benchmark's run.
    """
    cells = {tuple(line["cell"]): line["found"] for line in found["history"]}
    if reading := cells.get(("reading",)):
        yield Ratio(
            "Language model, reading prompts as a tree",
            IN_FULL,
            shown(reading[IN_FULL]["seconds"] / reading[TREE]["seconds"]),
        )
    learned = {cell[0]: Learned.from_json(kept) for cell, kept in cells.items() if len(cell) == 2 and cell[1] == "0"}
    reference, target = learned.pop(REFERENCE, None), found["target"]
    if reference is None or reference.reached(HELD_OUT, target) is None:
        return
    for method, one in learned.items():
        bound = "" if one.reached(HELD_OUT, target) else "more than "
        times = one.waited(HELD_OUT, target) / reference.waited(HELD_OUT, target)
        yield Ratio("Language model, seconds until a duty is kept: exact gradient", method, bound + shown(times))


RATIOS: Mapping[str, Callable[[Mapping[str, Any]], Iterable[Ratio]]] = {
    "env_speed": env_speed,
    "ijcai_speed": ijcai_speed,
    "population_speed": population_speed,
    "llm_speed": llm_speed,
}
"""What makes ratios of what a benchmark kept."""


def shown(times: float) -> str:
    """Return a ratio with three digits, or all before the point.

    Examples
    --------
    >>> shown(0.5912), shown(17.78), shown(30720.3)
    ('0.591', '17.8', '30,720')
    """
    return f"{times:,.0f}" if times >= 100 else f"{times:.3g}"


def table(run: Run) -> str:
    """Return the table of ratios, from what benchmarks have kept, as Markdown.

    Where nothing is kept here stand earlier ratios, with their source (`EARLIER`), and else that it was not run.
    """
    lines = ["| what | beside | ours is faster by | machine | date | command |", "|---|---|--:|---|---|---|"]
    for name, of in RATIOS.items():
        kept = _kept(run, name)
        if kept is not None:
            source, found = f"`{_plain(kept['command'])}`", of(kept["found"])
        elif kept := EARLIER.get(name):
            source, found = f"`python -m benchmarks.{name}`, in {SOURCE}", (Ratio(*told) for told in kept["ratios"])
        else:
            lines.append(f"| {BENCHMARKS[name].what} | | not run | | | `python -m benchmarks.{name}` |")
            continue
        where = f"{_machine(kept)} | {kept.get('begun', '')[:10] or 'not recorded'} | {source}"
        lines += [f"| {one.what} | {one.peer} | {one.times} | {where} |" for one in found]
    return "\n".join(lines)


def everything(run: Run) -> str:
    """Return the table of all benchmarks: what each finds out, how long it takes, and what became of the last one."""
    lines = ["| benchmark | what it finds out | minutes, about | last run | results |", "|---|---|--:|---|---|"]
    for name, one in BENCHMARKS.items():
        title = Path(one.told).stem.replace("_", " ")
        last = _last(run.path(f"{name}.json"), run.path(f"{name}.failed.json"))
        lines.append(f"| `{name}` | {one.what} | {one.minutes:g} | {last} | [{title}]({one.told}) |")
    return "\n".join(lines)


BLOCKS: Mapping[str, Block] = {"bench": Block((BENCH,), table), "bench-all": Block((BENCH,), everything)}


def _kept(run: Run, name: str) -> dict[str, Any] | None:
    """Return what a benchmark has kept; of language models in its own run folder."""
    if name == "llm_speed":
        own = Run(run.folder.parent / name)
        if not own.path(CONFIG).exists():
            return None
        found = {"target": own.config()["target"], "history": own.history()}
        return {"command": f"python -m benchmarks.{name}"} | known(own) | {"found": found}
    path = run.path(f"{name}.json")
    return dict(read_json(path)) if path.exists() else None


def _machine(kept: Mapping[str, Any]) -> str:
    """Return a machine's processor, cores, and how many processes wanted one when the benchmark began."""
    machine = kept.get("machine", {})
    processor = machine.get("CPU") or f"{machine.get('processor', 'not recorded')}, {machine.get('cores', '?')} cores"
    return f"{processor}, load {kept['load']:.1f}" if "load" in kept else processor


def _last(ended: Path, failed: Path) -> str:
    told = []
    if ended.exists():
        kept = read_json(ended)
        told.append(f"{kept['begun'][:10]}, {kept['seconds'] / 60:.1f} min")
    if failed.exists():
        kept = read_json(failed)
        told.append(f"failed on {kept['begun'][:10]}: {_plain(kept['failure'])}")
    return "; ".join(told) or "not by this command"


def _plain(text: str) -> str:
    """Return a text that stays in its cell."""
    return " ".join(text.split()).replace("|", "\\|")[:200]
