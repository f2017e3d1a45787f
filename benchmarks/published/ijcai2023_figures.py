"""The figures of the IJCAI 2023 study: heat maps of how runs end and what they yield, areas of action types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.published.ijcai2023_grid import FIXED, KINDS, LEARNERS, MIXED, SWEEP, Batch, Counts
from benchmarks.published.ijcai2023_measures import (
    JOINTS,
    SOCIAL,
    SWAPPED,
    action_types,
    last_joint_actions,
    outcomes,
    shares,
)

Floats = NDArray[np.float64]
Played = Mapping[Batch, Counts]
COLUMNS = (*LEARNERS, *FIXED)
JOINT_COLOURS = ("#08306B", "#6BAED6", "#FDAE6B", "#7F2704")
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
    ends = grid(game, lambda batch: last_joint_actions(played[batch]), lambda own: own[list(SWAPPED)])
    figure = Figure(figsize=(13.0, 8.4), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    for axis, joint, share in zip(axes.ravel(), JOINTS, np.moveaxis(ends, -1, 0), strict=True):
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
    own = grid(game, lambda batch: _by_match(played[batch], 0), lambda shares: shares)
    other = grid(game, lambda batch: _by_match(played[batch], 1), lambda shares: shares)
    rounds = played[Batch(game, "fixed")].rounds
    figure, panels = _panels(f"{game}: action types of the row player over {rounds[-1]:,} rounds")
    for axis, i, j in panels:
        mirrored = j < i
        axis.stackplot(rounds, (other if mirrored else own)[i, j].T, colors=TYPE_COLOURS)
        axis.set(xlim=(rounds[0], max(rounds[-1], rounds[0] + 1)), ylim=(0, 1))
    labels = [f"{action} | {before}" for action in "CD" for before in JOINTS]
    _legend(figure, labels, "action | last round,\nown action first")
    return figure


def first_and_last(game: str, played: Played) -> Figure:
    """Draw the share of runs that play each joint action in the first and in the last rounds, a panel for each pair."""

    def by_match(batch: Batch) -> Floats:
        counts = played[batch]
        gap = np.zeros((2, *shares(counts.first).shape[1:]))
        return np.moveaxis(np.concatenate([shares(counts.first), gap, shares(counts.last)]), 1, 0)

    found = grid(game, by_match, lambda own: own[:, list(SWAPPED)])
    shown = len(played[Batch(game, "fixed")].first)
    figure, panels = _panels(f"{game}: the first {shown} rounds and the last {shown}, share of runs by joint action")
    for axis, i, j in panels:
        axis.stackplot(range(found.shape[2]), found[i, j].T, colors=JOINT_COLOURS, step="mid")
        axis.set(xlim=(-0.5, found.shape[2] - 0.5), ylim=(0, 1))
    _legend(figure, JOINTS, "joint action,\nrow player first")
    return figure


def weights(played: Played) -> Figure:
    """Draw how runs of Virtue-mixed end by its weight of equality, a panel for each game and other player."""
    batches = [batch for batch in played if batch.weights]
    games, kinds = (list(dict.fromkeys(names)) for names in zip(*[batch[:2] for batch in batches], strict=True))
    figure = Figure(figsize=(3.6 * len(games), 6.0), layout="constrained")
    axes = figure.subplots(len(kinds), len(games), sharex=True, sharey=True, squeeze=False)
    for batch in batches:
        axis = axes[kinds.index(batch.kind), games.index(batch.game)]
        below = np.zeros(len(batch.weights))
        for joint, share, colour in zip(JOINTS, last_joint_actions(played[batch]).T, JOINT_COLOURS, strict=True):
            axis.bar(range(len(below)), 100 * share, bottom=100 * below, color=colour, label=joint)
            below += share
        axis.set(title=f"{batch.game}, against {SWEEP[batch.kind]}", xticks=range(len(below)))
        axis.set_xticklabels([f"{weight:g}" for weight in batch.weights])
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, title=f"joint action, {MIXED} first", loc="outside upper center", ncols=4)
    figure.supxlabel("weight of equality; the rest is kindness's")
    figure.supylabel("% of runs that end in each joint action")
    return figure


def _panels(title: str) -> tuple[Figure, Iterator[tuple[Axes, int, int]]]:
    """Return a figure with a panel for each pair, and the panels by row type and column type."""
    figure = Figure(figsize=(19.0, 11.0))
    margins = {"left": 0.02, "right": 0.915, "bottom": 0.01, "top": 0.93, "wspace": 0.05, "hspace": 0.05}
    axes = figure.subplots(len(LEARNERS), len(COLUMNS), gridspec_kw=margins)
    for axis in axes.ravel():
        axis.set(xticks=[], yticks=[])
    for axis, column in zip(axes[0], COLUMNS, strict=True):
        axis.set_title(f"vs {column}", fontsize=10)
    for axis, row in zip(axes[:, 0], LEARNERS, strict=True):
        axis.set_ylabel(row)
    figure.suptitle(title)
    return figure, ((axis, i, j) for (i, j), axis in np.ndenumerate(axes))


def _legend(figure: Figure, labels: Sequence[str], title: str) -> None:
    patches = [figure.axes[0].collections[place] for place in range(len(labels))]
    figure.legend(patches, labels, title=title, loc="center right")


def _by_match(counts: Counts, player: int) -> Floats:
    """Return a player's action types; (G, P, 8)."""
    return np.moveaxis(action_types(counts, player), 1, 0).reshape(counts.moves.shape[1], len(counts.rounds), 8)


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
