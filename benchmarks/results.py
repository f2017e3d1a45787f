"""The pages that tell results, written anew from run folders: tables, and the lines that say where they come from.

Run from the repository's root, or as ``make results``::

    .venv/bin/python -m benchmarks.results
    .venv/bin/python -m benchmarks.results --check

Prose is written by hand; what stands between ``<!-- results: NAME -->`` and ``<!-- end -->`` is not. A block whose run
is not on this machine is left as it is, and named. With ``--check`` nothing is written, and blocks that would come out
otherwise are an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tyro

from benchmarks import best_response, demo_seeds, leaderboard, llm_speed, methods, payoff_reading, ratios, recovery
from benchmarks import transfer_judging as transfer
from benchmarks.blocks import Block, rewrite, seeds_asked, table, with_interval
from benchmarks.published import aies2024, iclr2025_results, ijcai2023
from moral_games.runs import METRICS, Run, read_json, whole_file

ROOT = Path(__file__).parents[1]
PAGES = ("docs/results.md", "docs/best_response.md", "docs/leaderboard.md", "benchmarks/README.md")


def seeds_of(pattern: str) -> Callable[[Run], Iterable[int]]:
    """Return what reads the seeds of a run off the names of folders or files in it, which end in them."""
    return lambda run: (int(path.stem.rpartition("-")[2]) for path in run.folder.glob(pattern))


def language_models(write: Callable[[iclr2025_results.Means], str]) -> Callable[[Run], str]:
    """Return what writes a table of the language-model study from its run."""
    return lambda run: write(iclr2025_results.Means.of(read_json(run.path(METRICS))["results"], "tit_for_tat"))


def matches(run: Run) -> str:
    """Return how the runs of the Prisoner's Dilemma end, match by match, folded up."""
    found = [match for match in read_json(run.path(METRICS))["matches"] if match["game"] == "IPD"]
    told = ijcai2023.table(found)
    return f"<details markdown>\n<summary>All {len(found)} matches</summary>\n\n{told}\n\n</details>"


def learners(*runs: Run) -> str:
    """Return what the learners of each run do, means with intervals over seeds."""
    measures = ("cooperation", "payoff", "exploitability")
    rows = []
    for run in runs:
        for player, found in read_json(run.path(METRICS))["learners"].items():
            told = (with_interval(found["measures"][measure], 3) for measure in measures)
            rows.append((f"`{run.config()['agent']}`, {player}", *told))
    return table(("", *measures), rows)


def judged_on(run: Run, own: Run) -> str:
    """Return what populations do whose duties look at the partner's last move, and at their holder's own."""
    right, slipped = (read_json(each.path(METRICS))["together"] for each in (run, own))
    rows = {}
    for majority, found in slipped.items():
        rows |= {f"{majority}, judged on the partner's last move": right[majority], f"{majority}, on its own": found}
    return aies2024.table(rows)


def best_responses(write: Callable[..., str]) -> Callable[[Run], str]:
    """Return what writes a table of best responses from their run."""

    def of_run(run: Run) -> str:
        asked = best_response.Options.of(run)
        return write(asked, best_response.in_order(asked, best_response.read(run)))

    return of_run


def nothing(run: Run) -> str:
    """Return no table: a block that says where prose has its numbers from."""
    return ""


BLOCKS: Mapping[str, Block] = {
    "demo-seeds": Block(("demo-seeds",), lambda run: demo_seeds.table(demo_seeds.kept(run.folder)), seeds_of("seed-*")),
    "iclr2025": Block(("iclr2025",), nothing, seeds_of("trained/*")),
    "iclr2025-learned": Block(("iclr2025",), language_models(iclr2025_results.rules)),
    "iclr2025-duty": Block(("iclr2025",), language_models(iclr2025_results.duty)),
    "iclr2025-welfare": Block(("iclr2025",), language_models(iclr2025_results.welfare)),
    "iclr2025-wordings": Block(("iclr2025",), language_models(iclr2025_results.wordings)),
    "payoff_reading": Block(
        ("payoff_reading",), lambda run: payoff_reading.table(run.history()), seeds_of("trained/*")
    ),
    "ijcai2023": Block(("ijcai2023",), matches, seeds_asked),
    "ijcai2023-slips": Block(("ijcai2023-slips",), nothing, seeds_asked),
    "ijcai2023-decay": Block(("ijcai2023-decay",), nothing, seeds_asked),
    "learners": Block(("actor_critic", "lola"), learners, seeds_asked),
    "aies2024": Block(("aies2024",), lambda run: aies2024.table(read_json(run.path(METRICS))["together"]), seeds_asked),
    "aies2024-own-move": Block(("aies2024", "aies2024-own-move"), judged_on, seeds_asked),
    "best_response": Block(("best_response",), best_responses(best_response.summary), seeds_asked),
    "best_response-table": Block(("best_response",), best_responses(best_response.table), seeds_asked),
    "recovery": Block(("recovery",), lambda run: recovery.table(recovery.read(run)), seeds_asked),
    "methods": Block(("methods",), lambda run: methods.markdown(read_json(run.path(METRICS))), seeds_of("portraits/*")),
    "methods-estimates": Block(("methods",), lambda run: methods.estimates(read_json(run.path(METRICS)))),
    "llm_speed": Block(("llm_speed",), llm_speed.learning_table),
    "llm_speed-reading": Block(("llm_speed",), llm_speed.reading_table),
    "transfer": Block(
        ("transfer",), lambda run: transfer.markdown(read_json(run.path(METRICS))["summary"]), seeds_of("trained/*")
    ),
    **leaderboard.BLOCKS,
    **ratios.BLOCKS,
}
"""What each block shows, by the name in its marker."""


@dataclass(frozen=True)
class Options:
    """Write the generated parts of the result pages anew from run folders."""

    check: bool = False
    """Write nothing; name the blocks that would come out otherwise, and fail if there are any."""
    folder: Path = Path("runs")
    """Where runs are kept."""


def write_pages(options: Options, root: Path = ROOT, pages: Iterable[str] = PAGES) -> int:
    """Write the pages anew, or check them, and say what became of each; return the exit status.

    Raises
    ------
    ValueError
        If a page has an unknown block, or markers that do not come in pairs.
    """
    stale = False
    for name in pages:
        path = root / name
        found = rewrite(path.read_text(encoding="utf-8"), BLOCKS, options.folder)
        for block, why in found.left.items():
            print(f"{name}: {block} is left as it is: {why}")
        verb = "would change" if options.check else "written anew"
        print(f"{name}: {verb}: {', '.join(found.changed)}" if found.changed else f"{name}: up to date")
        stale |= bool(found.changed)
        if found.changed and not options.check:
            with whole_file(path) as partial:
                partial.write_text(found.page, encoding="utf-8")
    return int(options.check and stale)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or check the pages; return the exit status."""
    try:
        return write_pages(tyro.cli(Options, args=arguments))
    except (ValueError, OSError) as error:
        print(f"results: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    raise SystemExit(main())
