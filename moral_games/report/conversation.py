"""What the page on a language model that learned in conversation shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games import games
from moral_games.report import conversation_figures, figures

TEMPLATE = "conversation.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name."""
    return {
        "learning-curves": conversation_figures.learning_curves(history),
        "action-types": figures.action_types(history),
        "measures": conversation_figures.measures(metrics, _titles(metrics)),
    }


def conversation_headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what was trained and what became of it."""
    after, before = metrics["after"], metrics["before"]
    value = next(iter(next(iter(after.values()))["moral regret"]))
    worst = [max(judged[game]["moral regret"][value]["mean"] for game in judged) for judged in (before, after)]
    legal = min(after[game]["legal"]["mean"] for game in after)
    return (
        f"The largest {value} regret over {len(after)} games went from {worst[0]:.2f} to {worst[1]:.2f} "
        f"in sampled conversations, in which at least {legal:.0%} of the answers are now legal."
    )


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    titles = _titles(metrics)
    return {
        "config": config,
        "metrics": metrics,
        "headline": conversation_headline(config, metrics),
        "titles": titles,
        "rows": [
            {"title": title, "when": when, "found": flat(metrics[when][game])}
            for game, title in titles.items()
            for when in ("before", "after")
        ],
    }


def flat(judged: Mapping[str, Any]) -> dict[str, Mapping[str, float | None]]:
    """Return a game's estimates by name, those by value as ``moral regret (deontological)``; without action types."""
    found: dict[str, Mapping[str, float | None]] = {}
    for measure, entry in judged.items():
        if measure == "action types":
            continue
        found |= {measure: entry} if "mean" in entry else {f"{measure} ({value})": entry[value] for value in entry}
    return found


def _titles(metrics: Mapping[str, Any]) -> dict[str, str]:
    return {name: games.get(name).title or name for name in metrics["after"]}
