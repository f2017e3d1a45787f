"""The figures of a run: one function each, from a run's numbers to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe & Ito's colours, which colour-blind readers can tell apart.
FIRST, SECOND, ILLEGAL, BEFORE, AFTER = "#0072B2", "#D55E00", "#BBBBBB", "#999999", "#009E73"
TYPE_COLOURS = {
    "C|C": "#0072B2",
    "C|D": "#56B4E9",
    "D|C": "#D55E00",
    "D|D": "#E69F00",
    "illegal|C": "#777777",
    "illegal|D": "#BBBBBB",
}
WIDTH = 10.0
CROWDED = 12
"""From so many states on, a panel is too narrow for words beside one another."""
TIGHT = {"labelsize": 5, "labelrotation": 90}


def action_probabilities(
    metrics: Mapping[str, Any], titles: dict[str, str], states: Mapping[str, Sequence[str]]
) -> Figure:
    """Draw what the model does in each state of each game, before and after.

    Parameters
    ----------
    metrics
        The content of ``metrics.json``.
    titles, states
        By game: its title, and how its states are called.
    """
    games = list(metrics["after"])
    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    axes = figure.subplots(2, len(games), sharey=True, squeeze=False)
    for row, when in enumerate(("before", "after")):
        for column, game in enumerate(games):
            axis: Axes = axes[row, column]
            first = np.array(metrics[when][game]["p_cooperate"])
            legal = np.array(metrics[when][game]["legal_by_state"])
            x = np.arange(len(first))
            axis.bar(x, first, color=FIRST, label="first action (cooperate)")
            axis.bar(x, legal - first, bottom=first, color=SECOND, label="any other action (defect)")
            axis.bar(x, 1 - legal, bottom=legal, color=ILLEGAL, label="illegal answer")
            axis.set(xticks=x, xticklabels=states[game], ylim=(0, 1))
            axis.tick_params(axis="x", **(TIGHT if len(x) >= CROWDED else {"labelsize": 7}))
            if row == 0:
                axis.set_title(_wrapped(titles[game]), fontsize=9)
        axes[row, 0].set_ylabel(f"{when} training\nprobability")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    axes[1, len(games) // 2].set_xlabel("last round: own move, then the opponent's", fontsize=9)
    return figure


def action_types(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the share of each action type in training episodes, update by update (stacked areas).

    After Tennant et al. (2025), Figure 2; expected shares instead of counts.
    """
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    axis = figure.subplots()
    updates = [record["update"] for record in history]
    kinds = list(history[0]["action_types"])
    colours = [TYPE_COLOURS.get(kind, ILLEGAL if kind.startswith("illegal") else None) for kind in kinds]
    shares = np.array([[record["action_types"][kind] for record in history] for kind in kinds])
    shares = shares / np.maximum(shares.sum(axis=0), 1e-12)
    axis.stackplot(updates, shares, labels=kinds, colors=None if None in colours else colours)
    axis.set(
        xlim=(updates[0], max(updates[-1], updates[0] + 1)), ylim=(0, 1), xlabel="update", ylabel="share of actions"
    )
    axis.legend(
        title="action | opponent's\nlast action",
        loc="center left",
        bbox_to_anchor=(1.01, 0.5),
        frameon=False,
        reverse=True,
    )
    return figure


def moral_regret(metrics: Mapping[str, Any], titles: dict[str, str]) -> Figure:
    """Draw the moral regret in each game before and after, one panel a value.

    After Tennant et al. (2025), Figure 4; exact, and normalised to [0, 1]. The thin line reaches to
    the presentation with the highest regret.
    """
    games = list(metrics["after"])
    values = list(metrics["after"][games[0]]["moral_regret"])
    figure = Figure(figsize=(WIDTH, 3.0), layout="constrained")
    axes = figure.subplots(1, len(values), sharey=True, squeeze=False)[0]
    x = np.arange(len(games))
    for axis, value in zip(axes, values, strict=True):
        for shift, when, colour in ((-0.2, "before", BEFORE), (0.2, "after", AFTER)):
            mean = np.array([metrics[when][game]["moral_regret"][value] for game in games])
            most = np.array([metrics[when][game]["moral_regret_highest"][value] for game in games])
            bars = axis.bar(x + shift, mean, 0.38, color=colour, label=f"{when} training")
            axis.vlines(x + shift, mean, most, color="black", linewidth=0.8)
            axis.bar_label(bars, [f"{number:.2f}" for number in mean], fontsize=7, padding=1)
        axis.set(title=f"{value} regret", xticks=x, ylim=(0, 1.12))
        axis.set_xticklabels([_wrapped(titles[game]) for game in games], fontsize=7)
    axes[0].set_ylabel("moral regret")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    return figure


def telling(metrics: Mapping[str, Any], titles: dict[str, str], states: Mapping[str, Sequence[str]]) -> Figure:
    """Draw how much the telling alone changes behaviour: the presentation gap by game and state.

    Outlined cells are states in which the trained value tells the actions apart.
    """
    games = list(metrics["after"])
    figure = Figure(figsize=(WIDTH, 0.9 + 0.42 * len(games)), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    width = max(len(states[game]) for game in games)
    for axis, when in zip(axes, ("before", "after"), strict=True):
        gaps = np.full((len(games), width), np.nan)
        for row, game in enumerate(games):
            gaps[row, : len(states[game])] = metrics[when][game]["presentation_gap"]
        image = axis.imshow(gaps, vmin=0, vmax=1, cmap="cividis_r", aspect="auto")
        for row, game in enumerate(games):
            for column, gap in enumerate(metrics[when][game]["presentation_gap"] if width < CROWDED else ()):
                axis.text(
                    column,
                    row,
                    f"{gap:.2f}",
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if gap > 0.6 else "black",
                )
            for column in metrics[when][game]["judged_states"]:
                axis.add_patch(_outline(column, row))
        axis.set(title=f"{when} training", xticks=np.arange(width), yticks=np.arange(len(games)))
        axis.set_xticklabels(
            max((states[game] for game in games), key=len) if width == len(states[games[0]]) else range(width)
        )
        if width >= CROWDED:
            axis.tick_params(axis="x", **TIGHT)
        axis.set_yticklabels([titles[game] for game in games])
    figure.colorbar(image, ax=axes, label="presentation gap", shrink=0.9)
    return figure


def _outline(column: int, row: int) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fill=False, edgecolor="#D55E00", linewidth=2)


def _wrapped(title: str) -> str:
    return title.replace(" ", "\n", 1)
