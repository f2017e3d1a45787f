"""The figures of a run in conversation: one function each, from a run's numbers to a figure and what is seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import getitem
from typing import Any

from matplotlib.figure import Figure

from moral_games.report.figures import WHEN, WIDTH, bars_by_game
from moral_games.report.palette import style
from moral_games.report.pieces import NORMAL_95, Drawing, counted, listed, thinned


def learning_curves(history: Sequence[Mapping[str, Any]]) -> Drawing:
    """Draw reward and share of legal answers over the updates, as sampled; a learner beside it as a dashed line."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    axes = figure.subplots(1, 2)
    updates_made, history = len(history), thinned(history)
    updates = [record["update"] for record in history]
    told = []
    for axis, key, title in zip(
        axes, ("reward", "legal_mass"), ("reward a round", "share of legal answers"), strict=True
    ):
        own = [record[key] for record in history]
        axis.plot(updates, own, **style(0), markersize=3, label="player 0")
        told.append(f"{title} from {own[0]:.2f} to {own[-1]:.2f}")
        if "other" in history[0]:
            axis.plot(updates, [record["other"][key] for record in history], **style(1), markersize=3, label="player 1")
            axis.legend(framealpha=0.6, edgecolor="none", fontsize=8)
        axis.set(ylabel=title, xlabel="update")
        axis.grid(alpha=0.25)
    axes[1].set_ylim(0, 1.02)
    return Drawing(figure, f"Curves over {counted(updates_made, 'update')}: {listed(told)}.")


def measures(metrics: Mapping[str, Any], titles: Mapping[str, str]) -> Drawing:
    """Draw legality and moral regret in each game before and after, with 95 % intervals; one panel a measure."""
    names = list(titles)
    panels: dict[str, tuple[str, ...]] = {"share of legal answers": ("legal",)}
    panels |= {f"{value} regret": ("moral regret", value) for value in metrics["after"][names[0]]["moral regret"]}
    reach = {
        title: {when: [_reach(reduce(getitem, keys, metrics[when][game])) for game in names] for when in WHEN}
        for title, keys in panels.items()
    }
    told = []
    for title, found in reach.items():
        means = [f"{mean:.2f} in {game}" for game, (mean, _) in zip(titles.values(), found["after"], strict=True)]
        told.append(f"{title} {listed(means)}")
    return Drawing(
        bars_by_game(list(titles.values()), reach, list(panels)),
        f"Bars of legality and moral regret by game, before and after training, with intervals; after it: "
        f"{'; '.join(told)}.",
    )


def _reach(found: Mapping[str, Any]) -> tuple[float, float]:
    """Return a mean, and the upper end of its 95 % interval."""
    mean = float(found["mean"])
    return mean, min(mean + NORMAL_95 * (found["standard_error"] or 0.0), 1.0)
