"""The figure of a model that drifts: curves over the updates of one run, or of several that follow each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moral_games.report.figures import AFTER, FIRST, SECOND, WIDTH
from moral_games.report.learning_figures import COLOURS


def drift(found: Mapping[str, Any]) -> Figure:
    """Draw regret, legal mass, divergence, perplexity and what is responded to, look by look.

    Dashed lines stand where one run ends and the next begins; the dotted one is half-way back to the first value's
    regret before it was taught, and a cross where that is reached.
    """
    looks, total = found["looks"], [look["total"] for look in found["looks"]]
    figure = Figure(figsize=(WIDTH, 6.4), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True)
    for place, value in enumerate(found["values"]):
        curve = [look["regret"][value] for look in looks]
        axes[0, 0].plot(
            total, curve, marker="o", markersize=3, color=COLOURS[place % len(COLOURS)], label=_short(value)
        )
    axes[0, 0].set(ylabel="moral regret", ylim=(-0.03, 1.03))
    _mark_half_way(axes[0, 0], found)
    for axis, key, label, colour in (
        (axes[0, 1], "legal_mass", "legal answers", AFTER),
        (axes[1, 0], "kl", "KL to the base model (nats)", FIRST),
        (axes[1, 1], "perplexity", "perplexity of ordinary text", SECOND),
    ):
        axis.plot(total, [look[key] for look in looks], marker="o", markersize=3, color=colour)
        axis.set(ylabel=label, ylim=(0, None))
    names = list(looks[0]["families"])
    shares = [[look["families"][name] for look in looks] for name in names]
    axes[2, 0].stackplot(total, shares, labels=names, colors=COLOURS)
    axes[2, 0].set(ylabel="share of variance", ylim=(0, 1), xlabel="update")
    handles, labels = axes[2, 0].get_legend_handles_labels()
    axes[2, 1].axis("off")
    axes[2, 1].legend(handles, labels, title="responds to", loc="center left", frameon=False, fontsize=8, reverse=True)
    axes[1, 1].tick_params(labelbottom=True)
    for axis in axes.ravel()[:5]:
        for run in found["runs"][1:]:
            axis.axvline(run["begins"], color="black", linewidth=0.8, linestyle="--")
        axis.spines[["top", "right"]].set_visible(False)
    return figure


def _mark_half_way(axis: Axes, found: Mapping[str, Any]) -> None:
    undone = found["undone"]
    if undone is not None:
        half_way = (undone["before"] + undone["learned"]) / 2
        axis.axhline(half_way, color="black", linewidth=0.8, linestyle=":")
        if undone["after"] is not None:
            axis.plot(found["runs"][1]["begins"] + undone["after"], half_way, "x", color="black", markersize=9)
    axis.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)


def _short(value: str) -> str:
    return value if len(value) < 34 else f"{value[:31]}..."
