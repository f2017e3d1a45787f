"""What the page on firms that learned to price shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games.report import learning_figures, pricing_figures

TEMPLATE = "pricing.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name."""
    return {
        "learning-curves": learning_figures.learning_curves(history, "periods"),
        "impulse-response": pricing_figures.impulse_response(metrics["impulse_response"], metrics["anchors"]),
    }


def pricing_headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence how far the firms collude."""
    measures, anchors, runs = metrics["measures"], metrics["anchors"], config["seeds"]
    return (
        f"The firms charge {measures['price']['mean']:.2f}, where competition would be at "
        f"{anchors['competition']:.2f} and collusion at {anchors['collusion']:.2f}: a profit gain of "
        f"{measures['profit gain']['mean']:.2f} ({'one run' if runs == 1 else f'means over {runs} runs'})."
    )


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.
    """
    shown = ("agent", "name", "seeds", "seed")
    return {
        "config": config,
        "metrics": metrics,
        "constants": {key: setting for key, setting in config.items() if key not in shown},
        "headline": pricing_headline(config, metrics),
    }
