"""What the page on dilemmas of autonomous vehicles shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games.report import vehicle_figures

TEMPLATE = "vehicles.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name."""
    return {
        "effects": vehicle_figures.effects_beside_people(metrics["conjoint"]),
        "passengers": vehicle_figures.passenger_curves(metrics["passengers"]),
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
    return {"config": config, "metrics": metrics, "headline": vehicle_headline(metrics)}
