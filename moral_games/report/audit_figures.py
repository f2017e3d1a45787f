"""The figures of an audit: one function each, from its numbers to a figure and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure

from moral_games.report.figures import WIDTH
from moral_games.report.palette import BLACK, FIRST, ILLEGAL, LIGHT_GREY, PALE, SECOND, SKY, style
from moral_games.report.pieces import Drawing, listed, shortened

SIZES = {
    "single": (FIRST, "single factors"),
    "pairs": (SKY, "interactions of two"),
    "higher": (LIGHT_GREY, "of three or more"),
}
PANELS_A_ROW = 3


def families(response: Mapping[str, Any]) -> Drawing:
    """Draw the share of the variance of log-odds that each family of terms explains, by the size of the terms."""
    found = response["families"]
    figure = Figure(figsize=(WIDTH, 1.3 + 0.36 * len(found)), layout="constrained")
    axis = figure.subplots()
    names, left = list(found), np.zeros(len(found))
    for size, (colour, label) in SIZES.items():
        widths = np.array([found[name][size] for name in names])
        axis.barh(names, widths, left=left, color=colour, edgecolor="white", label=label)
        left = left + widths
    for place, share in enumerate(left):
        axis.text(share + 0.01, place, f"{share:.0%}", va="center", fontsize=9)
    axis.invert_yaxis()
    axis.set(xlim=(0, 1.08), xlabel="share of the variance of the log-odds of the first action")
    axis.spines[["top", "right"]].set_visible(False)
    axis.legend(frameon=False, loc="lower right")
    told = [f"{name} {share:.0%}" for name, share in zip(names, left, strict=True)]
    return Drawing(figure, f"Bars of the share of variance by family of terms: {listed(told)}.")


def interactions(response: Mapping[str, Any]) -> Drawing:
    """Draw the share of each factor by itself, on the diagonal, and of each pair of factors."""
    names, shares = list(response["factors"]), np.array(response["pairs"])
    shown = np.where(np.tri(len(names), dtype=bool), shares, np.nan)
    figure = Figure(figsize=(WIDTH, 0.75 * WIDTH), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(shown, vmin=0, vmax=1, cmap="Blues")
    for row, column in np.argwhere(np.isfinite(shown)).tolist():
        share = shares[row, column]
        told = f"{share:.0%}" if share >= 0.005 else ""
        axis.text(column, row, told, ha="center", va="center", fontsize=8, color="white" if share > 0.5 else "black")
    axis.set(xticks=range(len(names)), yticks=range(len(names)))
    axis.set_xticklabels(names, rotation=40, ha="right", fontsize=9)
    axis.set_yticklabels(names, fontsize=9)
    axis.spines[:].set_visible(False)
    axis.set_title(f"interactions of three or more: {response['higher']:.0%}", fontsize=10)
    figure.colorbar(image, ax=axis, label="share of variance", shrink=0.8)
    place = int(np.nanargmax(shown))
    row, column = divmod(place, len(names))
    most = names[row] if row == column else f"{names[column]} with {names[row]}"
    return Drawing(
        figure,
        f"Heat map of the share of variance of each factor and each pair of factors; the largest is {most}, with "
        f"{shares[row, column]:.0%}.",
    )


def policy(by_game: Mapping[str, Any], titles: Mapping[str, str]) -> Drawing:
    """Draw the probability of the first action in each state of each game: the mean, and the range over tellings."""
    columns = min(len(by_game), PANELS_A_ROW)
    rows = -(-len(by_game) // columns)
    figure = Figure(figsize=(WIDTH, 2.3 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, sharey=True, squeeze=False).ravel()
    for axis in axes[len(by_game) :]:
        axis.remove()
    for axis, (name, found) in zip(axes, by_game.items(), strict=False):
        x = np.arange(len(found["states"]))
        axis.bar(x, found["p_first"], color=FIRST)
        axis.bar(x, 1 - np.array(found["legal"]), bottom=found["legal"], color=ILLEGAL, hatch="//", edgecolor="white")
        axis.vlines(x, found["low"], found["high"], color=BLACK, linewidth=1.2)
        axis.set(xticks=x, xticklabels=found["states"], ylim=(0, 1))
        axis.set_title(titles[name].replace(" ", "\n", 1), fontsize=9)
        axis.tick_params(axis="x", labelsize=7)
    for axis in axes[: len(by_game) : columns]:
        axis.set_ylabel("probability of\nthe first action", fontsize=9)
    told = [f"{titles[name]} {float(np.mean(found['p_first'])):.2f}" for name, found in by_game.items()]
    return Drawing(
        figure,
        "Bars of the probability of the first action by state, one panel a game, with ranges over tellings; means over "
        f"states: {listed(told)}.",
    )


def payoff_paths(paths: Sequence[Mapping[str, Any]]) -> Drawing:
    """Draw what is done along each path of payoffs, and below it what each value asks for in the same states."""
    states = [state for state in paths[0]["states"] if state != "start"]
    values = list(paths[0]["values"])
    figure = Figure(figsize=(WIDTH, 3.2 + 0.17 * len(states) * len(values)), layout="constrained")
    heights = (2.4, 0.17 * len(states) * len(values))
    axes = figure.subplots(2, len(paths), sharey="row", squeeze=False, height_ratios=heights)
    for column, path in enumerate(paths):
        _behaviour(axes[0, column], path, states)
        _asked(axes[1, column], path, states)
    axes[0, 0].set_ylabel("probability of the first action")
    rows = [f"{state}" for _ in values for state in states]
    axes[1, 0].set_yticks(range(len(rows)), rows, fontsize=7)
    for place, value in enumerate(values):
        middle = place * len(states) + (len(states) - 1) / 2
        axes[1, 0].annotate(
            shortened(value, 20),
            (-0.3, middle),
            xycoords=("axes fraction", "data"),
            ha="right",
            va="center",
            fontsize=8,
        )
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, title="last round", loc="outside lower center", ncols=len(labels), frameon=False)
    ends = [np.array(path["p_first"]).mean(axis=1)[[0, -1]] for path in paths]
    told = [f"{path['moves']} from {one:.2f} to {other:.2f}" for path, (one, other) in zip(paths, ends, strict=True)]
    return Drawing(
        figure,
        "Lines of behaviour along paths of payoffs, and below them strips of what each value asks for; the mean "
        f"probability of the first action goes, along {listed(told)}.",
    )


def _behaviour(axis: Axes, path: Mapping[str, Any], states: Sequence[str]) -> None:
    x, first = np.arange(len(path["grid"])), np.array(path["p_first"])
    for place, state in enumerate(states):
        axis.plot(
            x + 0.08 * (place - (len(states) - 1) / 2),  # beside each other where they would hide each other
            first[:, path["states"].index(state)],
            **style(place),
            markersize=4,
            label=state,
        )
    axis.set(ylim=(-0.03, 1.03), xticks=x, xticklabels=[])
    axis.set_title(path["moves"], fontsize=10)
    axis.grid(alpha=0.25)


def _asked(axis: Axes, path: Mapping[str, Any], states: Sequence[str]) -> None:
    """Draw the best actions of each value as a strip of cells for each state."""
    columns = [path["states"].index(state) for state in states]
    best = np.concatenate([np.array(found["best"])[:, columns].T for found in path["values"].values()])
    axis.imshow(best, vmin=-1, vmax=1, cmap=ListedColormap([SECOND, PALE, FIRST]), aspect="auto")
    for edge in range(1, len(path["values"])):
        axis.axhline(edge * len(states) - 0.5, color="white", linewidth=4)
    x = np.arange(len(path["grid"]))
    axis.set_xticks(x, [f"{point:g}" for point in path["grid"]], fontsize=7)
    axis.set_xlabel("factor of all payoffs" if path["moves"] == "stakes" else "payoff", fontsize=9)
    axis.spines[:].set_visible(False)


def right_choices(found: Mapping[str, Any]) -> Drawing:
    """Draw how often what each value asks for is chosen in the dilemmas of each theme."""
    values = list(found["values"])
    themes = sorted({theme for one in found["values"].values() for theme in one["themes"]})
    shares = np.array(
        [
            [found["values"][value]["themes"].get(theme, {"share": np.nan})["share"] for theme in themes]
            for value in values
        ]
    )
    figure = Figure(figsize=(WIDTH, 1.6 + 0.4 * len(values)), layout="constrained")
    axis = figure.subplots()
    image = axis.imshow(shares, vmin=0, vmax=1, cmap="RdYlBu", aspect="auto")
    for row, column in np.ndindex(shares.shape):
        if np.isfinite(shares[row, column]):
            axis.text(column, row, f"{shares[row, column]:.2f}", ha="center", va="center", fontsize=8)
    axis.set_xticks(range(len(themes)), themes, rotation=25, ha="right", fontsize=8)
    axis.set_yticks(range(len(values)), values, fontsize=8)
    figure.colorbar(image, ax=axis, label="share of right choices", shrink=0.9)
    told = [f"{value} {found['values'][value]['share']:.2f}" for value in values]
    return Drawing(
        figure, f"Heat map of the share of right choices by value and theme; over all themes: {listed(told)}."
    )
