"""What the page on a run shows that has not ended: how far it is, and what is known so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games import locks
from moral_games.llm.settings import still_silent
from moral_games.report import example_figures, figures, learning_figures
from moral_games.report.pieces import Card, Drawing, counted
from moral_games.runs import LOCK, Run

TEMPLATE = "progress.html"

CRITERION = "Whether it worked is judged when the run has ended, on tellings or seeds that are not looked at before."

CAPTIONS = {
    "learning": "Left: the loss of each update. Right: what each look at validation found.",
    "action-types": "Share of each action, given what the opponent had just done, in the episodes of each update.",
    "learning-curves": "What was measured while learning, exploration included.",
}

Record = Mapping[str, Any]


def so_far(run: Run, config: Mapping[str, Any], history: Sequence[Record]) -> dict[str, Any]:
    """Return what is known of a run that has no metrics yet.

    Returns
    -------
    dict
        ``done`` and ``total`` (None where it is not known) in so many ``unit``; ``holder``, the process at work, None
        if there is none; ``silent``, in how many updates in a row, up to the last, hardly any answer was legal;
        ``last`` line of the history, and ``look``, the last at validation, both empty without.
    """
    unit, total = _whole(config)
    last = dict(history[-1]) if history else {}
    looks = [{"update": line["update"], **line["validation"]} for line in history if "validation" in line]
    return {
        "done": last.get("update", last.get("done", len(history))),
        "total": total,
        "unit": unit,
        "holder": locks.holder(run.path(LOCK)),
        "silent": _silent(history),
        "last": last,
        "look": looks[-1] if looks else {},
    }


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence how far the run is, who is at work, and what to do if nobody is."""
    done, total, unit = metrics["done"], metrics["total"], metrics["unit"]
    share = f"{done:,} of {counted(total, unit)}" if total else counted(done, unit)
    if metrics["holder"] is not None:
        return f"This run is still going on: {share} done so far, by {metrics['holder']}; nothing is judged yet."
    patience = config.get("train", {}).get("patience")
    if patience and metrics["silent"] >= patience:
        return (
            f"This run was given up early, after {share}: in the last {metrics['silent']} the model gave no legal "
            "answer, so that there was nothing to learn from."
        )
    return (
        f"This run has stopped early, after {share}, and nobody is at work on it: nothing is judged yet; its command "
        "with --resume continues it."
    )


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: how far it is, and the last look at validation."""
    done, total = metrics["done"], metrics["total"]
    shown = [Card(f"{metrics['unit']}s done", f"{done:,}", f"of {total:,}, {done / total:.0%}" if total else "")]
    shown += [
        Card(f"validation: {example_figures.NAMES.get(name, name)}", f"{number:.3f}", _when(metrics["look"]))
        for name, number in metrics["look"].items()
        if name != "update" and isinstance(number, float)
    ]
    last = metrics["last"]
    for name, told in (("loss", "loss"), ("legal_mass", "legal answers in training")):
        if isinstance(last.get(name), float):
            shown.append(Card(told, f"{last[name]:.3f}", "in the last update"))
    return shown[:5]


def drawings(metrics: Mapping[str, Any], history: Sequence[Record]) -> dict[str, Drawing]:
    """Return the figures by name: what the history holds."""
    if not history:
        return {}
    if "done" in history[0]:
        return {"learning-curves": learning_figures.learning_curves(history)} if len(history[0]) > 1 else {}
    drawn = {"learning": example_figures.learning(history)} if "loss" in history[0] else {}
    if "action_types" in history[0]:
        drawn["action-types"] = figures.action_types(history)
    return drawn


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    asked = {key: config.get(key) for key in ("agent", "algorithm", "model", "reward", "game", "opponent", "seed")}
    return {
        "config": {"name": "a run", **config},
        "metrics": metrics,
        "headline": headline(config, metrics),
        "subject": ", ".join(f"{key} {entry}" for key, entry in asked.items() if entry not in (None, [])),
        "captions": CAPTIONS,
    }


def _whole(config: Mapping[str, Any]) -> tuple[str, int | None]:
    """Return what a run's length is counted in, and how long it is to be."""
    if "train" in config:
        return "update", config.get("train", {}).get("updates")
    if "episodes" in config:
        return "episode", config["episodes"]
    if config.get("command") == "pricing":
        return "round", config["rounds"] + config["deviation"]
    return "step", None


def _silent(history: Sequence[Record]) -> int:
    silent = 0
    for line in history:
        silent = still_silent(silent, line)
    return silent


def _when(look: Mapping[str, Any]) -> str:
    return f"after update {look['update']}"
