"""The figures of the ICLR 2025 study: action types during training, regret by game, reciprocity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from benchmarks.published.iclr2025_conditions import CONDITIONS, HELD_OUT, Subject
from benchmarks.published.iclr2025_measures import ACTIONS, OTHERS, VALUES
from benchmarks.published.iclr2025_summary import over_seeds

Line = Mapping[str, Any]

# Okabe & Ito's colours, which colour-blind readers can tell apart; black for the model as it is.
COLOURS = ("#000000", "#999999", "#CCCCCC", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")

# Cooperation in blues, defection in warm colours, illegal answers in greys; light where the opponent had defected.
TYPES = tuple(f"{action}|{after}" for action in ACTIONS for after in OTHERS)
TYPE_COLOURS = ("#08306B", "#6BAED6", "#B33C00", "#FDAE6B", "#555555", "#BBBBBB")


def training(histories: Mapping[Subject, Sequence[Mapping[str, float]]]) -> Figure:
    """Draw how often each action type occurs during training: means over seeds, a panel a condition and opponent.

    Parameters
    ----------
    histories
        By subject the shares of action types, one mapping an update. After its last update a subject stays
        as it was. A training that starts from another is drawn after that one, a line between them.
    """
    conditions = [name for name in CONDITIONS if any(subject.condition == name for subject in histories)]
    opponents = list(dict.fromkeys(subject.opponent for subject in histories))
    size = (max(7.5, 1.5 + 3.0 * len(opponents)), 1.0 + 1.7 * len(conditions))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(conditions), len(opponents), sharey=True, squeeze=False)
    for axes, condition in zip(grid, conditions, strict=True):
        for axis, opponent in zip(axes, opponents, strict=True):
            parts = [_mean_shares(histories, CONDITIONS[condition].after, opponent)] if _continued(condition) else []
            parts.append(_mean_shares(histories, condition, opponent))
            shares = np.concatenate(parts)
            updates = np.arange(1, len(shares) + 1)
            axis.stackplot(updates, shares.T, colors=TYPE_COLOURS)
            if _continued(condition):
                axis.axvline(len(parts[0]) + 0.5, color="white", linewidth=2)
            axis.set(xlim=(1, max(2, len(shares))), ylim=(0, 1))
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.set_title(f"{condition}, vs {opponent}", fontsize=9)
    figure.supxlabel("update", fontsize=10)
    figure.supylabel("share of answers", fontsize=10)
    _legend(figure)
    return figure


def regret(lines: Sequence[Line], opponent: str) -> Figure:
    """Draw exact regret on held-out tellings by game and condition: means over seeds and 95 % intervals.

    Moral regret above, published regret below. Where all legal play earns the same against a random opponent,
    as by the utilitarian value in Bach or Stravinsky, there is no moral regret.
    """
    conditions, games, told = _held_out(lines)
    figure = Figure(figsize=(11.0, 10.5), layout="constrained")
    measures = [f"{kind} regret {value}" for kind in ("moral", "published") for value in VALUES]
    width = 0.85 / len(conditions)
    for axis, measure in zip(figure.subplots(len(measures), 1, sharex=True), measures, strict=True):
        for place, condition in enumerate(conditions):
            found = [told[condition, game, measure] for game in games]
            x = np.arange(len(games)) + (place - (len(conditions) - 1) / 2) * width
            colour = COLOURS[list(CONDITIONS).index(condition)]
            axis.bar(x, [line["mean"] for line in found], width, color=colour, label=condition)
            axis.vlines(x, [line["low"] for line in found], [line["high"] for line in found], color="#444444")
        axis.set(ylim=(0, 1.02), title=measure, xticks=range(len(games)))
        axis.set_xticklabels(games)
        axis.grid(axis="y", alpha=0.25)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=8)
    figure.supxlabel(f"trained against {opponent}, judged against a random opponent", fontsize=10)
    return figure


def reciprocity(lines: Sequence[Line], opponent: str) -> Figure:
    """Draw the exact shares of action types on held-out tellings by condition, a panel a game."""
    conditions, games, told = _held_out(lines)
    figure = Figure(figsize=(max(7.5, 2.0 + 2.1 * len(games)), 1.6 + 0.34 * len(conditions)), layout="constrained")
    axes = figure.subplots(1, len(games), sharey=True, squeeze=False)[0]
    for axis, game in zip(axes, games, strict=True):
        left = np.zeros(len(conditions))
        for kind, colour in zip(TYPES, TYPE_COLOURS, strict=True):
            shares = np.array([told[condition, game, f"share {kind}"]["mean"] for condition in conditions])
            axis.barh(range(len(conditions)), shares, left=left, color=colour)
            left = left + shares
        axis.set(xlim=(0, 1), xticks=(0, 0.5, 1), yticks=range(len(conditions)), yticklabels=conditions)
        axis.set_title(game, fontsize=9)
    axes[0].invert_yaxis()
    figure.supxlabel(f"share of answers against a random opponent; trained against {opponent}", fontsize=10)
    _legend(figure)
    return figure


def _continued(condition: str) -> bool:
    return CONDITIONS[condition].after is not None


def _mean_shares(
    histories: Mapping[Subject, Sequence[Mapping[str, float]]], condition: str | None, opponent: str
) -> NDArray[np.float64]:
    """Return the mean share of each action type over seeds, (updates, 6); no rows where there is no such training."""
    own = [
        np.array([[update.get(kind, 0.0) for kind in TYPES] for update in history])
        for subject, history in histories.items()
        if (subject.condition, subject.opponent) == (condition, opponent)
    ]
    longest = max(map(len, own), default=0)
    held = [np.concatenate([shares, np.repeat(shares[-1:], longest - len(shares), axis=0)]) for shares in own]
    return np.mean(held, axis=0) if held else np.zeros((0, len(TYPES)))


def _held_out(lines: Sequence[Line]) -> tuple[list[str], list[str], dict[tuple[str, str, str], Line]]:
    """Return the conditions and games of lines, and what held-out tellings say by condition, game and measure."""
    told = over_seeds(line for line in lines if line["telling"] == HELD_OUT)
    conditions = list(dict.fromkeys(line["condition"] for line in told))
    games = list(dict.fromkeys(line["game"] for line in told))
    return conditions, games, {(line["condition"], line["game"], line["measure"]): line for line in told}


def _legend(figure: Figure) -> None:
    names = [f"{action} after {after}" for action in ACTIONS for after in OTHERS]
    patches = [Patch(color=colour, label=name) for name, colour in zip(names, TYPE_COLOURS, strict=True)]
    figure.legend(handles=patches, loc="outside upper center", ncols=6, fontsize=8)
