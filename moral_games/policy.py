"""What a player does: a table of action probabilities, and a rule for what it remembers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.games import MatrixGame

TOLERANCE = 1e-6


@dataclass(frozen=True, eq=False)
class FiniteStatePolicy:
    """A policy with finitely many memory states, from its own player's point of view.

    Parameters
    ----------
    probabilities
        Shape (M, A): the probability of each action in each memory state. A row may sum to less
        than 1; what is missing is the probability of an illegal answer.
    transitions
        Shape (M, J) int: the memory state after each joint action, the joint actions being
        row-major with the own action first. Play begins in memory state 0.
    name
        What reports call it.

    Raises
    ------
    ValueError
        If shapes disagree, or a row is not a distribution.
    """

    probabilities: NDArray[np.float64]
    transitions: NDArray[np.int64]
    name: str = "policy"

    def __post_init__(self) -> None:
        probabilities = np.array(self.probabilities, dtype=np.float64)
        transitions = np.array(self.transitions, dtype=np.int64)
        if probabilities.ndim != 2 or transitions.ndim != 2 or len(probabilities) != len(transitions):
            raise ValueError(
                "a policy needs probabilities of shape (memory states, actions) and transitions of shape "
                f"(memory states, joint actions); got {probabilities.shape} and {transitions.shape}"
            )
        if not (
            np.isfinite(probabilities).all()
            and (probabilities >= -TOLERANCE).all()
            and (probabilities.sum(1) <= 1 + TOLERANCE).all()
        ):
            raise ValueError("each row of a policy must hold probabilities in [0, 1] that sum to at most 1")
        if transitions.size and not (transitions.min() >= 0 and transitions.max() < len(probabilities)):
            raise ValueError(f"transitions must lead to memory states 0 to {len(probabilities) - 1}")
        probabilities = np.clip(probabilities, 0.0, 1.0)
        for name, array in (("probabilities", probabilities), ("transitions", transitions)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @property
    def legal_mass(self) -> NDArray[np.float64]:
        """The probability of a legal answer in each memory state; shape (M,)."""
        return np.minimum(self.probabilities.sum(axis=1), 1.0)

    @property
    def with_illegal(self) -> NDArray[np.float64]:
        """The probabilities with that of an illegal answer as a last column; shape (M, A + 1)."""
        return np.concatenate([self.probabilities, 1.0 - self.legal_mass[:, None]], axis=1)

    def check(self, game: MatrixGame) -> None:
        """Raise a ValueError unless this policy fits player 0 of `game` (see `MatrixGame.seen_by`)."""
        expected = game.shape[0], int(np.prod(game.shape))
        given = self.probabilities.shape[1], self.transitions.shape[1]
        if given != expected:
            raise ValueError(
                f"policy {self.name!r} is for {given[0]} actions and {given[1]} joint actions; "
                f"game {game.name!r} has {expected[0]} and {expected[1]}"
            )


@dataclass(frozen=True, eq=False)
class PolicyTable(FiniteStatePolicy):
    """A memory-one policy: it remembers the last joint action and nothing else.

    Parameters
    ----------
    probabilities
        Shape (1 + J, A). Row 0 is for the start, row 1 + j for joint action j, row-major with the
        own action first: start, CC, CD, DC, DD in a two-by-two game.

    Examples
    --------
    >>> PolicyTable([[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]]).legal_mass
    array([1., 1., 1., 1., 1.])
    """

    probabilities: NDArray[np.float64]
    transitions: NDArray[np.int64] = field(init=False, repr=False)
    name: str = "policy"

    def __init__(self, probabilities: ArrayLike, name: str = "policy") -> None:
        table = np.array(probabilities, dtype=np.float64)
        if table.ndim != 2 or len(table) < 2:
            raise ValueError(f"a policy table has shape (1 + joint actions, actions); got {table.shape}")
        object.__setattr__(self, "probabilities", table)
        object.__setattr__(self, "transitions", np.tile(np.arange(1, len(table)), (len(table), 1)))
        object.__setattr__(self, "name", name)
        self.__post_init__()


def uniform(game: MatrixGame) -> PolicyTable:
    """Return the memory-one policy of player 0 that draws every action with equal probability."""
    actions = game.shape[0]
    return PolicyTable(np.full((1 + len(game.joint_actions), actions), 1.0 / actions), "uniform")
