"""The figures of dilemmas of autonomous vehicles: whom somebody spares, and at what price its passengers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure

from moral_games.report.figures import WIDTH
from moral_games.report.palette import AFTER, DARK_GREY, FIRST, GREY, LIGHT_GREY, SECOND
from moral_games.report.pieces import Drawing, listed

RIDERS = {"alone": (FIRST, "-", "o"), "co-worker": (AFTER, "--", "s"), "family": (SECOND, "-.", "D")}
"""By who is inside: colour, dash and marker."""

TITLES = {"should": "what the vehicle should do", "buy": "which vehicle it would buy"}


def vehicle_figure(metrics: Mapping[str, Any]) -> Figure:
    """Draw both: the effects beside people's, and the curves by number of pedestrians.

    Parameters
    ----------
    metrics
        ``conjoint`` and ``passengers``, as `moral_games.vehicles.summary` has them.
    """
    figure = Figure(figsize=(WIDTH, 7.6), layout="constrained")
    above, below = cast(Sequence[SubFigure], figure.subfigures(2, 1, height_ratios=(1.15, 1)))
    _effects(above.subplots(), metrics["conjoint"])
    _curves(below, metrics["passengers"])
    return figure


def effects_beside_people(conjoint: Mapping[str, Any]) -> Figure:
    """Draw the effects of the nine attributes with their 95 % intervals, beside people's.

    After Awad et al. (2018), Figure 2a.
    """
    figure = Figure(figsize=(WIDTH, 4.2), layout="constrained")
    _effects(figure.subplots(), conjoint)
    return figure


def passenger_curves(passengers: Mapping[str, Any]) -> Figure:
    """Draw how probably those inside are sacrificed, by number of pedestrians, and where values would switch."""
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    _curves(figure, passengers)
    return figure


def drawn_effects(conjoint: Mapping[str, Any]) -> Drawing:
    """Draw the effects as `effects_beside_people` does, and say what is seen."""
    told = [
        f"{row['more']} rather than {row['less']} {row['estimate']:+.2f} (people {row['human']:+.2f})"
        for row in conjoint["effects"]
        if row["estimate"] is not None
    ]
    return Drawing(
        effects_beside_people(conjoint),
        f"Effects of attributes on who is spared, with intervals, beside those of people: {listed(told)}.",
    )


def drawn_curves(passengers: Mapping[str, Any]) -> Drawing:
    """Draw the curves as `passenger_curves` does, and say what is seen."""
    told = []
    for question, curves in passengers["curves"].items():
        known = [p for curve in curves.values() for p in curve["sacrifice"] if p is not None]
        if known:
            told.append(f"{TITLES.get(question, question)} from {min(known):.2f} to {max(known):.2f}")
    return Drawing(
        passenger_curves(passengers),
        f"Probability that those inside are sacrificed by number of pedestrians: {listed(told) or 'unknown'}.",
    )


def _effects(axis: Axes, conjoint: Mapping[str, Any]) -> None:
    rows = conjoint["effects"][::-1]
    axis.axvline(0, color=GREY, linewidth=0.8)
    for place, row in enumerate(rows):
        axis.axhline(place, color=LIGHT_GREY, linewidth=0.5, zorder=0)
        human = axis.scatter(row["human"], place, marker="D", facecolor="none", edgecolor=SECOND, s=46, zorder=2)
        if row["estimate"] is None:
            axis.text(0, place, " no scenario tells", fontsize=8, va="center", color=DARK_GREY)
            continue
        low, high = (row["estimate"] if end is None else end for end in row["interval"])
        asked = axis.errorbar(
            row["estimate"],
            place,
            xerr=[[row["estimate"] - low], [high - row["estimate"]]],
            color=FIRST,
            fmt="o",
            capsize=3,
            zorder=3,
        )
        asked.set_label("asked, with 95 % interval" if place == 0 else "_")
    human.set_label("people (Awad et al. 2018)")
    axis.set_yticks(np.arange(len(rows)), [f"{row['attribute']}: {row['less']}" for row in rows], fontsize=9)
    other = axis.secondary_yaxis("right")
    other.set_yticks(np.arange(len(rows)), [row["more"] for row in rows], fontsize=9)
    ends = [end for row in rows for end in row["interval"] if end is not None]
    axis.set(
        xlim=(min([-0.75, *ends]) - 0.05, max([0.95, *ends]) + 0.05),
        ylim=(-0.6, len(rows) - 0.4),
        xlabel="ΔP: how much more probably a group on the right is spared than one on the left",
    )
    axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False, fontsize=8)


def _curves(figure: Any, passengers: Mapping[str, Any]) -> None:
    questions = list(passengers["curves"])
    axes: Sequence[Axes] = figure.subplots(1, len(questions), sharey=True, squeeze=False)[0]
    for axis, question in zip(axes, questions, strict=True):
        axis.axhline(0.5, color=GREY, linewidth=0.8)
        for riders, curve in passengers["curves"][question].items():
            colour, dash, marker = RIDERS[riders]
            probabilities = [np.nan if p is None else p for p in curve["sacrifice"]]
            axis.plot(
                curve["pedestrians"],
                probabilities,
                color=colour,
                linestyle=dash,
                marker=marker,
                markersize=4,
                label=riders,
            )
        _switches(axis, passengers["theory"])
        numbers = max((curve["pedestrians"] for curve in passengers["curves"][question].values()), key=len)
        axis.set(xscale="log", ylim=(-0.03, 1.03), xlabel="pedestrians", title=TITLES.get(question, question))
        axis.set_xticks(numbers, [str(number) for number in numbers])
        axis.minorticks_off()
        axis.grid(alpha=0.25)
    axes[0].set_ylabel("probability that those inside\nare sacrificed")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)


def _switches(axis: Axes, theory: Mapping[str, Mapping[str, Any]]) -> None:
    """Mark beside the line of 1/2 above how many pedestrians each value sacrifices those inside."""
    marks, heights = {"utilitarian": "v", "homo moralis": "^"}, {"utilitarian": 0.54, "homo moralis": 0.46}
    for riders, points in theory.items():
        for value, point in points.items():
            name = value.partition(",")[0]
            if name in marks and isinstance(point, (int, float)):
                axis.plot(
                    point,
                    heights[name],
                    marks[name],
                    color=RIDERS[riders][0],
                    markersize=8,
                    fillstyle="none",
                    clip_on=False,
                )
    for value in next(iter(theory.values())):
        name = value.partition(",")[0]
        if name in marks:
            axis.plot([], [], marks[name], color=DARK_GREY, fillstyle="none", markersize=8, label=f"switch of {value}")
