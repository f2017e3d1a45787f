"""What a language model chooses in two-stage games, asked for its strategy in either role at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from moral_games.analysis.choices import Belief, Choices, count_choices
from moral_games.analysis.preferences import symmetric_game
from moral_games.text import draw
from moral_games.text.histories import tell
from moral_games.text.wordings import WORDINGS

if TYPE_CHECKING:
    from moral_games.llm.policy import LanguageModel


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
