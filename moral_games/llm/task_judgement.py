"""What a language model answers to questions that it was not taught, and what it prefers according to its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from moral_games.analysis.estimation import PARAMETERS, fit
from moral_games.analysis.fit_summary import number, summary
from moral_games.llm.data_set import Source
from moral_games.llm.models import TextModel
from moral_games.llm.policy import LanguageModel
from moral_games.llm.reasoner import AtOnce, Reasoner
from moral_games.llm.strategy_method import TaskAnswers, ask_tasks
from moral_games.synthetic import Task

CALCULATED, AT_ONCE = "after its calculation", "at once"
"""How a model is asked for a label."""


def as_asked(model: TextModel, tasks: Sequence[Task], reasons: bool) -> LanguageModel:
    """Return a model as it answers questions of a data set: with calculations as long as theirs, if they have any."""
    return Reasoner(model, _longest(model, tasks)) if reasons else model


def judge_tasks(model: TextModel, tasks: Sequence[Task], reasons: bool) -> list[dict[str, Any]]:
    """Ask a model questions, in the way in which it is taught and without a calculation, and estimate what it prefers.

    Parameters
    ----------
    model
        Who is asked.
    tasks
        The questions.
    reasons
        Whether it is taught to calculate.

    Returns
    -------
    list of dict
        JSON, one entry a way to be asked: ``asked`` (which), and what `task_summary` says.
    """
    ways = {CALCULATED: as_asked(model, tasks, reasons), AT_ONCE: AtOnce(model)} if reasons else {AT_ONCE: model}
    return [{"asked": way, **task_summary(ask_tasks(player, tasks))} for way, player in ways.items()]


def _as_it_is(model: LanguageModel) -> LanguageModel:
    return model


def ask_like_data(
    model: LanguageModel,
    config: Mapping[str, Any],
    seed: int,
    wrap: Callable[[LanguageModel], LanguageModel] = _as_it_is,
) -> TaskAnswers:
    """Ask a run's model new questions of the test side of the data set that it was taught, in the way it was taught.

    Parameters
    ----------
    model
        The model, with the weights that the run has kept.
    config
        What the run was asked for; its data set has a card.
    seed
        Draws the questions, as many as judged the run.
    wrap
        Wraps the model as it is asked, to tell how far it is.
    """
    assert isinstance(model, TextModel)
    tasks = Source.of(config["data"]["source"]).questions(config["examples"]["judging"], seed)
    return ask_tasks(wrap(as_asked(model, tasks, config["data"]["reasons"])), tasks)


def task_summary(answers: TaskAnswers) -> dict[str, Any]:
    """Return answers in short, as JSON.

    Returns
    -------
    dict
        ``questions`` (how many), ``right`` and ``legal`` (how probable such answers were), ``preferences`` (see
        `moral_games.analysis.fit_summary.summary`), None where too few answers were legal to estimate any.
    """
    choices = answers.choices
    enough = choices is not None and choices.observations >= len(PARAMETERS)
    return {
        "questions": len(answers.tasks),
        "right": number(answers.right),
        "legal": number(answers.legal),
        "preferences": summary(choices, fit(choices)) if choices is not None and enough else None,
    }


def _longest(model: TextModel, tasks: Sequence[Task]) -> int:
    """Return how many tokens the longest of the right calculations takes."""
    return max(len(model.encode(task.prompt, task.reasoning)) - len(model.encode(task.prompt)) for task in tasks)
