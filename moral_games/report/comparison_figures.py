"""The figures of a comparison: one function each, from its table to a figure and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter

from moral_games.report.figures import WIDTH
from moral_games.report.palette import BLACK, LIGHT_GREY, LINES, MARKERS
from moral_games.report.pieces import Drawing, listed

SHARES = {"cooperation", "moral regret", "exploitability", "equality"}
"""Measures that lie in [0, 1]."""

PANELS_A_ROW = 3

Row = Mapping[str, Any]


def measures(rows: Sequence[Row], agents: Sequence[str]) -> Drawing:
    """Draw what each agent came to in each match of one game: mean over seeds and 95 % bootstrap interval.

    Parameters
    ----------
    rows
        Lines of the comparison's table, all of one game.
    agents
        All agents of the comparison, which decide the colours.
    """
    names, matches = list(rows[0]["measures"]), list(dict.fromkeys(_match(row) for row in rows))
    columns = min(len(names), PANELS_A_ROW)
    lines = -(-len(names) // columns)
    height = 0.8 + len(matches) * (0.22 + 0.11 * len(agents))
    figure = Figure(figsize=(WIDTH, lines * height + 0.6), layout="constrained")
    axes = figure.subplots(lines, columns, sharey=True, squeeze=False).ravel()
    for axis in axes[len(names) :]:
        axis.remove()
    for axis, name in zip(axes, names, strict=False):
        for place, (agent, marker) in enumerate(zip(agents, cycle(MARKERS), strict=False)):
            own = [row for row in rows if row["agent"] == agent]
            lower = (place + 0.5) / len(agents) - 0.5
            y = np.array([matches.index(_match(row)) for row in own]) + 0.7 * lower
            _draw(axis, y, [row["measures"][name] for row in own], LINES[place % len(LINES)], marker, agent)
        axis.set_xlabel(name, fontsize=9)
        axis.tick_params(labelsize=8)
        if name in SHARES:
            axis.set_xlim(-0.05, 1.05)
        for edge in range(1, len(matches)):
            axis.axhline(edge - 0.5, color=LIGHT_GREY, linewidth=0.8)
        axis.grid(axis="x", alpha=0.25)
    axes[0].set(yticks=range(len(matches)), ylim=(len(matches) - 0.5, -0.5))
    for axis in axes[: len(names) : columns]:
        axis.set_yticklabels(matches, fontsize=7)
    _explain(figure, axes[0])
    told = [_lowest(rows, name) for name in names if name in SHARES]
    return Drawing(
        figure,
        f"Means and intervals of {listed(names)}, one row a match, one mark for each of {len(agents)} agents. "
        f"{' '.join(told)}".strip(),
    )


def seconds(rows: Sequence[Row], agents: Sequence[str]) -> Drawing:
    """Draw the wall time of learning of each agent's studies: a mark each, and a bar at the median."""
    figure = Figure(figsize=(WIDTH, 1.0 + 0.4 * len(agents)), layout="constrained")
    axis = figure.subplots()
    medians = {}
    for place, (agent, marker) in enumerate(zip(agents, cycle(MARKERS), strict=False)):
        times = np.array(list({row["run"]: row["seconds"] for row in rows if row["agent"] == agent}.values()))
        times = np.maximum(times, 1e-3)
        colour = LINES[place % len(LINES)]
        medians[agent] = float(np.median(times))
        axis.plot(times, np.full(len(times), place), marker, color=colour, alpha=0.5, linestyle="none")
        axis.vlines(np.median(times), place - 0.3, place + 0.3, color=BLACK, linewidth=2)
    axis.set(yticks=range(len(agents)), xscale="log", xlabel="seconds of learning, all seeds of a study together")
    axis.set_yticklabels(agents)
    axis.set_ylim(len(agents) - 0.5, -0.5)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter("{x:g}")
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.grid(axis="x", alpha=0.25, which="both")
    axis.spines[["top", "right"]].set_visible(False)
    told = [f"{agent} {median:.3g} s" for agent, median in medians.items()]
    return Drawing(figure, f"Seconds of learning of each agent's studies, one mark a study; medians: {listed(told)}.")


def _lowest(rows: Sequence[Row], name: str) -> str:
    """Return in words who has the least and the most of a measure."""
    least, most = (pick(rows, key=lambda row: row["measures"][name]["mean"]) for pick in (min, max))
    ends = [f"{row['measures'][name]['mean']:.2f} ({row['agent']})" for row in (least, most)]
    return f"{name.capitalize()} goes from {ends[0]} to {ends[1]}."


def _draw(
    axis: Axes, y: np.ndarray[Any, Any], found: Sequence[Mapping[str, float]], colour: str, marker: str, label: str
) -> None:
    mean, low, high = (np.array([numbers[part] for numbers in found]) for part in ("mean", "low", "high"))
    axis.hlines(y, low, high, color=colour, linewidth=1.4)
    axis.plot(mean, y, marker, color=colour, markersize=5, linestyle="none", label=label)


def _explain(figure: Figure, axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(len(labels), 2), frameon=False)


def _match(row: Row) -> str:
    """Return what a line is about, as it is called beside the figure."""
    player = "" if row["player"] == "player_0" else f", {row['player']}"
    told = f"{row['value']}{player}\nwith {row['opponent']}"
    return told if max(map(len, told.split("\n"))) <= 40 else "\n".join(part[:40] for part in told.split("\n"))
