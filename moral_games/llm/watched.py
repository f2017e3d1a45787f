"""A language model that is seen to go on: it is asked few questions at once, and how far it is is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moral_games.llm.policy import LanguageModel, Question
from moral_games.progress import track

AT_ONCE = 8
"""How many questions are asked between two looks at the progress."""


@dataclass(eq=False)
class Watched:
    """A language model whose answers are those of another, with progress.

    Parameters
    ----------
    model
        Who is asked.
    """

    model: LanguageModel

    def __post_init__(self) -> None:
        self.name = self.model.name

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        """Return the probability of every label after every prompt; one array (S, A) a question."""
        groups = [questions[begin : begin + AT_ONCE] for begin in range(0, len(questions), AT_ONCE)]
        return [answer for group in track(groups, self.name) for answer in self.model.probabilities(group)]
