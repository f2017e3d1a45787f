"""The figures of a fine-tuned model: one function each, from a run's numbers to a figure and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from moral_games.report.palette import AFTER, BEFORE, BLACK, FIRST, ILLEGAL, SECOND, TYPES, VERMILLION
from moral_games.report.pieces import Drawing, counted, listed, thinned

WIDTH = 6.2
"""Inches: no wider, so that words in a figure can be read on a narrow screen."""

CROWDED = 12
"""From so many states on, a panel is too narrow for words beside one another."""
TIGHT = {"labelsize": 6, "labelrotation": 90}

WHEN = ("before", "after")


def action_probabilities(
    metrics: Mapping[str, Any], titles: Mapping[str, str], states: Mapping[str, Sequence[str]]
) -> Drawing:
    """Draw what the model does in each state of each game, before and after.

    Parameters
    ----------
    metrics
        The content of ``metrics.json``.
    titles, states
        By game: its title, and how its states are called.
    """
    games = list(titles)
    figure = Figure(figsize=(WIDTH, 0.9 + 1.25 * len(games)), layout="constrained")
    axes = figure.subplots(len(games), 2, sharey=True, squeeze=False)
    for (row, column), axis in np.ndenumerate(axes):
        game, found = games[row], metrics[WHEN[column]][games[row]]
        _stacked(axis, np.array(found["p_cooperate"]), np.array(found["legal_by_state"]))
        axis.set(xticks=range(len(states[game])), xticklabels=states[game], ylim=(0, 1))
        axis.tick_params(axis="x", **(TIGHT if len(states[game]) >= CROWDED else {"labelsize": 8}))
        if row == 0:
            axis.set_title(f"{WHEN[column]} training", fontsize=10)
        if column == 0:
            axis.set_ylabel(f"{_wrapped(titles[game])}\nprobability", fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("last round: own move, opponent's", fontsize=8)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    told = [
        f"in {titles[game]} {_pairs(states[game], metrics['after'][game]['p_cooperate'])}"
        for game in games
        if len(states[game]) < CROWDED
    ]
    return Drawing(
        figure,
        "Stacked bars of action probabilities by state, before and after training. "
        f"Probability of the first action after training: {'; '.join(told) or 'see the table'}.",
    )


def action_types(history: Sequence[Mapping[str, Any]]) -> Drawing:
    """Draw the share of each action type in training episodes, update by update (stacked areas).

    After Tennant et al. (2025), Figure 2; expected shares instead of counts.
    """
    figure = Figure(figsize=(WIDTH, 3.4), layout="constrained")
    axis = figure.subplots()
    updates_made, history = len(history), thinned(history)
    updates = [record["update"] for record in history]
    kinds = list(history[0]["action_types"])
    colours = [TYPES.get(kind, ILLEGAL if kind.startswith("illegal") else None) for kind in kinds]
    shares = np.array([[record["action_types"][kind] for record in history] for kind in kinds])
    shares = shares / np.maximum(shares.sum(axis=0), 1e-12)
    if len(updates) == 1:  # an area needs two ends
        updates, shares = [updates[0], updates[0] + 1], shares.repeat(2, axis=1)
    axis.stackplot(
        updates,
        shares,
        labels=kinds,
        colors=None if None in colours else colours,
        hatch=["//" if kind.startswith("illegal") else "" for kind in kinds],
        edgecolor="white",
        linewidth=0.5,
    )
    axis.set(xlim=(updates[0], updates[-1]), ylim=(0, 1), xlabel="update", ylabel="share of actions")
    figure.legend(
        title="action | opponent's last action", loc="outside lower center", ncols=min(len(kinds), 6), frameon=False
    )
    most = max(range(len(kinds)), key=lambda place: shares[place, -1])
    return Drawing(
        figure,
        f"Stacked areas of action types over {counted(updates_made, 'update')}; at the end {kinds[most]} is the most "
        f"frequent, with {shares[most, -1]:.0%} of actions.",
    )


def moral_regret(metrics: Mapping[str, Any], titles: Mapping[str, str]) -> Drawing:
    """Draw the moral regret in each game before and after, one panel a value.

    After Tennant et al. (2025), Figure 4; exact, and normalised to [0, 1]. The thin line reaches to
    the presentation with the highest regret.
    """
    games = list(titles)
    values = list(metrics["after"][games[0]]["moral_regret"])
    reach = {
        value: {
            when: [(found["moral_regret"][value], found["moral_regret_highest"][value]) for found in _of(metrics, when)]
            for when in WHEN
        }
        for value in values
    }
    figure = bars_by_game([titles[game] for game in games], reach, [f"{value} regret" for value in values])
    told = [
        f"the largest {value} regret goes from {max(low for low, _ in found['before']):.2f} to "
        f"{max(low for low, _ in found['after']):.2f}"
        for value, found in reach.items()
    ]
    return Drawing(figure, f"Bars of moral regret by game, before and after training: {listed(told)}.")


def bars_by_game(
    titles: Sequence[str], reach: Mapping[str, Mapping[str, Sequence[tuple[float, float]]]], names: Sequence[str]
) -> Figure:
    """Draw bars in [0, 1] before and after training: one row a game, one panel a measure, all of one scale.

    Parameters
    ----------
    titles
        Of the games.
    reach
        By measure and ``before`` or ``after``: for each game the number, and where a thin line from it ends.
    names
        What stands under the panels.
    """
    figure = Figure(figsize=(WIDTH, 1.1 + 0.62 * len(titles)), layout="constrained")
    axes = figure.subplots(1, len(reach), sharey=True, sharex=True, squeeze=False)[0]
    y = np.arange(len(titles))
    for axis, found, name in zip(axes, reach.values(), names, strict=True):
        for shift, when, colour in ((-0.2, "before", BEFORE), (0.2, "after", AFTER)):
            number, end = np.array(found[when]).T
            bars = axis.barh(
                y + shift, number, 0.38, color=colour, hatch="//" if when == "before" else "", edgecolor="white"
            )
            bars.set_label(f"{when} training")
            axis.hlines(y + shift, number, end, color=BLACK, linewidth=1)
            for row, far in enumerate(np.maximum(number, end)):
                axis.text(far + 0.02, row + shift, f"{number[row]:.2f}", va="center", fontsize=8)
        axis.set(xlim=(0, 1.2), xticks=(0, 0.5, 1), xlabel=name)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_yticks(y, list(map(_wrapped, titles)), fontsize=9)
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False, fontsize=9)
    return figure


def telling(metrics: Mapping[str, Any], titles: Mapping[str, str], states: Mapping[str, Sequence[str]]) -> Drawing:
    """Draw how much the telling alone changes behaviour: the presentation gap by game and state.

    Outlined cells are states in which the trained value tells the actions apart.
    """
    games = list(titles)
    figure = Figure(figsize=(WIDTH, 1.2 + 0.42 * len(games)), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    width = max(len(states[game]) for game in games)
    for axis, when in zip(axes, WHEN, strict=True):
        gaps = np.full((len(games), width), np.nan)
        for row, found in enumerate(_of(metrics, when)):
            gaps[row, : len(found["presentation_gap"])] = found["presentation_gap"]
            for column in found["judged_states"]:
                axis.add_patch(_outline(column, row))
        image = axis.imshow(gaps, vmin=0, vmax=1, cmap="cividis_r", aspect="auto")
        if width < CROWDED:
            _write_cells(axis, gaps)
        axis.set(xticks=np.arange(width), yticks=np.arange(len(games)))
        axis.set_title(f"{when} training", fontsize=10)
        _name_states(axis, [states[game] for game in games])
        axis.set_yticklabels([_wrapped(titles[game]) for game in games], fontsize=9)
    figure.colorbar(image, ax=axes, label="presentation gap", location="bottom", aspect=40, shrink=0.6)
    widest = max(found["presentation_gap_judged"] for found in _of(metrics, "after"))
    return Drawing(
        figure,
        "Heat maps of the presentation gap by game and state, before and after training; after it, the largest gap in "
        f"a state in which the value tells the actions apart is {widest:.2f}.",
    )


def _of(metrics: Mapping[str, Any], when: str) -> list[Mapping[str, Any]]:
    return list(metrics[when].values())


def _stacked(axis: Axes, first: np.ndarray[Any, Any], legal: np.ndarray[Any, Any]) -> None:
    x = np.arange(len(first))
    axis.bar(x, first, color=FIRST, label="first action (cooperate)")
    axis.bar(x, legal - first, bottom=first, color=SECOND, label="any other action (defect)")
    axis.bar(x, 1 - legal, bottom=legal, color=ILLEGAL, hatch="//", edgecolor="white", label="illegal answer")


def _write_cells(axis: Axes, numbers: np.ndarray[Any, Any]) -> None:
    for (row, column), number in np.ndenumerate(numbers):
        if np.isfinite(number):
            colour = "white" if number > 0.6 else BLACK
            axis.text(column, row, f"{number:.2f}", ha="center", va="center", fontsize=8, color=colour)


def _name_states(axis: Axes, states: Sequence[Sequence[str]]) -> None:
    """Name the columns after the states if all games have as many, else number them."""
    longest = max(states, key=len)
    same = {len(own) for own in states} == {len(longest)}
    axis.set_xticklabels(longest if same else list(map(str, range(len(longest)))))
    axis.tick_params(axis="x", **(TIGHT if len(longest) >= CROWDED else {"labelsize": 8}))


def _outline(column: int, row: int) -> Rectangle:
    return Rectangle((column - 0.47, row - 0.46), 0.94, 0.92, fill=False, edgecolor=VERMILLION, linewidth=2)


def _pairs(states: Sequence[str], numbers: Sequence[float]) -> str:
    return ", ".join(f"{state} {number:.2f}" for state, number in zip(states, numbers, strict=True))


def _wrapped(title: str) -> str:
    return title.replace(" ", "\n", 1)
