"""The players of a population who do not learn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from moral_games.envs.population.record import Ints
from moral_games.policy import FiniteStatePolicy


class FixedPlayers:
    """Policies with finite memory in a population, played all at once.

    Each has a memory state for every other player. After a round it takes in, of each of them,
    the joint action of its own last move and the other's, against whomever these were. A
    memory-one policy thus answers the last moves, as the static players of Tennant et al. (2024)
    do; one that remembers more, such as grim, judges each other player by its last moves so far.

    Parameters
    ----------
    policies
        By seat; each for the same game for two.
    players
        Number of players N.
    actions
        Number of actions A.
    """

    def __init__(self, policies: Mapping[int, FiniteStatePolicy], players: int, actions: int) -> None:
        ordered = [policies[seat] for seat in sorted(policies)]
        self.seats = np.array(sorted(policies), dtype=np.int64)
        self.names = {seat: policies[seat].name for seat in sorted(policies)}
        self._actions = actions
        # One automaton holds all the policies: their memory states are numbered on from one to the next.
        self._start = np.cumsum([0, *(len(policy.probabilities) for policy in ordered)])[:-1]
        self._chances = np.cumsum(np.concatenate([np.zeros((0, actions)), *(p.probabilities for p in ordered)]), axis=1)
        moved = [policy.transitions + start for policy, start in zip(ordered, self._start, strict=True)]
        self._transitions = np.concatenate([np.zeros((0, actions**2), dtype=np.int64), *moved])
        self._row = np.full(players, -1)
        self._row[self.seats] = np.arange(len(self.seats))
        self._memory = np.zeros((len(self.seats), players), dtype=np.int64)

    def begin(self, last: Ints) -> None:
        """Forget everything but the last moves that play begins with; (N,) int."""
        self._memory = np.broadcast_to(self._start[:, None], self._memory.shape)
        self.see(last)

    def see(self, last: Ints) -> None:
        """Take in everybody's last moves; (N,) int."""
        joint = last[self.seats][:, None] * self._actions + last
        self._memory = self._transitions[self._memory, joint]

    def answer(self, games: Ints, planned: Ints, rng: np.random.Generator) -> Ints:
        """Return what is played in each game: the fixed players' draws in place of what is planned.

        Parameters
        ----------
        games
            (G, 2) int: the seats.
        planned
            (G, 2) int: the moves of those who learn; anything for the others.
        rng
            Where the draws come from.

        Returns
        -------
        array
            (G, 2) int, -1 where a policy answers illegally.
        """
        row = self._row[games]
        fixed = row >= 0
        memory = self._memory[row[fixed], games[:, ::-1][fixed]]
        drawn = (rng.random((len(memory), 1)) >= self._chances[memory]).sum(axis=1)
        played = planned.copy()
        played[fixed] = np.where(drawn < self._actions, drawn, -1)
        return played
