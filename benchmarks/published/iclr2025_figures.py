"""The figures of the ICLR 2025 study: action types during training, unlearning, regret, reciprocity, other prompts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from benchmarks.published.iclr2025_conditions import CONDITIONS, HELD_OUT, LABELS, TRAINED_ON, Subject
from benchmarks.published.iclr2025_measures import ACTIONS, OTHERS, VALUES
from benchmarks.published.iclr2025_other import SHARES, UNRELATED
from benchmarks.published.iclr2025_summary import over_seeds

Line = Mapping[str, Any]

# Okabe & Ito's colours, which colour-blind readers can tell apart; black for the model as it is.
COLOURS = (
    *("#000000", "#999999", "#CCCCCC", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442"),
)

# Cooperation in blues, defection in warm colours, illegal answers in greys; light where the opponent had defected.
TYPES = tuple(f"{action}|{after}" for action in ACTIONS for after in OTHERS)
TYPE_COLOURS = ("#08306B", "#6BAED6", "#B33C00", "#FDAE6B", "#555555", "#BBBBBB")
TYPE_LABELS = tuple(f"{action} after {after}" for action in ACTIONS for after in OTHERS)
SHARE_COLOURS = ("#0072B2", "#D55E00", "#BBBBBB")
SHARE_LABELS = (*(f"{label}, as {action}" for label, action in zip(LABELS[0], ACTIONS, strict=False)), "anything else")

Histories = Mapping[Subject, Sequence[Mapping[str, float]]]
"""By subject the shares of action types, one mapping an update."""

Shares = Mapping[tuple[str, str], Line]
"""By condition and measure."""


def of_training(histories: Histories) -> dict[str, Figure]:
    """Return the figures of trainings by name."""
    drawn = {"training": training(histories)} if histories else {}
    if any(_continued(subject.condition) for subject in histories):
        drawn["unlearning"] = unlearning(histories)
    return drawn


def of_judgement(lines: Sequence[Line], opponent: str) -> dict[str, Figure]:
    """Return the figures of what models that were trained against an opponent do, by name."""
    drawn = {"regret": regret(lines, opponent), "reciprocity": reciprocity(lines, opponent)}
    drawn["other-prompts"] = other_prompts(lines, opponent)
    if any(line["game"] == TRAINED_ON for line in lines):
        drawn["wordings"] = wordings(lines, opponent)
    return drawn


def training(histories: Histories) -> Figure:
    """Draw how often each action type occurs during training: means over seeds, a panel a condition and opponent.

    After its last update a subject stays as it was. A training that starts from another is drawn after that one, a
    line between them.
    """
    conditions = [name for name in CONDITIONS if any(subject.condition == name for subject in histories)]
    opponents = list(dict.fromkeys(subject.opponent for subject in histories))
    size = (max(7.5, 1.5 + 3.0 * len(opponents)), 1.0 + 1.7 * len(conditions))
    figure = Figure(figsize=size, layout="constrained")
    grid = figure.subplots(len(conditions), len(opponents), sharey=True, squeeze=False)
    for axes, condition in zip(grid, conditions, strict=True):
        for axis, opponent in zip(axes, opponents, strict=True):
            _training_panel(axis, histories, condition, opponent)
            axis.set_title(f"{condition}, vs {opponent}", fontsize=9)
    figure.supxlabel("update", fontsize=10)
    figure.supylabel("share of answers", fontsize=10)
    _legend(figure, TYPE_LABELS, TYPE_COLOURS)
    return figure


def unlearning(histories: Histories) -> Figure:
    """Draw how a trained model learns another value: action types over the updates of both trainings, and cooperation.

    A column a condition and opponent. Above, means over seeds; below, how often the model cooperates after the
    opponent did and after it did not, each seed a thin line and their mean a thick one.
    """
    columns = list(dict.fromkeys((s.condition, s.opponent) for s in histories if _continued(s.condition)))
    figure = Figure(figsize=(max(7.5, 1.0 + 4.2 * len(columns)), 6.2), layout="constrained")
    grid = figure.subplots(2, len(columns), sharex="col", sharey="row", squeeze=False)
    for (above, below), (condition, opponent) in zip(grid.T, columns, strict=True):
        first = _training_panel(above, histories, condition, opponent)
        above.set_title(f"{condition}, vs {opponent}", fontsize=9)
        seeds = _of_both_stages(histories, condition, opponent)
        updates = np.arange(1, seeds.shape[1] + 1)
        for k, (after, colour) in enumerate(zip(OTHERS, TYPE_COLOURS[:2], strict=True)):
            kinds = seeds[..., [TYPES.index(f"{action}|{after}") for action in ACTIONS]]
            total = kinds.sum(axis=-1)
            cooperation = np.divide(kinds[..., 0], total, out=np.full_like(total, np.nan), where=total > 1e-9)
            below.plot(updates, cooperation.T, color=colour, linewidth=0.6, alpha=0.7, linestyle=("-", "--")[k])
            mean = np.ma.masked_invalid(cooperation).mean(axis=0)
            below.plot(updates, mean, color=colour, linewidth=2.2, linestyle=("-", "--")[k], label=f"after {after}")
        below.axvline(first + 0.5, color="#444444", linewidth=1)
        below.set(ylim=(-0.02, 1.02), xlabel="update")
        below.grid(alpha=0.25)
    grid[0, 0].set_ylabel("share of answers")
    grid[1, 0].set_ylabel("P(cooperates)")
    grid[1, 0].legend(fontsize=8)
    _legend(figure, TYPE_LABELS, TYPE_COLOURS)
    return figure


def regret(lines: Sequence[Line], opponent: str) -> Figure:
    """Draw exact regret on held-out tellings by game and condition: means over seeds and 95 % intervals.

    Moral regret above, published regret below, with the mean of the published protocol as a circle. Where all legal
    play earns the same against a random opponent, as by the utilitarian value in Bach or Stravinsky, there is no
    moral regret.
    """
    conditions, games, told = _held_out(lines)
    figure = Figure(figsize=(11.0, 10.5), layout="constrained")
    measures = [f"{kind} regret {value}" for kind in ("moral", "published") for value in VALUES]
    width = 0.85 / len(conditions)
    for axis, measure in zip(figure.subplots(len(measures), 1, sharex=True), measures, strict=True):
        for place, condition in enumerate(conditions):
            found = [told[condition, game, measure] for game in games]
            x = np.arange(len(games)) + (place - (len(conditions) - 1) / 2) * width
            colour = COLOURS[list(CONDITIONS).index(condition)]
            axis.bar(x, [line["mean"] for line in found], width, color=colour, label=condition)
            axis.vlines(x, [line["low"] for line in found], [line["high"] for line in found], color="#444444")
            drawn = [np.nan if line["sampled"] is None else line["sampled"] for line in found]
            axis.plot(x, drawn, "o", markersize=4, markerfacecolor="white", markeredgecolor="#444444")
        axis.set(ylim=(0, 1.02), title=measure, xticks=range(len(games)))
        axis.set_xticklabels(games)
        axis.grid(axis="y", alpha=0.25)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=8)
    figure.supxlabel(f"trained against {opponent}, judged against a random opponent", fontsize=10)
    return figure


def reciprocity(lines: Sequence[Line], opponent: str) -> Figure:
    """Draw the shares of action types on held-out tellings by condition, a panel a game."""
    panels = {game: _told(lines, game, HELD_OUT) for game in _games(lines)}
    measures = [f"share {kind}" for kind in TYPES]
    return _panels(panels, measures, TYPE_COLOURS, TYPE_LABELS, "against a random opponent", opponent)


def wordings(lines: Sequence[Line], opponent: str) -> Figure:
    """Draw the shares of action types in the prisoner's dilemma by condition, a panel a wording: first the trained."""
    told = dict.fromkeys(line["telling"] for line in lines if line["game"] == TRAINED_ON and "," not in line["telling"])
    panels = {
        "as in training" if telling == HELD_OUT else telling: _told(lines, TRAINED_ON, telling) for telling in told
    }
    measures = [f"share {kind}" for kind in TYPES]
    return _panels(panels, measures, TYPE_COLOURS, TYPE_LABELS, f"in {TRAINED_ON} against a random opponent", opponent)


def other_prompts(lines: Sequence[Line], opponent: str) -> Figure:
    """Draw which of the published labels models give to unrelated prompts by condition, a panel a prompt."""
    labels = "/".join(LABELS[0])
    panels = {prompt: _told(lines, "unrelated", f"{labels}, {prompt}") for prompt in UNRELATED}
    return _panels(panels, SHARES, SHARE_COLOURS, SHARE_LABELS, "to unrelated prompts", opponent)


def _panels(
    panels: Mapping[str, Shares],
    measures: Sequence[str],
    colours: Sequence[str],
    labels: Sequence[str],
    about: str,
    opponent: str,
) -> Figure:
    """Draw shares that add up to 1 by condition, a panel each: exact as broad bars, sampled as narrow ones below."""
    conditions = list(dict.fromkeys(condition for told in panels.values() for condition, _ in told))
    figure = Figure(figsize=(max(7.5, 2.0 + 2.1 * len(panels)), 1.7 + 0.4 * len(conditions)), layout="constrained")
    axes = figure.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    places = np.arange(len(conditions))
    for axis, (title, told) in zip(axes, panels.items(), strict=True):
        for kind, place, height in (("mean", places - 0.1, 0.5), ("sampled", places + 0.3, 0.18)):
            left = np.zeros(len(conditions))
            for measure, colour in zip(measures, colours, strict=True):
                shares = np.array([told[condition, measure][kind] for condition in conditions])
                axis.barh(place, shares, height, left=left, color=colour)
                left = left + shares
        axis.set(xlim=(0, 1), xticks=(0, 0.5, 1), yticks=places, yticklabels=conditions)
        axis.set_title(title, fontsize=9)
    axes[0].invert_yaxis()
    figure.supxlabel(
        f"share of answers {about}: exact, and below it sampled as published; trained against {opponent}", fontsize=9
    )
    _legend(figure, labels, colours)
    return figure


def _training_panel(axis: Axes, histories: Histories, condition: str, opponent: str) -> int:
    """Draw the mean shares of action types over the updates of a training; return those of what it started from."""
    seeds = _of_both_stages(histories, condition, opponent)
    updates = np.arange(1, seeds.shape[1] + 1)
    own = max(len(told) for s, told in histories.items() if (s.condition, s.opponent) == (condition, opponent))
    axis.stackplot(updates, seeds.mean(axis=0).T, colors=TYPE_COLOURS)
    if own < len(updates):
        axis.axvline(len(updates) - own + 0.5, color="white", linewidth=2)
    axis.set(xlim=(1, max(2, len(updates))), ylim=(0, 1))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))
    return len(updates) - own


def _continued(condition: str) -> bool:
    return CONDITIONS[condition].after is not None


def _of_both_stages(histories: Histories, condition: str, opponent: str) -> NDArray[np.float64]:
    """Return the shares of action types in a training, after those in the one it started from; (seeds, updates, 6)."""
    subjects = sorted(
        (subject for subject in histories if (subject.condition, subject.opponent) == (condition, opponent)),
        key=lambda subject: subject.seed,
    )
    before = [subject.after for subject in subjects if subject.after]
    stages = [_shares(histories, among) for among in (before, subjects) if among]
    return np.concatenate(stages, axis=1)


def _shares(histories: Histories, subjects: Sequence[Subject]) -> NDArray[np.float64]:
    """Return the shares of each action type by subject and update, (subjects, updates, 6)."""
    own = [
        np.array([[update.get(kind, 0.0) for kind in TYPES] for update in histories[subject]]) for subject in subjects
    ]
    longest = max(map(len, own))
    return np.array([np.concatenate([shares, np.repeat(shares[-1:], longest - len(shares), axis=0)]) for shares in own])


def _told(lines: Sequence[Line], game: str, telling: str) -> Shares:
    """Return what one telling of one game says by condition and measure, over seeds."""
    own = over_seeds(line for line in lines if (line["game"], line["telling"]) == (game, telling))
    return {(line["condition"], line["measure"]): line for line in own}


def _games(lines: Sequence[Line]) -> list[str]:
    return list(dict.fromkeys(line["game"] for line in lines if line["telling"] == HELD_OUT))


def _held_out(lines: Sequence[Line]) -> tuple[list[str], list[str], dict[tuple[str, str, str], Line]]:
    """Return the conditions and games of lines, and what held-out tellings say by condition, game and measure."""
    told = over_seeds(line for line in lines if line["telling"] == HELD_OUT)
    conditions = list(dict.fromkeys(line["condition"] for line in told))
    games = list(dict.fromkeys(line["game"] for line in told))
    return conditions, games, {(line["condition"], line["game"], line["measure"]): line for line in told}


def _legend(figure: Figure, labels: Sequence[str], colours: Sequence[str]) -> None:
    patches = [Patch(color=colour, label=label) for label, colour in zip(labels, colours, strict=True)]
    figure.legend(handles=patches, loc="outside upper center", ncols=6, fontsize=8)
