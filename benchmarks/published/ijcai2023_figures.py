"""The figures of the IJCAI 2023 study: heat maps of how runs end and what they yield, areas of action types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.published.ijcai2023_grid import FIXED, KINDS, LEARNERS, Batch, Counts
from benchmarks.published.ijcai2023_measures import (
    JOINTS,
    SOCIAL,
    SWAPPED,
    action_types,
    last_joint_actions,
    outcomes,
)

Floats = NDArray[np.float64]
Played = Mapping[Batch, Counts]
COLUMNS = (*LEARNERS, *FIXED)
# Cooperation in blues, defection in warm colours; light where the other had defected.
TYPE_COLOURS = ("#08306B", "#6BAED6", "#2171B5", "#C6DBEF", "#7F2704", "#FDAE6B", "#D94801", "#FEE6CE")


def grid(game: str, of_batch: Callable[[Batch], Floats], swap: Callable[[Floats], Floats]) -> Floats:
    """Lay out what batches say of their matches by row type and column type, each pair seen from the row player.

    Parameters
    ----------
    game
        Which game's batches.
    of_batch
        Returns (G, ...) for a batch.
    swap
        Turns one match's entry into that of the other player.

    Returns
    -------
    ndarray
        (6, 10, ...).
    """
    cells: dict[tuple[str, str], Floats] = {}
    for kind in KINDS:
        batch = Batch(game, kind)
        found = of_batch(batch)
        for match, (row, column) in enumerate(batch.pairs):
            if kind == "learners":
                cells[column, row] = swap(found[match])
            cells[row, column] = found[match]
    return np.array([[cells[row, column] for column in COLUMNS] for row in LEARNERS])


def endings(game: str, played: Played) -> Figure:
    """Draw the share of runs that end in each joint action, a heat map each; row player by column player."""
    shares = grid(game, lambda batch: last_joint_actions(played[batch]), lambda own: own[list(SWAPPED)])
    figure = Figure(figsize=(13.0, 8.4), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    for axis, joint, share in zip(axes.ravel(), JOINTS, np.moveaxis(shares, -1, 0), strict=True):
        image = _heat(axis, 100 * share, "{:.0f}", 0, 100)
        axis.set_title(f"% of runs that end in {joint}")
    figure.colorbar(image, ax=axes, shrink=0.8, label="% of runs")
    figure.suptitle(f"{game}: joint action of the last round, row player first")
    return figure


def social(game: str, played: Played) -> Figure:
    """Draw the social outcomes as means per round, a heat map each; row player by column player."""
    figure = Figure(figsize=(13.0, 12.0), layout="constrained")
    axes = figure.subplots(len(SOCIAL), 1, sharex=True)
    for axis, name in zip(axes, SOCIAL, strict=True):

        def of_batch(batch: Batch, name: str = name) -> Floats:
            counts = played[batch]
            return outcomes(game, counts)[name].mean[-1] / counts.rounds[-1]

        found = grid(game, of_batch, lambda own: own)
        image = _heat(axis, found, "{:.2f}", float(found.min()), float(found.max()))
        axis.set_title(f"{name}, mean per round")
        figure.colorbar(image, ax=axis, shrink=0.9)
    figure.suptitle(f"{game}: social outcomes over all rounds")
    return figure


def areas(game: str, played: Played) -> Figure:
    """Draw the row player's action types over time as stacked areas, a panel for each pair."""
    figure = Figure(figsize=(19.0, 11.0))
    margins = {"left": 0.02, "right": 0.915, "bottom": 0.01, "top": 0.93, "wspace": 0.05, "hspace": 0.05}
    axes = figure.subplots(len(LEARNERS), len(COLUMNS), gridspec_kw=margins)
    own = grid(game, lambda batch: _by_match(played[batch], 0), lambda shares: shares)
    other = grid(game, lambda batch: _by_match(played[batch], 1), lambda shares: shares)
    rounds = played[Batch(game, "fixed")].rounds
    learners = list(LEARNERS)
    for i, row in enumerate(learners):
        for j, column in enumerate(COLUMNS):
            mirrored = column in LEARNERS and learners.index(column) < i
            shares = (other if mirrored else own)[i, j]
            axes[i, j].stackplot(rounds, shares.T, colors=TYPE_COLOURS)
            axes[i, j].set(xlim=(rounds[0], max(rounds[-1], rounds[0] + 1)), ylim=(0, 1), xticks=[], yticks=[])
            if i == 0:
                axes[i, j].set_title(f"vs {column}", fontsize=10)
        axes[i, 0].set_ylabel(row)
    labels = [f"{action} | {before}" for action in "CD" for before in JOINTS]
    patches = [axes[0, 0].collections[place] for place in range(len(labels))]
    figure.legend(patches, labels, title="action | last round,\nown action first", loc="center right")
    figure.suptitle(f"{game}: action types of the row player over {rounds[-1]:,} rounds")
    return figure


def _by_match(counts: Counts, player: int) -> Floats:
    """Return a player's action types; (G, P, 8)."""
    return np.moveaxis(action_types(counts, player), 1, 0).reshape(counts.last.shape[0], len(counts.rounds), 8)


def _heat(axis: Axes, numbers: Floats, form: str, low: float, high: float) -> Any:
    high = high if high > low else low + 1
    image = axis.imshow(numbers, vmin=low, vmax=high, cmap="cividis", aspect="auto")
    for (row, column), number in np.ndenumerate(numbers):
        colour = "black" if number > (low + high) / 2 else "white"
        axis.text(column, row, form.format(number), ha="center", va="center", fontsize=9, color=colour)
    axis.axvline(len(LEARNERS) - 0.5, color="white", linewidth=3)
    axis.set(xticks=range(len(COLUMNS)), yticks=range(len(LEARNERS)))
    axis.set_xticklabels(COLUMNS, fontsize=8, rotation=30, ha="right", rotation_mode="anchor")
    axis.set_yticklabels(list(LEARNERS), fontsize=9)
    return image
