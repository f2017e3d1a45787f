"""Which answers a value prefers to which, computed and not collected: the data of preference methods. Without torch."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.chain import episode_occupancy
from moral_games.llm.lesson import Lesson

EQUAL = 1e-9
"""Actions whose qualities differ by no more are a tie."""


@dataclass(frozen=True)
class Preferences:
    """Pairs of actions, by what a language model is told.

    Attributes
    ----------
    pairs
        (state, chosen action, rejected action), one for each pair of actions that are not equally good.
    ties
        How many pairs are.
    """

    pairs: tuple[tuple[int, int, int], ...]
    ties: int


def action_qualities(lesson: Lesson, discount: float, rounds: int) -> NDArray[np.float64]:
    """Return what each action brings in each state, if the best play for the value follows.

    Where the opponent remembers more than the model is told, a state is several situations; each counts as often
    as it is met by a player who answers at random.

    Parameters
    ----------
    lesson
        The game, the value and the opponent.
    discount
        In [0, 1): how much an action answers for later rewards.
    rounds
        Length of the episodes in which situations are met.

    Returns
    -------
    ndarray
        (S, A) float64: (1 − discount) times the expected discounted sum of rewards.
    """
    problem = lesson.problem
    values = problem.best(discount)[1]
    quality = ((1 - discount) * problem.rewards + discount * problem.moves @ values)[:, :-1]
    states, random = problem.situations.memory[:, 0], problem.moves[:, :-1].mean(axis=1)
    visits = episode_occupancy(random, problem.situations.first("random"), rounds)
    met = np.bincount(states, visits)[states]
    share = np.where(met > 0, visits, 1.0) / np.where(met > 0, met, np.bincount(states)[states])
    found = np.zeros((lesson.states, quality.shape[1]))
    np.add.at(found, states, share[:, None] * quality)
    return found


def preferences(lesson: Lesson, discount: float, rounds: int) -> Preferences:
    """Return which action the value prefers to which in each state.

    Parameters
    ----------
    lesson, discount, rounds
        See `action_qualities`.

    Raises
    ------
    ValueError
        If all actions are equally good everywhere, so that nothing can be learned.
    """
    qualities = action_qualities(lesson, discount, rounds)
    pairs, ties = [], 0
    for state, quality in enumerate(qualities):
        for one, other in combinations(range(len(quality)), 2):
            if abs(quality[one] - quality[other]) <= EQUAL:
                ties += 1
            else:
                pairs.append((state, one, other) if quality[one] > quality[other] else (state, other, one))
    if not pairs:
        raise ValueError(
            f"the value {lesson.reward} prefers no action of {lesson.game.name!r} to another against "
            f"{lesson.opponent!r}: all {ties} pairs are ties, so that there is nothing to learn from; "
            "choose another --reward, --game or --opponent, or --dpo.discount above 0"
        )
    return Preferences(tuple(pairs), ties)
