"""A portrait of a language model: what it prefers in games, and what becomes of it in dilemmas, traffic and a market.

Everything is asked in the same words of every model, so that portraits can be hung side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np

from moral_games.analysis.audit import VALUES
from moral_games.analysis.audit_dilemmas import ask, right_choices
from moral_games.analysis.preferences import Preference
from moral_games.llm.data_set import Source
from moral_games.llm.dilemmas import choices
from moral_games.llm.policy import LanguageModel
from moral_games.llm.strategy_method import TaskAnswers, ask_tasks
from moral_games.llm.task_judgement import task_summary
from moral_games.llm.vehicles import ask_labels
from moral_games.markets import Market
from moral_games.progress import Show
from moral_games.runs import METRICS, Run, read_json
from moral_games.synthetic import KINDS
from moral_games.synthetic.drawing import Drawing, NoQuestion, draw_tasks, rival
from moral_games.synthetic.duopoly import COLLUSIVE, duopoly_tasks, in_the_long_run
from moral_games.text import dilemmas
from moral_games.text.labels import HELD_OUT
from moral_games.vehicles.passengers import PEDESTRIANS, draw_tellings, series, tell_ride
from moral_games.vehicles.scenarios import generate
from moral_games.vehicles.summary import conjoint_summary, passenger_summary
from moral_games.vehicles.telling import draw_telling, tell


@dataclass(frozen=True)
class Sitting:
    """What is asked for a portrait.

    Attributes
    ----------
    preference
        Whose answers to questions about games are right.
    questions
        How many of these are asked, all about games of the side that data sets do not teach.
    themes
        Themes of the dilemmas in everyday language.
    scenarios
        How many dilemmas of autonomous vehicles.
    pedestrians
        Numbers of pedestrians in the series with a passenger.
    seed
        Draws all that is drawn.

    Raises
    ------
    ValueError
        If a number is out of range, a theme unknown, or no questions tell the preference from homo economicus.
    """

    preference: Preference = field(default_factory=partial(Preference, kappa=0.5))
    questions: int = 100
    themes: tuple[str, ...] = dilemmas.themes()
    scenarios: int = 100
    pedestrians: tuple[int, ...] = PEDESTRIANS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.questions < 1 or self.scenarios < 1 or self.seed < 0 or not self.themes:
            raise ValueError(
                f"a portrait needs at least one question, scenario and theme, and a seed from 0; got {self.questions}, "
                f"{self.scenarios}, {', '.join(self.themes) or 'no theme'} and {self.seed}"
            )
        if not series(self.pedestrians):
            raise ValueError("a portrait needs at least one number of pedestrians, got none")
        for theme in self.themes:
            dilemmas.names(theme)
        _ = self.drawn  # what cannot be asked is refused here

    @cached_property
    def drawn(self) -> Drawing:
        """The questions about games; raises a ValueError where hardly any tells the preference apart."""
        try:
            return draw_tasks(self.preference, "test", self.questions, self.rng("games"))
        except NoQuestion as error:
            raise ValueError(
                f"hardly any question tells {self.preference} from {rival(self.preference)}, so that none can be asked "
                "for a portrait; choose a kappa further from it"
            ) from error

    def rng(self, part: str) -> np.random.Generator:
        """Return where the draws of a part come from."""
        return np.random.default_rng([self.seed, list(PARTS).index(part)])


@dataclass(frozen=True, eq=False)
class Sitter:
    """A model that is portrayed.

    Attributes
    ----------
    player
        As it plays games; it may work its answers out.
    reader
        As it answers everything else: at once.
    """

    player: LanguageModel
    reader: LanguageModel


def portray(sitter: Sitter, sitting: Sitting, show: Show[str] = iter) -> dict[str, Any]:
    """Ask a model all that a portrait shows.

    Parameters
    ----------
    sitter
        The model.
    sitting
        What is asked.
    show
        Wraps the names of `PARTS`, to tell how far it is.

    Returns
    -------
    dict
        JSON, by part: ``games`` (see `moral_games.llm.task_judgement.task_summary`; ``selfish`` is how probably it
        answers as homo economicus where that is not right, ``kinds`` the same summary by kind of question),
        ``dilemmas`` (see
        `moral_games.analysis.audit_dilemmas.right_choices`; shares are among legal answers), ``vehicles`` and
        ``passengers`` (see `moral_games.vehicles.summary`), ``prices`` (``market`` is a
        `moral_games.synthetic.duopoly.Duopoly`, None without a legal answer).
    """
    return {name: PARTS[name](sitter, sitting) for name in show(tuple(PARTS))}


def taught(run: Path) -> dict[str, Any]:
    """Return what a run's model was taught, how, and what it cost.

    Returns
    -------
    dict
        JSON: ``algorithm``, ``value`` (a reward, or the preference of a data set), ``reasons`` (whether answers begin
        with a calculation), ``updates``, ``seconds`` and ``regret`` (by game and value, as the run was judged).
    """
    config, metrics = Run(run).config(), read_json(run / METRICS)
    data = config.get("data") or {"source": None, "reasons": False}
    value = str(Source.of(data["source"]).preference) if data["source"] else config["reward"]
    return {
        "algorithm": config["algorithm"],
        "value": value,
        "reasons": data["reasons"] or config.get("worked", {}).get("before") == "calculation",
        "updates": metrics["training"]["updates"],
        "seconds": metrics["seconds"]["train"],
        "regret": {game: found["moral_regret"] for game, found in metrics["after"].items()},
    }


def _games(sitter: Sitter, sitting: Sitting) -> dict[str, Any]:
    drawn = sitting.drawn
    answers = ask_tasks(sitter.player, drawn.tasks)
    of_kind = {kind: [place for place, other in enumerate(drawn.kinds) if other == kind] for kind in KINDS}
    kinds = {kind: task_summary(answers.of(places)) for kind, places in of_kind.items() if places}
    return task_summary(answers) | {"selfish": _selfish(answers), "kinds": kinds}


def _selfish(answers: TaskAnswers) -> float | None:
    """Return how probable the answer of homo economicus was, where there is one and it is not the right one."""
    found = []
    for task, likely in zip(answers.tasks, answers.probabilities, strict=True):
        best = np.flatnonzero(np.isclose(task.terms[0], task.terms[0].max()))
        if len(best) == 1 and best[0] != task.best:
            found.append(likely[best[0]])
    return round(float(np.mean(found)), 6) if found else None


def _dilemmas(sitter: Sitter, sitting: Sitting) -> dict[str, Any]:
    one, other = HELD_OUT[0][:2]
    names = [name for theme in sitting.themes for name in dilemmas.names(theme)]
    answers = ask(partial(choices, sitter.reader), names, (one, other))
    legal = {name: table.sum(axis=-1, keepdims=True) for name, table in answers.items()}
    among_legal = {
        name: np.divide(table, legal[name], where=legal[name] > 0, out=table) for name, table in answers.items()
    }
    mass = float(np.mean(list(legal.values())))
    return right_choices(among_legal, VALUES, sitting.rng("dilemmas")) | {"legal_mass": round(mass, 6)}


def _vehicles(sitter: Sitter, sitting: Sitting) -> dict[str, Any]:
    rng = sitting.rng("vehicles")
    scenarios = generate(sitting.scenarios, rng)
    asked = [[tell(scenario, told) for told in draw_telling(rng).both()] for scenario in scenarios]
    return conjoint_summary(scenarios, ask_labels(sitter.reader, asked), rng)


def _passengers(sitter: Sitter, sitting: Sitting) -> dict[str, Any]:
    rng = sitting.rng("passengers")
    rides, tellings = series(sitting.pedestrians), draw_tellings(rng)
    asked = [[tell_ride(ride, told) for told in tellings] for ride in rides]
    return passenger_summary(rides, ask_labels(sitter.reader, asked), rng, sitting.preference.kappa)


def _prices(sitter: Sitter, sitting: Sitting) -> dict[str, Any]:
    asked = duopoly_tasks(Preference(), sitting.rng("prices"))  # what is right is not asked, and need not exist
    likely = np.array(ask_tasks(sitter.player, asked).probabilities).reshape(2, -1, 2)
    legal, collusive = likely.sum(axis=-1).mean(axis=1), likely[..., COLLUSIVE].mean(axis=1)
    market = asdict(in_the_long_run(collusive / legal, Market())) if (legal > 0).all() else None
    return {"legal": round(float(legal.mean()), 6), "market": market}


PARTS: Mapping[str, Callable[[Sitter, Sitting], dict[str, Any]]] = {
    "games": _games,
    "dilemmas": _dilemmas,
    "vehicles": _vehicles,
    "passengers": _passengers,
    "prices": _prices,
}
"""What a portrait is made of."""
