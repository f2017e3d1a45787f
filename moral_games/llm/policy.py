"""A language model as a policy: a table of action probabilities, asked for once per state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.policy import PolicyTable
from moral_games.text import Presentation, prompts


@dataclass(frozen=True)
class Question:
    """Some prompts that are all to be answered with one of the same labels.

    Attributes
    ----------
    prompts
        S prompts, one a state.
    labels
        A labels, one an action.
    """

    prompts: tuple[str, ...]
    labels: tuple[str, ...]


class LanguageModel(Protocol):
    """What answers questions about games: a model in this process, behind a server, or in an engine."""

    name: str

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        """Return the probability of every label after every prompt; one array (S, A) a question."""
        ...


@dataclass(frozen=True)
class LLMPolicy:
    """A language model that is told a game in one way.

    Parameters
    ----------
    model
        The model.
    presentation
        How states are told and which labels stand for the actions.
    """

    model: LanguageModel
    presentation: Presentation

    def table(self, game: MatrixGame, player: int = 0) -> PolicyTable:
        """Return the model's action probabilities in every state; the rest of a row is illegal mass."""
        return PolicyTable(tables(self.model, game.seen_by(player), [self.presentation])[0], self.model.name)


def question(game: MatrixGame, presentation: Presentation) -> Question:
    """Return what a model is asked about a game: the prompts of all states, the labels of the actions."""
    return Question(prompts(game, presentation), presentation.names[: game.shape[0]])


def tables(model: LanguageModel, game: MatrixGame, presentations: Sequence[Presentation]) -> NDArray[np.float64]:
    """Return the action probabilities of player 0 under each presentation; (P, S, A) float64."""
    return np.stack(model.probabilities([question(game, presentation) for presentation in presentations]))
