"""A language model as a policy: a table of action probabilities, asked for once per state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy
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
    """What it is called."""

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
    memory
        How many rounds its prompts tell.
    """

    model: LanguageModel
    presentation: Presentation
    memory: int = 1

    def table(self, game: MatrixGame, player: int = 0) -> FiniteStatePolicy:
        """Return the model's action probabilities in every state; the rest of a row is illegal mass."""
        seen = game.seen_by(player)
        table = tables(self.model, seen, [self.presentation], self.memory)[0]
        return FiniteStatePolicy.from_windows(table, len(seen.joint_actions), self.model.name)


def question(game: MatrixGame, presentation: Presentation, memory: int = 1) -> Question:
    """Return what a model is asked about a game: the prompts of all states, the labels of the actions.

    A state is a window of the last joint actions, at most as many as `memory` says.
    """
    return Question(prompts(game, presentation, memory=memory), presentation.names[: game.shape[0]])


def tables(
    model: LanguageModel, game: MatrixGame, presentations: Sequence[Presentation], memory: int = 1
) -> NDArray[np.float64]:
    """Return the action probabilities of player 0 under each presentation; (P, S, A) float64, see `question`."""
    return np.stack(model.probabilities([question(game, presentation, memory) for presentation in presentations]))
