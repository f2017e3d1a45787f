"""What the page on dilemmas of autonomous vehicles shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import hypot
from typing import Any

from moral_games.report import vehicle_figures
from moral_games.report.outcomes import HARDLY_LEGAL
from moral_games.report.pieces import Card, Drawing

TEMPLATE = "vehicles.html"

CRITERION = (
    "An attribute makes a difference where the 95 % interval of its effect over scenarios leaves out 0. Whoever has no "
    "preference is at a distance of 1.144 from people over all nine attributes."
)


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures by name."""
    return {
        "effects": vehicle_figures.drawn_effects(metrics["conjoint"]),
        "passengers": vehicle_figures.drawn_curves(metrics["passengers"]),
    }


def vehicle_headline(metrics: Mapping[str, Any]) -> str:
    """Return in a sentence or two whom the model spares, and whether it goes by the people at all."""
    conjoint = metrics["conjoint"]
    known = [row for row in conjoint["effects"] if _beyond_zero(row["interval"])]
    strongest = sorted(known, key=lambda row: -abs(row["estimate"]))[:3]
    spared = [row["more"] if row["estimate"] > 0 else row["less"] for row in strongest]
    told = f"It spares {', '.join(spared)} most clearly." if spared else "No attribute makes a clear difference."
    place = ""
    if conjoint["reads_place"]:
        first = conjoint["first_told"][0]
        place = f" It also goes by the place: the case told first is chosen with probability {first:.2f}."
    return told + place


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in a sentence or two who was asked what, whom it spares and how sure that is."""
    asked = f"Asked whom a vehicle should spare in {metrics['conjoint']['scenarios']:,} scenarios, with intervals over"
    found, choices = vehicle_headline(metrics), metrics["conjoint"]["kinds"].get("choice") or 0.0
    few = f" Of all answers {choices:.1%} are a choice, and only these are told of." if choices < HARDLY_LEGAL else ""
    return f"{asked} these: {found[0].lower()}{found[1:]}{few}"


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: the clearest effect, the distance from people, and what the order does."""
    conjoint = metrics["conjoint"]
    known = [row for row in conjoint["effects"] if row["estimate"] is not None]
    shown = []
    if known:
        row = max(known, key=lambda row: abs(row["estimate"]))
        shown.append(_clearest(row))
    distance, first = conjoint["distance"]["euclid"], conjoint["first_told"]
    for name, (number, *interval) in (("distance from people", distance), ("case told first chosen", first)):
        shown.append(Card(name, "-" if number is None else f"{number:.2f}", _between(interval)))
    kinds = conjoint["kinds"]
    return [
        *shown,
        Card("answers that are a choice", f"{kinds.get('choice', 0) or 0:.1%}", f"{conjoint['scenarios']} scenarios"),
    ]


def _clearest(row: Mapping[str, Any]) -> Card:
    """Return the card of an effect, told of the group that is spared."""
    pair, number, interval = (row["more"], row["less"]), row["estimate"], row["interval"]
    if number < 0:
        pair, number = pair[::-1], -number
        interval = [None if end is None else -end for end in reversed(interval)]
    return Card(f"{pair[0]} rather than {pair[1]}", f"ΔP {number:.2f}", _between(interval))


def _between(interval: Sequence[float | None]) -> str:
    low, high = interval
    return "no interval" if low is None or high is None else f"95 % interval {low:.2f} to {high:.2f}"


def _beyond_zero(interval: Sequence[float | None]) -> bool:
    low, high = interval
    return low is not None and high is not None and (low > 0 or high < 0)


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.
    """
    people = [row["human"] for row in metrics["conjoint"]["effects"] if row["estimate"] is not None]
    return {"config": config, "metrics": metrics, "headline": headline(config, metrics), "indifferent": hypot(*people)}
