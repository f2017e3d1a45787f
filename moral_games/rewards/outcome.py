"""What happened in a round: all that a value may look at."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import array_api_compat
import numpy as np

from moral_games.games import MatrixGame

Array = Any
"""An array of numpy, torch or JAX: whichever the outcome's actions are."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """A batch of rounds of one game.

    Parameters
    ----------
    game
        The game that was played, for n players.
    previous
        Integer array of shape (..., n): the joint action of the round before, -1 where there
        is none yet or where it was illegal.
    actions
        Integer array of shape (..., n), same array library: the joint action of this round,
        -1 where a player's answer was illegal.

    Raises
    ------
    ValueError
        If the last axis is not one entry a player.
    """

    game: MatrixGame
    previous: Array
    actions: Array

    def __post_init__(self) -> None:
        n = self.game.players
        for name, array in (("previous", self.previous), ("actions", self.actions)):
            if isinstance(array, list | tuple | int):
                raise ValueError(f"Outcome.{name} must be an array of a numpy-like library, got {type(array).__name__}")
            if array.ndim < 1 or array.shape[-1] != n:
                raise ValueError(
                    f"Outcome.{name} has shape {tuple(array.shape)}; "
                    f"game {self.game.name!r} has {n} players, so expected (..., {n})"
                )

    @property
    def xp(self) -> Any:
        """The array library of this outcome, in its array-API form."""
        return array_api_compat.array_namespace(self.actions)

    @cached_property
    def legal(self) -> Array:
        """Whether each player's action was legal; shape (..., n) bool."""
        return self.actions >= 0

    @cached_property
    def payoffs(self) -> Array:
        """What the game pays each player; shape (..., n) float64.

        A round with an illegal action in it is void: it pays nobody, so every entry is 0.
        """
        xp = self.xp
        strides = np.cumprod((1, *self.game.shape[:0:-1]))[::-1]
        cell = xp.zeros_like(self.actions[..., 0])
        for player, stride in enumerate(strides):
            action = self.actions[..., player]
            cell = cell + int(stride) * xp.where(action >= 0, action, xp.zeros_like(action))
        table = self._like(self.game.payoffs.reshape(-1, self.game.players))
        flat = xp.take(table, xp.reshape(cell, (-1,)), axis=0)
        paid = xp.reshape(flat, self.actions.shape)
        valid = xp.all(self.legal, axis=-1)[..., None]
        return xp.where(valid, paid, xp.zeros_like(paid))

    def others_mean(self, numbers: Array) -> Array:
        """Return for each player the mean of the other players' entries of `numbers` (..., n)."""
        others = max(self.game.players - 1, 1)
        return (self.xp.sum(numbers, axis=-1)[..., None] - numbers) / others

    def number(self, condition: Array) -> Array:
        """Return a boolean array as 0.0 and 1.0 of the payoffs' type."""
        return self.xp.astype(condition, self.payoffs.dtype)

    def _like(self, table: np.ndarray) -> Array:
        return self.xp.asarray(table.copy(), device=array_api_compat.device(self.actions))
