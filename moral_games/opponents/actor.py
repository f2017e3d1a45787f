"""Players who are no table: whoever can be asked for an action, round by round."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

import numpy as np

from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy


@runtime_checkable
class Actor(Protocol):
    """A player that is asked round by round: a human, a learner, a strategy with unbounded memory.

    Each round of an episode is `act`, then `see`. An actor belongs to one seat of one game and
    keeps its own state; whoever plays it calls nothing out of turn.
    """

    name: str
    """What reports call it."""

    def begin(self, rng: np.random.Generator) -> None:
        """Begin a new episode and forget the last; every random draw of the episode comes from `rng`."""

    def act(self) -> int:
        """Return the action of this round, 0 to A - 1; an actor never answers illegally."""
        ...

    def see(self, actions: Sequence[int]) -> None:
        """Take in the joint action as this seat perceives it, own action first, all of them legal.

        After an illegal answer of another player this is that player's last legal action. A round
        after which somebody has not answered legally yet is not shown at all.
        """


Player = FiniteStatePolicy | Actor
"""Whoever can sit down at a game: a policy with finite memory, or an actor."""

PlayerMaker = Callable[[MatrixGame], Player]
"""Makes a new player for the game it is given, seen with that player as player 0 (`MatrixGame.seen_by`)."""
