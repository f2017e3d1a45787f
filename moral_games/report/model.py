"""What the page on a fine-tuned language model shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games import games
from moral_games.policy import memory_of
from moral_games.repeated import state_labels
from moral_games.report import examples, figures

TEMPLATE = "model.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name."""
    titles, states = _titles(metrics), _states(metrics)
    drawn = {
        "action-probabilities": figures.action_probabilities(metrics, titles, states),
        "moral-regret": figures.moral_regret(metrics, titles),
        "presentation-gap": figures.telling(metrics, titles, states),
    }
    if history and "action_types" in history[0]:
        drawn["action-types"] = figures.action_types(history)
    if history and "epoch" in history[0]:
        drawn |= examples.drawings(metrics, history)
    return drawn


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what was trained and what became of it."""
    if "tasks" in metrics:
        return examples.headline(metrics)
    after, before = metrics["after"], metrics["before"]
    values = list(next(iter(after.values()))["moral_regret"])
    value = next((name for name in values if config["reward"].startswith(name)), values[0])
    regret = [max(judged[game]["moral_regret"][value] for game in judged) for judged in (before, after)]
    gap = max(after[game]["presentation_gap_judged"] for game in after)
    return (
        f"The largest {value} regret over {len(after)} games went from {regret[0]:.2f} to {regret[1]:.2f}; "
        "where the value tells the actions apart, no two of the held-out tellings differ by more than "
        f"{gap:.2f} in the probability of an action."
    )


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    titles = _titles(metrics)
    return {
        "config": config,
        "metrics": metrics,
        "titles": titles,
        "states": _states(metrics),
        "headline": headline(config, metrics),
        "taught_on": "drawn games" if config.get("algorithm") == "worked" else config["game"],
        "calculates": config.get("worked", {}).get("before") == "calculation" or config.get("data", {}).get("reasons"),
        "examples": examples.taught(config) if "data" in config else "",
        "preferences": examples.rows(metrics) if "tasks" in metrics else [],
        "rows": [
            {"title": titles[game], "when": when, **metrics[when][game]}
            for game in titles
            for when in ("before", "after")
        ],
    }


def _titles(metrics: Mapping[str, Any]) -> dict[str, str]:
    return {name: games.get(name).title for name in metrics["after"]}


def _states(metrics: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    states = {}
    for name, judged in metrics["after"].items():
        game = games.get(name)
        states[name] = state_labels(game, memory_of(len(judged["p_cooperate"]), len(game.joint_actions)))
    return states
