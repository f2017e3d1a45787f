"""What happened in a round: all that a value may look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

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
        Integer array of the same shape and array library: the joint action of this round,
        -1 where a player's answer was illegal.
    paid
        What each player was in fact paid, a float array of the same shape, where that is not
        what the game's table says (stochastic or scaled payoffs). By default the table decides.

    Raises
    ------
    ValueError
        If an array has the wrong shape or type, or (numpy arrays only, since the others may not
        be looked into while they are traced) an action that the game does not have.
    """

    game: MatrixGame
    previous: Array
    actions: Array
    paid: Array | None = None

    def __post_init__(self) -> None:
        _check_actions(self.game, "actions", self.actions)
        _check_actions(self.game, "previous", self.previous)
        arrays = {"previous": self.previous} if self.paid is None else {"previous": self.previous, "paid": self.paid}
        for name, array in arrays.items():
            if tuple(getattr(array, "shape", ())) != tuple(self.actions.shape):
                raise ValueError(
                    f"Outcome.{name} must have the shape of Outcome.actions, {tuple(self.actions.shape)}, "
                    f"got {tuple(getattr(array, 'shape', ()))}"
                )
        if self.paid is not None and not self.xp.isdtype(self.paid.dtype, "real floating"):
            raise ValueError(f"Outcome.paid must be an array of floats, got {self.paid.dtype}")

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
        """What each player is paid, `paid` or what the game's table says; shape (..., n) float.

        A round with an illegal action in it is void: it pays nobody, so every entry is 0.
        """
        xp = self.xp
        paid = self._table_payoffs() if self.paid is None else self.paid
        valid = xp.all(self.legal, axis=-1)[..., None]
        return xp.where(valid, paid, xp.zeros_like(paid))

    def others(self, numbers: Array) -> Iterator[Array]:
        """Yield `numbers` (..., n) as seen from each player, one other player at a time.

        Entry i of the k-th array is the number of player i + k (mod n), k = 1, ..., n - 1.
        """
        for k in range(1, self.game.players):
            yield self.xp.roll(numbers, -k, axis=-1)

    def others_mean(self, numbers: Array) -> Array:
        """Return for each player the mean of the other players' entries of `numbers` (..., n); True counts 1."""
        numbers = self.number(numbers)
        return sum(self.others(numbers), self.xp.zeros_like(numbers)) / max(self.game.players - 1, 1)

    def by_action(self, table: NDArray[np.float64]) -> Array:
        """Return for each player the entry of `table` (A,) at its own action; the first one if it was illegal."""
        return self._take(table, self.xp.where(self.legal, self.actions, self.xp.zeros_like(self.actions)))

    def number(self, condition: Array) -> Array:
        """Return an array of any shape as floats of the payoffs' type, True as 1.0."""
        return self.xp.astype(condition, self.payoffs.dtype)

    def like(self, numbers: NDArray[Any]) -> Array:
        """Return a numpy array of any shape as one of this outcome's array library, on its device."""
        return self.xp.asarray(numbers.copy(), device=array_api_compat.device(self.actions))

    def _table_payoffs(self) -> Array:
        xp, n = self.xp, self.game.players
        strides = np.cumprod((1, *self.game.shape[:0:-1]))[::-1]
        legal_actions = xp.where(self.legal, self.actions, xp.zeros_like(self.actions))
        cell = xp.sum(legal_actions * self.like(strides), axis=-1)
        return self._take(self.game.payoffs.reshape(-1, n), cell)

    def _take(self, table: NDArray[np.float64], index: Array) -> Array:
        """Return ``table[index]``: shape of the index, then that of an entry."""
        taken = self.xp.take(self.like(table), self.xp.reshape(index, (-1,)), axis=0)
        return self.xp.reshape(taken, (*index.shape, *table.shape[1:]))


def _check_actions(game: MatrixGame, name: str, actions: Array) -> None:
    n = game.players
    if not array_api_compat.is_array_api_obj(actions):
        raise ValueError(f"Outcome.{name} must be an array of a numpy-like library, got {type(actions).__name__}")
    if actions.ndim < 1 or actions.shape[-1] != n:
        raise ValueError(
            f"Outcome.{name} has shape {tuple(actions.shape)}; game {game.name!r} has {n} players, "
            f"so expected (..., {n})"
        )
    if not array_api_compat.array_namespace(actions).isdtype(actions.dtype, "integral"):
        raise ValueError(f"Outcome.{name} must be an array of integers, got {actions.dtype}")
    if isinstance(actions, np.ndarray) and (actions >= game.shape).any():
        raise ValueError(
            f"Outcome.{name} holds an action that game {game.name!r} does not have; "
            f"its players have {game.shape} actions, counted from 0, and -1 stands for none"
        )
