"""What one learner meets among fixed players, as tables: a round of a million games is a few look-ups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import array_api_compat
import numpy as np

from moral_games.envs.seats import draws_a_round, executed
from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy, uniform
from moral_games.repeated import MOST_CELLS, Array, RepeatedGame, TooLarge
from moral_games.repetition import Repetition
from moral_games.rewards import RewardFunction
from moral_games.situations import Situations

_CERTAIN = 1 - 2.0**-33
"""No draw of 32 bits is above it."""


class Faced(NamedTuple):
    """One kind of row: who plays the other seats, by seat, and the values of all players."""

    opponents: dict[int, FiniteStatePolicy]
    """Who plays the other seats, by seat."""
    values: tuple[RewardFunction, ...]
    """The values of all players."""


class Met(NamedTuple):
    """What a round brings each row: (N,) each, the joint action as an index to `Tables.joint`."""

    situation: Array
    """(N,): the situation that follows."""
    joint: Array
    """(N,): what was played."""
    reward: Array
    """(N,): the learner's reward."""


@dataclass(frozen=True, eq=False)
class Tables:
    """The tables of one learner among players with finite memory.

    Several kinds of rows (`Faced`) lie one after the other in the same tables.

    Attributes
    ----------
    player
        The learner's seat.
    repetition
        How the game goes on.
    first
        (kinds, S) int: the situation of each kind in which play begins with each game state.
    following
        (K * J * P,) int: the situation after each joint action and reading (`Situations`).
    origin
        (K,) int: J times the situation, plus what the opponents that never draw add to the joint action.
    rewards
        (K * J,) float64: the learner's.
    seen
        (K,) int: the last round as the learner saw it, 1 + the joint action, 0 for none.
    joint
        (J, n) int: the joint actions, -1 for an illegal answer.
    payoffs
        (J, n) float64.
    strides
        What an action of each seat adds to the joint action.
    thresholds
        For each opponent that draws its seat and, for each action but the last, (K,) float64: the
        action is how many of them the draw is not below.
    """

    player: int
    repetition: Repetition
    first: Array
    following: Array
    origin: Array
    rewards: Array
    seen: Array
    joint: Array
    payoffs: Array
    strides: tuple[int, ...]
    thresholds: tuple[tuple[int, tuple[Array, ...]], ...]

    @classmethod
    def build(cls, game: MatrixGame, player: int, repetition: Repetition, kinds: Sequence[Faced]) -> Tables:
        """Tabulate all kinds of rows.

        Raises
        ------
        TooLarge
            If there is more to tabulate than `moral_games.repeated.MOST_CELLS` entries.
        """
        game = repetition.scaled(game)
        learner = uniform(game.seen_by(player))
        compiled = {values: RepeatedGame.compile(game, values) for values in {kind.values for kind in kinds}}
        parts = []
        for kind in kinds:
            policies = [kind.opponents.get(seat, learner) for seat in range(game.players)]
            repeated = compiled[kind.values]
            parts.append((policies, Situations.build(repeated, policies, repetition.observation_noise)))
        if sum(met.following.size for _, met in parts) > MOST_CELLS:
            raise TooLarge(
                f"{len(kinds)} kinds of rows of game {game.name!r} make more than {MOST_CELLS:,} entries, "
                "the most that are tabulated"
            )
        sizes = [len(met.states) for _, met in parts]
        offsets = np.concatenate([[0], np.cumsum(sizes)[:-1]])
        shape = [count + 1 for count in game.shape]
        joint = np.stack(np.unravel_index(np.arange(int(np.prod(shape))), shape), axis=-1)
        strides = tuple(int(np.prod(shape[seat + 1 :])) for seat in range(game.players))
        origin = len(joint) * np.arange(sum(sizes))
        thresholds = []
        for seat in (seat for seat in range(game.players) if seat != player):
            limits = np.concatenate(
                [executed(policies[seat], repetition.noise)[met.memory[:, seat]] for policies, met in parts]
            )
            if ((limits <= 0) | (limits >= _CERTAIN)).all():
                origin = origin + strides[seat] * (limits <= 0).sum(axis=1)
            else:
                drawn = tuple(np.ascontiguousarray(column) for column in limits.T if (column < _CERTAIN).any())
                thresholds.append((seat, drawn))
        return cls(
            player,
            repetition,
            np.stack(
                [offset + np.arange(met.repeated.states) for offset, (_, met) in zip(offsets, parts, strict=True)]
            ),
            np.concatenate([offset + met.following.ravel() for offset, (_, met) in zip(offsets, parts, strict=True)]),
            origin,
            np.concatenate([met.rewards[..., player].ravel() for _, met in parts]),
            np.concatenate([met.memory[:, player] for _, met in parts]),
            np.where(joint == np.array(game.shape), -1, joint),
            parts[0][1].payoffs,
            strides,
            tuple(thresholds),
        )

    def on(self, library: Any, device: Any = None) -> Tables:
        """Return the same tables as arrays of another library; see `RepeatedGame.on`."""
        where = {} if device is None else {"device": device}

        def moved(array: Any) -> Any:
            return library.asarray(np.array(array), **where)

        arrays = {
            field.name: moved(getattr(self, field.name))
            for field in fields(self)
            if field.name not in ("player", "repetition", "strides", "thresholds")
        }
        drawn = tuple((seat, tuple(map(moved, columns))) for seat, columns in self.thresholds)
        return replace(self, **arrays, thresholds=drawn)

    @property
    def draws(self) -> int:
        """How many draws a round takes for each row; see `moral_games.envs.session.Session` for their order."""
        players = len(self.strides)
        return draws_a_round(self.repetition, players, players - 1)

    @property
    def draws_nothing(self) -> bool:
        """Whether no draw can make a difference."""
        unmoved = replace(self.repetition, noise=0.0, observation_noise=0.0)
        return not self.thresholds and self.repetition == unmoved and self.repetition.continue_probability == 1

    def step(self, situation: Array, action: Array, draws: Sequence[Array]) -> Met:
        """Play one round of each row; pure, for any array library that the tables are of.

        Parameters
        ----------
        situation
            (N,) int.
        action
            (N,) int, what the learner means to do, -1 for an illegal answer.
        draws
            `draws` arrays (N,), uniform in [0, 1); may be empty if `draws_nothing`.
        """
        xp = array_api_compat.array_namespace(self.origin)
        noise, misreading = self.repetition.noise, self.repetition.observation_noise
        cells = self.joint.shape[0]
        count = self._count(self.player)
        if noise:
            action = _replaced(xp, action, count, noise, draws[self.player])
        if self.repetition.lowest_action < 0:
            action = xp.where(action < 0, count, action)
        cell = xp.take(self.origin, situation) + action * self.strides[self.player]
        for seat, columns in self.thresholds:
            hand = seat if noise or seat < self.player else seat - 1
            for column in columns:
                cell = cell + (draws[hand] >= xp.take(column, situation)) * self.strides[seat]
        if misreading:
            reading = self._reading(xp, draws)
            following = xp.take(self.following, cell * self._readings() + reading)
        else:
            following = xp.take(self.following, cell)
        return Met(following, cell - situation * cells, xp.take(self.rewards, cell))

    def _count(self, seat: int) -> int:
        """Return how many legal actions a seat has."""
        above = self.strides[seat - 1] if seat else self.joint.shape[0]
        return above // self.strides[seat] - 1

    def _readings(self) -> int:
        players = range(len(self.strides))
        return int(np.prod([self._count(other) for reader in players for other in players if other != reader]))

    def _reading(self, xp: Any, draws: Sequence[Array]) -> Array:
        """Return the number of each row's reading, row-major by reader and then by seat."""
        players, noise = range(len(self.strides)), self.repetition.observation_noise
        at = len(players) if self.repetition.noise else len(players) - 1
        number: Any = 0
        for reader in players:
            for other in players:
                if other != reader:
                    count = self._count(other)
                    shift = _replaced(
                        xp, xp.zeros_like(xp.astype(draws[at], self.following.dtype)), count, noise, draws[at]
                    )
                    number = number * count + shift
                    at += 1
        return number


def _replaced(xp: Any, action: Array, count: int, noise: float, draw: Array) -> Array:
    """Return actions, or with probability `noise` others of `count`; illegal answers stay."""
    if count == 1:
        return action
    if count == 2:
        return xp.where((draw >= noise) | (action < 0), action, 1 - action)
    shift = xp.astype(draw / noise * (count - 1), action.dtype)
    shift = xp.where(shift > count - 2, count - 2, shift)
    moved = (action + 1 + shift) % count
    return xp.where((draw >= noise) | (action < 0), action, moved)
