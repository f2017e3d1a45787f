"""What is best in a dilemma under a value, and how often a policy does it; computed, never asserted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.analysis.intervals import bootstrap
from moral_games.repeated import judge
from moral_games.rewards import Outcome, RewardFunction, as_reward
from moral_games.text import dilemmas
from moral_games.text.dilemmas import STATES, Dilemma

Floats = NDArray[np.float64]

UNDECIDED = -1
"""Stands for no best action: both actions earn the same."""


@dataclass(frozen=True)
class Agreement:
    """How often a policy does what a value holds best.

    Attributes
    ----------
    value
        What the value is called.
    share, low, high
        The mean probability of the value's best action, and the ends of its bootstrap interval over
        dilemmas. An answer that is neither action counts as not doing it.
    dilemmas, states
        How many dilemmas, and how many (dilemma, state) pairs in them, the value decides.
    regret
        What is lost of all that is at stake for the value in a dilemma, the mean over dilemmas: 0 for the best
        choices and 1 for the worst. A state counts as much as its two actions differ.
    """

    value: str
    share: float
    low: float
    high: float
    dilemmas: int
    states: int
    regret: float


class Judged(NamedTuple):
    """One dilemma in the eyes of a value: the share of its best actions, the regret, and the states it decides."""

    share: float
    """The share of best actions, in [0, 1]."""
    regret: float
    """What was given up, as a share of what was at stake."""
    states: int
    """In how many states the value tells the actions apart."""


def expected_rewards(dilemma: Dilemma, reward: str | RewardFunction) -> NDArray[np.float64]:
    """Return what each action of the reader earns in each of the `STATES`.

    The decision is taken as it is told, for this once: the others are expected to do what they
    did last time. The first time nothing is known of them, and each is expected to take either
    action with probability 1/2, independently. The reader's own last action is not told, and is to a
    value as if there had been none.

    Parameters
    ----------
    dilemma
        The dilemma.
    reward
        The reader's value.

    Returns
    -------
    ndarray
        (3, 2) float64: state, action.

    Raises
    ------
    ValueError
        If the value is not defined for the game, e.g. one that asks for a symmetric game.
    """
    game, value = dilemma.game, as_reward(reward)
    others = game.players - 1
    unknown = np.array([(own, *rest) for own in (0, 1) for rest in product((0, 1), repeat=others)])
    repeated = np.array([(own, *[last] * others) for last in (0, 1) for own in (0, 1)])
    last_time = repeated.copy()
    last_time[:, 0] = -1
    actions = np.concatenate([unknown, repeated])
    previous = np.concatenate([np.full_like(unknown, -1), last_time])
    earned = judge([value] * game.players, Outcome(game, previous, actions))[1][:, 0]
    first_time = earned[: len(unknown)].reshape(2, -1).mean(axis=1)
    return np.concatenate([first_time[None], earned[len(unknown) :].reshape(2, 2)])


def best_actions(dilemma: Dilemma, reward: str | RewardFunction) -> NDArray[np.int64]:
    """Return the action that a value holds best in each of the `STATES`, or -1 where it does not tell them apart.

    See `expected_rewards` for what is expected of the others.

    Returns
    -------
    ndarray
        (3,) int.

    Examples
    --------
    >>> dilemma = dilemmas.get("translation_job")
    >>> best_actions(dilemma, "selfish"), best_actions(dilemma, "deontological")
    (array([1, 1, 1]), array([-1,  0, -1]))
    """
    difference = stakes(dilemma, reward)
    return np.where(difference == 0, UNDECIDED, (difference > 0).astype(np.int64))


def stakes(dilemma: Dilemma, reward: str | RewardFunction) -> Floats:
    """Return by how much action 1 earns more than action 0 in each of the `STATES`, (3,); 0 where it is rounding."""
    earned = expected_rewards(dilemma, reward)
    difference = earned[:, 1] - earned[:, 0]
    return np.where(np.abs(difference) <= 1e-9 * max(1.0, float(np.abs(earned).max())), 0.0, difference)


def agreement(
    answers: Mapping[str, ArrayLike],
    values: Mapping[str, str | RewardFunction],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> tuple[Agreement, ...]:
    """Return for each value how often a policy takes its best action, where it has one.

    Each dilemma counts once: the mean over those of its states that the value decides. The
    interval is over dilemmas, as if they were drawn from all that could be written.

    Parameters
    ----------
    answers
        For each dilemma's name the probability of each action in each of the `STATES`: (3, 2). What
        is missing to 1 in a row is the probability of an illegal answer.
    values
        The rewards, by the name that they are to have in the result.
    rng
        Draws the bootstrap's resamples.
    confidence
        Of the interval, in (0, 1).

    Raises
    ------
    ValueError
        If there are no answers, a dilemma is unknown, a row is no distribution, or a value is not
        defined for a dilemma or decides none of them.

    Examples
    --------
    >>> washes = {"burnt_pan": [[1, 0], [1, 0], [1, 0]]}
    >>> found = agreement(washes, {"duty": "deontological", "own time": "selfish"}, np.random.default_rng(0))
    >>> [(value.share, value.states) for value in found]
    [(1.0, 1), (0.0, 3)]
    """
    if not answers:
        raise ValueError("there are no answers to judge; give those to at least one dilemma")
    tables = {dilemmas.get(name): checked(name, table) for name, table in answers.items()}
    return tuple(_agreement(name, as_reward(value), tables, rng, confidence) for name, value in values.items())


def _agreement(
    name: str,
    value: RewardFunction,
    tables: Mapping[Dilemma, Floats],
    rng: np.random.Generator,
    confidence: float,
) -> Agreement:
    found = judged(value, tables).values()
    if not found:
        raise ValueError(
            f"value {name!r}, {value}, tells the actions apart in none of the {len(tables)} dilemmas given"
        )
    share, low, high = map(float, bootstrap([one.share for one in found], rng, confidence))
    regret = float(np.mean([one.regret for one in found]))
    return Agreement(name, share, low, high, len(found), sum(one.states for one in found), regret)


def judged(value: RewardFunction, tables: Mapping[Dilemma, Floats]) -> dict[Dilemma, Judged]:
    """Judge choices (3, 2) in each dilemma that the value decides in some state."""
    found = {}
    for dilemma, table in tables.items():
        difference = stakes(dilemma, value)
        decided = np.flatnonzero(difference)
        if len(decided):
            right = table[decided, (difference[decided] > 0).astype(int)]
            at_stake = np.abs(difference[decided])
            found[dilemma] = Judged(float(right.mean()), float(at_stake @ (1 - right) / at_stake.sum()), len(decided))
    return found


def checked(name: str, table: ArrayLike) -> Floats:
    """Return answers to a dilemma as an array (3, 2); a ValueError if they are no probabilities of that shape."""
    found = np.asarray(table, dtype=np.float64)
    if found.shape != (len(STATES), 2):
        raise ValueError(
            f"answers to dilemma {name!r} must have shape (3, 2), the states {', '.join(STATES)} and the two "
            f"actions; got {found.shape}"
        )
    if not (np.isfinite(found).all() and (found >= -1e-6).all() and (found.sum(axis=1) <= 1 + 1e-6).all()):
        raise ValueError(f"answers to dilemma {name!r} must be probabilities that sum to at most 1 in each state")
    return found
