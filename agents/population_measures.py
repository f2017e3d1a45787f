"""What the episodes of populations amount to: pure functions of their record, all runs at once.

They are the measures of `moral_games.envs.population`, of arrays instead of rounds one by one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import moral_games as mg

Floats = NDArray[np.float64]


class Record(NamedTuple):
    """What T episodes of R populations of N players were: all that anything else can be computed from.

    Attributes
    ----------
    before
        (T, R, N) int: last moves from before the episode.
    selected
        (T, R, N) int: whom each player selected.
    actions
        (T, R, N, 2) int: the actions of selector and selected in each selector's game.
    """

    before: NDArray[np.integer]
    selected: NDArray[np.integer]
    actions: NDArray[np.integer]


def cooperation(record: Record) -> Floats:
    """Return the share of cooperative actions (action 0) over both roles of all games; (T, R)."""
    return (record.actions == 0).mean(axis=(2, 3))


def cooperative_selections(record: Record) -> Floats:
    """Return how often a cooperative partner was selected where there was one; (T, R), NaN where nobody had one."""
    cooperative = record.before == 0
    had_one = (cooperative.sum(axis=-1, keepdims=True) - cooperative > 0).sum(axis=-1)
    chosen = _of_selected(cooperative, record).sum(axis=-1)
    return np.where(had_one > 0, chosen / np.maximum(had_one, 1), np.nan)


def selected_cooperated(record: Record) -> Floats:
    """Return the share of selections of a player whose last move was to cooperate; (T, R)."""
    return _of_selected(record.before == 0, record).mean(axis=-1)


def selections(record: Record) -> NDArray[np.int64]:
    """Return how often each player (row) selected each other one (column); (R, N, N) int."""
    _, runs, players = record.selected.shape
    pair = np.arange(runs * players).reshape(runs, players) * players + record.selected
    return np.bincount(pair.ravel(), minlength=runs * players**2).reshape(runs, players, players)


def popularity(record: Record) -> Floats:
    """Return each player's share of all selections; (R, N), summing to 1 in each run."""
    chosen = selections(record).sum(axis=1)
    return chosen / chosen.sum(axis=-1, keepdims=True)


def payoffs(record: Record, game: mg.MatrixGame) -> Floats:
    """Return what each role of each game was paid; (T, R, N, 2)."""
    return game.payoffs[record.actions[..., 0], record.actions[..., 1]]


def equality(paid: Floats) -> Floats:
    """Return the mean over games of 1 − |R_i − R_j| / (|R_i| + |R_j|), 1 where both are 0; (T, R) of (T, R, N, 2)."""
    size = np.abs(paid).sum(axis=-1)
    return (1.0 - np.abs(paid[..., 0] - paid[..., 1]) / np.where(size == 0, 1.0, size)).mean(axis=-1)


def minimum(paid: Floats) -> Floats:
    """Return the mean over games of the lower payoff; (T, R) of (T, R, N, 2)."""
    return paid.min(axis=-1).mean(axis=-1)


def rewards(record: Record, table: Floats) -> Floats:
    """Return what the value of each role of each game makes of it; (T, R, N, 2).

    Parameters
    ----------
    record
        The episodes.
    table
        (N, A, 2, A, A, A): see `agents.population_games.rewards_by_cell`.
    """
    last = record.before, _of_selected(record.before, record)
    seats = np.arange(record.selected.shape[-1])
    acted = record.actions[..., 0], record.actions[..., 1]
    selector = table[seats, last[0], 0, last[1], acted[0], acted[1]]
    selected = table[record.selected, last[1], 1, last[0], acted[1], acted[0]]
    return np.stack([selector, selected], axis=-1)


def by_player(record: Record, earned: Floats) -> Floats:
    """Return each player's sum over all its games of an episode; (T, R, N) of (T, R, N, 2)."""
    episodes, runs, players = record.selected.shape
    row = np.arange(episodes * runs).reshape(episodes, runs, 1) * players
    as_selected = np.bincount((row + record.selected).ravel(), earned[..., 1].ravel(), episodes * runs * players)
    return earned[..., 0] + as_selected.reshape(earned.shape[:-1])


def _of_selected(numbers: NDArray, record: Record) -> NDArray:
    """Return the entry of `numbers` (T, R, N) that belongs to whom each player selected; (T, R, N)."""
    return np.take_along_axis(numbers, record.selected.astype(np.int64), axis=-1)
