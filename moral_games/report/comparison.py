"""One page on a comparison of agents: self-contained HTML, and each figure as PNG beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from matplotlib.figure import Figure

from moral_games import games
from moral_games.report import comparison_figures
from moral_games.report.page import REPORT
from moral_games.runs import CONFIG, METRICS, Run, read_json, whole_file

TEMPLATE = "comparison.html"


def write_comparison(folder: str | Path) -> Path:
    """Write ``report.html`` and ``figures/*.png`` into a finished comparison's folder.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    RunError
        If the folder holds no finished comparison.
    """
    run = Run(folder)
    config, metrics = read_json(run.path(CONFIG)), read_json(run.path(METRICS))
    run.path("figures").mkdir(exist_ok=True)
    images = {}
    for name, figure in drawings(metrics["rows"]).items():
        png = _png(figure)
        run.path("figures", f"{name}.png").write_bytes(png)
        images[name] = base64.b64encode(png).decode()
    environment = Environment(
        loader=PackageLoader("moral_games.report", "templates"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    page = environment.get_template(TEMPLATE).render(images=images, **content(config, metrics))
    with whole_file(run.path(REPORT)) as partial:
        partial.write_text(page, encoding="utf-8")
    return run.path(REPORT)


def drawings(rows: Sequence[Mapping[str, Any]]) -> dict[str, Figure]:
    """Return the figures by name: one of measures for each game, numbered, and one of the wall time."""
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


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()
