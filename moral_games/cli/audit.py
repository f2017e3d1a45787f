"""The command that says what a player responds to, whether it follows payoffs, and which rule it comes nearest to."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro
from rich.table import Table

from moral_games import games, opponents
from moral_games.analysis.audit import VALUES, AuditPlan, audit
from moral_games.analysis.factorial import Design, Floats, ToldPolicy
from moral_games.analysis.sensitivity import SAME_AGAIN
from moral_games.cli.console import console
from moral_games.games import MatrixGame
from moral_games.llm.options import BUNDLED, STUDY, may_be_model
from moral_games.names import unknown
from moral_games.policy import PolicyTable
from moral_games.runs import CONFIG, METRICS, Run, RunError, read_json, write_json
from moral_games.text import Presentation
from moral_games.text.labels import HELD_OUT
from moral_games.text.wordings import WORDINGS

PRESENTATIONS = {"small": (HELD_OUT[:2], ("compact",)), "full": (HELD_OUT, tuple(WORDINGS))}
"""The label sets and the wordings of a design."""

AT_ONCE = 8
"""How many tellings are asked between two looks at the progress."""


@dataclass(frozen=True)
class Audit:
    """Say what a player responds to, whether it follows payoffs, and which rule it comes nearest to."""

    player: tyro.conf.Positional[str]
    """The folder of a run, "bundled", a Hugging Face id or folder, or an opponent's name."""
    games: tuple[str, ...] = STUDY
    """Games of two players with two actions each."""
    presentations: Literal["small", "full"] = "small"
    """Two label sets in one wording, or all that are held out in all; in both assignments and all orders of lists."""
    wordings: tuple[str, ...] = ()
    """How games are told to a language model, if not as the presentations say."""
    base: str = "ipd"
    """The symmetric game whose payoffs are moved."""
    values: tuple[str, ...] = VALUES
    """The values whose switch points are compared with behaviour."""
    opponent: str = SAME_AGAIN
    """Against whom values judge actions."""
    discount: float = 0.0
    """How much later rounds count for values."""
    folder: Path = Path("runs")
    """Where audits are kept, but for those of a run, which are kept in its folder."""
    name: str | None = None
    """Name of the audit's folder; by default "audit" in a run, else "audit-" and the player."""

    def run(self) -> None:
        """Ask, write the report, and print what was found."""
        from moral_games.report import write_report

        plan, player = self._plan(), _player(self.player)
        player.check(plan)
        run = Run.resume(self._home(player), self._config(player))
        if run.path(METRICS).exists():
            raise RunError(f"{run.folder} holds a finished audit; choose another --name")
        policy = player.load()
        begun = time.perf_counter()
        metrics = _audit(policy, plan)
        seconds = round(time.perf_counter() - begun, 2)
        write_json(run.path(METRICS), metrics | {"tellings": plan.tellings, "seconds": seconds})
        report = write_report(run.folder)
        _show(metrics)
        console.print(f"asked {plan.tellings} tellings in {seconds:.0f} s; report: {report}", soft_wrap=True)

    def _plan(self) -> AuditPlan:
        labels, wordings = PRESENTATIONS[self.presentations]
        pairs = tuple(pair[:2] for pair in labels)
        design = Design(tuple(map(games.get, self.games)), pairs, self.wordings or wordings)
        return AuditPlan(design, games.get(self.base), self.values, self.opponent, self.discount)

    def _home(self, player: Player) -> Path:
        """Return the audit's folder."""
        name = self.name
        if name is not None and (not name or Path(name).name != name or name.startswith(".")):
            raise ValueError(f"an audit's name is a plain folder name, got {name!r}")
        if player.run is not None:
            return player.run / (name or "audit")
        slug = re.sub(r"[^\w.=-]+", "-", Path(self.player).name).strip("-.")
        return self.folder / (name or f"audit-{slug}")

    def _config(self, player: Player) -> dict[str, Any]:
        kept = {key: value for key, value in asdict(self).items() if key != "folder"}
        return json.loads(json.dumps(kept | {"name": self.name or self._home(player).name}))


@dataclass(frozen=True)
class TablePlayer:
    """A strategy or a learner that remembers the last round; it does the same however it is told a game."""

    name: str
    run: Path | None = None

    def check(self, plan: AuditPlan) -> None:
        """Raise a ValueError unless the player understands every game and remembers no more than a round."""
        for game in (*plan.design.games, plan.base):
            if not isinstance(opponents.as_policy(self.name, game), PolicyTable):
                raise ValueError(
                    f"player {self.name!r} remembers more than the last round, and an audit asks about the last round; "
                    "'moral-games evaluate' and 'moral-games tournament' judge such players"
                )

    def load(self) -> ToldPolicy:
        """Return its table, once for each presentation."""

        def tables(game: MatrixGame, told: Sequence[Presentation]) -> Floats:
            table = opponents.as_policy(self.name, game).probabilities
            return np.broadcast_to(table, (len(told), *table.shape))

        return tables


@dataclass(frozen=True)
class ModelPlayer:
    """A language model, or a run's."""

    name: str
    run: Path | None = None

    def check(self, plan: AuditPlan) -> None:
        """Raise an error if there is no such model, or the run is not finished."""
        if self.run is not None:
            if not (self.run / METRICS).exists():
                raise RunError(
                    f"{self.run} holds no finished run; continue it with 'moral-games finetune --resume', then audit it"
                )
        elif Path(self.name).is_dir():
            if not Path(self.name, CONFIG).exists():
                raise ValueError(f"folder {self.name!r} holds neither a run nor a model: it has no {CONFIG}")
        elif not may_be_model(self.name):
            raise unknown("player", self.name, (*opponents.names(), BUNDLED))

    def load(self) -> ToldPolicy:
        """Load the model."""
        from moral_games.llm import load
        from moral_games.llm.finetuning import load_run
        from moral_games.llm.policy import tables

        return partial(tables, load(self.name) if self.run is None else load_run(self.run))


Player = TablePlayer | ModelPlayer
"""Whoever is audited, not yet loaded, and the folder of the run that it comes from."""


def _player(name: str) -> Player:
    """Return who is meant."""
    if name.partition("(")[0].strip() in opponents.names():
        return TablePlayer(name)
    folder = Path(name.removeprefix("run:"))
    config = read_json(folder / CONFIG) if name.startswith("run:") or (folder / CONFIG).exists() else {}
    if "lora_rank" in config:
        return ModelPlayer(name, folder)
    if name.startswith("run:") or "agent" in config:
        return TablePlayer(f"run:{folder}", folder)
    return ModelPlayer(name)


def _audit(policy: ToldPolicy, plan: AuditPlan) -> dict[str, Any]:
    """Carry out the audit, asking few tellings at once so that progress can be seen."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("tellings", total=plan.tellings)

        def asked(game: MatrixGame, told: Sequence[Presentation]) -> Floats:
            answers = []
            for begin in range(0, len(told), AT_ONCE):
                answers.append(policy(game, told[begin : begin + AT_ONCE]))
                progress.advance(task, len(answers[-1]))
            return np.concatenate(answers)

        return audit(asked, plan)


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
