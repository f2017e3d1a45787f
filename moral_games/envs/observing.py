"""What a learner observes: the rounds it remembers, and perhaps the clock."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.repetition import Repetition


class Observing:
    """How observations are made; the same for one learner and for a batch of them.

    A *window* holds the latest rounds as a learner has seen them, the last one first: 1 + the number
    of the joint action, own action first, or 0 for a round that has not been.

    Parameters
    ----------
    game, repetition
        What is played and how; see `moral_games.repetition.Repetition`. A clock stands still after its rounds.

    Attributes
    ----------
    fresh
        In the usual case, one-hot observations of the last round alone: functions that return a new array, by the
        window's only number. Otherwise None.
    """

    def __init__(self, game: MatrixGame, repetition: Repetition) -> None:
        self.joint = len(game.joint_actions)
        self.memory = repetition.memory
        self.rounds = repetition.rounds if repetition.clock else None
        self.one_hot = repetition.observation == "one_hot"
        self.blocks = range(0, self.memory * (1 + self.joint), 1 + self.joint)
        self.width = max(1, self.memory * (1 + self.joint)) + (self.rounds is not None)
        self.states = 0 if self.one_hot else repetition.states(game)
        usual = self.one_hot and self.memory == 1 and self.rounds is None and self.joint < 256
        self.fresh = [row.copy for row in np.eye(1 + self.joint, dtype=np.float32)] if usual else None
        self.weights = [self.joint**k for k in range(self.memory)]

    @property
    def space(self) -> spaces.Space:
        """The space of one learner's observations."""
        if self.one_hot:
            return spaces.Box(0.0, 1.0, (self.width,), np.float32)
        return spaces.Discrete(self.states)

    def one(self, window: tuple[int, ...], played: int) -> NDArray[np.float32] | np.int64:
        """Return the observation of one learner after `played` rounds: a number, or an array (width,) of its own."""
        if self.fresh is not None:
            return self.fresh[window[0]]()
        if self.rounds is not None:
            played = min(played, self.rounds)
        if not self.one_hot:
            number = sum(seen * weight for seen, weight in zip(window, self.weights, strict=True))
            return np.int64(number + (0 if self.rounds is None else self.states // (self.rounds + 1) * played))
        vector = np.zeros(self.width, dtype=np.float32)
        if not window:
            vector[0] = 1.0
        for at, seen in zip(self.blocks, window, strict=True):
            vector[at + seen] = 1.0
        if self.rounds is not None:
            vector[-1] = played / self.rounds
        return vector

    def many(self, windows: list[NDArray[np.int64]], played: NDArray[np.int64]) -> NDArray[np.float32 | np.int64]:
        """Return the observations of a batch of N learners.

        Parameters
        ----------
        windows
            `memory` arrays (N,), the last round first.
        played
            (N,) int.
        """
        if self.rounds is not None:
            played = np.minimum(played, self.rounds)
        if not self.one_hot:
            number = sum(
                (seen * weight for seen, weight in zip(windows, self.weights, strict=True)), np.zeros_like(played)
            )
            return number if self.rounds is None else number + self.states // (self.rounds + 1) * played
        told = np.zeros((len(played), self.width), dtype=np.float32)
        rows = self.width * np.arange(len(played))
        for at, seen in zip(self.blocks, windows, strict=True):
            told.reshape(-1)[rows + seen + at] = 1.0
        if not windows:
            told[:, 0] = 1.0
        if self.rounds is not None:
            told[:, -1] = played / self.rounds
        return told
