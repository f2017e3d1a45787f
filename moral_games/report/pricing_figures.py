"""The figures of firms that set prices: learners, and language models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from moral_games.report.figures import WIDTH
from moral_games.report.palette import BLUE, DARK_GREY, GREY, LIGHT_GREY, LINES, style
from moral_games.report.pieces import Drawing, listed


def impulse_response(found: Mapping[str, Any], anchors: Mapping[str, float]) -> Drawing:
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
        look = style(firm)
        axis.plot(periods, prices, **look, markersize=4, label=label)
        axis.fill_between(periods, low[firm], high[firm], color=look["color"], alpha=0.2, linewidth=0)
    _compare(axis, anchors)
    axis.set(xlabel="period", ylabel="price (units of the currency)")
    axis.grid(alpha=0.25)
    axis.legend(framealpha=0.6, edgecolor="none", fontsize=8, loc="best")
    told = [
        f"player_{firm} {prices[0]:.2f}, then {prices[1]:.2f}, {prices[-1]:.2f} at the end"
        for firm, prices in enumerate(mean)
    ]
    return Drawing(figure, f"Prices by period before, in and after a forced price cut: {listed(told)}.")


def price_paths(prices: NDArray[np.float64], anchors: Mapping[str, float], forced: int | None) -> Drawing:
    """Draw what each firm asks round after round: one panel a firm, each market thin and their mean thick.

    Parameters
    ----------
    prices
        (T, M, n), in units of the currency; NaN without an offer, where a line has a gap.
    anchors
        Prices to compare with, by name.
    forced
        The round, from 0 on, in which player_0 was forced to cut its price; None for none.
    """
    rounds, markets, firms = prices.shape
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axes = figure.subplots(1, firms, sharey=True, squeeze=False)[0]
    along = np.arange(1, rounds + 1)
    for firm, axis in enumerate(axes):
        colour = LINES[firm % len(LINES)]
        axis.plot(along, prices[..., firm], color=colour, linewidth=0.7, alpha=0.5 if markets > 1 else 1.0)
        if markets > 1:
            made = ~np.isnan(prices[..., firm])
            total = np.nansum(prices[..., firm], axis=1)
            mean = np.where(made.any(axis=1), total / np.maximum(made.sum(axis=1), 1), np.nan)
            axis.plot(along, mean, color=colour, linewidth=2.2)
        if forced is not None:
            axis.axvline(forced + 1, color=GREY, linewidth=0.8, linestyle=":")
        _compare(axis, anchors, named=axis is axes[-1])
        axis.set(title=f"player_{firm}", xlabel="round")
        axis.grid(alpha=0.25)
    axes[0].set_ylabel("price (units of the currency)")
    told = [f"player_{firm} {_middle(prices[..., firm])}" for firm in range(firms)]
    return Drawing(
        figure,
        f"Prices of each firm over {rounds} rounds, with those of competition and collusion; median {listed(told)}.",
    )


def pairs_of_prices(by_firm: Sequence[Sequence[float | None]], anchors: Mapping[str, float]) -> Drawing:
    """Draw where two firms' prices ended: a point a market, and the pairs of prices to compare with.

    Parameters
    ----------
    by_firm
        Two firms' mean prices by market, in units of the currency; a market in which one made no offer is left out.
    anchors
        Prices to compare with, by name.
    """
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    axis: Axes = figure.subplots()
    shown = [pair for pair in zip(*by_firm, strict=True) if None not in pair]
    if shown:
        axis.plot(*zip(*shown, strict=True), "o", color=BLUE, alpha=0.7, label="a market")
    for place, (name, price) in enumerate(anchors.items()):
        axis.plot([price], [price], marker="sD^"[place % 3], color=GREY, linestyle="none", label=name)
    axis.axline((price, price), slope=1, color=LIGHT_GREY, linewidth=0.8)
    axis.set(xlabel="price of player_0", ylabel="price of player_1")
    axis.grid(alpha=0.25)
    axis.legend(framealpha=0.6, edgecolor="none", fontsize=8)
    return Drawing(
        figure,
        f"Mean prices of both firms in the last rounds, a point for each of {len(shown)} markets, beside "
        f"{listed([f'{name} at {price:.2f}' for name, price in anchors.items()])}.",
    )


def _middle(prices: NDArray[np.float64]) -> str:
    made = prices[~np.isnan(prices)]
    return f"{np.median(made):.2f}" if len(made) else "without an offer"


def _compare(axis: Axes, anchors: Mapping[str, float], named: bool = True) -> None:
    """Draw prices to compare with, and name them on the right of the panel."""
    for name, price in anchors.items():
        axis.axhline(price, color=GREY, linewidth=0.8)
        if named:
            axis.annotate(
                f" {name}", (1, price), xycoords=("axes fraction", "data"), fontsize=8, va="center", color=DARK_GREY
            )
