"""The command ``moral-games estimate``: its options and what it prints."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import tyro
from rich.markup import escape
from rich.table import Table

from moral_games.analysis.choices import Belief, Choices, read_choices
from moral_games.analysis.estimation import PARAMETERS, Fit, check_observations, fit
from moral_games.analysis.fit_summary import number, summary, told
from moral_games.analysis.mixtures import Mixture, fit_mixture
from moral_games.analysis.preferences import symmetric_game
from moral_games.cli.audit_players import ModelPlayer, player_named
from moral_games.cli.command import Command
from moral_games.cli.console import check_figure, console
from moral_games.games import protocols
from moral_games.progress import track
from moral_games.runs import Run
from moral_games.text.wordings import WORDINGS, unknown_wording


@dataclass(frozen=True)
class Estimate(Command):
    """Estimate preferences: morality, aversion to being behind and ahead, and noise.

    Standard errors are those of drawn choices; a language model is asked for its probabilities, which are not drawn,
    and its standard errors are what one pass of answers would have.
    """

    uses: ClassVar = {
        "people, or anyone whose choices are in a file": "moral-games estimate choices.csv",
        "of how many types they are": "moral-games estimate choices.csv --types 2",
        "two models, and a figure": "moral-games estimate bundled runs/demo --figure preferences.png",
    }

    players: tyro.conf.Positional[tuple[str, ...]]
    """Whose: CSV files of choices, folders of runs, "bundled", Hugging Face ids or folders; several are compared."""
    protocols: tuple[str, ...] = ()
    """What a model is asked about; by default all 18 protocols, and a run that was taught a data set with a card is
    asked new questions of the test side of that data set, as it was taught."""
    beliefs: Belief = "uniform"
    """What is believed of the other where a file does not say: all strategies alike, or what choosers do."""
    types: int = 1
    """How many types of choosers a file's people are of; the criterion is printed for every number up to it."""
    tellings: int = 4
    """In how many ways a model is told each game."""
    wording: str = "compact"
    """How games are told to a model."""
    seed: int = 0
    """Where tellings and the starts of the search for types come from."""
    json: bool = False
    """Print JSON instead of tables."""
    figure: Path | None = None
    """Write a figure of all players' preferences there: a name that ends in .png, .pdf or .svg."""

    def run(self) -> None:
        """Read or ask, estimate, print, and write the figure."""
        if self.figure is not None:
            check_figure(self.figure)
        if self.types < 1:
            raise ValueError(f"--types counts types of choosers, from 1; got {self.types}")
        if not self.players or len(set(self.players)) < len(self.players):
            raise ValueError(f"give one player or several different ones, got {', '.join(self.players) or 'none'}")
        for player in self.players:
            self._check(player)
        fits, summaries = {}, {}
        for player in self.players:
            rng = np.random.default_rng(self.seed)
            choices, legal = self._choices(player, rng)
            fits[player] = fit(choices)
            numbers = range(1, self.types + 1) if self.types > 1 else ()
            mixtures = [fit_mixture(choices, types, rng) for types in track(numbers, "numbers of types")]
            summaries[player] = _summary(choices, fits[player], mixtures, legal)
            if not self.json:
                console.print(f"[bold]{escape(player)}[/bold]")
                _print(summaries[player])
        if self.json:
            print(json.dumps(summaries, indent=2))
        if self.figure is not None:
            from moral_games.report.preference_figures import preferences

            preferences(fits).savefig(self.figure, dpi=150)

    def _check(self, player: str) -> None:
        """Raise an error if the player cannot be asked as the options say."""
        if _is_file(player):
            if self.protocols:
                raise ValueError("--protocols says what a model is asked; a file holds its own")
            choices = read_choices(player, self.beliefs)
            check_observations(choices.observations)
            if self.types > len(choices.choosers):
                raise ValueError(f"--types {self.types} is more than the choosers of {player}: {len(choices.choosers)}")
            return
        for game in self.protocols:
            symmetric_game(game)
        if self.protocols:
            check_observations(len(set(self.protocols)))
        if self.wording not in WORDINGS:
            raise unknown_wording(self.wording)
        if self.tellings < 1:
            raise ValueError(f"--tellings counts in how many ways a model is told a game, from 1; got {self.tellings}")
        if self.types > 1:
            raise ValueError("--types needs a file with many choosers; a model is one")
        found = player_named(player)
        if not isinstance(found, ModelPlayer):
            raise ValueError(
                f"player {player!r} plays one game; preferences are estimated from choices in many: "
                "give a CSV file of choices, or a language model"
            )
        found.check_known()

    def _choices(self, player: str, rng: np.random.Generator) -> tuple[Choices, float | None]:
        """Return what was chosen, and of a model how probable legal answers were."""
        if _is_file(player):
            return read_choices(player, self.beliefs), None
        from moral_games.llm.strategy_method import ask_strategies
        from moral_games.llm.watched import Watched

        found = player_named(player)
        assert isinstance(found, ModelPlayer)
        if found.data_source is not None and not self.protocols:
            return _of_questions(found, self.seed)
        asked = self.protocols or protocols()
        answers = ask_strategies(Watched(found.playing), asked, rng, self.tellings, self.wording, self.beliefs)
        return answers.choices, float(np.mean(list(answers.legal.values())))


def _is_file(player: str) -> bool:
    return player.endswith(".csv")


def _of_questions(player: ModelPlayer, seed: int) -> tuple[Choices, float]:
    """Return what a model that was taught a data set answers to questions like those of its test side."""
    from moral_games.llm.task_judgement import ask_like_data
    from moral_games.llm.watched import Watched

    assert player.run is not None
    answers = ask_like_data(player.model, Run(player.run).config(), seed, Watched)
    if answers.choices is None:
        raise ValueError(
            f"model {player.name!r} gives no legal answer to any of {len(answers.tasks)} questions like those of its "
            "data set; train it longer, or ask about games with --protocols"
        )
    return answers.choices, answers.legal


def _summary(choices: Choices, found: Fit, mixtures: Sequence[Mixture], legal: float | None) -> dict[str, Any]:
    return {
        **summary(choices, found),
        "legal": None if legal is None else number(legal),
        "types": _types(mixtures) if mixtures else None,
    }


def _types(mixtures: Sequence[Mixture]) -> dict[str, Any]:
    """Return the last of several mixtures, and the criterion of all."""
    mixture = mixtures[-1]
    described = [
        {
            "share": number(share),
            **{name: [number(each.estimates[name]), number(errors[name])] for name in PARAMETERS},
            "problems": list(each.problems),
        }
        for share, each, errors in zip(mixture.shares, mixture.types, mixture.standard_errors, strict=True)
    ]
    criteria = {str(len(each.types)): number(each.bic) for each in mixtures}
    return {"bic": criteria, "entropy": number(mixture.entropy), "types": described}


def _print(found: dict[str, Any]) -> None:
    legal = "" if found["legal"] is None else f"; answers were legal with probability {found['legal']:.3f}"
    choosers = "one chooser" if found["choosers"] == 1 else f"{found['choosers']} choosers"
    console.print(f"{found['choices']:g} choices of {choosers}{legal}")
    table = Table("parameter", box=None, pad_edge=False)
    for name in ("estimate", "standard error", "95% interval", "by likelihood ratio"):
        table.add_column(name, justify="right", no_wrap=True)
    for name, row in found["estimates"].items():
        shown = (told(row["estimate"]), told(row["standard error"]))
        intervals = (f"{told(low)} to {told(high)}" for low, high in (row["interval"], row["profile interval"]))
        table.add_row(name, *shown, *intervals)
    console.print(table)
    for problem in found["problems"]:
        console.print(problem, markup=False)
    console.print()
    rivals = Table("explanation", box=None, pad_edge=False)
    for name in ("parameters", "log-likelihood", "BIC", "explained", "p against homo economicus"):
        rivals.add_column(name, justify="right", no_wrap=True)
    for row in found["explanations"]:
        numbers = (f"{row[key]:.2f}" for key in ("log_likelihood", "bic"))
        rivals.add_row(row["name"], str(row["parameters"]), *numbers, f"{row['share']:.1%}", told(row["p_value"]))
    console.print(rivals)
    if found["types"] is not None:
        _print_types(found["types"])


def _print_types(found: dict[str, Any]) -> None:
    console.print()
    table = Table("type", "share", *PARAMETERS, box=None, pad_edge=False)
    for place, row in enumerate(found["types"], 1):
        shown = (" ± ".join(map(told, row[name])) for name in PARAMETERS)
        table.add_row(str(place), f"{row['share']:.3f}", *shown)
    console.print(table)
    criteria = ", ".join(f"{types}: {bic:.2f}" for types, bic in found["bic"].items())
    console.print(f"BIC by number of types, with choosers as observations: {criteria}; the least is best")
    console.print(f"uncertainty about who is of which type, from 0 to 1: {found['entropy']:.3f}")
    for place, row in enumerate(found["types"], 1):
        for problem in row["problems"]:
            console.print(f"type {place}: {problem}", markup=False)
