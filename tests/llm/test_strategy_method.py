"""A model is asked for strategies: what it answers by label or place averages out, what by meaning does not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from moral_games.llm.policy import Question
from moral_games.llm.strategy_method import ask_strategies


class Alphabetical:
    """A model that gives the label that comes first in the alphabet, half the time legally."""

    name = "alphabetical"

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        return [0.5 * np.eye(len(each.labels))[[np.argmin(each.labels)]] for each in questions]


class Mute(Alphabetical):
    """A model that never gives a label."""

    name = "mute"

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        return [np.zeros((1, len(each.labels))) for each in questions]


def test_one_who_follows_labels_looks_as_if_at_random() -> None:
    answers = ask_strategies(Alphabetical(), ["spd1", "tg1"], np.random.default_rng(0), tellings=400)
    assert np.allclose(answers.choices.pooled[0], 1 / 8, atol=0.06)
    assert np.allclose(answers.choices.pooled[1, :4], 1 / 4, atol=0.07)
    assert answers.legal == {"spd1": 0.5, "tg1": 0.5} and answers.choices.observations == pytest.approx(2)


def test_the_same_seed_tells_the_same(tiny_model) -> None:
    one, other = (ask_strategies(tiny_model, ["tg1", "ug6"], np.random.default_rng(7), 2) for _ in range(2))
    assert np.array_equal(one.choices.counts, other.choices.counts) and one.legal == other.legal
    assert all(0 < share < 1 for share in one.legal.values())


def test_a_model_that_gives_no_label_is_refused() -> None:
    with pytest.raises(ValueError, match="model 'mute' gives no legal answer in game 'tg1'"):
        ask_strategies(Mute(), ["tg1"], np.random.default_rng(0))


@pytest.mark.parametrize(("games", "tellings"), [((), 2), (("tg1",), 0)])
def test_something_must_be_asked(games: tuple[str, ...], tellings: int) -> None:
    with pytest.raises(ValueError, match="needs games and tellings"):
        ask_strategies(Alphabetical(), games, np.random.default_rng(0), tellings)
