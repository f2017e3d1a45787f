"""A repeated game is a table: game + values, compiled once, stepped by one gather."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.games.game import own_first
from moral_games.policy import windows
from moral_games.rewards import Outcome, RewardFunction, Rewards, one_each

MOST_CELLS = 20_000_000
"""The most reward entries that a compiled game may have."""


class TooLarge(ValueError):
    """More would have to be tabulated than is affordable."""


Array = Any
"""An array of numpy, torch or JAX."""


class Step(NamedTuple):
    """What one round brings: the next state (...), payoffs (..., n) and rewards (..., n)."""

    state: Array
    """(...): the next state."""
    payoffs: Array
    """(..., n)."""
    rewards: Array
    """(..., n)."""


@dataclass(frozen=True, eq=False)
class RepeatedGame:
    """The tables of a game that is played again and again, each player holding a value.

    A state is what was played in the round before: state 0 is the start, state 1 + j is joint
    action j in row-major order. On every action axis the last entry stands for an illegal
    answer, so that an action of -1 finds it by itself.

    Attributes
    ----------
    game
        The game, for n players.
    rewards_of
        The value each player holds.
    previous
        (S, n) int: the joint action of each state, -1 at the start.
    payoffs
        (A_0 + 1, ..., A_{n-1} + 1, n) float64.
    rewards
        (S, A_0 + 1, ..., A_{n-1} + 1, n) float64.
    next_state
        (S, A_0 + 1, ..., A_{n-1} + 1) int. A player whose answer is illegal keeps its last legal
        action there; without one (at the start) the state stays the start.
    """

    game: MatrixGame
    rewards_of: tuple[RewardFunction, ...]
    previous: NDArray[np.int64]
    payoffs: NDArray[np.float64]
    rewards: NDArray[np.float64]
    next_state: NDArray[np.int64]

    @classmethod
    def compile(cls, game: MatrixGame, rewards: Rewards = "selfish") -> RepeatedGame:
        """Tabulate a game under one value for all, or one a player.

        Raises
        ------
        ValueError
            If the number of values is not the number of players, or a value is not finite on some
            outcome.
        TooLarge
            If the table would have more than `MOST_CELLS` entries.
        """
        values = one_each(game, rewards)
        n = game.players
        cells = (1 + len(game.joint_actions)) * int(np.prod([count + 1 for count in game.shape])) * n
        if cells > MOST_CELLS:
            raise TooLarge(
                f"game {game.name!r} has {cells:,} reward entries when it is repeated; "
                f"at most {MOST_CELLS:,} are tabulated"
            )
        previous = np.concatenate([np.full((1, n), -1), game.joint_actions])
        shape = tuple(count + 1 for count in game.shape)
        actions = np.stack(np.meshgrid(*(_with_illegal(count) for count in game.shape), indexing="ij"), axis=-1)
        before = np.broadcast_to(previous.reshape(len(previous), *(1,) * n, n), (len(previous), *shape, n))
        now = np.broadcast_to(actions, before.shape)
        payoffs, judged = judge(values, Outcome(game, before, now))
        tables = {
            "previous": previous,
            "payoffs": payoffs[0].copy(),
            "rewards": judged,
            "next_state": _state_after(game, before, now),
        }
        for table in tables.values():
            table.setflags(write=False)
        return cls(game, values, **tables)

    def on(self, library: Any, device: Any = None) -> RepeatedGame:
        """Return the same game with its tables as arrays of another library, e.g. ``repeated.on(torch, "cuda")``.

        Parameters
        ----------
        library
            ``torch``, ``jax.numpy``, ``numpy``, or any module with the array API's ``asarray``.
        device
            Where the tables lie, as the library names it.
        """
        where = {} if device is None else {"device": device}
        names = ("previous", "payoffs", "rewards", "next_state")
        return replace(self, **{name: library.asarray(np.array(getattr(self, name)), **where) for name in names})

    @property
    def states(self) -> int:
        """Number of states S: the start and every joint action."""
        return len(self.previous)

    @property
    def legal_rewards(self) -> NDArray[np.float64]:
        """The rewards where every action is legal; (S, A_0, ..., A_{n-1}, n)."""
        return self.rewards[(slice(None), *(slice(0, count) for count in self.game.shape))]

    def step(self, state: Array, actions: Array) -> Step:
        """Play one round; pure, for any batch shape and any array library that the tables are of (see `on`).

        Parameters
        ----------
        state
            (...) int.
        actions
            (..., n) int, -1 for an illegal answer.
        """
        xp = array_api_compat.array_namespace(self.payoffs)
        *shape, n = self.payoffs.shape
        cells = int(np.prod(shape))
        joint = xp.zeros_like(actions[..., 0], dtype=self.next_state.dtype)
        for player, count in enumerate(shape):
            action = actions[..., player]
            joint = joint * count + xp.where(action < 0, action + count, action)
        cell = state * cells + joint
        return Step(
            _look_up(xp, xp.reshape(self.next_state, (-1,)), cell),
            _look_up(xp, xp.reshape(self.payoffs, (cells, n)), joint),
            _look_up(xp, xp.reshape(self.rewards, (-1, n)), cell),
        )

    def seen_by(self, player: int) -> NDArray[np.int64]:
        """Return for each state its number in the eyes of `player`, own action first; (S,) int."""
        order = list(own_first(self.game.players, player))
        seen = self.previous[1:][:, order]
        shape = tuple(self.game.shape[i] for i in order)
        return np.concatenate([[0], 1 + np.ravel_multi_index(tuple(seen.T), shape)])


def state_labels(game: MatrixGame, memory: int = 1) -> tuple[str, ...]:
    """Return how reports name the states: ``start`` and each joint action, e.g. CC, CD, DC, DD.

    With more memory they are the windows of remembered rounds (`moral_games.policy.windows`), the latest round
    first: ``CC DD`` is mutual cooperation after mutual defection.
    """
    letters = [action_letters(game, player) for player in range(game.players)]
    names = [joined([letters[i][a] for i, a in enumerate(joint)]) for joint in game.joint_actions]
    seen = windows(len(names), memory)
    return tuple(" ".join(names[joint] for joint in window if joint >= 0) or "start" for window in seen)


def joined(labels: Sequence[str]) -> str:
    """Return labels as one: side by side if each is a single letter, else with commas between them."""
    return ("" if all(len(label) == 1 for label in labels) else ",").join(labels)


def action_letters(game: MatrixGame, player: int = 0) -> tuple[str, ...]:
    """Return a capital letter for each action of `player` where the initials differ, else numbers."""
    initials = tuple(name[:1].upper() for name in game.actions[player])
    return initials if len(set(initials)) == len(initials) else tuple(map(str, range(len(initials))))


def judge(values: Sequence[RewardFunction], outcome: Outcome) -> tuple[Array, Array]:
    """Return the payoffs and the rewards of an outcome, each player holding its own value; (..., n) each.

    Raises
    ------
    ValueError
        If a value is not a finite number there.
    """
    distinct = {value: np.asarray(value(outcome), dtype=np.float64) for value in dict.fromkeys(values)}
    for value, judged in distinct.items():
        if not np.isfinite(judged).all():
            raise ValueError(f"reward {value} is not a finite number on every outcome of game {outcome.game.name!r}")
    rewards = np.stack([distinct[value][..., i] for i, value in enumerate(values)], axis=-1)
    return outcome.payoffs, rewards


def _with_illegal(count: int) -> NDArray[np.int64]:
    return np.append(np.arange(count), -1)


def _state_after(game: MatrixGame, previous: NDArray[np.int64], actions: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the state that follows; an illegal answer leaves the player's last legal action in place."""
    kept = np.where(actions >= 0, actions, previous)
    joint = 1 + np.ravel_multi_index(tuple(np.moveaxis(np.maximum(kept, 0), -1, 0)), game.shape)
    return np.where((kept >= 0).all(axis=-1), joint, 0)


def _look_up(xp: Any, table: Array, index: Array) -> Array:
    found = xp.take(table, xp.reshape(index, (-1,)), axis=0)
    return xp.reshape(found, (*index.shape, *table.shape[1:]))
