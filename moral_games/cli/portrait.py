"""The command that hangs portraits of language models side by side: games, dilemmas, vehicles and prices."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import tyro
from rich.table import Table

from moral_games.analysis.preferences import Preference
from moral_games.cli.audit_players import ModelPlayer, model_named
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.names import check_folder_name, slug
from moral_games.progress import track
from moral_games.runs import METRICS, Run, RunError, read_json, write_json
from moral_games.text import dilemmas
from moral_games.vehicles.passengers import PEDESTRIANS

if TYPE_CHECKING:
    from moral_games.llm.portrait import Sitting


@dataclass(frozen=True)
class Portrait(Command):
    """Say what language models prefer, and what becomes of it in dilemmas, in traffic and in a market, side by side.

    Every model is asked the same. Runs that differ in their seed alone are one column: "taught=runs/a,runs/b".
    """

    uses: ClassVar = {
        "two models side by side": "moral-games portrait bundled runs/demo",
        "runs in one column": "moral-games portrait bundled taught=runs/a,runs/b --questions 40 --name both",
    }

    when_stopped: ClassVar[str] = "the portraits that were finished are kept; the same command goes on"

    players: tyro.conf.Positional[tuple[str, ...]]
    """Folders of runs, "bundled", Hugging Face ids or folders; NAME=PLAYER,PLAYER for several in one column."""
    kappa: float = 0.5
    """The degree of morality of homo moralis, whose answers count as right."""
    questions: int = 100
    """Questions about games that data sets do not teach."""
    scenarios: int = 100
    """Dilemmas of autonomous vehicles."""
    pedestrians: tuple[int, ...] = PEDESTRIANS
    """Numbers of pedestrians whom a vehicle can spare at the cost of its passenger."""
    themes: tuple[str, ...] = dilemmas.themes()
    """Themes of the dilemmas in everyday language."""
    seed: int = 0
    """Draws what is asked, the same for all."""
    name: str = "portrait"
    """Name of the folder."""
    folder: Path = Path("runs")
    """Where it is kept. What was begun there goes on."""

    def run(self) -> None:
        """Ask every model that was not asked yet, write the page, and print its table."""
        from moral_games.report import write_report

        sitting, columns = self._sitting(), self._columns()
        check_folder_name("portrait", self.name)
        run = Run.resume(self.folder / self.name, self._config(columns))
        if not run.path(METRICS).exists():
            run.path("judged").mkdir(exist_ok=True)
            metrics = {
                name: [self._portrait(run, player, sitting) for player in players] for name, players in columns.items()
            }
            write_json(run.path(METRICS), {"portraits": metrics})
        report = write_report(run.folder)
        _show(read_json(run.path(METRICS)))
        console.print(f"report: {report}", soft_wrap=True)

    def _columns(self) -> dict[str, list[ModelPlayer]]:
        """Return who stands in each column, after a look at whether they can be asked."""
        columns: dict[str, list[ModelPlayer]] = {}
        for given in self.players:
            name, named, listed = given.partition("=")
            players = listed.split(",") if named else [given]
            if not name or "" in players:
                raise ValueError(f"a column is a model, or NAME=PLAYER,PLAYER without gaps; got {given!r}")
            if name in columns:
                raise ValueError(f"give every column another name; {name!r} is there twice")
            columns[name if named else _short(given)] = [_model(player) for player in players]
        if not columns:
            raise ValueError("name at least one run or model, e.g. 'moral-games portrait bundled runs/mine'")
        return columns

    def _config(self, columns: dict[str, list[ModelPlayer]]) -> dict[str, Any]:
        kept = {key: value for key, value in asdict(self).items() if key not in ("folder", "players")}
        asked = {"columns": {name: [player.name for player in players] for name, players in columns.items()}}
        return json.loads(json.dumps(kept | asked))

    def _sitting(self) -> Sitting:
        """Return what is asked of every model."""
        from moral_games.llm.portrait import Sitting

        preference = Preference(self.kappa)
        return Sitting(preference, self.questions, self.themes, self.scenarios, self.pedestrians, self.seed)

    def _portrait(self, run: Run, player: ModelPlayer, sitting: Sitting) -> dict[str, Any]:
        """Return the portrait of one model: as it was kept, or asked for now."""
        from moral_games.llm.portrait import Sitter, portray, taught

        kept = run.path("judged", f"{slug(player.name)}.json")
        if kept.exists():
            return read_json(kept)
        found = portray(Sitter(player.playing, player.model), sitting, partial(track, what=player.name))
        found |= {"player": player.name, "taught": None if player.run is None else taught(player.run)}
        write_json(kept, found)
        return found


def _model(name: str) -> ModelPlayer:
    """Return a language model by its name, if there is one."""
    player = model_named(name)
    if player.run is not None and not player.run.joinpath(METRICS).exists():
        raise RunError(f"{player.run} holds no finished run; continue it with --resume, then portray it")
    return player


def _short(name: str) -> str:
    """Return the last part of a path or an id."""
    return name.rstrip("/").rpartition("/")[2]


def _show(metrics: dict[str, Any]) -> None:
    from moral_games.report.portrait import table

    columns, rows = table(metrics)
    shown = Table("", *columns, box=None, pad_edge=False)
    for label, cells in rows:
        shown.add_row(label, *cells)
    console.print(shown)
