"""Whom a language model may be taught to imitate: policies that depend on the last round alone. Without torch."""

from __future__ import annotations

import numpy as np

from moral_games.games import MatrixGame
from moral_games.llm.lesson import Lesson
from moral_games.opponents import as_policy
from moral_games.policy import FiniteStatePolicy, PolicyTable

BEST = "best"
"""The target that is the best legal play for the lesson's value against its opponent."""


def target_table(lesson: Lesson, target: str, discount: float) -> PolicyTable:
    """Return what is to be imitated as a table over what a language model is told: the last joint action.

    Parameters
    ----------
    lesson
        The game, and for "best" the value and the opponent.
    target
        "best", or a policy as an opponent is named.
    discount
        Of later rounds, for "best".

    Raises
    ------
    ValueError
        If there is no such policy, or it depends on more than the last joint action.
    """
    if target != BEST:
        return by_last_action(as_policy(target, lesson.game), lesson.game)
    problem = lesson.problem
    actions, states = problem.best(discount)[0], problem.situations.memory[:, 0]
    chosen = np.zeros((problem.situations.repeated.states, lesson.game.shape[0]))
    chosen[states, actions] = 1.0
    if (chosen.sum(axis=1) > 1).any():
        raise ValueError(
            f"the best play against {lesson.opponent!r} depends on more than the last round, and a language model is "
            "told no more; choose an opponent that remembers less, or another --sft.target"
        )
    return PolicyTable(chosen, BEST)


def by_last_action(policy: FiniteStatePolicy, game: MatrixGame) -> PolicyTable:
    """Return a policy that depends on the last joint action alone as a table; any other is a ValueError."""
    policy.check(game)
    after = policy.probabilities[policy.transitions]
    reached = {0}
    while not reached >= (following := set(policy.transitions[sorted(reached)].ravel().tolist())):
        reached |= following
    if not (after[sorted(reached)] == after[:1]).all():
        raise ValueError(
            f"policy {policy.name!r} depends on more than the last round, and a language model is told no more; "
            "choose one that does not"
        )
    return PolicyTable(np.concatenate([policy.probabilities[:1], after[0]]), policy.name)
