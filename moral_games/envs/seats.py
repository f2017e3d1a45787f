"""Who sits at a game: learners, policies and actors, each choosing an action and seeing the round."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from operator import index
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moral_games.chance import Stream
from moral_games.opponents import Actor, Player
from moral_games.policy import FiniteStatePolicy, trembling
from moral_games.repetition import Repetition


class View(NamedTuple):
    """How a seat saw a round: the joint action, own action first, and 1 + its number."""

    actions: tuple[int, ...]
    """The joint action, own action first."""
    number: int
    """One more than its number among joint actions."""


class Learner:
    """A seat whose actions come from outside; it keeps the rounds that it observes.

    A seat *is sure* if, with steady hands, its draw makes no difference.
    """

    is_sure = True

    def __init__(self, repetition: Repetition, number: int) -> None:
        self.number = number
        self.noise = repetition.noise
        self.memory = repetition.memory
        self.window: tuple[int, ...] = ()

    def begin(self, stream: Stream) -> None:
        """Forget the last episode."""
        self.window = (0,) * self.memory

    def act(self, chosen: int, count: int, draws: Iterator[float]) -> int:
        """Return what a hand that means `chosen` does."""
        return replaced(chosen, count, self.noise, next(draws)) if self.noise else chosen

    def see(self, view: View) -> None:
        """Take in a round."""
        self.window = (view.number,) if self.memory == 1 else (view.number, *self.window)[: self.memory]


class Table:
    """A seat played by a policy with finite memory."""

    def __init__(self, repetition: Repetition, number: int, policy: FiniteStatePolicy) -> None:
        self.number = number
        self.thresholds = executed(policy, repetition.noise).tolist()
        self.is_sure = all(limit in (0.0, 1.0) for row in self.thresholds for limit in row)
        self.transitions = policy.transitions
        self.state = 0

    def begin(self, stream: Stream) -> None:
        """Forget the last episode."""
        self.state = 0

    def act(self, chosen: int, count: int, draws: Iterator[float]) -> int:
        """Draw an action, -1 for an illegal answer."""
        drawn = bisect_right(self.thresholds[self.state], next(draws))
        return drawn if drawn < count else -1

    def see(self, view: View) -> None:
        """Take in a round."""
        self.state = int(self.transitions[self.state, view.number - 1])


class Acting:
    """A seat played by an actor."""

    is_sure = True

    def __init__(self, repetition: Repetition, number: int, actor: Actor) -> None:
        self.number = number
        self.noise = repetition.noise
        self.actor = actor

    def begin(self, stream: Stream) -> None:
        """Begin a new episode, with draws of its own."""
        self.actor.begin(np.random.default_rng(stream.draw_bits()))

    def act(self, chosen: int, count: int, draws: Iterator[float]) -> int:
        """Ask for an action.

        Raises
        ------
        ValueError
            If the actor answers with none of the game's actions.
        """
        answer = self.actor.act()
        try:
            action = index(answer)
        except TypeError:
            action = -1
        if not 0 <= action < count:
            raise ValueError(
                f"actor {self.actor.name!r} in seat {self.number} can play 0 to {count - 1}, but act() gave {answer!r}"
            )
        return replaced(action, count, self.noise, next(draws))

    def see(self, view: View) -> None:
        """Show a round."""
        self.actor.see(view.actions)


Seat = Learner | Table | Acting


def taken_by(player: Player | None, repetition: Repetition, number: int) -> Seat:
    """Return the seat of that number, of a player or, where there is none, of a learner."""
    if player is None:
        return Learner(repetition, number)
    if isinstance(player, FiniteStatePolicy):
        return Table(repetition, number, player)
    return Acting(repetition, number, player)


def executed(policy: FiniteStatePolicy, noise: float) -> NDArray[np.float64]:
    """Return the thresholds of each memory state: the action is how many of them a draw is not below; (M, A)."""
    return np.cumsum(trembling(policy, noise).with_illegal, axis=1)[:, :-1]


def draws_a_round(repetition: Repetition, players: int, opponents: int) -> int:
    """Return how many draws a round takes; see `moral_games.envs.session.Session` for their order."""
    hands = players if repetition.noise else opponents
    readings = players * (players - 1) if repetition.observation_noise else 0
    deviations = players if repetition.payoff_noise else 0
    return hands + readings + deviations + (repetition.continue_probability < 1)


def replaced(action: int, count: int, noise: float, draw: float) -> int:
    """Return an action, or with probability `noise` another of `count`; an illegal answer stays."""
    if draw >= noise or action < 0 or count == 1:
        return action
    return (action + 1 + min(int(draw / noise * (count - 1)), count - 2)) % count
