"""One repeated game being played: the state and the ending that every environment shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from moral_games.repeated import RepeatedGame

OBSERVATIONS = ("one_hot", "index")
ILLEGAL_ACTION = ("error", "outcome")


class Round(NamedTuple):
    """What a round brought: payoffs and rewards, one a player, and whether play is over."""

    payoffs: list[float]
    rewards: list[float]
    terminated: bool
    truncated: bool


class Session:
    """Play of a compiled game, one round at a time.

    Parameters
    ----------
    repeated
        The game's tables.
    rounds
        After so many rounds an episode is *truncated*, because play would have gone on; a one-shot
        game (``rounds=1``) is *terminated* instead. None for no such end.
    continue_probability
        Probability of another round after each; when it fails the episode is *terminated*.
    observation
        ``"one_hot"`` (the state as a vector, float32) or ``"index"`` (its number).
    illegal_action
        ``"error"``: an action that the game does not have raises. ``"outcome"``: -1 is an illegal
        answer, which pays nobody and is judged by the reward (see `moral_games.rewards.illegal`).

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    def __init__(
        self,
        repeated: RepeatedGame,
        rounds: int | None,
        continue_probability: float,
        observation: str,
        illegal_action: str,
    ) -> None:
        if rounds is not None and rounds < 1:
            raise ValueError(f"rounds must be at least 1, or None for no limit, got {rounds}")
        if not 0 <= continue_probability <= 1:
            raise ValueError(f"continue_probability must lie in [0, 1], got {continue_probability}")
        if observation not in OBSERVATIONS:
            raise ValueError(f"observation must be one of {OBSERVATIONS}, got {observation!r}")
        if illegal_action not in ILLEGAL_ACTION:
            raise ValueError(f"illegal_action must be one of {ILLEGAL_ACTION}, got {illegal_action!r}")
        self.repeated = repeated
        self.rounds = rounds
        self.continue_probability = continue_probability
        self.lowest_action = -1 if illegal_action == "outcome" else 0
        self.one_hot = observation == "one_hot"
        self.seen = [repeated.seen_by(player).tolist() for player in range(repeated.game.players)]
        self.state = 0
        self.played = 0

    def observation_space(self) -> spaces.Space:
        """Return the space of one player's observations: S states, the start and every joint action."""
        states = self.repeated.states
        return spaces.Box(0.0, 1.0, (states,), np.float32) if self.one_hot else spaces.Discrete(states)

    def observe(self, player: int) -> np.ndarray | np.int64:
        """Return the state as `player` sees it, its own action first."""
        state = self.seen[player][self.state]
        if not self.one_hot:
            return np.int64(state)
        vector = np.zeros(self.repeated.states, dtype=np.float32)
        vector[state] = 1.0
        return vector

    def reset(self) -> None:
        """Go back to the start."""
        self.state, self.played = 0, 0

    def check(self, player: int, action: object) -> int:
        """Return an action as a plain int.

        Raises
        ------
        ValueError
            If the game does not have it.
        """
        count = self.repeated.game.shape[player]
        number = int(action) if isinstance(action, int | np.integer | np.ndarray) else None
        if number is None or not self.lowest_action <= number < count:
            extra = " or -1 for an illegal answer" if self.lowest_action < 0 else ""
            raise ValueError(
                f"player {player} of {self.repeated.game.name!r} has actions 0 to {count - 1}{extra}, got {action!r}"
            )
        return number

    def play(self, actions: Sequence[int], rng: np.random.Generator) -> Round:
        """Play one round with checked actions."""
        cell = (self.state, *actions)
        payoffs, rewards = self.repeated.payoffs[cell[1:]].tolist(), self.repeated.rewards[cell].tolist()
        self.state = int(self.repeated.next_state[cell])
        self.played += 1
        over = self.rounds is not None and self.played >= self.rounds
        ended = self.continue_probability < 1 and rng.random() >= self.continue_probability
        terminated = ended or (over and self.rounds == 1)
        return Round(payoffs, rewards, terminated, over and not terminated)
