"""What a player does: a table of action probabilities, and a rule for what it remembers."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.games import MatrixGame
from moral_games.runs import read_json, write_json

TOLERANCE = 1e-6

MOST_TRANSITIONS = 20_000_000
"""The most entries that a table of what is remembered next may have."""


@dataclass(frozen=True, eq=False)
class FiniteStatePolicy:
    """A policy with finitely many memory states, from its own player's point of view.

    Parameters
    ----------
    probabilities
        Shape (M, A): the probability of each action in each memory state. A row may sum to less
        than 1; what is missing is the probability of an illegal answer. A row that sums to 1 within
        1e-6 is taken to mean 1, so that rounding makes nobody answer illegally.
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
        transitions = np.asarray(self.transitions, dtype=np.int64)
        if transitions.flags.writeable:
            transitions = transitions.copy()
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
            raise ValueError(
                "each row of a policy must hold probabilities in [0, 1] that sum to at most 1; got numbers "
                f"from {probabilities.min():g} to {probabilities.max():g}, sums up to {probabilities.sum(1).max():g}"
            )
        if transitions.size and not (transitions.min() >= 0 and transitions.max() < len(probabilities)):
            raise ValueError(
                f"transitions must lead to memory states 0 to {len(probabilities) - 1}; got states "
                f"{transitions.min()} to {transitions.max()}"
            )
        probabilities = np.clip(probabilities, 0.0, 1.0)
        total = probabilities.sum(axis=1, keepdims=True)
        probabilities = np.where(
            np.abs(total - 1) <= TOLERANCE, probabilities / np.where(total, total, 1), probabilities
        )
        for name, array in (("probabilities", probabilities), ("transitions", transitions)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)

    @classmethod
    def from_windows(cls, probabilities: ArrayLike, joint_actions: int, name: str = "policy") -> FiniteStatePolicy:
        """Return the policy that remembers the last k joint actions; a `PolicyTable` where k is 1.

        Parameters
        ----------
        probabilities
            Shape (M, A): a row for each window in the order of `windows`. The number of rows says
            what k is: M = 1 + J + ... + J^k.
        joint_actions
            J.
        name
            What reports call it.

        Raises
        ------
        ValueError
            If M is no such number, the table is too large, or a row is not a distribution.

        Examples
        --------
        >>> FiniteStatePolicy.from_windows([[0.5, 0.5]], 4).transitions
        array([[0, 0, 0, 0]])
        """
        table = np.array(probabilities, dtype=np.float64)
        memory = memory_of(len(table), joint_actions)
        if window_count(joint_actions, memory) != len(table):
            fitting = " or ".join(f"{window_count(joint_actions, k)} (memory {k})" for k in range(memory + 1)[-2:])
            raise ValueError(
                f"policy {name!r} has {len(table)} rows; with {joint_actions} joint actions it needs {fitting}"
            )
        if memory == 1:
            return PolicyTable(table, name)
        return FiniteStatePolicy(table, remembering(joint_actions, memory), name)

    @classmethod
    def load(cls, path: str | Path) -> FiniteStatePolicy:
        """Read a policy that `save` has written.

        Raises
        ------
        ValueError
            If the file cannot be read or holds no policy; the message names the file.
        """
        try:
            return from_json(read_json(Path(path)))
        except (RuntimeError, TypeError, ValueError) as error:
            raise ValueError(f"{path} holds no policy: {error}") from error

    def save(self, path: str | Path) -> None:
        """Write the policy to a file as JSON, whole or not at all."""
        content: dict[str, Any] = {"name": self.name, "probabilities": self.probabilities.tolist()}
        if not isinstance(self, PolicyTable):
            content["transitions"] = self.transitions.tolist()
        write_json(Path(path), content)

    def named(self, name: str) -> Self:
        """Return the same policy under another name."""
        same = copy.copy(self)
        object.__setattr__(same, "name", name)
        return same

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
    """(1 + J, J): after joint action j comes row 1 + j."""
    name: str = "policy"
    """What it is called."""

    def __init__(self, probabilities: ArrayLike, name: str = "policy") -> None:
        table = np.array(probabilities, dtype=np.float64)
        if table.ndim != 2 or len(table) < 2:
            raise ValueError(f"a policy table has shape (1 + joint actions, actions); got {table.shape}")
        object.__setattr__(self, "probabilities", table)
        after = np.arange(1, len(table), dtype=np.int64)
        object.__setattr__(self, "transitions", np.broadcast_to(after, (len(table), len(after))))
        object.__setattr__(self, "name", name)
        self.__post_init__()


def uniform(game: MatrixGame, memory: int = 1) -> FiniteStatePolicy:
    """Return the policy of player 0 that remembers so many rounds and draws every action with equal probability."""
    actions, joint_actions = game.shape[0], len(game.joint_actions)
    states = _checked_count(joint_actions, memory)
    return FiniteStatePolicy.from_windows(np.full((states, actions), 1.0 / actions), joint_actions, "uniform")


def trembling(policy: FiniteStatePolicy, noise: float) -> FiniteStatePolicy:
    """Return the policy whose hand trembles: with probability `noise` another action is played than was meant.

    The other actions are equally likely, so that noise 1 flips an action where there are two. An
    illegal answer stays one. The policy remembers what was played, not what it meant.

    Parameters
    ----------
    policy
        What is meant.
    noise
        Probability in [0, 1].

    Raises
    ------
    ValueError
        If `noise` is no probability.
    """
    if not 0 <= noise <= 1:
        raise ValueError(f"noise must lie in [0, 1], got {noise}")
    meant = policy.probabilities
    others = meant.shape[1] - 1
    if noise == 0 or others == 0:
        return policy
    slipped = (policy.legal_mass[:, None] - meant) / others
    return FiniteStatePolicy((1 - noise) * meant + noise * slipped, policy.transitions, policy.name)


def window_count(joint_actions: int, memory: int) -> int:
    """Return the number M = 1 + J + ... + J^k of windows of at most k joint actions."""
    return sum(joint_actions**length for length in range(memory + 1))


def memory_of(states: int, joint_actions: int) -> int:
    """Return the least k for which there are at least so many windows of at most k joint actions."""
    memory = 0
    _checked_count(joint_actions, memory)
    while window_count(joint_actions, memory) < states:
        memory += 1
    return memory


def windows(joint_actions: int, memory: int) -> NDArray[np.int64]:
    """Return the last joint actions that each memory state stands for.

    Parameters
    ----------
    joint_actions
        J >= 1.
    memory
        How many are remembered, k >= 0.

    Returns
    -------
    ndarray
        (M, k) int: the joint actions, most recent first, -1 where there was none yet. M = 1 + J +
        ... + J^k; with digits w = 1 + joint action (0 for none) window w_0, ..., w_{k-1} has the
        number Σ w_i J^i. So 0 is the start, and 1 + j follows joint action j in the first round.

    Raises
    ------
    ValueError
        If J or k is out of range, or M × J exceeds `MOST_TRANSITIONS`.

    Examples
    --------
    >>> windows(2, 2).tolist()
    [[-1, -1], [0, -1], [1, -1], [0, 0], [1, 0], [0, 1], [1, 1]]
    """
    rest = np.arange(_checked_count(joint_actions, memory))
    columns = []
    for _ in range(memory):
        columns.append(np.where(rest > 0, (rest - 1) % joint_actions, -1))
        rest = np.maximum(rest - 1, 0) // joint_actions
    return np.stack(columns, axis=1) if columns else np.zeros((1, 0), dtype=np.int64)


def last_joint_action(windows: ArrayLike, joint_actions: int) -> NDArray[np.int64]:
    """Return how a memory of one round numbers what each window ends with: 0 at the start, else 1 + joint action.

    Parameters
    ----------
    windows
        Numbers of windows, of any length (see `windows`).
    joint_actions
        J.

    Examples
    --------
    >>> last_joint_action([0, 1, 2, 3, 4], 2)
    array([0, 1, 2, 1, 2])
    """
    numbers = np.asarray(windows, dtype=np.int64)
    return np.where(numbers > 0, 1 + (numbers - 1) % joint_actions, 0)


def remembering(joint_actions: int, memory: int) -> NDArray[np.int64]:
    """Return which window follows each window after each joint action; (M, J) int, see `windows`.

    Raises
    ------
    ValueError
        If J or k is out of range, or M × J exceeds `MOST_TRANSITIONS`.

    Examples
    --------
    >>> remembering(2, 1)
    array([[1, 2],
           [1, 2],
           [1, 2]])
    """
    count = _checked_count(joint_actions, memory)
    if memory == 0:
        return np.zeros((1, joint_actions), dtype=np.int64)
    shorter = window_count(joint_actions, memory - 2) if memory > 1 else 0
    states = np.arange(count)
    kept = np.where(states < shorter, states, shorter + (states - shorter) % joint_actions ** (memory - 1))
    return kept[:, None] * joint_actions + np.arange(1, joint_actions + 1)


def _checked_count(joint_actions: int, memory: int) -> int:
    if joint_actions < 1 or memory < 0:
        raise ValueError(f"a memory needs joint_actions >= 1 and memory >= 0, got {joint_actions} and {memory}")
    count = window_count(joint_actions, memory)
    if count * joint_actions > MOST_TRANSITIONS:
        raise ValueError(
            f"memory {memory} over {joint_actions} joint actions has {count * joint_actions:,} transitions; "
            f"at most {MOST_TRANSITIONS:,} are tabulated"
        )
    return count


def from_json(content: Any) -> FiniteStatePolicy:
    """Return the policy that `FiniteStatePolicy.save` describes as JSON.

    Raises
    ------
    ValueError
        If something is missing or is no policy.
    """
    if not isinstance(content, dict) or "probabilities" not in content:
        raise ValueError("a saved policy is a JSON object with 'probabilities', and 'transitions' unless memory-one")
    name = str(content.get("name", "policy"))
    if "transitions" in content:
        return FiniteStatePolicy(content["probabilities"], content["transitions"], name)
    return PolicyTable(content["probabilities"], name)
