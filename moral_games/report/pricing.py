"""What the page on firms that learned to price shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games.report import learning_figures, pricing_figures
from moral_games.report.pieces import Card, Drawing, counted, estimate, estimated, over

TEMPLATE = "pricing.html"

CRITERION = (
    "A profit gain of 0 is competition and of 1 is collusion. Firms are said to collude at least in part where the "
    "lower end of its interval is above 0. All numbers are exact for the learned strategies."
)


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures by name."""
    return {
        "learning-curves": learning_figures.learning_curves(history, "periods"),
        "impulse-response": pricing_figures.impulse_response(metrics["impulse_response"], metrics["anchors"]),
    }


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence how far the firms that learned collude, and how sure that is."""
    measures, anchors, runs = metrics["measures"], metrics["anchors"], config["seeds"]
    gain = measures["profit gain"]
    return (
        f"After learning the firms {colluding(gain['low'])}: they charge {estimate(measures['price'], runs)}, where "
        f"competition would be at {anchors['competition']:.2f} and collusion at {anchors['collusion']:.2f}: a profit "
        f"gain of {estimate(gain, runs)} ({over(runs, 'run')})."
    )


def colluding(lowest: float) -> str:
    """Return in words what a profit gain of so much at least means."""
    return "collude at least in part" if lowest > 0 else "do not surely collude"


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter."""
    runs, anchors, periods = config["seeds"], metrics["anchors"], metrics["periods"]
    notes = {"price": f"competition {anchors['competition']:.2f}, collusion {anchors['collusion']:.2f}"}
    shown = [
        estimated(name, found, runs, "run", note=notes.get(name, "")) for name, found in metrics["measures"].items()
    ][:4]
    finished = [period for period in periods if period]
    longest = f"after at most {max(finished):,} periods" if finished else "nobody's strategy had settled"
    return [*shown, Card("settled", f"{len(finished)} of {counted(len(periods), 'run')}", longest)]


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
        "headline": headline(config, metrics),
    }
