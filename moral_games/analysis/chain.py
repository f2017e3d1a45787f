"""Policies with finite memory in a repeated game make a Markov chain; here it is solved."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from moral_games.repeated import MOST_CELLS, TooLarge
from moral_games.situations import Floats, Situations


def check_square(situations: int, actions: int) -> None:
    """Raise a TooLarge error if a matrix between so many situations, one for each action, is not affordable."""
    if actions * situations**2 > MOST_CELLS:
        raise TooLarge(
            f"{situations:,} situations make a transition matrix of {actions * situations**2:,} entries; at most "
            f"{MOST_CELLS:,} are allowed. Take players that remember less, or sample play in the environments"
        )


def joint(acting: Sequence[Floats]) -> Floats:
    """Return the probability of each joint action, (K, J), of players who act independently."""
    return reduce(lambda left, right: (left[:, :, None] * right[:, None, :]).reshape(len(left), -1), acting)


def transition_matrix(situations: Situations, play: Floats) -> Floats:
    """Return the (K, K) Markov matrix of the joint action probabilities `play` (K, J).

    Raises
    ------
    TooLarge
        If it would have more than `moral_games.repeated.MOST_CELLS` entries.
    """
    check_square(len(situations.states), 1)
    matrix = np.zeros((len(situations.states),) * 2)
    rows = np.arange(len(play))[:, None, None]
    np.add.at(matrix, (rows, situations.following), play[:, :, None] * situations.readings)
    return matrix


def discounted_occupancy(matrix: Floats, first: Floats, discount: float) -> Floats:
    """Return (1 − γ) p0ᵀ (I − γP)⁻¹: the discounted share of rounds in each situation; (K,)."""
    return (1 - discount) * np.linalg.solve((np.eye(len(first)) - discount * matrix).T, first)


def episode_occupancy(matrix: Floats, first: Floats, rounds: int) -> Floats:
    """Return the expected share of an episode's rounds spent in each situation; (K,)."""
    now, total = first, np.zeros_like(first)
    for _ in range(rounds):
        total += now
        now = now @ matrix
    return total / rounds


def long_run_occupancy(matrix: Floats, first: Floats) -> Floats:
    """Return the limit of the average share of rounds in each situation; (K,).

    It exists for every chain, periodic or not, and depends on the first situation where the
    chain has several closed classes.
    """
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(matrix > 0, directed=True, connection="strong")
    leaves = (matrix > 0) & (label[:, None] != label[None, :])
    closed = [np.flatnonzero(label == c) for c in range(count) if not leaves[label == c].any()]
    transient = np.setdiff1d(np.arange(len(first)), np.concatenate(closed))
    # Beside 1, a tiny probability of leaving would be lost: 1 minus that of staying is the sum of those of leaving.
    staying = -matrix[np.ix_(transient, transient)]
    elsewhere = np.arange(len(first)) != transient[:, None]
    np.fill_diagonal(staying, (matrix[transient] * elsewhere).sum(axis=1))
    visits = np.linalg.solve(staying.T, first[transient])
    occupancy = np.zeros_like(first)
    for members in closed:
        within = matrix[np.ix_(members, members)]
        balance = np.vstack([(within - np.eye(len(members))).T, np.ones(len(members))])
        stationary = np.linalg.lstsq(balance, np.append(np.zeros(len(members)), 1.0), rcond=None)[0]
        arriving = first[members].sum() + visits @ matrix[np.ix_(transient, members)].sum(axis=1)
        occupancy[members] = arriving * stationary
    return occupancy
