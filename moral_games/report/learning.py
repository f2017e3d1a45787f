"""What the page on a learning run shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games import games
from moral_games.report import learning_figures

TEMPLATE = "learning.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures of a learning run by name; those that its numbers do not allow are left out."""
    learners = metrics["learners"]
    drawn = {}
    if history and len(history[0]) > 1:
        drawn["learning-curves"] = learning_figures.learning_curves(history)
    if all(found["policy"] for found in learners.values()):
        drawn["policies"] = learning_figures.policies(learners)
    drawn["action-types"] = learning_figures.action_types(learners)
    return drawn


def learning_headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what was learned."""
    said = [
        f"{player} ({found['reward']}) takes its first action in {found['measures']['cooperation']['mean']:.0%} of "
        f"rounds with moral regret {found['measures']['moral regret']['mean']:.2f}"
        for player, found in metrics["learners"].items()
    ]
    seeds = config["seeds"]
    return f"After learning, {'; '.join(said)} ({'one seed' if seeds == 1 else f'means over {seeds} seeds'})."


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.
    """
    shared = ("agent", "game", "reward", "name", "seeds", "seed", "discount", "initial", "opponent", "other_reward")
    constants = {key: setting for key, setting in config.items() if key not in (*shared, "checkpoint_every")}
    return {
        "config": config,
        "metrics": metrics,
        "title": games.get(config["game"]).title or config["game"],
        "constants": constants,
        "headline": learning_headline(config, metrics),
        "measures": list(next(iter(metrics["learners"].values()))["measures"]),
    }
