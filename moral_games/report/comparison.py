"""What the page on a comparison of agents shows: its figures and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure

from moral_games import games
from moral_games.report import comparison_figures

TEMPLATE = "comparison.html"


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, Figure]:
    """Return the figures by name: one of measures for each game, numbered, and one of the wall time."""
    rows = metrics["rows"]
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    drawn = {
        f"game-{number}": comparison_figures.measures([row for row in rows if row["game"] == game], agents)
        for number, game in enumerate(dict.fromkeys(row["game"] for row in rows), start=1)
    }
    return drawn | {"seconds": comparison_figures.seconds(rows, agents)}


def comparison_headline(metrics: Mapping[str, Any]) -> str:
    """Return in one sentence who came nearest to the best response, and who to what its value asks for."""
    found = metrics["agents"]
    nearest, most_moral = (
        min(found, key=lambda agent: found[agent]["measures"][name]["mean"])
        for name in ("exploitability", "moral regret")
    )
    gap = found[nearest]["measures"]["exploitability"]["mean"]
    regret = found[most_moral]["measures"]["moral regret"]["mean"]
    matches = found[nearest]["matches"]
    over = "one match" if matches == 1 else f"{matches} matches"
    if nearest == most_moral:
        return f"Over {over}, {nearest} has the least exploitability ({gap:.3f}) and moral regret ({regret:.3f})."
    return (
        f"Over {over}, {nearest} has the least exploitability ({gap:.3f}) and {most_moral} the least moral "
        f"regret ({regret:.3f})."
    )


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``: ``rows``, one a learner, and by agent what
        it comes to over all of them.
    """
    rows = metrics["rows"]
    names = dict.fromkeys(row["game"] for row in rows)
    return {
        "config": config,
        "rows": rows,
        "agents": metrics["agents"],
        "measures": list(rows[0]["measures"]),
        "overall": list(next(iter(metrics["agents"].values()))["measures"]),
        "titles": {name: games.get(name).title or name for name in names},
        "headline": comparison_headline(metrics),
    }
