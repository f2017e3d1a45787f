"""The command that asks a language model whom an autonomous vehicle should spare, and compares it with people."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import tyro
from rich.markup import escape
from rich.table import Table

from moral_games.cli.audit_players import ModelPlayer, model_named
from moral_games.cli.command import Command
from moral_games.cli.console import check_figure, console
from moral_games.names import check_folder_name
from moral_games.progress import track
from moral_games.runs import METRICS, Run, RunError, write_json
from moral_games.vehicles import records as scenario_files
from moral_games.vehicles.passengers import PEDESTRIANS, draw_tellings, series, tell_ride
from moral_games.vehicles.scenarios import Scenario, generate
from moral_games.vehicles.summary import conjoint_summary, passenger_summary
from moral_games.vehicles.telling import Request, draw_telling, tell


@dataclass(frozen=True)
class Vehicles(Command):
    """Ask a language model whom an autonomous vehicle should spare, beside what people say.

    Every question is told twice, with either case first, so that a choice is about the people and not about the place.
    """

    uses: ClassVar = {
        "500 scenarios, each told with either case first": "moral-games vehicles bundled",
        "fewer, with a figure": "moral-games vehicles runs/demo --scenarios 50 --figure vehicles.png",
        "answers in words": "moral-games vehicles openai:my-model --answers text --json",
    }

    player: tyro.conf.Positional[str]
    """The folder of a run, "bundled", a Hugging Face id or folder, or a model behind a server."""
    scenarios: int = 500
    """How many scenarios are drawn."""
    records: Path | None = None
    """Ask about the scenarios in this file instead: JSON lines or CSV."""
    pedestrians: tuple[int, ...] = PEDESTRIANS
    """How many pedestrians passengers are set against, each number from 1 to 100."""
    answers: Literal["labels", "text"] = "labels"
    """By the probabilities of the labels, or by an answer in words, which may also be a refusal."""
    tokens: int = 64
    """The longest answer in words."""
    kappa: float = 0.5
    """The degree of morality of homo moralis, whose choice is told beside the model's."""
    seed: int = 0
    """Where scenarios and tellings come from."""
    json: bool = False
    """Print JSON instead of tables."""
    figure: Path | None = None
    """Write a figure there: a name that ends in .png, .pdf or .svg."""
    folder: Path = Path("runs")
    """Where pages are kept."""
    name: str | None = None
    """Keep scenarios, numbers and a page in a folder of this name."""

    def run(self) -> None:
        """Ask, print, and write the figure and the page."""
        model = self._checked()
        rng = np.random.default_rng(self.seed)
        scenarios = generate(self.scenarios, rng) if self.records is None else scenario_files.read(self.records)
        run = self._folder(scenarios)
        metrics = self._ask(model, scenarios, rng)
        if self.figure is not None:
            from moral_games.report.vehicle_figures import vehicle_figure

            vehicle_figure(metrics).savefig(self.figure, dpi=150)
        if self.json:
            print(json.dumps(metrics, indent=2))
        else:
            _print(self.player, metrics)
        if run is not None:
            from moral_games.report import write_report

            write_json(run.path(METRICS), metrics)
            page = write_report(run.folder)
            if not self.json:
                console.print(f"report: {page}", soft_wrap=True)

    def _checked(self) -> ModelPlayer:
        """Return who is asked; raise an error if that or an option cannot be, before anything is drawn."""
        if self.figure is not None:
            check_figure(self.figure)
        if self.scenarios < 1:
            raise ValueError(f"--scenarios must be at least 1, got {self.scenarios}")
        if self.tokens < 1:
            raise ValueError(f"--tokens must be at least 1, got {self.tokens}")
        if self.seed < 0:
            raise ValueError(f"--seed must be at least 0, got {self.seed}")
        if not 0 <= self.kappa <= 1:
            raise ValueError(f"--kappa must lie in [0, 1], got {self.kappa}")
        if self.name is not None:
            check_folder_name("run", self.name)
        if not series(self.pedestrians):
            raise ValueError("--pedestrians needs at least one number, got none")
        return model_named(self.player)

    def _folder(self, scenarios: Sequence[Scenario]) -> Run | None:
        """Begin the run that is kept, if one is; its scenarios are written at once."""
        if self.name is None:
            return None
        left_out = {"folder", "figure", "json"}
        asked = {key: value for key, value in asdict(self).items() if key not in left_out}
        run = Run.resume(self.folder / self.name, json.loads(json.dumps(asked, default=str)))
        if run.path(METRICS).exists():
            raise RunError(f"{run.folder} holds a finished run; choose another --name")
        scenario_files.write(run.path("scenarios.jsonl"), scenarios)
        return run

    def _ask(self, player: ModelPlayer, scenarios: Sequence[Scenario], rng: np.random.Generator) -> dict[str, Any]:
        from moral_games.llm.vehicles import ask_labels, ask_words

        asked = [[tell(scenario, telling) for telling in draw_telling(rng).both()] for scenario in scenarios]
        rides, tellings = series(self.pedestrians), draw_tellings(rng)
        ridden = [[tell_ride(ride, telling) for telling in tellings] for ride in rides]

        def ask(requests: Sequence[Sequence[Request]], what: str) -> Any:
            show = partial(track, what=what)
            if self.answers == "labels":
                return ask_labels(player.playing, requests, show)
            return ask_words(player.playing, requests, show, self.tokens)

        return {
            "conjoint": conjoint_summary(scenarios, ask(asked, "scenarios"), rng),
            "passengers": passenger_summary(rides, ask(ridden, "passengers"), rng, self.kappa),
        }


def _print(player: str, metrics: Mapping[str, Any]) -> None:
    conjoint, passengers = metrics["conjoint"], metrics["passengers"]
    console.print(f"[bold]{escape(player)}[/bold]: {conjoint['scenarios']} scenarios")
    _print_answers(conjoint)
    table = Table("attribute", "spared rather", box=None, pad_edge=False)
    for name in ("ΔP", "95% interval", "people", "scenarios"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in conjoint["effects"]:
        interval = " to ".join(map(_shown, row["interval"]))
        spared = f"{row['more']} than {row['less']}"
        numbers = (_shown(row["estimate"]), interval, _shown(row["human"]), str(row["scenarios"]))
        table.add_row(row["attribute"], spared, *numbers)
    console.print(table)
    far = conjoint["distance"]
    euclid, correlation = (
        f"{_shown(found)} ({_shown(low)} to {_shown(high)})" for found, low, high in (far["euclid"], far["correlation"])
    )
    console.print(f"distance to people over {far['attributes']} attributes: {euclid}; correlation {correlation}")
    console.print("\n[bold]passengers against pedestrians[/bold]: probability that those inside are sacrificed")
    _print_answers(passengers)
    _print_curves(passengers)


def _print_answers(part: Mapping[str, Any]) -> None:
    kinds = ", ".join(f"{kind} {share:.3g}" for kind, share in part["kinds"].items())
    found, low, high = map(_shown, part["first_told"])
    console.print(f"answers: {kinds}")
    verdict = "goes by the place" if part["reads_place"] else "does not go by the place"
    console.print(
        f"the case told first is chosen with probability {found} ({low} to {high}): {verdict}; "
        f"exchanging the cases moves a choice by {_shown(part['gap'])}"
    )


def _print_curves(passengers: Mapping[str, Any]) -> None:
    numbers = next(iter(next(iter(passengers["curves"].values())).values()))["pedestrians"]
    table = Table("question", "inside", *map(str, numbers), "switch", box=None, pad_edge=False)
    for question, by_riders in passengers["curves"].items():
        for riders, curve in by_riders.items():
            table.add_row(question, riders, *map(_shown, curve["sacrifice"]), _shown(curve["switch"]))
    console.print(table)
    for riders, points in passengers["theory"].items():
        told = ", ".join(f"{value}: {_shown(point)}" for value, point in points.items())
        console.print(f"{riders}, above how many pedestrians theory sacrifices: {told}")


def _shown(given: float | str | None) -> str:
    if given is None:
        return "-"
    if isinstance(given, str):
        return "never"
    return f"{given:.3f}" if isinstance(given, float) else str(given)
