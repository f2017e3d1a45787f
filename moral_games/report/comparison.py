"""What the page on a comparison of agents shows: its figures and its tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from moral_games import games
from moral_games.report import comparison_figures
from moral_games.report.pieces import Card, Drawing, counted, estimate, estimated, listed, over

TEMPLATE = "comparison.html"

CRITERION = (
    "Exploitability is the shortfall from a best response, moral regret that from what the value asks for; both are 0 "
    "at best. Agents count as level with the best where their intervals over seeds overlap with its."
)

MOST_ROWS = 1000
"""Of so many rows a table is shown; a file has them all."""

JUDGED = ("exploitability", "moral regret")


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, Drawing]:
    """Return the figures by name: one of measures for each game, numbered, and one of the wall time."""
    rows = metrics["rows"]
    agents = list(dict.fromkeys(row["agent"] for row in rows))
    drawn = {
        f"game-{number}": comparison_figures.measures([row for row in rows if row["game"] == game], agents)
        for number, game in enumerate(dict.fromkeys(row["game"] for row in rows), start=1)
    }
    return drawn | {"seconds": comparison_figures.seconds(rows, agents)}


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence who came nearest to a best response and to what its value asks for, and how sure it is."""
    return comparison_headline(metrics)


def comparison_headline(metrics: Mapping[str, Any]) -> str:
    """Return the headline from the numbers alone."""
    found = metrics["agents"]
    seeds = max(row["seeds"] for row in metrics["rows"])
    best = {name: _best(found, name) for name in JUDGED}
    (first, agent), (second, other) = best.items()
    both = f"and {'' if agent == other else f'{other} has the least '}{_told(found, other, second, seeds)}"
    said = f"{agent} has the least {_told(found, agent, first, seeds)} {both}"
    matches = max(agent["matches"] for agent in found.values())
    played = "one match" if matches == 1 else f"{matches} matches"
    of = "" if len(found) == 1 else f" of {len(found)} agents"
    return f"Over {played}{of}, {said} ({over(seeds, 'seed')})."


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: the least exploitability and regret, and how much was compared."""
    found, seeds = metrics["agents"], config["seeds"]
    shown = []
    for name in JUDGED:
        best = _best(found, name)
        shown.append(estimated(f"least {name}", found[best]["measures"][name], seeds, "seed", ".3f", best))
    games_played = len({row["game"] for row in metrics["rows"]})
    shown.append(Card("agents", str(len(found)), f"in {counted(games_played, 'game')}"))
    return [*shown, Card("seeds", str(seeds), f"from {config['seed']}")]


def _best(found: Mapping[str, Any], name: str) -> str:
    return min(found, key=lambda agent: found[agent]["measures"][name]["mean"])


def _told(found: Mapping[str, Any], best: str, name: str, seeds: int) -> str:
    """Return a measure of whoever has the least of it, and who is level with it."""
    own = found[best]["measures"][name]
    level = [
        agent for agent in found if agent != best and found[agent]["measures"][name]["low"] <= own["high"] and seeds > 1
    ]
    beside = f", level with {listed(level)}" if level else ""
    return f"{name} ({estimate(own, seeds, '.3f')}{beside})"


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
        "rows": rows[:MOST_ROWS],
        "left_out": max(len(rows) - MOST_ROWS, 0),
        "agents": metrics["agents"],
        "measures": list(rows[0]["measures"]),
        "overall": list(next(iter(metrics["agents"].values()))["measures"]),
        "titles": {name: games.get(name).title or name for name in names},
        "headline": headline(config, metrics),
    }
