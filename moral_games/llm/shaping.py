"""Opponent shaping: how own play moves what another model is about to learn, and so what it will do to oneself.

What two models do is a pair of tables, so that nothing of this is sampled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis import DecisionProblem
from moral_games.games import MatrixGame
from moral_games.llm.lesson import Lesson
from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import RepeatedGame

Floats = NDArray[np.floating[Any]]

SMALL = 1e-4
"""The largest change of a logit in the central difference."""


def shaping(lesson: Lesson, own: Floats, rounds: int) -> Floats:
    """Return what the other's next step adds to the gradient of an episode's mean reward, for a step size of 1.

    The other is expected to move its logits z by ∇V', its own gradient. Through that, own value V changes with own
    policy π by ∂/∂π (∇V' · ∇V), both gradients with respect to z, the second held fixed.

    Parameters
    ----------
    lesson
        What both learn, for two players; its opponent is the other as it plays now.
    own
        (S, A + 1): own action probabilities, an illegal answer last.
    rounds
        Length of an episode.

    Returns
    -------
    ndarray
        (S, A + 1) float64: the weight of each action probability.

    References
    ----------
    Foerster et al. (2018), "Learning with Opponent-Learning Awareness", AAMAS: the second term of its gradient, with
    exact values.
    """
    (other,) = lesson.opponents
    now = other.with_illegal
    mine = _policy(own, lesson)
    theirs = _of_the_other(lesson, lesson.game.seen_by(1))
    wished = _ascent(now, _weights(lesson, theirs, mine, now, rounds))
    largest = float(np.abs(wished).max())
    if largest == 0:
        return np.zeros_like(own)
    step, repeated = SMALL / largest, _of_the_other(lesson, lesson.game)
    ahead, back = (
        _weights(lesson, repeated, _policy(_moved(now, size * wished), lesson), own, rounds) for size in (step, -step)
    )
    return np.asarray((ahead - back) / (2 * step))


def _of_the_other(lesson: Lesson, game: MatrixGame) -> RepeatedGame:
    """Return the repeated game with the rewards of the two players exchanged."""
    repeated = RepeatedGame.compile(game, lesson.reward)
    return replace(repeated, rewards=repeated.rewards[..., ::-1])


def _weights(lesson: Lesson, repeated: RepeatedGame, opponent: FiniteStatePolicy, table: Floats, rounds: int) -> Floats:
    """Return how a table's probabilities change the mean reward of an episode against an opponent; (S, A + 1)."""
    return DecisionProblem.build(repeated, [opponent], memory=lesson.memory).policy_gradient(table, rounds, discount=1)


def _policy(table: Floats, lesson: Lesson) -> FiniteStatePolicy:
    return FiniteStatePolicy.from_windows(table[:, :-1], lesson.joint_actions)


def _ascent(table: Floats, weights: Floats) -> Floats:
    """Return the gradient with respect to logits where that with respect to probabilities is `weights`."""
    centred: Floats = weights - (table * weights).sum(axis=-1, keepdims=True)
    return table * centred


def _moved(table: Floats, logits: Floats) -> Floats:
    """Return a table whose logits were moved."""
    grown: Floats = table * np.exp(logits)
    grown /= grown.sum(axis=-1, keepdims=True)
    return grown
