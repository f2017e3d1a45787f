"""The figures of a learning run: one function each, from a run's numbers to a figure and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from moral_games.analysis.intervals import bootstrap
from moral_games.report.figures import WIDTH
from moral_games.report.palette import FILLS, ILLEGAL, LIGHT_GREY, TYPES, ink, style
from moral_games.report.pieces import Drawing, listed, shortened, thinned

PANELS_A_ROW = 2
CROWD = 4
"""With more curves a panel has a row for itself."""

PLAYER_PANELS = 3


def learning_curves(history: Sequence[Mapping[str, Any]], done_in: str = "rounds or updates") -> Drawing:
    """Draw each measure over the course of learning: the mean over seeds and its 95 % bootstrap interval.

    Parameters
    ----------
    history
        The lines of ``history.jsonl``: ``done``, and measures named ``measure`` or ``measure/whose``, each a
        number or one number a seed.
    done_in
        What ``done`` counts.
    """
    history = thinned(history)
    done = [record["done"] for record in history]
    panels: dict[str, list[str]] = {}
    for key in history[0]:
        if key != "done":
            panels.setdefault(key.partition("/")[0], []).append(key)
    layout = _layout(panels)
    figure = Figure(figsize=(WIDTH, 2.6 * len(layout)), layout="constrained")
    axes = figure.subplot_mosaic(layout, empty_sentinel="")
    told = []
    for measure, keys in panels.items():
        axis = axes[measure]
        means = [_curve(axis, done, history, key, place) for place, key in enumerate(keys)]
        axis.set(ylabel=measure, xlabel=f"{done_in} learned from")
        axis.grid(alpha=0.25)
        if len(keys) > CROWD:
            axis.legend(loc="upper center", bbox_to_anchor=(0.5, -0.24), ncols=2, frameon=False, fontsize=8)
        elif len(keys) > 1 or "/" in keys[0]:
            axis.legend(framealpha=0.6, edgecolor="none", fontsize=8)
        told.append(
            f"{measure} from {np.mean([mean[0] for mean in means]):.2f} to {np.mean([mean[-1] for mean in means]):.2f}"
        )
    return Drawing(figure, f"Curves over the course of learning, {done[-1]:,} {done_in}: {listed(told)}.")


def _layout(panels: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return rows of two panels, those with many curves alone in a row at the end."""
    few = [measure for measure, keys in panels.items() if len(keys) <= CROWD]
    many = [measure for measure in panels if measure not in few]
    columns = 1 if len(few) <= 1 else 2
    rows = [few[at : at + columns] for at in range(0, len(few), columns)]
    return [
        *([*row, *[""] * (columns - len(row))] for row in rows),
        *([measure] * columns for measure in many),
    ]


def _curve(
    axis: Axes, done: Sequence[int], history: Sequence[Mapping[str, Any]], key: str, place: int
) -> NDArray[np.float64]:
    """Draw the mean over seeds of one entry of the history with its interval; return the mean."""
    by_seed = np.array([np.atleast_1d(record[key]) for record in history], dtype=np.float64).T
    mean, low, high = bootstrap(by_seed, np.random.default_rng(0), resamples=500)
    look = style(place) | {"marker": ""}
    axis.plot(done, mean, **look, linewidth=1.6, label=shortened(key.partition("/")[2] or key, 32))
    axis.fill_between(done, low, high, color=look["color"], alpha=0.2, linewidth=0)
    return mean


def policies(learners: Mapping[str, Any]) -> Drawing:
    """Draw what each learner does in each state: action probabilities, the mean over seeds.

    Black lines are the 95 % bootstrap interval of the first action's.

    Parameters
    ----------
    learners
        By player, as in ``metrics.json``; each has a policy by state.
    """
    rows = -(-len(learners) // PANELS_A_ROW)
    figure = Figure(figsize=(WIDTH, 0.5 + 2.5 * rows), layout="constrained")
    axes = figure.subplots(rows, min(len(learners), PANELS_A_ROW), sharey=True, squeeze=False).ravel()
    for axis in axes[len(learners) :]:
        axis.remove()
    told = []
    for axis, (player, found) in zip(axes, learners.items(), strict=False):
        policy = found["policy"]
        mean, low, high = (np.array(policy["probabilities"][part]) for part in ("mean", "low", "high"))
        x = np.arange(len(mean))
        bottom = np.zeros(len(mean))
        for action, letter in enumerate(policy["actions"]):
            axis.bar(x, mean[:, action], bottom=bottom, color=FILLS[action % len(FILLS)], label=letter)
            bottom = bottom + mean[:, action]
        axis.bar(x, 1 - np.minimum(bottom, 1), bottom=bottom, color=ILLEGAL, hatch="//", edgecolor="white")
        axis.vlines(x, low[:, 0], high[:, 0], color="black", linewidth=2)
        axis.set(xticks=x, ylim=(0, 1), title=f"{player}: {shortened(found['reward'], 36)}", ylabel="probability")
        axis.title.set_fontsize(9)
        axis.set_xticklabels(policy["states"], fontsize=8, rotation=0 if len(x) < 8 else 90)
        axis.set_xlabel("last round: own action, then the others'", fontsize=9)
        if len(x) < 8:
            pairs = zip(policy["states"], mean[:, 0], strict=True)
            told.append(f"{player} {', '.join(f'{state} {number:.2f}' for state, number in pairs)}")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, title="action", loc="outside lower center", ncols=min(len(labels), 8), frameon=False)
    seen = f"; probability of the first action: {'; '.join(told)}" if told else ""
    return Drawing(figure, f"Stacked bars of action probabilities by state, one panel a learner{seen}.")


def players(learners: Mapping[str, Any]) -> Drawing:
    """Draw each measure of each of many learners: means over runs and their 95 % bootstrap intervals.

    Parameters
    ----------
    learners
        By player, as in ``metrics.json``.
    """
    names = list(next(iter(learners.values()))["measures"])
    rows = -(-len(names) // PLAYER_PANELS)
    figure = Figure(figsize=(WIDTH, (1.0 + 0.24 * len(learners)) * rows), layout="constrained")
    axes = figure.subplots(rows, min(len(names), PLAYER_PANELS), sharey=True, squeeze=False).ravel()
    for axis in axes[len(names) :]:
        axis.remove()
    y = np.arange(len(learners))
    told = []
    for place, (axis, name) in enumerate(zip(axes, names, strict=False)):
        found = {player: learner["measures"][name] for player, learner in learners.items()}
        mean, low, high = (
            np.array([interval[part] for interval in found.values()]) for part in ("mean", "low", "high")
        )
        look = style(place)
        axis.hlines(y, low, high, color=look["color"], linewidth=2)
        axis.plot(mean, y, look["marker"], color=look["color"], markersize=4)
        axis.set_xlabel(name, fontsize=9)
        axis.tick_params(labelsize=8)
        axis.grid(alpha=0.25)
        least, most = (pick(found, key=lambda player: found[player]["mean"]) for pick in (min, max))
        told.append(f"{name} from {found[least]['mean']:.2f} ({least}) to {found[most]['mean']:.2f} ({most})")
    axes[0].set_yticks(
        y, [f"{player.removeprefix('player_')}: {shortened(f['reward'], 24)}" for player, f in learners.items()]
    )
    axes[0].invert_yaxis()
    return Drawing(figure, f"Each measure of each of {len(learners)} players, with intervals: {'; '.join(told)}.")


def action_types(learners: Mapping[str, Any]) -> Drawing:
    """Draw the exact share of rounds of each action type after learning, a bar for each learner.

    A type is the own action given what the others did in the round before.
    """
    figure = Figure(figsize=(WIDTH, 1.8 + 0.5 * len(learners)), layout="constrained")
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
        colour = TYPES.get(kind, LIGHT_GREY if kind.endswith("|start") else FILLS[place % len(FILLS)])
        bars = axis.barh(list(shares), widths, left=left, color=colour, edgecolor="white", label=kind)
        told = [kind if width > 0.06 else "" for width in widths]
        axis.bar_label(bars, told, label_type="center", fontsize=8, color=ink(colour))
        left = left + widths
    axis.invert_yaxis()
    axis.set(xlim=(0, 1), xlabel="share of rounds, action | the others' last action")
    figure.legend(loc="outside lower center", ncols=min(max(len(kinds), 1), 6), frameon=False, fontsize=8)
    seen = [
        f"{player} mostly {max(own, key=lambda kind: own[kind])} ({max(own.values()):.0%})"
        for player, own in shares.items()
    ]
    return Drawing(figure, f"Stacked bars of action types, one a learner: {'; '.join(seen)}.")


def _largest(shares: Mapping[str, Mapping[str, float]], kind: str) -> float:
    return max(own.get(kind, 0.0) for own in shares.values())
