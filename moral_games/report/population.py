"""What the page on a population that selects its partners shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games import games
from moral_games.report import learning_figures
from moral_games.report.pieces import Card, Drawing, estimate, estimated, over

TEMPLATE = "population.html"

CRITERION = (
    "A population has no goal of its own that it could miss: what its players do in the end is counted, exploration "
    "included."
)


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures by name."""
    return {
        "learning-curves": learning_figures.learning_curves(history, "episodes"),
        "players": learning_figures.players(metrics["learners"]),
    }


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence how the population ends, and how sure that is."""
    together, runs = metrics["together"], config["seeds"]
    return (
        f"In the last {metrics['episodes']} episodes players take their first action in "
        f"{estimate(together['cooperation'], runs, '.0%')} of their moves, and "
        f"{estimate(together['selected cooperated'], runs, '.0%')} of those selected had taken it last "
        f"({over(runs, 'run')})."
    )


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: what all players come to together."""
    return [estimated(name, found, config["seeds"], "run") for name, found in metrics["together"].items()][:5]


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
        "title": games.get(config["game"]).title or config["game"],
        "headline": headline(config, metrics),
        "measures": list(next(iter(metrics["learners"].values()))["measures"]),
    }
