"""What a learner decides in a round: whom to select, and what to do in its games."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from gymnasium import spaces

from moral_games.envs.population.record import Ints
from moral_games.names import unknown

MOVES = ("by_last_move", "by_game")


class Decisions:
    """How an agent's action, a vector of whole numbers, is read.

    Parameters
    ----------
    players, actions
        Number of players N, and of actions A.
    selects
        Whether the action begins with a partner.
    moves
        ``"by_last_move"``: A moves follow, one against each last move. ``"by_game"``: N moves,
        one for each seat; see `moral_games.envs.population.PopulationEnv`.

    Raises
    ------
    ValueError
        If `moves` is neither.
    """

    def __init__(self, players: int, actions: int, selects: bool, moves: str) -> None:
        if moves not in MOVES:
            raise unknown("moves", moves, MOVES)
        self.selects, self.by_game = selects, moves == "by_game"
        self.planned = players if self.by_game else actions
        self.bounds = np.array([players - 1] * selects + [actions] * self.planned)

    def space(self) -> spaces.MultiDiscrete:
        """Return the space of an agent's actions."""
        return spaces.MultiDiscrete(self.bounds)

    def checked(self, agents: Sequence[str], actions: dict[str, Any]) -> Ints:
        """Return the agents' actions as rows; (L, entries) int.

        Raises
        ------
        ValueError
            If an action is missing, one too many, or not in its space.
        """
        if set(actions) != set(agents):
            raise ValueError(f"step() needs one action for each of {agents}, got {sorted(actions)}")
        rows = np.array([self._row(agent, actions[agent]) for agent in agents])
        for wrong in np.flatnonzero(((rows < 0) | (rows >= self.bounds)).any(axis=1)).tolist():
            raise self._refused(agents[wrong], actions[agents[wrong]])
        return rows

    def entries(self, games: Ints, last: Ints) -> Ints:
        """Return which of its planned moves each player makes in each game; (G, 2) int.

        Parameters
        ----------
        games
            (G, 2) int: who plays.
        last
            (N,) int: last moves.
        """
        if not self.by_game:
            return last[games[:, ::-1]]
        return games[:, [0, 0]] if self.selects else games[:, ::-1]

    def _row(self, agent: str, action: Any) -> Ints:
        try:
            row = np.asarray(action)
        except ValueError:
            raise self._refused(agent, action) from None
        if row.shape != self.bounds.shape or row.dtype.kind not in "iu":
            raise self._refused(agent, action)
        return row

    def _refused(self, agent: str, action: object) -> ValueError:
        return ValueError(
            f"an action of {agent} is {len(self.bounds)} whole numbers, none negative and each below "
            f"{self.bounds.tolist()}; got {action!r}"
        )
