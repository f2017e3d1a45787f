"""The figures of the AIES 2024 study: one function each, from the measures of populations to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from benchmarks.published.aies2024_results import OVER_TIME, Measured, by_type, interval, rolling

# Okabe & Ito's colours, which colour-blind readers can tell apart; dashes tell apart what shares a colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--")
COLOUR_MAP = "cividis"
WIDTH = 10.0
POINTS = 400
"""The most points of a curve."""

Populations = Mapping[str, Measured]
Types = Mapping[str, Sequence[str]]
"""By population: the type of each player."""


def cooperation(measured: Populations) -> Figure:
    """Draw how often players cooperate, and select a cooperative partner where there is one, over time.

    A panel a population; rolling means over 200 episodes, their mean over runs and its 95 % interval.
    """
    figure, panels = _panels(measured, sharey=True)
    for axis, (majority, found) in panels:
        for name, colour in zip(OVER_TIME[:2], COLOURS, strict=False):
            _curve(axis, found, name, name, colour, "-")
        axis.set(ylim=(0, 1.02), title=f"mostly {majority}", xlabel="episode")
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.grid(alpha=0.25)
    _legend(figure)
    return figure


def outcomes(measured: Populations) -> Figure:
    """Draw collective payoff, equality and the least payoff over time, a line a population."""
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    for axis, name in zip(figure.subplots(1, 3), OVER_TIME[2:], strict=True):
        for (dash, colour), (majority, found) in zip(product(DASHES, COLOURS), measured.items(), strict=False):
            _curve(axis, found, name, f"mostly {majority}", colour, dash)
        axis.set(title=name, xlabel="episode")
        axis.xaxis.set_major_locator(MaxNLocator(4))
        axis.grid(alpha=0.25)
    _legend(figure)
    return figure


def popularity(measured: Populations, types: Types) -> Figure:
    """Draw how popular a player of each type is in the last episodes: its share of all selections, and chance."""
    figure, panels = _panels(measured, sharex=True, sharey=True)
    for axis, (majority, found) in panels:
        counts = found.last_selections
        shares = by_type(counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None], types[majority])
        ends = np.array([interval(by_run) for by_run in shares.values()])
        place = np.arange(len(shares))
        colours = [COLOURS[1] if kind == majority else COLOURS[0] for kind in shares]
        axis.bar(place, ends[:, 0], color=colours)
        axis.vlines(place, ends[:, 1], ends[:, 2], color="black", linewidth=1)
        axis.axhline(1 / counts.shape[1], color="black", linewidth=0.8, linestyle=":")
        axis.set(title=f"mostly {majority}", xticks=place)
        axis.set_xticklabels(list(shares), rotation=60, fontsize=8)
    figure.axes[0].set_ylim(bottom=0)  # for all panels, once all are drawn
    figure.supylabel("popularity at the end (dotted: chance)", fontsize=10)
    return figure


def selections(measured: Populations, types: Types) -> Figure:
    """Draw who selects whom: the share of each selector's selections, over all episodes, a panel a population."""
    figure, panels = _panels(measured)
    shares = {
        majority: (found.selections / found.selections.sum(axis=2, keepdims=True)).mean(axis=0)
        for majority, found in measured.items()
    }
    highest = max(float(share.max()) for share in shares.values())
    for axis, (majority, _) in panels:
        kinds = types[majority]
        image = axis.imshow(
            np.where(np.eye(len(kinds)), np.nan, shares[majority]), cmap=COLOUR_MAP, vmin=0, vmax=highest
        )
        axis.set(title=f"mostly {majority}", xticks=range(len(kinds)), yticks=range(len(kinds)))
        axis.set_xticklabels(kinds, rotation=90, fontsize=6)
        axis.set_yticklabels(kinds, fontsize=6)
    figure.supxlabel("selected")
    figure.supylabel("selector")
    figure.colorbar(image, ax=figure.axes, label="share of the selector's selections", shrink=0.6)
    return figure


def rewards(measured: Populations, types: Types) -> Figure:
    """Draw what a player of each type earned in each population: the cumulative payoff, and the cumulative reward.

    Rewards of different values have no common scale: each type's are scaled to its lowest and
    highest over the populations, as published.
    """
    figure = Figure(figsize=(WIDTH, 5.2), layout="constrained")
    kinds = list(dict.fromkeys(kind for players in types.values() for kind in players))
    left, right = figure.subplots(1, 2, sharey=True)
    paid, earned = (
        np.array(
            [
                [by_type(getattr(found, name), types[majority])[kind].mean() for majority, found in measured.items()]
                for kind in kinds
            ]
        )
        for name in ("payoff", "reward")
    )
    low, span = earned.min(axis=1, keepdims=True), np.ptp(earned, axis=1, keepdims=True)
    scaled = np.divide(earned - low, span, out=np.full_like(earned, 0.5), where=span > 0)
    for axis, grid, ends, title in (
        (left, paid / 1000, (None, None), "cumulative payoff (thousands)"),
        (right, scaled.round(2), (0, 1), "cumulative reward, each type's from 0 to 1"),
    ):
        image = axis.imshow(grid, cmap=COLOUR_MAP, aspect="auto", vmin=ends[0], vmax=ends[1])
        _write_cells(axis, grid)
        axis.set(title=title, xticks=range(len(measured)), yticks=range(len(kinds)), xlabel="population, mostly")
        axis.set_xticklabels(list(measured), rotation=60, fontsize=9)
        axis.set_yticklabels(kinds, fontsize=9)
        figure.colorbar(image, ax=axis)
    left.set_ylabel("type")
    return figure


def _panels(
    measured: Populations, sharex: bool = False, sharey: bool = False
) -> tuple[Figure, Iterator[tuple[Axes, tuple[str, Measured]]]]:
    """Return a figure with a panel for each population."""
    columns = min(3, len(measured))
    rows = -(-len(measured) // columns)
    figure = Figure(figsize=(1 + (WIDTH - 1) * columns / 3, 0.8 + 2.9 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, sharex=sharex, sharey=sharey, squeeze=False).ravel()
    for axis in axes[len(measured) :]:
        axis.remove()
    return figure, zip(axes, measured.items(), strict=False)


def _curve(axis: Axes, found: Measured, name: str, label: str, colour: str, dash: str) -> None:
    by_run = rolling(found.over_time[OVER_TIME.index(name)])
    episodes = np.unique(np.linspace(0, len(by_run) - 1, POINTS).astype(int))
    mean, low, high = interval(by_run[episodes])
    axis.plot(episodes, mean, color=colour, linestyle=dash, linewidth=1.4, label=label)
    axis.fill_between(episodes, low, high, color=colour, alpha=0.2, linewidth=0)


def _legend(figure: Figure) -> None:
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=9)


def _write_cells(axis: Axes, grid: NDArray[np.float64]) -> None:
    middle = (grid.min() + grid.max()) / 2
    for (row, column), number in np.ndenumerate(grid):
        colour = "white" if number < middle else "black"
        axis.text(column, row, f"{number:.3g}", ha="center", va="center", fontsize=8, color=colour)
