"""One page on a run: self-contained HTML, and each figure as PNG beside it."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from matplotlib.figure import Figure

from moral_games import games
from moral_games.repeated import state_labels
from moral_games.report import figures, learning
from moral_games.runs import CONFIG, METRICS, Run, read_json, whole_file

REPORT = "report.html"


def write_report(folder: str | Path) -> Path:
    """Write ``report.html`` and ``figures/*.png`` into a finished run's folder.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    RunError
        If the folder holds no finished run.
    """
    run = Run(folder)
    config, metrics, history = read_json(run.path(CONFIG)), read_json(run.path(METRICS)), run.history()
    drawn, template, content = (
        _on_learning(config, metrics, history) if "learners" in metrics else _on_model(config, metrics, history)
    )
    run.path("figures").mkdir(exist_ok=True)
    images = {}
    for name, figure in drawn.items():
        png = _png(figure)
        run.path("figures", f"{name}.png").write_bytes(png)
        images[name] = base64.b64encode(png).decode()
    environment = Environment(
        loader=PackageLoader("moral_games.report", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template(template).render(images=images, **content)
    with whole_file(run.path(REPORT)) as partial:
        partial.write_text(page, encoding="utf-8")
    return run.path(REPORT)


def headline(config: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Return in one sentence what was trained and what became of it."""
    after, before = metrics["after"], metrics["before"]
    values = list(next(iter(after.values()))["moral_regret"])
    value = next((name for name in values if config["reward"].startswith(name)), values[0])
    regret = [max(judged[game]["moral_regret"][value] for game in judged) for judged in (before, after)]
    gap = max(after[game]["presentation_gap_judged"] for game in after)
    return (
        f"The largest {value} regret over {len(after)} games went from {regret[0]:.2f} to {regret[1]:.2f}; "
        "where the value tells the actions apart, no two of the held-out tellings differ by more than "
        f"{gap:.2f} in the probability of an action."
    )


Page = tuple[dict[str, Figure], str, dict[str, Any]]
"""Figures by name, the template, and what it is filled with."""


def _on_learning(config: dict[str, Any], metrics: dict[str, Any], history: list[dict[str, Any]]) -> Page:
    title = games.get(config["game"]).title or config["game"]
    return learning.drawings(metrics, history), learning.TEMPLATE, learning.content(config, metrics, title)


def _on_model(config: dict[str, Any], metrics: dict[str, Any], history: list[dict[str, Any]]) -> Page:
    names = list(metrics["after"])
    titles = {name: games.get(name).title for name in names}
    states = {name: state_labels(games.get(name)) for name in names}
    drawn = {
        "action-probabilities": figures.action_probabilities(metrics, titles, states),
        "action-types": figures.action_types(history),
        "moral-regret": figures.moral_regret(metrics, titles),
        "presentation-gap": figures.telling(metrics, titles, states),
    }
    content = {
        "config": config,
        "metrics": metrics,
        "titles": titles,
        "states": states,
        "headline": headline(config, metrics),
        "rows": _rows(metrics, titles),
    }
    return drawn, "report.html", content


def _rows(metrics: dict[str, Any], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Return the table of results, one row a game and time."""
    return [
        {"title": titles[game], "when": when, **metrics[when][game]} for game in titles for when in ("before", "after")
    ]


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()
