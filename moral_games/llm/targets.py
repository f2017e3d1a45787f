"""Whom a language model may be taught to imitate: policies that depend on what it is told alone. Without torch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.llm.lesson import Lesson
from moral_games.opponents import as_policy
from moral_games.policy import FiniteStatePolicy, windows
from moral_games.rewards import RewardFunction
from moral_games.text.reckoning import RECKONINGS, reckoning

BEST = "best"
"""The target that is the best legal play for the lesson's value against its opponent."""


def target_table(lesson: Lesson, target: str, discount: float) -> FiniteStatePolicy:
    """Return what is to be imitated as a table over what a language model is told: the last joint actions.

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
        If there is no such policy, or it depends on more than the model is told.
    """
    if target != BEST:
        return by_last_actions(as_policy(target, lesson.game), lesson.game, lesson.memory)
    problem = lesson.problem
    actions, states = problem.best(discount)[0], problem.situations.memory[:, 0]
    chosen = np.zeros((lesson.states, lesson.game.shape[0]))
    chosen[states, actions] = 1.0
    if (chosen.sum(axis=1) > 1).any():
        raise ValueError(
            f"the best play against {lesson.opponent!r} depends on more than {_rounds(lesson.memory)}, and the "
            "language model is told no more; choose more --memory, an opponent that remembers less, or another "
            "--sft.target"
        )
    return FiniteStatePolicy.from_windows(chosen, lesson.joint_actions, BEST)


def by_last_actions(policy: FiniteStatePolicy, game: MatrixGame, memory: int = 1) -> FiniteStatePolicy:
    """Return a policy that depends on the last joint actions alone as a table over them.

    Parameters
    ----------
    policy
        What player 0 of `game` does.
    game
        The game.
    memory
        How many joint actions.

    Raises
    ------
    ValueError
        If the policy does not fit the game or depends on more.
    """
    policy.check(game)
    joint_actions = len(game.joint_actions)
    anywhere, rows = _reached(policy), []
    for window in windows(joint_actions, memory):
        played = window[window >= 0][::-1]
        ends = anywhere if len(played) == memory else np.zeros(1, dtype=np.int64)
        for joint in played:
            ends = policy.transitions[ends, joint]
        found = policy.probabilities[ends]
        if not (found == found[:1]).all():
            raise ValueError(
                f"policy {policy.name!r} depends on more than {_rounds(memory)}, and the language model is told no "
                "more; choose more --memory, or a policy that does not"
            )
        rows.append(found[0])
    return FiniteStatePolicy.from_windows(rows, joint_actions, policy.name)


def worked_value(reward: RewardFunction) -> str:
    """Return the name of the value by which answers are worked out; what illegal answers cost does not count.

    Raises
    ------
    ValueError
        If the reward is not a single value that can be worked out in words.
    """
    terms = [(weight, value.name) for weight, value in reward.terms if not value.judges_illegal]
    if len(terms) != 1 or terms[0][0] <= 0:
        raise ValueError(
            f"answers are worked out by one value, and {str(reward)!r} is {len(terms)} or is turned round; "
            f"choose one of {', '.join(RECKONINGS)}, with an illegal(...) term if you like"
        )
    reckoning(terms[0][1])
    return terms[0][1]


def certain_next(lesson: Lesson) -> NDArray[np.int64]:
    """Return what the opponent is going to do after each state, (S,) int.

    Raises
    ------
    ValueError
        If it is not certain, or depends on more than the model is told.
    """
    met = lesson.problem.situations
    acting = lesson.opponents[0].with_illegal[met.memory[:, 1]]
    found = np.full(lesson.states, -1)
    for state, actions in zip(met.memory[:, 0], acting, strict=True):
        action = int(actions.argmax())
        if actions[action] < 1 or found[state] not in (-1, action):
            raise ValueError(
                f"answers are worked out against an opponent whose next action follows from "
                f"{_rounds(lesson.memory)}, and that of {lesson.opponent!r} does not; choose e.g. tit_for_tat"
            )
        found[state] = action
    return found


def _reached(policy: FiniteStatePolicy) -> NDArray[np.int64]:
    """Return the memory states that play may come to; int, ascending."""
    reached = np.zeros(1, dtype=np.int64)
    while len(more := np.union1d(reached, policy.transitions[reached])) > len(reached):
        reached = more
    return reached


def _rounds(memory: int) -> str:
    return "the last round" if memory == 1 else f"the last {memory} rounds"
