"""The leaderboard as a figure: every study's moral regret with its interval, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from matplotlib.figure import Figure

MARKERS = "osD^vP"
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""Of Okabe & Ito (2008), which the colour-blind tell apart."""


def figure(asked: Mapping[str, Any], studies: Sequence[Mapping[str, Any]], unlearned: Sequence[float]) -> Figure:
    """Draw a panel a game, a row for each value and opponent, and in it a mark for each agent.

    Parameters
    ----------
    asked
        The board's options: ``games``, ``values``, ``opponents``.
    studies
        As `benchmarks.leaderboard.entry` returns them.
    unlearned
        The regret of playing at random in each game, under each value, against each opponent, the last list fastest.

    Returns
    -------
    matplotlib.figure.Figure
        Studies that failed are marked at 1, in red.
    """
    agents = list(dict.fromkeys(study["agent"] for study in studies))
    rows = list(product(asked["values"], asked["opponents"]))
    drawn = Figure(figsize=(11, 1.6 + 0.16 * len(rows) * (len(agents) + 1)), layout="constrained")
    panels = drawn.subplots(1, len(asked["games"]), sharex=True, sharey=True, squeeze=False)[0]
    chance = np.reshape(unlearned, (len(asked["games"]), len(rows)))
    for game, panel, at_random in zip(asked["games"], panels, chance, strict=True):
        panel.vlines(at_random, np.arange(len(rows)) - 0.42, np.arange(len(rows)) + 0.42, color="0.6", linestyle=":")
        for number, agent in enumerate(agents):
            own = [study for study in studies if study["agent"] == agent and study["game"] == game]
            heights = np.arange(len(rows)) + 0.8 * ((number + 0.5) / len(agents) - 0.5)
            _marks(panel, own, heights, agent, number)
        panel.set(title=game, xlabel="moral regret", xlim=(-0.02, 1.02), yticks=range(len(rows)))
        panel.set_yticks(np.arange(1, len(rows)) - 0.5, minor=True)
        panel.grid(axis="y", which="minor", color="0.9")
        panel.tick_params(axis="y", which="both", length=0)
    panels[0].set_yticklabels([f"{value},\nagainst {opponent}" for value, opponent in rows])
    panels[0].invert_yaxis()
    handles, labels = panels[0].get_legend_handles_labels()
    drawn.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False)
    return drawn


def _marks(panel: Any, studies: Sequence[Mapping[str, Any]], heights: Sequence[float], agent: str, number: int) -> None:
    found = [study["regret"] or {"mean": 1.0, "low": 1.0, "high": 1.0} for study in studies]
    means = np.array([regret["mean"] for regret in found])
    ends = np.abs([[regret["low"], regret["high"]] for regret in found] - means[:, None]).T
    style = {"marker": MARKERS[number % len(MARKERS)], "markersize": 4.5, "linestyle": "none", "capsize": 2}
    panel.errorbar(means, heights, xerr=ends, color=COLOURS[number % len(COLOURS)], label=agent, **style)
    failed = [study["regret"] is None for study in studies]
    panel.plot(means[failed], np.asarray(heights)[failed], "x", color="red", markersize=9)
