"""Many episodes at once: from tables where there are tables, else one session a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from moral_games import chance
from moral_games.envs.observing import Observing
from moral_games.envs.session import Session
from moral_games.envs.tables import Tables
from moral_games.games import MatrixGame
from moral_games.opponents import Player
from moral_games.repetition import Repetition
from moral_games.rewards import Rewards

Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Rounds(NamedTuple):
    """What a round brought N rows: actions and payoffs (N, n); rewards, terminated, truncated (N,)."""

    actions: Ints
    """(N, n): what was played, -1 for an illegal answer."""
    payoffs: Floats
    """(N, n)."""
    rewards: Floats
    """(N,): the learner's."""
    terminated: Bools
    """(N,): whether the episode is over."""
    truncated: Bools
    """(N,): whether it was cut off."""


class Batch(Protocol):
    """N episodes of one learner's game. A mask picks rows; None stands for all of them."""

    def seed(self, seeds: Sequence[int | None]) -> None:
        """Begin the streams of draws of the rows that have a seed."""

    def reset(self, rows: Bools | None) -> None:
        """Begin an episode in some rows, a mask (N,); in all where it is None."""

    def play(self, chosen: Ints, rows: Bools | None) -> Rounds:
        """Play one round of the learner's actions (N,) in some rows; what comes out for the others means nothing."""
        ...

    def observe(self) -> NDArray[np.float32 | np.int64]:
        """Return the observations of all rows, (N,) or (N, width), in an array of their own."""
        ...


class TableBatch:
    """Rows that are stepped together, by look-ups.

    Parameters
    ----------
    game
        The game.
    tables
        What the rows meet.
    kinds
        (N,) int: the kind of each row in the tables.
    """

    def __init__(self, game: MatrixGame, tables: Tables, kinds: Ints) -> None:
        _keep_freed_memory()
        self.tables = tables
        self.repetition = tables.repetition
        self.observing = Observing(game, tables.repetition)
        self._kinds = kinds
        self._draws, self._unmoved = tables.draws, tables.draws_nothing
        self._initial = tables.repetition.initial_joint(game)
        self._joint = len(game.joint_actions)
        self._positions = np.zeros(len(kinds), dtype=np.uint64)
        self._situation = np.zeros(len(kinds), dtype=np.int64)
        self._played = np.zeros(len(kinds), dtype=np.int64)
        self._earlier = [np.zeros(len(kinds), dtype=np.int64) for _ in range(tables.repetition.memory - 1)]
        self._observations: NDArray[np.float32 | np.int64] | None = None
        if self.repetition.memory <= 1 and not self.repetition.clock:
            windows = [tables.seen] * self.repetition.memory
            self._observations = _aligned(self.observing.many(windows, np.zeros_like(tables.seen)))

    def seed(self, seeds: Sequence[int | None]) -> None:
        """Begin the streams of draws of the rows that have a seed."""
        if isinstance(seeds, range):
            self._positions = chance.positions_from(seeds.start, len(seeds))
            return
        rows = np.array([seed is not None for seed in seeds])
        self._positions[rows] = chance.positions([seed for seed in seeds if seed is not None])

    def reset(self, rows: Bools | None) -> None:
        """Begin an episode in some rows, a mask (N,); in all where it is None."""
        state: Ints | int
        if self._initial is None:
            (draw,) = chance.uniforms(self._positions, 1)
            state = 1 + (draw * self._joint).astype(np.int64)
            self._positions = _chosen(rows, chance.advanced(self._positions, 1), self._positions)
        else:
            state = self._initial
        self._situation = _chosen(rows, self.tables.first[self._kinds, state], self._situation)
        self._played = _chosen(rows, np.zeros_like(self._played), self._played)
        self._earlier = [_chosen(rows, np.zeros_like(seen), seen) for seen in self._earlier]

    def play(self, chosen: Ints, rows: Bools | None) -> Rounds:
        """Play one round of the learner's actions (N,) in some rows."""
        tables, repetition = self.tables, self.repetition
        draws: list[Floats] = []
        if self._draws:
            if not self._unmoved:
                draws = chance.uniforms(self._positions, self._draws)
            after = chance.advanced(self._positions, chance.hashes(self._draws))
            self._positions = _chosen(rows, after, self._positions)
        met = tables.step(self._situation, chosen, draws)
        if self._earlier:
            latest = [tables.seen.take(self._situation), *self._earlier[:-1]]
            self._earlier = [_chosen(rows, new, old) for new, old in zip(latest, self._earlier, strict=True)]
        self._situation = _chosen(rows, met.situation, self._situation)
        self._played = self._played + (1 if rows is None else rows)
        ended = np.zeros(len(chosen), dtype=bool)
        if repetition.continue_probability < 1:
            ended = draws[-1] >= repetition.continue_probability
        over = np.zeros(len(chosen), dtype=bool) if repetition.rounds is None else self._played >= repetition.rounds
        if repetition.rounds == 1:
            terminated, truncated = ended | over, np.zeros(len(chosen), dtype=bool)
        else:
            terminated, truncated = ended, over & ~ended
        actions, payoffs = tables.joint.take(met.joint, axis=0), tables.payoffs.take(met.joint, axis=0)
        return Rounds(actions, payoffs, met.reward, terminated, truncated)

    def observe(self) -> NDArray[np.float32 | np.int64]:
        """Return the observations of all rows, (N,) or (N, width), in an array of their own."""
        if self._observations is not None:
            told = self._observations.take(self._situation, axis=0)
            return told[:, : self.observing.width] if self.observing.one_hot else told
        windows = [self.tables.seen.take(self._situation), *self._earlier] if self.repetition.memory else []
        return self.observing.many(windows, self._played)


class SessionBatch:
    """Rows that are played one by one: actors, noisy payoffs, or games too large for tables.

    Parameters
    ----------
    game, repetition, player
        What is played, how, and the learner's seat.
    rows
        For each row who plays the other seats, by seat, and the values.
    recording
        Whether to keep what pictures need.
    """

    def __init__(
        self,
        game: MatrixGame,
        repetition: Repetition,
        player: int,
        rows: Sequence[tuple[Mapping[int, Player], Rewards]],
        recording: bool = False,
    ) -> None:
        self.sessions = [Session(game, reward, repetition, opponents, recording) for opponents, reward in rows]
        self._player = player

    def seed(self, seeds: Sequence[int | None]) -> None:
        """Begin the streams of draws of the rows that have a seed."""
        for session, seed in zip(self.sessions, seeds, strict=True):
            if seed is not None:
                session.seed(seed)

    def reset(self, rows: Bools | None) -> None:
        """Begin an episode in some rows, a mask (N,); in all where it is None."""
        for row, session in enumerate(self.sessions):
            if rows is None or rows[row]:
                session.reset()

    def play(self, chosen: Ints, rows: Bools | None) -> Rounds:
        """Play one round of the learner's actions (N,) in some rows."""
        count, n = len(self.sessions), self.sessions[0].game.players
        brought = Rounds(
            np.zeros((count, n), dtype=np.int64),
            np.zeros((count, n)),
            np.zeros(count),
            np.zeros(count, dtype=bool),
            np.zeros(count, dtype=bool),
        )
        for row, session in enumerate(self.sessions):
            if rows is None or rows[row]:
                own = [0] * n
                own[self._player] = int(chosen[row])
                actions, payoffs, rewards, terminated, truncated = session.play(own)
                brought.actions[row], brought.payoffs[row] = actions, payoffs
                brought.rewards[row] = rewards[self._player]
                brought.terminated[row], brought.truncated[row] = terminated, truncated
        return brought

    def observe(self) -> NDArray[np.float32 | np.int64]:
        """Return the observations of all rows, (N,) or (N, width), in an array of their own."""
        return np.stack([session.observe(self._player) for session in self.sessions])


def _chosen(rows: Bools | None, new: np.ndarray, old: np.ndarray) -> np.ndarray:
    """Return the new entries in the rows that the mask picks, the old ones elsewhere."""
    return new if rows is None else np.where(rows, new, old)


def _aligned(table: np.ndarray) -> np.ndarray:
    """Widen rows of up to 32 bytes to the next power of two, which numpy copies several times faster."""
    if table.ndim == 1 or table.shape[1] * table.itemsize > 32:
        return table
    width = 1 << (table.shape[1] - 1).bit_length()
    return np.concatenate([table, np.zeros((len(table), width - table.shape[1]), table.dtype)], axis=1)


def _keep_freed_memory() -> None:
    """Let the C library reuse what one step frees for the next.

    By default glibc gives large freed blocks back to the system, and fetching fresh pages for the
    arrays of the next step costs several times what stepping does. Its thresholds adapt: once a block
    of this size, just below the largest it adapts to, has been freed, smaller ones are kept
    (mallopt(3), M_MMAP_THRESHOLD). The block is never written to, so it takes no memory.
    """
    np.empty((32 << 20) - (64 << 10), dtype=np.uint8)
