"""The figures of a learning run: one function each, from a run's numbers to a matplotlib figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moral_games.analysis.intervals import bootstrap
from moral_games.report.figures import ILLEGAL, TYPE_COLOURS, WIDTH

# Okabe & Ito's colours, which colour-blind readers can tell apart.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
DARK = ("#0072B2", "#D55E00", "#000000", "#777777")
DASHES = ("-", "--", "-.", ":")
PANELS_A_ROW = 3


def learning_curves(history: Sequence[Mapping[str, Any]], done_in: str = "rounds or updates") -> Figure:
    """Draw each measure over the course of learning: the mean over seeds and its 95 % bootstrap interval.

    Parameters
    ----------
    history
        The lines of ``history.jsonl``: ``done``, and measures named ``measure`` or ``measure/whose``, each a
        number or one number a seed.
    done_in
        What ``done`` counts.
    """
    done = [record["done"] for record in history]
    panels: dict[str, list[str]] = {}
    for key in history[0]:
        if key != "done":
            panels.setdefault(key.partition("/")[0], []).append(key)
    columns = min(len(panels), PANELS_A_ROW)
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(WIDTH, 2.9 * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False).ravel()
    for axis in axes[len(panels) :]:
        axis.remove()
    for axis, (measure, keys) in zip(axes, panels.items(), strict=False):
        for place, key in enumerate(keys):
            by_seed = np.array([np.atleast_1d(record[key]) for record in history], dtype=np.float64).T
            mean, low, high = bootstrap(by_seed, np.random.default_rng(0), resamples=500)
            colour, dash = COLOURS[place % len(COLOURS)], DASHES[place % len(DASHES)]
            axis.plot(done, mean, color=colour, linestyle=dash, linewidth=1.6, label=key.partition("/")[2] or measure)
            axis.fill_between(done, low, high, color=colour, alpha=0.2, linewidth=0)
        axis.set(title=measure, xlabel=f"{done_in} learned from")
        axis.grid(alpha=0.25)
        if len(keys) > 1 or "/" in keys[0]:
            axis.legend(framealpha=0.6, edgecolor="none", fontsize=8)
    return figure


def policies(learners: Mapping[str, Any]) -> Figure:
    """Draw what each learner does in each state: action probabilities, the mean over seeds.

    Black lines are the 95 % bootstrap interval of the first action's.

    Parameters
    ----------
    learners
        By player, as in ``metrics.json``; each has a policy by state.
    """
    figure = Figure(figsize=(WIDTH, 3.1), layout="constrained")
    axes = figure.subplots(1, len(learners), sharey=True, squeeze=False)[0]
    for axis, (player, found) in zip(axes, learners.items(), strict=True):
        policy = found["policy"]
        mean, low, high = (np.array(policy["probabilities"][part]) for part in ("mean", "low", "high"))
        x = np.arange(len(mean))
        bottom = np.zeros(len(mean))
        for action, letter in enumerate(policy["actions"]):
            axis.bar(x, mean[:, action], bottom=bottom, color=COLOURS[action % len(COLOURS)], label=letter)
            bottom = bottom + mean[:, action]
        axis.bar(x, 1 - np.minimum(bottom, 1), bottom=bottom, color=ILLEGAL)
        axis.vlines(x, low[:, 0], high[:, 0], color="black", linewidth=2)
        axis.set(xticks=x, ylim=(0, 1), title=f"{player}: {_shortened(found['reward'])}")
        axis.title.set_fontsize(9)
        axis.set_xticklabels(policy["states"], fontsize=8, rotation=0 if len(x) < 8 else 90)
        axis.set_xlabel("last round: own action, then the others'", fontsize=9)
    axes[0].set_ylabel("probability")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, title="action", loc="outside right center", frameon=False)
    return figure


def players(learners: Mapping[str, Any]) -> Figure:
    """Draw each measure of each of many learners: means over runs and their 95 % bootstrap intervals.

    Parameters
    ----------
    learners
        By player, as in ``metrics.json``.
    """
    names = list(next(iter(learners.values()))["measures"])
    figure = Figure(figsize=(WIDTH, 1.4 + 0.27 * len(learners)), layout="constrained")
    axes = figure.subplots(1, len(names), sharey=True, squeeze=False)[0]
    y = np.arange(len(learners))
    for place, (axis, name) in enumerate(zip(axes, names, strict=True)):
        found = [learner["measures"][name] for learner in learners.values()]
        mean, low, high = (np.array([interval[part] for interval in found]) for part in ("mean", "low", "high"))
        axis.hlines(y, low, high, color=COLOURS[place % len(COLOURS)], linewidth=2)
        axis.plot(mean, y, "o", color=COLOURS[place % len(COLOURS)], markersize=4)
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25)
    axes[0].set_yticks(y, [f"{player}: {_shortened(found['reward'])}" for player, found in learners.items()])
    axes[0].invert_yaxis()
    return figure


def action_types(learners: Mapping[str, Any]) -> Figure:
    """Draw the exact share of rounds of each action type after learning, a bar for each learner.

    A type is the own action given what the others did in the round before.
    """
    figure = Figure(figsize=(WIDTH, 1.5 + 0.5 * len(learners)), layout="constrained")
    axis: Axes = figure.subplots()
    shares = {
        player: {kind: share["mean"] for kind, share in found["action_types"].items()}
        for player, found in learners.items()
    }
    kinds = [
        kind for kind in dict.fromkeys(kind for own in shares.values() for kind in own) if _largest(shares, kind) > 5e-4
    ]
    left = np.zeros(len(shares))
    for place, kind in enumerate(kinds):
        widths = np.array([own.get(kind, 0.0) for own in shares.values()])
        colour = TYPE_COLOURS.get(kind, "#DDDDDD" if kind.endswith("|start") else COLOURS[place % len(COLOURS)])
        bars = axis.barh(list(shares), widths, left=left, color=colour, edgecolor="white", label=kind)
        told = [kind if width > 0.06 else "" for width in widths]
        axis.bar_label(bars, told, label_type="center", fontsize=8, color="white" if colour in DARK else "black")
        left = left + widths
    axis.invert_yaxis()
    axis.set(xlim=(0, 1), xlabel="share of rounds, action | the others' last action")
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize=8)
    return figure


def _largest(shares: Mapping[str, Mapping[str, float]], kind: str) -> float:
    return max(own.get(kind, 0.0) for own in shares.values())


def _shortened(text: str) -> str:
    return text if len(text) <= 48 else f"{text[:45]}..."
