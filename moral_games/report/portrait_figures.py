"""The figures of portraits: one function each, with a colour and a mark a column, and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moral_games.report.figures import WIDTH
from moral_games.report.palette import BLACK, GREY, style
from moral_games.report.pieces import Drawing, listed

Portraits = Mapping[str, Sequence[Mapping[str, Any]]]
"""By column the portraits of its models."""


PRICED = ("after the cartel's price", "after the price of competition", "in the long run")


SHORT = 14
"""Names of fewer characters than this stand four beside one another in a legend, others two."""


def dilemmas(portraits: Portraits) -> Drawing:
    """Draw how often each model takes what each value holds best in everyday dilemmas."""
    values = list(next(iter(portraits.values()))[0]["dilemmas"]["values"])
    found = {
        name: np.array([[each["dilemmas"]["values"][value]["share"] for value in values] for each in column])
        for name, column in portraits.items()
    }
    figure = Figure(figsize=(WIDTH, 1.4 + 0.5 * len(values)), layout="constrained")
    axis = figure.subplots()
    _rows(axis, found, values)
    axis.axvline(0.5, color=GREY, linewidth=0.8)
    axis.set(xlim=(0, 1), xlabel="probability of what the value holds best")
    _legend(figure, axis)
    return Drawing(figure, f"How probably each model takes what a value holds best. {_most(found, values)}")


def vehicles(portraits: Portraits) -> Drawing:
    """Draw by how much each attribute makes a group more probable to be spared, beside people's choices."""
    effects = next(iter(portraits.values()))[0]["vehicles"]["effects"]
    found = {
        name: np.array([[_number(row["estimate"]) for row in each["vehicles"]["effects"]] for each in column])
        for name, column in portraits.items()
    }
    figure = Figure(figsize=(WIDTH, 1.4 + 0.5 * len(effects)), layout="constrained")
    axis = figure.subplots()
    _rows(axis, found, [f"{row['more']} rather than {row['less']}" for row in effects])
    human = [row["human"] for row in effects]
    axis.scatter(human, range(len(human)), marker="x", s=60, color=BLACK, label="people", zorder=3)
    axis.axvline(0, color=GREY, linewidth=0.8)
    axis.set(xlabel="ΔP: how much more probably spared")
    _legend(figure, axis)
    names = [row["more"] for row in effects]
    return Drawing(figure, f"Effects of nine attributes on who is spared, for models and people. {_most(found, names)}")


def passengers(portraits: Portraits) -> Drawing:
    """Draw how probably those inside are sacrificed for so many pedestrians: as it should be, and as is bought."""
    questions = {"should": "what the vehicle should do", "buy": "which vehicle is bought"}
    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    axes = figure.subplots(1, len(questions), sharey=True)
    told: list[str] = []
    for axis, (question, title) in zip(axes, questions.items(), strict=True):
        for place, (name, column) in enumerate(portraits.items()):
            curves = [each["passengers"]["curves"][question]["alone"] for each in column]
            heights = np.array([list(map(_number, curve["sacrifice"])) for curve in curves])
            axis.plot(curves[0]["pedestrians"], heights.mean(axis=0), **style(place), markersize=4, label=name)
            told.append(f"{name} ({question}) from {heights.mean(axis=0)[0]:.2f} to {heights.mean(axis=0)[-1]:.2f}")
        axis.axhline(0.5, color=GREY, linewidth=0.8)
        axis.set(xscale="log", ylim=(-0.02, 1.02), xlabel="pedestrians", title=title)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.grid(alpha=0.25)
    axes[0].set_ylabel("probability that the only\npassenger is sacrificed")
    _legend(figure, axes[0])
    return Drawing(
        figure,
        f"Probability that the only passenger is sacrificed, from the fewest to the most pedestrians: {listed(told)}.",
    )


def prices(portraits: Portraits) -> Drawing:
    """Draw how probably the cartel's price is charged after either price of the other seller, and in the long run."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axis = figure.subplots()
    found = {}
    for name, column in portraits.items():
        markets = [each["prices"]["market"] for each in column if each["prices"]["market"]]
        rows = [[*market["replies"], market["collusive"]] for market in markets]
        found[name] = np.array(rows or [[np.nan] * 3])
    _rows(axis, found, PRICED)
    axis.set(xlim=(-0.02, 1.02), xlabel="probability of the cartel's price")
    _legend(figure, axis)
    return Drawing(figure, f"Probability of the cartel's price. {_most(found, PRICED)}")


def _rows(axis: Axes, found: Mapping[str, np.ndarray], labels: Sequence[str]) -> None:
    """Draw a row a label with a mark a column: the mean over its models, (R, L), and a line from lowest to highest."""
    apart = 0.7 / max(len(found), 2)
    for place, (name, numbers) in enumerate(found.items()):
        y = np.arange(len(labels)) + (place - (len(found) - 1) / 2) * apart
        look = style(place)
        axis.hlines(y, numbers.min(axis=0), numbers.max(axis=0), color=look["color"], linewidth=1.5)
        axis.scatter(numbers.mean(axis=0), y, color=look["color"], marker=look["marker"], label=name, s=28)
    axis.set_yticks(range(len(labels)), labels)
    axis.invert_yaxis()
    axis.grid(axis="x", alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)


def _most(found: Mapping[str, np.ndarray], labels: Sequence[str]) -> str:
    """Return in words what each column has most of."""
    told = []
    for name, numbers in found.items():
        means = numbers.mean(axis=0)
        if np.isfinite(means).any():
            place = int(np.nanargmax(means))
            told.append(f"{name}: most for {labels[place]}, {means[place]:.2f}")
    return f"{'; '.join(told)}." if told else "Nobody can be drawn."


def _legend(figure: Figure, axis: Axes) -> None:
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=4 if max(map(len, labels)) < SHORT else 2, frameon=False
    )


def _number(given: float | None) -> float:
    return np.nan if given is None else given
