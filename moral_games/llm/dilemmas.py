"""A language model that reads dilemmas in everyday language."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moral_games.llm.policy import LanguageModel, Question
from moral_games.text import Presentation
from moral_games.text.dilemmas import Dilemma


def choices(model: LanguageModel, dilemma: Dilemma, told: Sequence[Presentation]) -> NDArray[np.float64]:
    """Return the probability of each action under each presentation; (P, 3, 2), a row a state."""
    return np.stack(model.probabilities([Question(dilemma.prompts(way), way.names) for way in told]))
