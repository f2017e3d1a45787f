"""One page on a run: self-contained HTML, and each figure as PNG beside it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError, select_autoescape
from matplotlib import rc_context
from matplotlib.figure import Figure

from moral_games.provenance import PROVENANCE
from moral_games.report import (
    audit,
    comparison,
    conversation,
    examples,
    learning,
    model,
    population,
    portrait,
    pricing,
    pricing_sellers,
    progress,
    vehicles,
)
from moral_games.report.provenance import provenance
from moral_games.runs import METRICS, Run, RunError, read_json, whole_file
from moral_games.text.visible import visible

REPORT = "report.html"

TOLD_BY: dict[str, ModuleType] = {
    "response": audit,
    "portraits": portrait,
    "rows": comparison,
    "episodes": population,
    "learners": learning,
    "conversations": conversation,
    "conjoint": vehicles,
    "sellers": pricing_sellers,
    "impulse_response": pricing,
    "tasks": examples,
    "after": model,
}
"""Who knows a run, by something that only such runs have in their metrics."""

COLOURS = 256
"""So many colours are kept of a figure; its file is a third of what it would be with all, and smaller than as SVG."""


ROOM = 2_000_000
"""So many bytes of figures, as they are written, a page holds; those after them it finds beside it."""


class Picture(NamedTuple):
    """A figure as a page shows it."""

    source: str
    """An address that holds the figure, or its path from the page."""
    seen: str
    """The alternative text."""

    @property
    def inside(self) -> bool:
        """Whether the page holds the figure itself."""
        return self.source.startswith("data:")


def write_report(folder: str | Path) -> Path:
    """Write ``report.html`` and ``figures/*.png`` into a run's folder; of a run still going on, what is known so far.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    RunError
        If the folder holds no run, one of another format, one that has no page, or a broken one; nothing is written.
    """
    run = Run(folder)
    config, history = run.config(), run.history()
    with _as_written(run.folder):
        if run.path(METRICS).exists():
            metrics = read_json(run.path(METRICS))
            shown = what_to_show(metrics)
        else:
            metrics, shown = progress.so_far(run, config, history), progress
        made_by = read_json(run.path(PROVENANCE)) if run.path(PROVENANCE).exists() else {}
        with rc_context({"text.parse_math": False}):  # a dollar sign in a name is a dollar sign
            drawings = shown.drawings(metrics, history)
            files = {name: _png(drawing.figure) for name, drawing in drawings.items()}
        pictures = {name: Picture(source, drawings[name].seen) for name, source in sources(files, ROOM).items()}
        page = _page(shown, config, metrics, pictures, made_by)
    _write(run, page, files)
    return run.path(REPORT)


def _page(
    shown: ModuleType,
    config: Mapping[str, Any],
    metrics: Mapping[str, Any],
    pictures: Mapping[str, Picture],
    made_by: Mapping[str, Any],
) -> str:
    return (
        environment()
        .get_template(shown.TEMPLATE)
        .render(
            images=pictures,
            cards=shown.cards(config, metrics),
            criterion=shown.CRITERION,
            provenance=provenance(config, metrics, made_by),
            **shown.content(config, metrics),
        )
    )


def sources(files: Mapping[str, bytes], room: int) -> dict[str, str]:
    """Return where a page finds its figures: in itself as long as there is room, then in files beside it.

    Parameters
    ----------
    files
        Figures by name, as PNG.
    room
        How many bytes the figures in the page may take, as they are written there.

    Examples
    --------
    >>> sources({"small": b"123", "large": b"123456789", "tiny": b""}, 30)
    {'small': 'data:image/png;base64,MTIz', 'large': 'figures/large.png', 'tiny': 'figures/tiny.png'}
    """
    found = {}
    for name, png in files.items():
        inside = f"data:image/png;base64,{base64.b64encode(png).decode()}"
        room -= len(inside)
        found[name] = inside if room >= 0 else f"figures/{name}.png"
    return found


def _write(run: Run, page: str, files: Mapping[str, bytes]) -> None:
    run.path("figures").mkdir(exist_ok=True)
    for name, png in files.items():
        run.path("figures", f"{name}.png").write_bytes(png)
    with whole_file(run.path(REPORT)) as partial:
        partial.write_text(page, encoding="utf-8")


def environment() -> Environment:
    """Return what fills templates: everything is escaped, and what does not print is told as its code."""
    return Environment(
        loader=PackageLoader("moral_games.report", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        finalize=lambda entry: visible(entry) if type(entry) is str else entry,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence what a run trained or asked, and whether it worked.

    Parameters
    ----------
    config, metrics
        The content of ``config.json`` and ``metrics.json``.

    Raises
    ------
    RunError
        If there is no page for such a run.
    """
    return str(what_to_show(metrics).headline(config, metrics))


def what_to_show(metrics: Mapping[str, Any]) -> ModuleType:
    """Return the module that knows a run with such metrics.

    Each has a ``TEMPLATE``, a ``CRITERION`` in words, ``drawings``, ``headline``, ``cards`` and ``content``.

    Raises
    ------
    RunError
        If there is no page for such a run.
    """
    for key, module in TOLD_BY.items():
        if key in metrics:
            return module
    raise RunError(
        f"there is no page for a run whose metrics hold {', '.join(metrics) or 'nothing'}; a study's own runs, in its "
        "subfolders, have pages, and what it found is in its tables and figures"
    )


@contextmanager
def _as_written(folder: Path) -> Iterator[None]:
    """Say of a run's folder that it is not as this version writes it, where something is missing or of another type.

    Raises
    ------
    RunError
        Instead of an error that names no file.
    """
    try:
        yield
    except (LookupError, AttributeError, TypeError, ValueError, ArithmeticError, TemplateError) as error:
        raise RunError(
            f"the files in {folder} are not as this version of Moral Games writes them "
            f"({type(error).__name__}: {error}); use the version that wrote them, or begin anew under another --name"
        ) from error


def _png(figure: Figure) -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130, metadata={"Software": None})
    small = io.BytesIO()
    Image.open(buffer).convert("RGB").quantize(COLOURS).save(small, format="PNG", optimize=True)
    return small.getvalue()
