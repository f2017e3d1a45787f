"""The figure of learning from examples: the loss of every update, and each look at validation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games.report.figures import WIDTH
from moral_games.report.palette import style
from moral_games.report.pieces import Drawing, counted, listed, thinned

NAMES = {
    "right": "right answers",
    "legal_mass": "legal answers",
    "loss": "loss on what is held out",
    "regret": "moral regret",
    "fault": "largest fault",
}
"""What a look at validation finds, in words."""


def learning(history: Sequence[Mapping[str, Any]]) -> Drawing:
    """Draw the loss by update, and beside it what each look at validation found.

    Parameters
    ----------
    history
        The lines of a run's history, at least one.
    """
    figure = Figure(figsize=(WIDTH, 3.2), layout="constrained")
    left, right = figure.subplots(1, 2)
    shown = thinned(history)
    updates, losses = [line["update"] for line in shown], [line["loss"] for line in shown]
    left.plot(updates, losses, color=style(0)["color"], marker="o" if len(history) == 1 else "")
    left.set(xlabel="update", ylabel="loss", ylim=(min(0, *losses), None))
    looks = [(line["update"], line["validation"]) for line in history if "validation" in line]
    told = [f"the loss goes from {losses[0]:.3g} to {losses[-1]:.3g} over {counted(len(history), 'update')}"]
    for place, (name, label) in enumerate(NAMES.items()):
        found = [(update, look[name]) for update, look in looks if name in look]
        if found:
            right.plot(*zip(*found, strict=True), **style(place), markersize=4, label=label)
            told.append(f"{label} at validation from {found[0][1]:.2f} to {found[-1][1]:.2f}")
    right.set(xlabel="update", ylabel="at validation", ylim=(0, None))
    for axis in (left, right):
        axis.grid(alpha=0.25)
    figure.legend(loc="outside lower right", ncols=2, frameon=False, fontsize=9)
    return Drawing(figure, f"Curves by update: {listed(told)}.")
