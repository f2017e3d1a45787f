"""What the page on language models that set prices shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from moral_games.report import pricing_figures

TEMPLATE = "pricing_sellers.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name."""
    units = np.array([market["currency"] for market in metrics["markets"]])[:, None]
    prices = np.array([record["prices"] for record in history], dtype=np.float64) / units
    forced, anchors = metrics["rounds"] if "impulse_response" in metrics else None, metrics["anchors"]
    drawn = {"price-paths": pricing_figures.price_paths(prices, anchors, forced)}
    if prices.shape[2] == 2:
        by_firm = [metrics["measures"][f"price of player_{firm}"]["by_market"] for firm in range(2)]
        drawn["pairs-of-prices"] = pricing_figures.pairs_of_prices(by_firm, anchors)
    if forced is not None:
        drawn["impulse-response"] = pricing_figures.impulse_response(metrics["impulse_response"], anchors)
    return drawn


def sellers_headline(metrics: Mapping[str, Any]) -> str:
    """Return in one sentence how far the firms collude."""
    measures, anchors, markets = metrics["measures"], metrics["anchors"], len(metrics["markets"])
    price = measures["price"]["mean"]
    return (
        f"The firms ask {'no price' if price is None else f'{price:.2f}'}, where competition would be at "
        f"{anchors['competition']:.2f} and collusion at {anchors['collusion']:.2f}: a profit gain of "
        f"{measures['profit gain']['mean']:.2f} ({'one market' if markets == 1 else f'means over {markets} markets'})."
    )


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.
    """
    return {
        "config": config,
        "metrics": metrics,
        "constants": {key: setting for key, setting in config.items() if key not in ("command", "name", "sellers")},
        "headline": sellers_headline(metrics),
    }
