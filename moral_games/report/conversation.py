"""What the page on a language model that learned in conversation shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games import games
from moral_games.report import conversation_figures, figures, model, outcomes
from moral_games.report.pieces import NORMAL_95, Card, Drawing, counted, sampled

TEMPLATE = "conversation.html"

CRITERION = (
    f"{outcomes.REGRET_IN_WORDS} Conversations are sampled: ± is what a 95 % interval over episodes reaches, and its "
    "upper end decides."
)


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures by name."""
    return {
        "measures": conversation_figures.measures(metrics, _titles(metrics)),
        "learning-curves": conversation_figures.learning_curves(history),
        "action-types": figures.action_types(history),
    }


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what was trained and whether it worked, and how sure that is."""
    titles = _titles(metrics)
    was, now = (_regret(config, metrics[when]) for when in ("before", "after"))
    legal = min(found["legal"]["mean"] for found in metrics["after"].values())
    said = f"Taught {model.taught(config)} on {config['game']} in conversation{model.stopped_early(config, metrics)}"
    if max(found["legal"]["mean"] for found in metrics["after"].values()) < outcomes.HARDLY_LEGAL:
        return f"{said}, the model still gives hardly any legal answer ({legal:.1%}), so that it has learned nothing."
    most = max(now, key=lambda game: _upper(now[game]))
    one = len(now) == 1
    became = {
        "worked": f"the model keeps to it in {titles[most] if one else f'all of {len(now)} games'}",
        "in part": "the model keeps to it in part",
        "closer": "the model came closer to it and does not surely keep to it",
        "nothing": "the model has learned nothing of it that shows",
    }[outcomes.of_regrets({game: found["mean"] for game, found in was.items()}, _uppers(now))]
    return (
        f"{said}, {became}: the regret {'is' if one else f'in the worst of {len(now)} games is'} {sampled(now[most])}, "
        f"and was {sampled(was[most])} before; at least {legal:.0%} of its answers are legal (one seed)."
    )


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter."""
    was, now = (_regret(config, metrics[when]) for when in ("before", "after"))
    most = max(now, key=lambda game: _upper(now[game]))
    legal = [min((found["legal"] for found in metrics[when].values()), key=_mean) for when in ("before", "after")]
    return [
        Card("largest regret, held-out tellings", sampled(now[most]), f"before {sampled(was[most])}"),
        Card("legal answers, worst game", sampled(legal[1], ".1%"), f"before {sampled(legal[0], '.1%')}"),
        Card("episodes", str(config["chat"]["judging"]), f"in each of {counted(len(now), 'game')}"),
        model.training_card(metrics),
    ]


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    titles = _titles(metrics)
    return {
        "config": config,
        "metrics": metrics,
        "headline": headline(config, metrics),
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


def _regret(config: Mapping[str, Any], judged: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Return by game the regret of the taught value."""
    value = model.judged_value(config, next(iter(judged.values()))["moral regret"])
    return {game: found["moral regret"][value] for game, found in judged.items()}


def _uppers(found: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    return {game: _upper(estimate) for game, estimate in found.items()}


def _upper(estimate: Mapping[str, Any]) -> float:
    return float(estimate["mean"] + NORMAL_95 * (estimate["standard_error"] or 0.0))


def _mean(estimate: Mapping[str, Any]) -> float:
    return float(estimate["mean"])


def _titles(metrics: Mapping[str, Any]) -> dict[str, str]:
    return {name: games.get(name).title or name for name in metrics["after"]}
