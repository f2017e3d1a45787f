"""One page on a run: self-contained HTML, and each figure as PNG beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from matplotlib.figure import Figure

from moral_games.report import (
    audit,
    comparison,
    conversation,
    learning,
    model,
    population,
    portrait,
    pricing,
    pricing_sellers,
    vehicles,
)
from moral_games.runs import METRICS, Run, as_written, read_json, whole_file
from moral_games.text.visible import visible

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
    config, metrics, history = run.config(), read_json(run.path(METRICS)), run.history()
    with as_written(run.folder):
        return _write(run, config, metrics, history)


def _write(run: Run, config: dict[str, Any], metrics: dict[str, Any], history: list[dict[str, Any]]) -> Path:
    shown = what_to_show(metrics)
    run.path("figures").mkdir(exist_ok=True)
    images = {}
    for name, figure in shown.drawings(metrics, history).items():
        png = _png(figure)
        run.path("figures", f"{name}.png").write_bytes(png)
        images[name] = base64.b64encode(png).decode()
    page = environment().get_template(shown.TEMPLATE).render(images=images, **shown.content(config, metrics))
    with whole_file(run.path(REPORT)) as partial:
        partial.write_text(page, encoding="utf-8")
    return run.path(REPORT)


def environment() -> Environment:
    """Return what fills templates: everything is escaped, and what does not print is told as its code."""
    return Environment(
        loader=PackageLoader("moral_games.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=lambda entry: visible(entry) if type(entry) is str else entry,
        trim_blocks=True,
    )


def what_to_show(metrics: Mapping[str, Any]) -> ModuleType:
    """Return the module that knows a run with such metrics: its ``TEMPLATE``, ``drawings`` and ``content``."""
    told_by = {
        "response": audit,
        "portraits": portrait,
        "rows": comparison,
        "episodes": population,
        "learners": learning,
        "conversations": conversation,
        "conjoint": vehicles,
        "sellers": pricing_sellers,
        "impulse_response": pricing,
    }
    return next((module for key, module in told_by.items() if key in metrics), model)


def _png(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    return buffer.getvalue()
