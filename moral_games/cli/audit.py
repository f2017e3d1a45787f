"""The command that says what a player responds to, whether it follows payoffs, and which rule it comes nearest to."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import tyro
from rich.table import Table

from moral_games import games
from moral_games.analysis.audit import VALUES, AuditPlan, audit
from moral_games.analysis.audit_dilemmas import Reader, ask, right_choices
from moral_games.analysis.factorial import Design, Floats, ToldPolicy
from moral_games.analysis.sensitivity import SAME_AGAIN
from moral_games.cli.audit_players import ModelPlayer, Player, player_named
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.games import MatrixGame
from moral_games.llm.options import STUDY
from moral_games.names import check_folder_name, slug
from moral_games.progress import progress
from moral_games.runs import METRICS, Run, RunError, write_json
from moral_games.text import Presentation, dilemmas
from moral_games.text.dilemmas import Dilemma
from moral_games.text.labels import HELD_OUT
from moral_games.text.wordings import ASKED_AT_ONCE

PRESENTATIONS = {"small": (HELD_OUT[:2], ("compact",)), "full": (HELD_OUT, ASKED_AT_ONCE)}
"""The label sets and the wordings of a design."""

AT_ONCE = 8
"""How many tellings are asked between two looks at the progress."""


@dataclass(frozen=True)
class Audit(Command):
    """Say what a player responds to, whether it follows payoffs, and which rule it comes nearest to."""

    uses: ClassVar = {
        "a strategy": "moral-games audit tit_for_tat",
        "what a run has learned": "moral-games audit runs/demo",
        "how that changed from checkpoint to checkpoint": "moral-games audit runs/demo --no-dilemmas --checkpoints",
    }

    player: tyro.conf.Positional[str]
    """The folder of a run, "bundled", a Hugging Face id or folder, or an opponent's name."""
    games: tuple[str, ...] = STUDY
    """Games of equally many players with two actions each."""
    presentations: Literal["small", "full"] = "small"
    """Two label sets in one wording (a run's own), or all that are held out in all that ask for a label at once; in
    both assignments and all orders of lists."""
    wordings: tuple[str, ...] = ()
    """How games are told to a language model, if not as the presentations say."""
    base: str = "ipd"
    """The symmetric game whose payoffs are moved."""
    values: tuple[str, ...] = VALUES
    """The values whose switch points are compared with behaviour."""
    opponent: str = SAME_AGAIN
    """Against whom values judge actions; in games of many players it takes every other seat."""
    discount: float = 0.0
    """How much later rounds count for values."""
    dilemmas: bool = True
    """Tell a language model the everyday dilemmas too, each in two ways: 432 prompts more."""
    checkpoints: bool = False
    """Follow a run's model from checkpoint to checkpoint, and through the runs that it started from; each look asks
    about every game again, with one label set in one wording."""
    folder: Path = Path("runs")
    """Where audits are kept, but for those of a run, which are kept in its folder."""
    name: str | None = None
    """Name of the audit's folder; by default "audit" in a run, else "audit-" and the player."""

    def run(self) -> None:
        """Ask, write the report, and print what was found."""
        from moral_games.report import write_report

        player = player_named(self.player)
        plan = self._plan(player)
        player.check(plan)
        if self.checkpoints:
            _check_followed(player)
        run = Run.resume(self._home(player), self._config(player))
        if run.path(METRICS).exists():
            raise RunError(f"{run.folder} holds a finished audit; choose another --name")
        begun = time.perf_counter()
        metrics = self._ask(player, plan)
        seconds = round(time.perf_counter() - begun, 2)
        write_json(run.path(METRICS), metrics | {"tellings": plan.tellings, "seconds": seconds})
        report = write_report(run.folder)
        _show(metrics)
        console.print(f"asked {plan.tellings} tellings in {seconds:.0f} s; report: {report}", soft_wrap=True)

    def _ask(self, player: Player, plan: AuditPlan) -> dict[str, Any]:
        """Carry out the audit, and tell how far it is."""
        policy = player.load()
        with progress("tellings", plan.tellings) as count:
            metrics = audit(_counted(policy, count), plan)
        if self.dilemmas and isinstance(player, ModelPlayer):
            reader, (one, other) = player.reader(), plan.design.labels[0]
            with progress("dilemmas", len(dilemmas.names())) as count:
                answers = ask(_counted_reader(reader, count), dilemmas.names(), (one, other))
            metrics["dilemmas"] = right_choices(answers, plan.values, np.random.default_rng(0))
        if self.checkpoints and isinstance(player, ModelPlayer):
            design = Design(plan.design.games, plan.design.labels[:1], plan.design.wordings[:1])
            tellings = len(design.games) * len(design.presentations())
            with progress("checkpoints", player.looks() * tellings) as count:
                metrics["drift"] = player.drift(design, lambda asked: _counted(asked, count)) | {"tellings": tellings}
        return metrics

    def _plan(self, player: Player) -> AuditPlan:
        labels, wordings = PRESENTATIONS[self.presentations]
        if self.presentations == "small" and isinstance(player, ModelPlayer) and player.wording is not None:
            wordings = (player.wording,)
        pairs = tuple(pair[:2] for pair in labels)
        design = Design(tuple(map(games.get, self.games)), pairs, self.wordings or wordings)
        return AuditPlan(design, games.get(self.base), self.values, self.opponent, self.discount)

    def _home(self, player: Player) -> Path:
        """Return the audit's folder."""
        name = self.name
        if name is not None:
            check_folder_name("audit", name)
        if player.run is not None:
            return player.run / (name or "audit")
        return self.folder / (name or f"audit-{slug(Path(self.player).name)}")

    def _config(self, player: Player) -> dict[str, Any]:
        kept = {key: value for key, value in asdict(self).items() if key != "folder"}
        return json.loads(json.dumps(kept | {"name": self.name or self._home(player).name}))


def _check_followed(player: Player) -> None:
    """Raise an error unless there are checkpoints of a language model to look at."""
    if not isinstance(player, ModelPlayer):
        raise ValueError(f"player {player.name!r} is no language model, whose checkpoints could be followed")
    player.looks()


def _counted(policy: ToldPolicy, count: Callable[[int], None]) -> ToldPolicy:
    """Return the same policy, asked few tellings at once so that progress can be seen."""

    def asked(game: MatrixGame, told: Sequence[Presentation]) -> Floats:
        answers = []
        for begin in range(0, len(told), AT_ONCE):
            answers.append(policy(game, told[begin : begin + AT_ONCE]))
            count(len(answers[-1]))
        return np.concatenate(answers)

    return asked


def _counted_reader(reader: Reader, count: Callable[[int], None]) -> Reader:
    """Return the same reader, who is seen to go on."""

    def asked(dilemma: Dilemma, told: Sequence[Presentation]) -> Floats:
        answers = reader(dilemma, told)
        count(1)
        return answers

    return asked


def _show(metrics: dict[str, Any]) -> None:
    from moral_games.report.audit import audit_headline

    console.print(audit_headline(metrics))
    shares = Table("responds to", box=None, pad_edge=False)
    for column in ("share", "single factors", "pairs", "higher"):
        shares.add_column(column, justify="right")
    for name, found in metrics["response"]["families"].items():
        shares.add_row(name, *(f"{found[key]:.3f}" for key in ("share", "single", "pairs", "higher")))
    console.print(shares)
    rules = metrics["rules"]["all games"]
    near = "; ".join(f"{' = '.join(rule['names'])} {rule['distance']:.3f}" for rule in rules["strategies"])
    console.print(f"nearest strategies (distance): {near or 'none understands all these games'}", soft_wrap=True)
    explain = "; ".join(f"{' = '.join(rule['names'])} {rule['explained']:.3f}" for rule in rules["values"])
    console.print(f"values (share of choices explained): {explain or 'none does better than a coin'}", soft_wrap=True)
    if "dilemmas" in metrics:
        told = "; ".join(f"{value} {found['share']:.3f}" for value, found in metrics["dilemmas"]["values"].items())
        console.print(f"dilemmas (share of right choices): {told}", soft_wrap=True)
    if "drift" in metrics:
        from moral_games.report.audit import undoing

        console.print(undoing(metrics["drift"]), soft_wrap=True)
