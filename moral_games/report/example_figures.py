"""The figure of learning from examples: the loss of every update, and each look at validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games.report.figures import WIDTH

NAMES = {"right": "right answers", "legal_mass": "legal answers", "loss": "loss on what is held out"}
"""What a look at validation finds, in words."""


def learning(history: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the loss by update, and beside it what each look at validation found.

    Parameters
    ----------
    history
        The lines of a run's history, at least one.
    """
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot([line["update"] for line in history], [line["loss"] for line in history], color="#0072B2")
    left.set(xlabel="update", ylabel="loss, a token of the answers", ylim=(0, None))
    looks = [(line["update"], line["validation"]) for line in history if "validation" in line]
    for name, colour in zip(NAMES, ("#009E73", "#777777", "#D55E00"), strict=True):
        found = [(update, look[name]) for update, look in looks if name in look]
        if found:
            right.plot(*zip(*found, strict=True), marker="o", markersize=3, color=colour, label=NAMES[name])
    right.set(xlabel="update", ylabel="at validation", ylim=(0, None))
    right.legend(frameon=False)
    for axis in (left, right):
        axis.grid(alpha=0.25)
    return figure
