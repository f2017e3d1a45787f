"""Policies with finite memory in a repeated game make a Markov chain; here it is built and solved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import RepeatedGame

Floats = NDArray[np.floating]

INITIAL = ("start", "random")
"""How play may begin: at the start, or as if a uniformly random joint action had just been played."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Every situation that given memories can meet in a repeated game, and what follows.

    It depends on what the players remember, not on how probable their actions are, so that one
    chain serves a learner through all of its training.

    Attributes
    ----------
    repeated
        The game's tables.
    states
        (K,) int: the game state of each situation.
    memory
        (K, n) int: each player's memory state.
    following
        (K, J) int: the situation after each joint action, illegal answers included: the action
        axes of `RepeatedGame.rewards`, flattened.
    """

    repeated: RepeatedGame
    states: NDArray[np.int64]
    memory: NDArray[np.int64]
    following: NDArray[np.int64]

    @classmethod
    def build(cls, repeated: RepeatedGame, policies: Sequence[FiniteStatePolicy]) -> Chain:
        """Find all situations reachable from any first situation, by any actions."""
        n = repeated.game.players
        if len(policies) != n:
            raise ValueError(f"game {repeated.game.name!r} has {n} players, but {len(policies)} policies were given")
        for player, policy in enumerate(policies):
            policy.check(repeated.game.seen_by(player))
        seen = [repeated.seen_by(player) for player in range(n)]
        after = repeated.next_state.reshape(repeated.states, -1)
        first = [(0, *(0,) * n)]
        first += [
            (s, *(int(p.transitions[0, seen[i][s] - 1]) for i, p in enumerate(policies)))
            for s in range(1, repeated.states)
        ]
        index = {situation: k for k, situation in enumerate(first)}
        rows: list[list[int]] = []
        queue = list(first)
        while len(rows) < len(queue):
            state, *memory = queue[len(rows)]
            row = []
            for s in after[state].tolist():
                # Without a complete joint action there is nothing new to remember.
                moved = (
                    int(p.transitions[m, seen[i][s] - 1]) if s else m
                    for i, (p, m) in enumerate(zip(policies, memory, strict=True))
                )
                situation = (s, *moved)
                if situation not in index:
                    index[situation] = len(queue)
                    queue.append(situation)
                row.append(index[situation])
            rows.append(row)
        situations = np.array(queue, dtype=np.int64)
        return cls(repeated, situations[:, 0], situations[:, 1:], np.array(rows, dtype=np.int64))

    def initial(self, initial: str) -> Floats:
        """Return the probability of each situation in the first round; (K,).

        Raises
        ------
        ValueError
            If `initial` is none of `INITIAL`.
        """
        if initial not in INITIAL:
            raise ValueError(f"initial must be one of {INITIAL}, got {initial!r}")
        first = np.zeros(len(self.states))
        if initial == "start":
            first[0] = 1.0
        else:
            first[1 : self.repeated.states] = 1.0 / (self.repeated.states - 1)
        return first

    def acting(self, policies: Sequence[FiniteStatePolicy]) -> list[Floats]:
        """Return each player's action probabilities in each situation; n arrays (K, A_i + 1)."""
        return [policy.with_illegal[self.memory[:, i]] for i, policy in enumerate(policies)]

    @property
    def payoffs(self) -> Floats:
        """The payoffs of each joint action; (J, n)."""
        return self.repeated.payoffs.reshape(-1, self.repeated.game.players)

    @property
    def rewards(self) -> Floats:
        """The rewards of each joint action in each situation; (K, J, n)."""
        n = self.repeated.game.players
        return self.repeated.rewards.reshape(self.repeated.states, -1, n)[self.states]


def joint(acting: Sequence[Floats]) -> Floats:
    """Return the probability of each joint action, (K, J), of players who act independently."""
    return reduce(lambda left, right: (left[:, :, None] * right[:, None, :]).reshape(len(left), -1), acting)


def transition_matrix(chain: Chain, play: Floats) -> Floats:
    """Return the (K, K) Markov matrix of the joint action probabilities `play` (K, J)."""
    matrix = np.zeros((len(chain.states),) * 2)
    np.add.at(matrix, (np.arange(len(play))[:, None], chain.following), play)
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
    visits = np.linalg.solve((np.eye(len(transient)) - matrix[np.ix_(transient, transient)]).T, first[transient])
    occupancy = np.zeros_like(first)
    for members in closed:
        within = matrix[np.ix_(members, members)]
        balance = np.vstack([(within - np.eye(len(members))).T, np.ones(len(members))])
        stationary = np.linalg.lstsq(balance, np.append(np.zeros(len(members)), 1.0), rcond=None)[0]
        arriving = first[members].sum() + visits @ matrix[np.ix_(transient, members)].sum(axis=1)
        occupancy[members] = arriving * stationary
    return occupancy
