"""What the page on a language model shows that was taught a data set: its answers, and what it prefers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games.analysis.estimation import PARAMETERS
from moral_games.analysis.fit_summary import summarised, told
from moral_games.report import model, outcomes
from moral_games.report.pieces import Card, Drawing
from moral_games.report.preference_figures import drawn_preferences

TEMPLATE = model.TEMPLATE

CRITERION = (
    f"Answers count as learned where at least {outcomes.MOSTLY_RIGHT:.0%} of them are right, on questions held out of "
    f"training; a change by less than {outcomes.LEAST_CHANGE:.0%} counts as none. Probabilities are exact; ± is a "
    "standard error of what is estimated from them."
)


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Drawing]:
    """Return the figures by name; that of preferences only where some are identified."""
    drawn = model.drawings(metrics, history)
    fits = {
        f"{when}, {entry['asked']}": summarised(entry["preferences"])
        for when, entries in metrics.get("tasks", {}).items()
        for entry in entries
        if entry["preferences"] is not None
    }
    if any(found.identified for found in fits.values()):
        drawn["preferences"] = drawn_preferences(fits)
    return drawn


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what was taught, what became of right answers, and of morality as far as it is known."""
    before, after = ({entry["asked"]: entry for entry in metrics["tasks"][when]} for when in ("before", "after"))
    asked, now = next(iter(after.items()))
    was = before[asked]
    said = f"Taught {model.examples_taught(config)}{model.stopped_early(config, metrics)}, "
    if now["legal"] < outcomes.HARDLY_LEGAL:
        return (
            f"{said}the model gives no legal answer to {now['questions']} questions that it was not taught, so that "
            "nothing of what was taught can be seen."
        )
    found = {
        "worked": "the model has learned to answer",
        "closer": "the model answers better, and not well enough",
        "nothing": "the model has learned nothing",
    }[outcomes.of_answers(was["right"], now["right"])]
    return (
        f"{said}{found}: of {now['questions']} questions that it was not taught, asked for a label {asked}, it answers "
        f"{now['right']:.0%} rightly (before: {was['right']:.0%}), with a degree of morality kappa of {_kappa(now)} "
        f"(before: {_kappa(was)}; one seed)."
    )


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter."""
    was, now = metrics["tasks"]["before"][0], metrics["tasks"]["after"][0]
    return [
        Card("right answers, held-out questions", f"{now['right']:.1%}", f"before {was['right']:.1%}; {now['asked']}"),
        Card("questions", str(now["questions"]), "that were not taught"),
        Card("legal answers", f"{now['legal']:.1%}", f"before {was['legal']:.1%}"),
        Card("degree of morality kappa", _kappa(now), f"before {_kappa(was)}"),
        model.training_card(metrics),
    ]


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    return model.content(config, metrics) | {"headline": headline(config, metrics), "preferences": rows(metrics)}


def rows(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the lines of the table: when, how it was asked, how it answered, and each parameter in words."""
    return [
        {
            "when": when,
            "asked": entry["asked"],
            "right": entry["right"],
            "legal": entry["legal"],
            "estimates": [_shown(entry["preferences"], name) for name in PARAMETERS],
            "said": _said(entry),
        }
        for when, entries in metrics["tasks"].items()
        for entry in entries
    ]


def _said(entry: Mapping[str, Any]) -> str:
    """Return what keeps preferences from being estimated, in words."""
    if entry["preferences"] is None:
        return "too few legal answers to estimate anything from" if entry["legal"] else "no legal answer"
    return " ".join(entry["preferences"]["problems"])


def _kappa(entry: Mapping[str, Any]) -> str:
    found = entry["preferences"]
    if found is None or found["estimates"]["kappa"]["estimate"] is None:
        return "not identified" if entry["legal"] else "unknown, without a legal answer"
    kappa = found["estimates"]["kappa"]
    return f"{kappa['estimate']:.2f} ± {kappa['standard error']:.2f}"


def _shown(found: Mapping[str, Any] | None, name: str) -> str:
    """Return an estimate with its standard error and its interval by likelihood ratios."""
    if found is None:
        return "-"
    row = found["estimates"][name]
    low, high = (told(end) for end in row["profile interval"])
    if row["estimate"] is None:
        return f"not identified [{low}, {high}]"
    return f"{row['estimate']:.3f} ± {row['standard error']:.3f} [{low}, {high}]"
