"""What the study of transfer measures: regret in games and in dilemmas, of all answers and of legal ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from moral_games import games, text
from moral_games.analysis.audit_dilemmas import ask, right_choices
from moral_games.analysis.drift import regrets
from moral_games.llm.dilemmas import choices
from moral_games.llm.policy import LanguageModel, tables
from moral_games.text import dilemmas
from moral_games.text.labels import HELD_OUT

UNTRAINED, PAIRWISE, GOODS = "untrained", "pairwise", "public goods"
"""What a model was trained on."""

GROUPS = ("game trained on", PAIRWISE, GOODS, "dilemmas of two", "dilemmas of many")
"""What a model is judged on; the first is left out of its family."""

ILLEGAL = "illegal(penalty=6)"

MEASURES = ("legal_mass", "regret", "regret_if_legal")
"""The numbers of a line."""

Line = dict[str, Any]
"""A line of the results: a subject, what it was judged on, and the measures."""


class Exam(NamedTuple):
    """What judges a model: games by family, dilemmas by name, and who takes all other seats in games."""

    games: Mapping[str, Sequence[str]]
    dilemmas: Sequence[str]
    opponent: str


def judge(model: LanguageModel, value: str, trained_on: str | None, exam: Exam) -> list[Line]:
    """Return what a model is by a value, in each game and in dilemmas.

    Parameters
    ----------
    model
        The model.
    value
        The value; illegal answers count besides.
    trained_on
        The game that it was trained on, which is a group of its own.
    exam
        What it is asked.

    Returns
    -------
    list of dict
        ``group`` (one of `GROUPS`), ``judged_on`` (a game, or again the group), ``legal_mass``, ``regret`` and
        ``regret_if_legal``, of what it does given that it answers legally.
    """
    lines = []
    for family, names in exam.games.items():
        for name in names:
            own = trained_on is not None and _same(games.get(name), games.get(trained_on))
            lines.append(_in_game(model, value, GROUPS[0] if own else family, name, exam.opponent))
    for group, several in ((GROUPS[3], False), (GROUPS[4], True)):
        told = [name for name in exam.dilemmas if (dilemmas.get(name).game.players > 2) == several]
        if told:
            lines.append(_in_dilemmas(model, value, group, told))
    return lines


def _in_game(model: LanguageModel, value: str, group: str, name: str, opponent: str) -> Line:
    game = games.get(name)
    found = tables(model, game, text.held_out(game.shape[0]))
    of_all, of_legal = (
        float(regrets(game, answers, f"{value} + {ILLEGAL}", opponent).mean()) for answers in (found, legal_part(found))
    )
    return _line(group, name, found, of_all, of_legal)


def _in_dilemmas(model: LanguageModel, value: str, group: str, told: Sequence[str]) -> Line:
    found = ask(partial(choices, model), told, (HELD_OUT[0][0], HELD_OUT[0][1]))
    legal = {name: legal_part(table) for name, table in found.items()}
    of_all, of_legal = (_dilemma_regret(answers, value) for answers in (found, legal))
    return _line(group, group, np.stack(list(found.values())), of_all, of_legal)


def legal_part(answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return action probabilities given a legal answer, alike where there is none; (..., A)."""
    legal = answers.sum(axis=-1, keepdims=True)
    return np.where(legal > 0, answers / np.where(legal > 0, legal, 1.0), 1 / answers.shape[-1])


def summary(lines: Iterable[Mapping[str, Any]]) -> list[Line]:
    """Return for each value, training and group the measures: the mean over seeds of the mean over games.

    ``low`` and ``high`` are the range over seeds of ``regret_if_legal``.
    """
    by_cell: dict[tuple[str, str, str], dict[int, list[Mapping[str, Any]]]] = {}
    for line in lines:
        seeds = by_cell.setdefault((line["reward"], line["trained_on"], line["group"]), {})
        seeds.setdefault(line["seed"], []).append(line)
    order = (UNTRAINED, PAIRWISE, GOODS)
    found = []
    for (reward, trained_on, group), seeds in by_cell.items():
        means = {key: [float(np.mean([line[key] for line in own])) for own in seeds.values()] for key in MEASURES}
        found.append(
            {"reward": reward, "trained_on": trained_on, "group": group, "seeds": len(seeds)}
            | {key: round(float(np.mean(each_seed)), 4) for key, each_seed in means.items()}
            | {"low": round(min(means["regret_if_legal"]), 4), "high": round(max(means["regret_if_legal"]), 4)}
        )
    return sorted(found, key=lambda row: (row["reward"], order.index(row["trained_on"]), GROUPS.index(row["group"])))


def markdown(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the summary as a Markdown table: the regret of legal answers, and in brackets the share of these."""
    lines = [f"| value | trained on | {' | '.join(GROUPS)} |", "|---" * (2 + len(GROUPS)) + "|"]
    told: dict[tuple[str, str], dict[str, str]] = {}
    for row in rows:
        cell = f"{row['regret_if_legal']:.2f} ({row['legal_mass']:.2f})"
        told.setdefault((row["reward"], row["trained_on"]), {})[row["group"]] = cell
    for (reward, trained_on), cells in told.items():
        lines.append(f"| {reward} | {trained_on} | {' | '.join(cells.get(group, '') for group in GROUPS)} |")
    return "\n".join(lines)


def _line(group: str, judged_on: str, answers: NDArray[np.float64], regret: float, given_legal: float) -> Line:
    return {
        "group": group,
        "judged_on": judged_on,
        "legal_mass": round(float(answers.sum(axis=-1).mean()), 6),
        "regret": round(regret, 6),
        "regret_if_legal": round(given_legal, 6),
    }


def _dilemma_regret(answers: Mapping[str, NDArray[np.float64]], reward: str) -> float:
    values = right_choices(answers, [reward], np.random.default_rng(0))["values"]
    if reward not in values:
        raise ValueError(f"value {reward!r} decides none of the dilemmas; name more --themes")
    return float(values[reward]["regret"])


def _same(one: games.MatrixGame, other: games.MatrixGame) -> bool:
    return one.shape == other.shape and bool(np.array_equal(one.payoffs, other.payoffs))


def figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw the regret of legal answers by what was trained on, one panel a value; lines are the range over seeds."""
    rewards = list(dict.fromkeys(row["reward"] for row in rows))
    drawn = Figure(figsize=(10, 3.2 * len(rewards)), layout="constrained")
    panels = drawn.subplots(len(rewards), 1, sharex=True, squeeze=False)[:, 0]
    colours = {UNTRAINED: "#999999", PAIRWISE: "#0072B2", GOODS: "#D55E00"}
    for axis, reward in zip(panels, rewards, strict=True):
        for shift, (trained_on, colour) in zip((-0.27, 0.0, 0.27), colours.items(), strict=True):
            own = [row for row in rows if (row["reward"], row["trained_on"]) == (reward, trained_on)]
            x = [GROUPS.index(row["group"]) + shift for row in own]
            axis.bar(x, [row["regret_if_legal"] for row in own], 0.25, color=colour, label=trained_on)
            axis.vlines(x, [row["low"] for row in own], [row["high"] for row in own], color="black", linewidth=1)
        axis.set(title=reward, ylim=(0, 1), ylabel="moral regret")
        axis.set_xticks(range(len(GROUPS)), GROUPS)
    panels[0].legend(frameon=False, ncols=3, title="trained on")
    return drawn
