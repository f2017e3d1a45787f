"""What the page on an audit shows: what a policy responds to, how it follows payoffs, and the nearest rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games import games
from moral_games.report import audit_drift_figures, audit_figures
from moral_games.report.pieces import Card, Drawing

TEMPLATE = "audit.html"

CRITERION = (
    "A family of what it was told is named where it explains more than half of the variance of the log-odds. Every "
    "telling was asked once and nothing is sampled, so that there is no interval; other tellings might say otherwise."
)

TOLD = {
    "own last move": "its own last move",
    "opponent's last move": "the opponent's last move",
    "both moves together": "both last moves together",
    "payoffs": "the payoffs",
    "labels": "the labels",
    "order": "the order of lists",
    "wording": "the wording",
}
"""The families of terms, as a sentence names them."""


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, Drawing]:
    """Return the figures by name."""
    drawn = {
        "responds-to": audit_figures.families(metrics["response"]),
        "interactions": audit_figures.interactions(metrics["response"]),
        "policy": audit_figures.policy(metrics["policy"], _titles(metrics)),
        "payoff-paths": audit_figures.payoff_paths(metrics["paths"]),
    }
    if "dilemmas" in metrics:
        drawn["dilemmas"] = audit_figures.right_choices(metrics["dilemmas"])
    if "drift" in metrics:
        drawn["drift"] = audit_drift_figures.drift(metrics["drift"])
    return drawn


def audit_headline(metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what the policy responds to, and in another whether it answers legally."""
    found = metrics["response"]
    (first, one), (second, other), *_ = found["families"].items()
    match found["responds_to"]:
        case "nothing":
            said = f"It does the same whatever it is told: its first action with probability {found['p_first']:.2f}."
        case "mixed":
            said = (
                f"What it responds to is mixed: {TOLD[first]} ({one['share']:.0%} of the variance of its log-odds) and "
                f"{TOLD[second]} ({other['share']:.0%}) lead, and none has more than half."
            )
        case name:
            said = (
                f"It responds to {TOLD[name]}: {found['families'][name]['share']:.0%} of the variance of its log-odds."
            )
    legal, lowest = found["legal_mass"], found["legal_mass_lowest"]
    if lowest > 0.9995:
        return f"{said} Its answers are legal."
    return f"{said} An answer is legal with probability {legal:.3f} on average and {lowest:.3f} at worst."


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in a sentence or two what was asked and what the policy responds to."""
    found = audit_headline(metrics)
    return f"Asked in {metrics['tellings']} tellings: {found[0].lower()}{found[1:]}"


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: what it responds to, its answers, and the nearest rules."""
    found = metrics["response"]
    name, family = next(iter(found["families"].items()))
    rules = metrics["rules"]["all games"]
    shown = [
        Card(f"responds to {TOLD[name]}", f"{family['share']:.0%}", "of the variance of its log-odds"),
        Card("legal answers", f"{found['legal_mass']:.1%}", f"at worst {found['legal_mass_lowest']:.1%}"),
    ]
    if rules["strategies"]:
        nearest = rules["strategies"][0]
        shown.append(Card("nearest strategy", " = ".join(nearest["names"]), f"distance {nearest['distance']:.3f}"))
    if rules["values"]:
        value = rules["values"][0]
        shown.append(
            Card("value that explains most", " = ".join(value["names"]), f"{value['explained']:.0%} explained")
        )
    return [*shown, Card("tellings", str(metrics["tellings"]), f"of {len(metrics['policy'])} games")]


def undoing(drift: Mapping[str, Any]) -> str:
    """Return in a sentence what later training has made of the first run's value."""
    found, runs = drift["undone"], drift["runs"]
    if len(runs) == 1:
        return f"Looked at {len(drift['looks'])} times; there was no later training that could have undone anything."
    if found is None:
        return f"Nothing to undo: {runs[0]['name']} has hardly lowered the regret by {drift['values'][0]}."
    moved = f"The regret by {found['value']} had gone from {found['before']:.2f} to {found['learned']:.2f}"
    if found["after"] is None:
        return f"{moved}; {found['updates']} updates of later training have not brought it back half-way."
    return f"{moved}; after {found['after']:.0f} updates of later training it is back half-way."


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    return {
        "config": config,
        "metrics": metrics,
        "titles": _titles(metrics),
        "told": TOLD,
        "headline": headline(config, metrics),
        "undoing": undoing(metrics["drift"]) if "drift" in metrics else "",
    }


def _titles(metrics: Mapping[str, Any]) -> dict[str, str]:
    return {name: games.get(name).title or name for name in metrics["policy"]}
