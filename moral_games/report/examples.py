"""What the page on a fine-tuned language model adds where it was taught a data set: how it learned, what it prefers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games.analysis.estimation import PARAMETERS
from moral_games.analysis.fit_summary import summarised
from moral_games.analysis.preferences import Preference
from moral_games.report.example_figures import learning
from moral_games.report.preference_figures import preferences


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name; that of preferences only where some are identified."""
    drawn = {"learning": learning(history)} if history else {}
    fits = {
        f"{when}, {entry['asked']}": summarised(entry["preferences"])
        for when, entries in metrics.get("tasks", {}).items()
        for entry in entries
        if entry["preferences"] is not None
    }
    if any(found.identified for found in fits.values()):
        drawn["preferences"] = preferences(fits)
    return drawn


def taught(config: Mapping[str, Any]) -> str:
    """Return in words what was taught."""
    data = config["data"]
    whose = "" if data["source"] is None else f", the answers of {Preference(**data['source']['preference'])}"
    way = "labels after their calculation" if data["reasons"] else "without a calculation"
    return f"{data['examples']} examples of {config['examples']['data']} ({way}){whose}"


def headline(metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what became of right answers, and of morality as far as it is identified."""
    before, after = ({entry["asked"]: entry for entry in metrics["tasks"][when]} for when in ("before", "after"))
    asked, now = next(iter(after.items()))
    said = (
        f"Of {now['questions']} questions about games that it was not taught the model answers {now['right']:.0%} "
        f"rightly, asked for a label {asked} (before: {before[asked]['right']:.0%})"
    )
    if not now["legal"]:
        return f"{said}: it gives no legal answer, so that nothing of what was taught can be seen."
    was, found = (_kappa(entries[asked]) for entries in (before, after))
    return f"{said}; its degree of morality kappa is {found} (before: {was})."


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
    low, high = (_end(end) for end in row["profile interval"])
    if row["estimate"] is None:
        return f"not identified [{low}, {high}]"
    return f"{row['estimate']:.3f} ± {row['standard error']:.3f} [{low}, {high}]"


def _end(end: float | str | None) -> str:
    if isinstance(end, str):
        return end.replace("infinity", "∞")
    return "-" if end is None else f"{end:.3f}"
