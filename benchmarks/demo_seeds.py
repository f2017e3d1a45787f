"""The demo under ten seeds: how often a language model learns the rule, and not a token.

Run from the repository's root, about 40 minutes on two cores::

    .venv/bin/python -m benchmarks.demo_seeds

Runs are kept in ``runs/demo-seeds``, resumed where they stopped, and printed as a Markdown table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tyro

from moral_games.llm import Finetune, finetune
from moral_games.runs import METRICS, read_json

KEEPS, LEGAL, REGRET, GAP = 0.95, 0.98, 0.03, 0.1
"""What a seed must reach in every game on held-out tellings."""


@dataclass(frozen=True)
class Options:
    """Run the demo under several seeds and print how each did.

    Attributes
    ----------
    seeds
        How many seeds, from 0.
    folder
        Where runs are kept.
    """

    seeds: int = 10
    folder: Path = Path("runs/demo-seeds")


def worst(metrics: dict[str, Any]) -> dict[str, float]:
    """Return the worst number of any game after training, for each thing that is required."""
    games = metrics["after"].values()
    return {
        "P(C after C)": min(min(game["p_cooperate"][1], game["p_cooperate"][3]) for game in games),
        "legal mass": min(game["legal_mass"] for game in games),
        "regret": max(game["moral_regret"]["deontological"] for game in games),
        "gap": max(game["presentation_gap_judged"] for game in games),
    }


def passes(found: dict[str, float]) -> bool:
    """Return whether a seed meets all that is required."""
    kept = found["P(C after C)"] >= KEEPS and found["legal mass"] >= LEGAL
    return kept and found["regret"] <= REGRET and found["gap"] <= GAP


def row(seed: int, metrics: dict[str, Any]) -> str:
    """Return a seed's line of the table."""
    found = worst(metrics)
    ipd = " ".join(f"{p:.2f}" for p in metrics["after"]["ipd"]["p_cooperate"])
    numbers = " | ".join(f"{number:.4f}" for number in found.values())
    training = metrics["training"]
    done = f"{training['updates']} ({training['chosen_update']}) | {metrics['seconds']['train']:.0f}"
    return f"| {seed} | {'yes' if passes(found) else '**no**'} | {numbers} | {ipd} | {done} |"


def table(found: Mapping[int, dict[str, Any]]) -> str:
    """Return the table of metrics by seed, as Markdown."""
    head = "| seed | all met | P(C after C) | legal mass | regret | gap | IPD: start CC CD DC DD | updates (kept) | s |"
    return "\n".join([head, "|---" * 9 + "|", *(row(seed, metrics) for seed, metrics in found.items())])


def kept(folder: Path) -> dict[int, dict[str, Any]]:
    """Return the metrics of the finished seeds in a folder, in order."""
    seeds = sorted(int(path.parent.name.removeprefix("seed-")) for path in folder.glob(f"seed-*/{METRICS}"))
    return {seed: read_json(folder / f"seed-{seed}" / METRICS) for seed in seeds}


def main(options: Options) -> None:
    """Run what is missing, then print the table."""
    for seed in range(options.seeds):
        run = finetune(Finetune(name=f"seed-{seed}", folder=options.folder, seed=seed, resume=True))
        print(row(seed, read_json(run.path(METRICS))), flush=True)
    print(f"\n{table(kept(options.folder))}")


if __name__ == "__main__":
    main(tyro.cli(Options))
