"""The figures of a tournament and of what follows from it: one function each, to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from moral_games.analysis.tournament import Standing, TournamentResult
from moral_games.report.palette import BLUE, DASHES, LIGHT_GREY, LINES

BAR, OTHERS = BLUE, LIGHT_GREY
COLOUR_MAP = "cividis"

INTERVAL = 1.96
"""Half the width of a 95 % interval, in standard errors."""

MOST_WITH_COLOUR = 10
"""The most types of a population that are drawn in a colour of their own."""

MOST_WITH_NUMBERS = 16
"""The most entrants whose matrix has a number in every cell."""


def tournament(result: TournamentResult, by: str = "payoff", self_play: bool = True) -> Figure:
    """Draw a tournament: the ranking as bars, and beside it what everyone got from everyone, best first.

    Thin lines are 95 % intervals of what was sampled; cells with a dot were sampled.

    Parameters
    ----------
    result
        The tournament.
    by, self_play
        What is drawn and ranked by; see `TournamentResult.ranking`.
    """
    standings = result.ranking(by, self_play)
    size = max(1.5, len(standings) * (0.42 if len(standings) <= MOST_WITH_NUMBERS else 0.17))
    widest = max(len(name) for name in result.names)
    figure = Figure(figsize=(3.8 + 0.07 * widest + size, 1.3 + 0.06 * widest + size), layout="constrained")
    bars, cells = figure.subplots(1, 2, sharey=True, width_ratios=(2.2, size + 0.8))
    _draw_ranking(bars, standings, by)
    _draw_matrix(cells, result, standings, by)
    judged = f"rewards by {result.reward}" if by == "reward" else f"mean {by} per round"
    figure.suptitle(f"{result.game.title or result.game.name}: {judged}", fontsize=11)
    return figure


def shares(times: ArrayLike, population: ArrayLike, names: Sequence[str]) -> Figure:
    """Draw the shares of a population's types over time.

    The `MOST_WITH_COLOUR` types that get the largest shares at any time are named, the others grey.

    Parameters
    ----------
    times
        (T,).
    population
        (T, E), such as `moral_games.analysis.dynamics.replicator` returns, or counts divided by
        their sum.
    names
        E names.
    """
    moments, drawn = np.asarray(times, dtype=np.float64), np.asarray(population, dtype=np.float64)
    figure = Figure(figsize=(8.0, 3.6), layout="constrained")
    axis = figure.subplots()
    largest = np.argsort(-drawn.max(axis=0), kind="stable")
    named, others = largest[:MOST_WITH_COLOUR], largest[MOST_WITH_COLOUR:]
    for place, k in enumerate(others):
        axis.plot(moments, drawn[:, k], color=OTHERS, zorder=1, label="_" if place else f"{len(others)} others")
    styles = product(DASHES, LINES)
    for k, (dash, colour) in zip(sorted(named, key=lambda k: -drawn[-1, k]), styles, strict=False):
        axis.plot(moments, drawn[:, k], linestyle=dash, color=colour, label=names[k])
    axis.set(xlim=(moments[0], moments[-1]), ylim=(0, None), xlabel="time", ylabel="share of the population")
    handles, labels = axis.get_legend_handles_labels()
    first = 1 if len(others) else 0
    axis.legend(
        [*handles[first:], *handles[:first]],
        [*labels[first:], *labels[:first]],
        title="at the end, most first",
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
    )
    return figure


def fingerprint(values: ArrayLike, name: str, probe: str = "tit_for_tat", unit: str = "payoff") -> Figure:
    """Draw a fingerprint over the unit square; after Ashlock & Kim (2008).

    Parameters
    ----------
    values
        (points, points), such as `moral_games.analysis.fingerprint.fingerprint` returns.
    name, probe
        Whose it is, and against whom.
    unit
        What the values are.
    """
    figure = Figure(figsize=(5.0, 4.2), layout="constrained")
    axis = figure.subplots()
    grid = np.asarray(values, dtype=np.float64)
    half = 0.5 / (len(grid) - 1)
    image = axis.imshow(grid.T, origin="lower", cmap=COLOUR_MAP, extent=(-half, 1 + half, -half, 1 + half))
    axis.set(
        title=f"{name}\nagainst the Joss-Ann transforms of {probe}",
        xlabel="x: the probe cooperates regardless",
        ylabel="y: the probe defects regardless",
        xlim=(0, 1),
        ylim=(0, 1),
    )
    axis.title.set_fontsize(10)
    figure.colorbar(image, ax=axis, label=f"long-run {unit} per round")
    return figure


def _draw_ranking(axis: Axes, standings: Sequence[Standing], by: str) -> None:
    y = np.arange(len(standings))
    means = np.array([getattr(standing, by) for standing in standings])
    intervals = INTERVAL * np.array([getattr(standing, f"{by}_error") for standing in standings])
    axis.barh(y, means, color=BAR)
    sampled = intervals > 0
    axis.errorbar(means[sampled], y[sampled], xerr=intervals[sampled], fmt="none", ecolor="black", elinewidth=1)
    for row, (mean, interval) in enumerate(zip(means, intervals, strict=True)):
        axis.annotate(
            f"{mean:.2f}",
            (mean + np.copysign(interval, mean), row),
            xytext=(3 if mean >= 0 else -3, 0),
            textcoords="offset points",
            va="center",
            ha="left" if mean >= 0 else "right",
            fontsize=7,
        )
    axis.axvline(0, color="black", linewidth=0.8)
    axis.margins(x=0.25)
    axis.set(yticks=y, xlabel=f"{by} per round,\nmean over opponents", ylabel="entrant")
    axis.set_yticklabels([standing.name for standing in standings], fontsize=8)
    axis.spines[["top", "right"]].set_visible(False)


def _draw_matrix(axis: Axes, result: TournamentResult, standings: Sequence[Standing], by: str) -> None:
    order = [result.names.index(standing.name) for standing in standings]
    table = {"payoff": result.payoffs, "reward": result.rewards, "cooperation": result.cooperation}[by]
    matrix, exact = table[np.ix_(order, order)], result.exact[np.ix_(order, order)]
    names = [standing.name for standing in standings]
    image = axis.imshow(matrix, cmap=COLOUR_MAP, aspect="auto")
    middle = (matrix.max() + matrix.min()) / 2
    if len(order) <= MOST_WITH_NUMBERS:
        for (row, column), number in np.ndenumerate(matrix):
            colour = "white" if number <= middle else "black"
            axis.text(column, row, f"{number:.2f}", ha="center", va="center", fontsize=7, color=colour)
    rows, columns = np.nonzero(~exact)
    axis.scatter(columns + 0.36, rows - 0.36, s=4, color=np.where(matrix[~exact] <= middle, "white", "black"))
    axis.set(xticks=range(len(names)), xlabel="opponent, in the same order")
    axis.set_xticklabels(names, rotation=90, fontsize=8)
    axis.tick_params(axis="y", left=False)
    axis.figure.colorbar(image, ax=axis, label=f"{by} per round", aspect=30)
