"""What a model gains by how it moves the other's next step is the derivative that it is said to be."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

import moral_games as mg
from moral_games.llm import Finetune, TextModel
from moral_games.llm.lesson import Lesson
from moral_games.llm.pair import PairTrainer
from moral_games.llm.settings import Exact, Settings
from moral_games.llm.shaping import shaping

ROUNDS, H = 4, 1e-5
VALUES = mg.rewards.parse("selfish + deontological(penalty=2) + illegal(penalty=6)")


def policy(table: np.ndarray) -> mg.FiniteStatePolicy:
    return mg.FiniteStatePolicy.from_windows(table[:, :-1], 4)


def softmax(logits: np.ndarray) -> np.ndarray:
    return np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)


def slope(of, at: np.ndarray) -> np.ndarray:
    """Return the derivatives of a number by central differences."""
    found = np.empty_like(at)
    for place in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[place] = H
        found[place] = (of(at + step) - of(at - step)) / (2 * H)
    return found


@pytest.mark.parametrize("name", ["ipd", "bach_or_stravinsky"])
def test_it_is_the_mixed_derivative(name: str) -> None:
    game, rng = mg.games.get(name), np.random.default_rng(0)
    own, logits = softmax(rng.normal(size=(5, 3))), rng.normal(size=(5, 3))

    def mine(z: np.ndarray) -> float:
        return Lesson(game, VALUES, policy(softmax(z))).problem.episode_reward(own, ROUNDS)

    def theirs(legal: np.ndarray, z: np.ndarray) -> float:
        whole = np.concatenate([legal, 1 - legal.sum(axis=1, keepdims=True)], axis=1)
        return Lesson(game.seen_by(1), VALUES, policy(whole)).problem.episode_reward(softmax(z), ROUNDS)

    wished = slope(mine, logits)
    big = 1e-3  # of a second difference

    def moved(legal: np.ndarray) -> float:
        """How the other's value changes towards what is wished for."""
        return (theirs(legal, logits + big * wished) - theirs(legal, logits - big * wished)) / (2 * big)

    weights = shaping(Lesson(game, VALUES, policy(softmax(logits))), own, ROUNDS)
    assert np.abs(weights).max() > 1e-3
    np.testing.assert_allclose(weights[:, :-1] - weights[:, -1:], slope(moved, own[:, :-1]), atol=1e-5)


def test_nothing_is_shaped_where_the_other_makes_no_difference() -> None:
    own = np.full((5, 3), 1 / 3)
    duty = mg.rewards.parse("illegal(penalty=6)")
    lesson = Lesson(mg.games.get("ipd"), duty, policy(own))
    assert not shaping(lesson, own, ROUNDS).any()


def test_two_models_that_look_ahead_learn_otherwise(first_words: TextModel) -> None:
    lesson = Lesson(mg.games.get("ipd"), VALUES, "llm", presentations="fixed")
    how = Settings(tellings=1, presentations="fixed", validate_every=9, learning_rate=0.01)
    found = []
    for look_ahead in (0.0, 0.0, 50.0):
        exact = Exact(legality=0, discount=1, look_ahead=look_ahead)
        model = replace(first_words, model=deepcopy(first_words.model))
        learner = PairTrainer(model, lesson, how, exact, np.random.default_rng(0))
        found.append([learner.update()["reward"] for _ in range(3)])
    naive, again, shaped = found
    assert naive == again and naive[0] == shaped[0] and naive != shaped


def test_looking_ahead_needs_somebody_who_learns_and_a_whole_episode() -> None:
    with pytest.raises(ValueError, match="goes with a discount of 1; got 0"):
        Exact(look_ahead=1.0)
    whole = Exact(look_ahead=1.0, discount=1.0)
    Finetune(opponent="llm", exact=whole).check()
    with pytest.raises(ValueError, match="about another model that learns"):
        Finetune(exact=whole).check()
    with pytest.raises(ValueError, match="look_ahead must not be negative"):
        replace(whole, look_ahead=-1.0)
