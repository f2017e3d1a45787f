"""The figures of a run in conversation: one function each, from a run's numbers to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from moral_games.report.figures import AFTER, BEFORE, FIRST, SECOND, WIDTH

NORMAL_95 = 1.96
"""So many standard errors on each side make an interval of 95 %, where means are about normal."""


def learning_curves(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw reward and share of legal answers over the updates, as sampled; a learner beside it as a dashed line."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.subplots(1, 2)
    updates = [record["update"] for record in history]
    for axis, key, title in zip(
        axes, ("reward", "legal_mass"), ("reward a round", "share of legal answers"), strict=True
    ):
        axis.plot(updates, [record[key] for record in history], color=FIRST, linewidth=1.6, label="player 0")
        if "other" in history[0]:
            other = [record["other"][key] for record in history]
            axis.plot(updates, other, color=SECOND, linestyle="--", linewidth=1.6, label="player 1")
            axis.legend(framealpha=0.6, edgecolor="none", fontsize=8)
        axis.set(title=title, xlabel="update")
        axis.grid(alpha=0.25)
    axes[1].set_ylim(0, 1.02)
    return figure


def measures(metrics: Mapping[str, Any], titles: Mapping[str, str]) -> Figure:
    """Draw legality and moral regret in each game before and after, with 95 % intervals; one panel a measure."""
    names = list(titles)
    values = list(metrics["after"][names[0]]["moral regret"])
    panels: dict[str, tuple[str, ...]] = {"share of legal answers": ("legal",)}
    panels.update({f"{value} regret": ("moral regret", value) for value in values})
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    x = np.arange(len(names))
    for axis, (title, keys) in zip(axes, panels.items(), strict=True):
        for shift, when, colour in ((-0.2, "before", BEFORE), (0.2, "after", AFTER)):
            found = [reduce(getitem, keys, metrics[when][game]) for game in names]
            mean = np.array([entry["mean"] for entry in found])
            reach = NORMAL_95 * np.array([entry["standard_error"] or 0.0 for entry in found])
            axis.bar(x + shift, mean, 0.38, color=colour, label=f"{when} training")
            axis.vlines(x + shift, np.maximum(mean - reach, 0), np.minimum(mean + reach, 1), color="black", linewidth=1)
        axis.set(title=title, xticks=x, ylim=(0, 1.05))
        axis.set_xticklabels([titles[game].replace(" ", "\n", 1) for game in names], fontsize=6)
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure
