"""The measures of the AIES 2024 study: what a population's runs amount to, as arrays and as rows of tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents import population_measures as measures
from agents.population_learning import Protocol
from agents.population_measures import Record

Floats = NDArray[np.float64]

OVER_TIME = ("cooperation", "cooperative selections", "collective payoff", "equality", "least payoff")
"""The measures of each episode."""
WINDOW = 200
"""Episodes of the rolling mean, as published."""
EVERY = 100
"""Each how many episodes the tables have a row."""
Z = 1.96
"""Half the width of a 95 % interval, in standard errors."""


class Measured(NamedTuple):
    """What the R runs of a population of N players amount to over E episodes.

    Attributes
    ----------
    over_time
        (5, E, R) float32: the measures of `OVER_TIME`; NaN where nobody could select a cooperative partner.
    selections, last_selections
        (R, N, N) int64: how often each player (row) selected each other one (column), over all
        episodes and over the last ones.
    games, payoff, reward
        (R, N) float64: how many games each player played, what it was paid in them, and what its value made of them.
    """

    over_time: NDArray[np.float32]
    selections: NDArray[np.int64]
    last_selections: NDArray[np.int64]
    games: Floats
    payoff: Floats
    reward: Floats


def measure(protocol: Protocol, episodes: Iterable[Record], last: Iterable[Record]) -> Measured:
    """Return what the episodes of populations amount to, reading them chunk by chunk.

    Parameters
    ----------
    protocol
        What was asked of the populations.
    episodes, last
        All episodes and the last ones, in chunks.
    """
    game, table = protocol.played(), protocol.rewards_by_cell()
    over_time, selected, sums = [], [], []
    for record in episodes:
        paid = measures.payoffs(record, game)
        earned = measures.rewards(record, table)
        curves = (
            measures.cooperation(record),
            measures.cooperative_selections(record),
            paid.sum(axis=(2, 3)),
            measures.equality(paid),
            measures.minimum(paid),
        )
        over_time.append(np.stack(curves).astype(np.float32))
        selected.append(measures.selections(record))
        each = (np.ones_like(paid), paid, earned)
        sums.append(np.stack([measures.by_player(record, numbers).sum(axis=0) for numbers in each]))
    last_selections = np.sum([measures.selections(record) for record in last], axis=0)
    return Measured(np.concatenate(over_time, axis=1), np.sum(selected, axis=0), last_selections, *np.sum(sums, axis=0))


def rolling(curves: NDArray[Any], window: int = WINDOW) -> Floats:
    """Return the centred rolling mean along the second-last axis, of what is there; (..., E, R), NaN where nothing is.

    Near the ends the window is cut off.
    """
    there = ~np.isnan(curves)
    totals, counts = (
        np.concatenate([np.zeros_like(sums[..., :1, :]), sums], axis=-2)
        for sums in (np.where(there, curves, 0.0).cumsum(axis=-2, dtype=np.float64), there.cumsum(axis=-2))
    )
    episodes = np.arange(curves.shape[-2])
    first = np.maximum(episodes - window // 2, 0)
    end = np.minimum(episodes + window - window // 2, len(episodes))
    count = counts[..., end, :] - counts[..., first, :]
    return np.where(count > 0, totals[..., end, :] - totals[..., first, :], np.nan) / np.maximum(count, 1)


def interval(by_run: Floats, axis: int = -1) -> tuple[Floats, Floats, Floats]:
    """Return the mean over runs and the ends of its 95 % interval, mean ± 1.96 standard errors, as published."""
    mean = by_run.mean(axis=axis)
    runs = by_run.shape[axis]
    half = Z * by_run.std(axis=axis, ddof=1) / np.sqrt(runs) if runs > 1 else np.zeros_like(mean)
    return mean, mean - half, mean + half


def by_type(by_player: NDArray[Any], types: Sequence[str]) -> dict[str, Floats]:
    """Return the mean over the players of each type; from (R, N) to (R,)."""
    return {kind: by_player[:, [other == kind for other in types]].mean(axis=1) for kind in dict.fromkeys(types)}


def rows_over_time(population: str, measured: Measured) -> Iterator[dict[str, Any]]:
    """Return the rows of the table of measures over time."""
    smooth = rolling(measured.over_time)
    for name, curve in zip(OVER_TIME, smooth, strict=True):
        for episode in range(0, curve.shape[0], EVERY):
            yield {"population": population, "measure": name, "episode": episode} | _numbers(curve[episode])


def rows_by_type(population: str, types: Sequence[str], measured: Measured) -> Iterator[dict[str, Any]]:
    """Return the rows of the table by type: per player, over the whole run but for the popularity at its end."""
    popular = measured.last_selections.sum(axis=1) / measured.last_selections.sum(axis=(1, 2))[:, None]
    told = {
        "popularity": popular,
        "games": measured.games,
        "cumulative payoff": measured.payoff,
        "cumulative reward": measured.reward,
        "payoff a game": measured.payoff / measured.games,
        "reward a game": measured.reward / measured.games,
    }
    for name, by_player in told.items():
        for kind, by_run in by_type(by_player, types).items():
            yield {"population": population, "type": kind, "measure": name} | _numbers(by_run)


def rows_of_selections(population: str, types: Sequence[str], measured: Measured) -> Iterator[dict[str, Any]]:
    """Return the rows of the table of who selects whom: shares of the selector's selections, means over runs."""
    shares = [
        (counts / counts.sum(axis=2, keepdims=True)).mean(axis=0)
        for counts in (measured.selections, measured.last_selections)
    ]
    for i, selector in enumerate(types):
        for j, selected in enumerate(types):
            if i != j:
                yield {
                    "population": population,
                    "selector": i,
                    "selector type": selector,
                    "selected": j,
                    "selected type": selected,
                    "share": round(float(shares[0][i, j]), 6),
                    "share at the end": round(float(shares[1][i, j]), 6),
                }


def _numbers(by_run: Floats) -> dict[str, float | None]:
    """Return a mean and its interval over the runs where there is a number; None where there is none in any."""
    there = by_run[~np.isnan(by_run)]
    if not len(there):
        return {"mean": None, "low": None, "high": None}
    return {name: round(float(end), 6) for name, end in zip(("mean", "low", "high"), interval(there), strict=True)}
