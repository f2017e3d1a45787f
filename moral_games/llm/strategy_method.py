"""What a language model chooses when it is asked for a strategy: in games by name, and in questions of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.choices import Belief, Choices, count_choices
from moral_games.analysis.preferences import symmetric_game
from moral_games.text import draw
from moral_games.text.histories import tell
from moral_games.text.wordings import WORDINGS

if TYPE_CHECKING:
    from moral_games.llm.policy import LanguageModel
    from moral_games.synthetic import Task


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model answers.

    Parameters
    ----------
    choices
        The probabilities of strategies among legal answers, the mean over tellings: one observation a game.
    legal
        How probable a legal answer was, by game.
    """

    choices: Choices
    legal: dict[str, float]


def ask_strategies(
    model: LanguageModel,
    games: Sequence[str],
    rng: np.random.Generator,
    tellings: int = 4,
    wording: str = "compact",
    beliefs: Belief = "uniform",
) -> Answers:
    """Ask a model for its strategy in games, each told in several ways: labels, what they stand for, and orders.

    Parameters
    ----------
    model
        Who is asked, before anything was played.
    games
        Names of protocols or of games for two.
    rng
        Draws the tellings.
    tellings
        How many of each game.
    wording
        How games are told.
    beliefs
        What the model is taken to believe of the other.

    Raises
    ------
    ValueError
        If there are no games or tellings, or in some game no answer is legal.
    """
    from moral_games.llm.policy import Question

    if not games or tellings < 1:
        raise ValueError(f"a model needs games and tellings to be asked about, got {len(games)} and {tellings}")
    questions = []
    for name in games:
        game = symmetric_game(name)
        for _ in range(tellings):
            told = draw(rng, game.shape[0], wording)
            told = replace(told, assignment=tuple(rng.permutation(game.shape[0]).tolist()))
            questions.append(Question((tell(WORDINGS[wording], game, told, []),), told.names))
    answers = model.probabilities(questions)
    counts, legal = {}, {}
    for place, name in enumerate(games):
        likely = np.mean([answer[0] for answer in answers[place * tellings : (place + 1) * tellings]], axis=0)
        legal[name] = float(likely.sum())
        if not legal[name] > 0:
            raise ValueError(
                f"model {model.name!r} gives no legal answer in game {name!r}, so it has no preference there"
            )
        counts[name] = likely / legal[name]
    return Answers(count_choices(counts, beliefs), legal)


@dataclass(frozen=True, eq=False)
class TaskAnswers:
    """What a model answers to questions each of which has one right answer.

    Parameters
    ----------
    tasks
        The questions.
    probabilities
        Of each strategy in each question, (S,); what is missing to 1 is the probability of an illegal answer.
    """

    tasks: Sequence[Task]
    probabilities: Sequence[NDArray[np.float64]]

    @property
    def right(self) -> float:
        """How probable the right answer was, the mean over questions."""
        return float(np.mean([likely[task.best] for task, likely in zip(self.tasks, self.probabilities, strict=True)]))

    @property
    def legal(self) -> float:
        """How probable a legal answer was, the mean over questions."""
        return float(np.mean([likely.sum() for likely in self.probabilities]))

    def of(self, places: Sequence[int]) -> TaskAnswers:
        """Return the answers to some of the questions, by their places."""
        return TaskAnswers([self.tasks[place] for place in places], [self.probabilities[place] for place in places])

    @property
    def choices(self) -> Choices | None:
        """The probabilities of strategies among legal answers, an observation a question; None without a legal answer.

        Payoffs are measured in ranges of those of each game, so that noise is too: it then means the same in games of
        small and of large payoffs, and what is preferred does not depend on it.
        """
        asked = [
            (task, likely / likely.sum())
            for task, likely in zip(self.tasks, self.probabilities, strict=True)
            if likely.sum() > 0
        ]
        if not asked:
            return None
        most = max(len(likely) for _, likely in asked)
        terms, counts = np.zeros((len(asked), 4, most)), np.zeros((1, len(asked), most))
        possible = np.zeros((len(asked), most), dtype=bool)
        for place, (task, likely) in enumerate(asked):
            strategies = len(likely)
            terms[place, :, :strategies] = task.terms / np.ptp(task.game.payoffs)
            possible[place, :strategies] = True
            counts[0, place, :strategies] = likely
        return Choices(tuple(task.source for task, _ in asked), terms, possible, counts, ("model",))


def ask_tasks(model: LanguageModel, tasks: Sequence[Task]) -> TaskAnswers:
    """Ask a model the questions of a data set, as they are told there.

    Parameters
    ----------
    model
        Who is asked, as it plays: a `moral_games.llm.reasoner.Reasoner` works its answers out.
    tasks
        The questions, at least one.
    """
    from moral_games.llm.policy import Question

    answers = model.probabilities([Question((task.prompt,), task.labels) for task in tasks])
    return TaskAnswers(tasks, [answer[0] for answer in answers])
