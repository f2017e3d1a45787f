"""The figures of firms that learned to price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moral_games.report.figures import WIDTH
from moral_games.report.learning_figures import COLOURS, DASHES


def impulse_response(found: Mapping[str, Any], anchors: Mapping[str, float]) -> Figure:
    """Draw the prices before, in and after a period in which one firm is forced to cut its own.

    Parameters
    ----------
    found
        ``mean``, ``low`` and ``high``, each by firm and period; the first period is the one before.
    anchors
        Prices to compare with, by name.
    """
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    axis: Axes = figure.subplots()
    mean, low, high = (np.array(found[part]) for part in ("mean", "low", "high"))
    periods = np.arange(mean.shape[1])
    for firm, prices in enumerate(mean):
        label = f"player_{firm}" + (", forced in period 1" if firm == 0 else "")
        colour, dash = COLOURS[firm % len(COLOURS)], DASHES[firm % len(DASHES)]
        axis.plot(periods, prices, color=colour, linestyle=dash, marker="o", markersize=3, label=label)
        axis.fill_between(periods, low[firm], high[firm], color=colour, alpha=0.2, linewidth=0)
    for name, price in anchors.items():
        axis.axhline(price, color="#777777", linewidth=0.8)
        axis.annotate(name, (periods[-1], price), fontsize=8, ha="right", va="bottom", color="#555555")
    axis.set(xlabel="period", ylabel="price")
    axis.grid(alpha=0.25)
    axis.legend(framealpha=0.6, edgecolor="none", fontsize=8, loc="center right")
    return figure
