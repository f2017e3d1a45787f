"""What the page on a learning run shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games import games
from moral_games.report import learning_figures, outcomes
from moral_games.report.pieces import Card, Drawing, estimate, estimated, over

TEMPLATE = "learning.html"

CRITERION = (
    f"A learner is said to have learned its value where its moral regret is at most {outcomes.SMALL_REGRET:g} at the "
    f"upper end of its interval over seeds, so that it gains at least {1 - outcomes.SMALL_REGRET:.0%} of what legal "
    "play can gain against the same others. All numbers are exact for what was learned."
)


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures of a learning run by name; those that its numbers do not allow are left out."""
    learners = metrics["learners"]
    drawn = {}
    if history and len(history[0]) > 1:
        drawn["learning-curves"] = learning_figures.learning_curves(history)
    if all(found["policy"] for found in learners.values()):
        drawn["policies"] = learning_figures.policies(learners)
    drawn["action-types"] = learning_figures.action_types(learners)
    return drawn


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence who has learned its value, and how sure that is."""
    seeds = config["seeds"]
    said = [
        f"{player} ({found['reward']}) {_learned(found['measures']['moral regret'])}, with moral regret "
        f"{estimate(found['measures']['moral regret'], seeds)}, and takes its first action in "
        f"{estimate(found['measures']['cooperation'], seeds, '.0%')} of rounds"
        for player, found in metrics["learners"].items()
    ]
    return f"{config['agent']} on {_title(config)}: {'; '.join(said)} ({over(seeds, 'seed')})."


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: regrets of the first learners, and what all come to together."""
    seeds = config["seeds"]
    shown = [
        estimated(f"moral regret of {player}", found["measures"]["moral regret"], seeds, "seed", note=found["reward"])
        for player, found in list(metrics["learners"].items())[:2]
    ]
    shown += [estimated(name, found, seeds, "seed") for name, found in metrics["together"].items()]
    return shown[:5]


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
        "title": _title(config),
        "headline": headline(config, metrics),
        "measures": list(next(iter(metrics["learners"].values()))["measures"]),
    }


def _title(config: Mapping[str, Any]) -> str:
    return games.get(config["game"]).title or str(config["game"])


def _learned(regret: Mapping[str, float]) -> str:
    if regret["high"] <= outcomes.SMALL_REGRET:
        return "has learned its value"
    return "has learned nothing of its value" if regret["low"] >= 1 - outcomes.LEAST_CHANGE else "does not do its best"
