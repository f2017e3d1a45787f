"""The commands that fine-tune a language model and report on it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tyro
from rich.table import Table

from moral_games import games
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.llm.options import Finetune
from moral_games.policy import last_joint_action
from moral_games.runs import METRICS, Run, read_json


@dataclass(frozen=True)
class Report(Command):
    """Write the report of a finished run."""

    uses: ClassVar = {
        "the report of a run": "moral-games report runs/demo",
        "of a portrait; so of every kind of run": "moral-games report runs/portrait",
    }

    run_folder: tyro.conf.Positional[Path]
    """The run's folder, e.g. runs/demo."""

    def run(self) -> None:
        """Write report.html and the figures."""
        from moral_games.report import write_report

        console.print(f"report: {write_report(self.run_folder)}")


@dataclass(frozen=True)
class FineTuning(Finetune, Command):
    """Fine-tune a language model with a moral reward, and judge it before and after."""

    uses: ClassVar = {
        "teach a duty by the exact gradient": "moral-games finetune --name mine",
        "another value, in another game": "moral-games finetune --name kind --game stag_hunt --reward virtue_kindness",
        "from a data set": "moral-games finetune --name kant --algorithm examples --examples.data data/moralis",
        "go on after a crash": "moral-games finetune --name mine --resume",
    }
    when_stopped: ClassVar[str] = "what was done up to the last checkpoint is kept"

    def run(self) -> None:
        """Train, together with other processes where a launcher has started some, write the report and print it."""
        from moral_games.llm.finetuning import finetune
        from moral_games.llm.processes import joined

        if not self.test_games and self.question_source is None:
            raise ValueError(
                "name at least one of --test-games, got none: the report shows what the model does in them"
            )
        with joined() as team:
            run = finetune(self, team)
        if team.first:
            _show(run)


def _show(run: Run) -> None:
    """Write a finished run's report, and print what came out."""
    from moral_games.report import headline, write_report

    report = write_report(run.folder)
    metrics, config = read_json(run.path(METRICS)), run.config()
    if metrics["after"] and "conversations" not in metrics:
        console.print(_table(metrics))
    console.print(headline(config, metrics))
    console.print(f"trained in {metrics['seconds']['train']:.0f} s; report: {report}")


def _table(metrics: dict[str, Any]) -> Table:
    """Return what a model does in each game as a table, with the mean over prompts that tell the same last round."""
    value = next(iter(next(iter(metrics["after"].values()))["moral_regret"]))
    table = Table("game", "P(first action) by state", "legal", f"{value} regret", "gap", box=None, pad_edge=False)
    for when in ("before", "after"):
        for game, row in metrics[when].items():
            cooperate = " ".join(f"{p:.2f}" for p in _by_last_round(game, row["p_cooperate"]))
            table.add_row(
                f"{game} {when}",
                cooperate,
                f"{row['legal_mass']:.3f}",
                f"{row['moral_regret'][value]:.3f}",
                f"{row['presentation_gap_judged']:.3f}",
            )
    return table


def _by_last_round(game: str, found: list[float]) -> list[float]:
    joint_actions = len(games.get(game).joint_actions)
    latest = last_joint_action(range(len(found)), joint_actions)
    return [float(np.mean(np.array(found)[latest == state])) for state in range(1 + joint_actions)]
