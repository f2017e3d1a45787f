"""What the page on a population that selects its partners shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games import games
from moral_games.report import learning_figures

TEMPLATE = "population.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name."""
    return {
        "learning-curves": learning_figures.learning_curves(history, "episodes"),
        "players": learning_figures.players(metrics["learners"]),
    }


def population_headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence how the population ends."""
    together, runs = metrics["together"], config["seeds"]
    return (
        f"In the last {metrics['episodes']} episodes players take their first action in "
        f"{together['cooperation']['mean']:.0%} of their moves and {together['selected cooperated']['mean']:.0%} of "
        f"those selected had taken it last ({'one run' if runs == 1 else f'means over {runs} runs'})."
    )


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.
    """
    shown = ("agent", "game", "reward", "name", "seeds", "seed", "players", "episodes")
    return {
        "config": config,
        "metrics": metrics,
        "title": games.get(config["game"]).title or config["game"],
        "constants": {key: setting for key, setting in config.items() if key not in shown},
        "headline": population_headline(config, metrics),
        "measures": list(next(iter(metrics["learners"].values()))["measures"]),
    }
