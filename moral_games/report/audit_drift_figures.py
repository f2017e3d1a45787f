"""The figure of a model that drifts: curves over the updates of one run, or of several that follow each other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moral_games.report.figures import WIDTH
from moral_games.report.palette import BLACK, FILLS, style
from moral_games.report.pieces import Drawing, listed, shortened


def drift(found: Mapping[str, Any]) -> Drawing:
    """Draw regret, legal mass, divergence, perplexity and what is responded to, look by look.

    Dashed lines stand where one run ends and the next begins; the dotted one is half-way back to the first value's
    regret before it was taught, and a cross where that is reached.
    """
    looks, total = found["looks"], [look["total"] for look in found["looks"]]
    figure = Figure(figsize=(WIDTH, 6.4), layout="constrained")
    axes = figure.subplots(3, 2, sharex=True)
    for place, value in enumerate(found["values"]):
        curve = [look["regret"][value] for look in looks]
        axes[0, 0].plot(total, curve, **style(place), markersize=4, label=shortened(value, 28))
    axes[0, 0].set(ylabel="moral regret", ylim=(-0.03, 1.03))
    _mark_half_way(axes[0, 0], found)
    for axis, key, label in (
        (axes[0, 1], "legal_mass", "legal answers"),
        (axes[1, 0], "kl", "KL to the base model (nats)"),
        (axes[1, 1], "perplexity", "perplexity of ordinary text"),
    ):
        axis.plot(total, [look[key] for look in looks], **style(0), markersize=3)
        axis.set(ylabel=label, ylim=(0, None))
    names = list(looks[0]["families"])
    shares = [[look["families"][name] for look in looks] for name in names]
    axes[2, 0].stackplot(total, shares, labels=names, colors=FILLS, edgecolor="white", linewidth=0.5)
    axes[2, 0].set(ylabel="share of variance", ylim=(0, 1), xlabel="update")
    handles, labels = axes[2, 0].get_legend_handles_labels()
    axes[2, 1].axis("off")
    axes[2, 1].legend(handles, labels, title="responds to", loc="center left", frameon=False, fontsize=8, reverse=True)
    axes[1, 1].tick_params(labelbottom=True)
    for axis in axes.ravel()[:5]:
        for run in found["runs"][1:]:
            axis.axvline(run["begins"], color=BLACK, linewidth=0.8, linestyle="--")
        axis.spines[["top", "right"]].set_visible(False)
    told = [
        f"the regret by {value} goes from {looks[0]['regret'][value]:.2f} to {looks[-1]['regret'][value]:.2f}"
        for value in found["values"]
    ]
    return Drawing(
        figure,
        f"Curves of regret, legal answers, divergence, perplexity and shares of variance over {total[-1]} updates: "
        f"{listed(told)}.",
    )


def _mark_half_way(axis: Axes, found: Mapping[str, Any]) -> None:
    undone = found["undone"]
    if undone is not None:
        half_way = (undone["before"] + undone["learned"]) / 2
        axis.axhline(half_way, color=BLACK, linewidth=0.8, linestyle=":")
        if undone["after"] is not None:
            axis.plot(found["runs"][1]["begins"] + undone["after"], half_way, "x", color=BLACK, markersize=9)
    axis.legend(frameon=False, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
