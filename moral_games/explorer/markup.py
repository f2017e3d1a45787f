"""Pieces of pages as HTML: text from anywhere is escaped, and what does not print is told as its code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from moral_games.text.visible import visible


def shown(text: object) -> str:
    r"""Return a text as HTML in which nothing is markup and nothing is hidden.

    Examples
    --------
    >>> shown("<b>a\u202eb</b>")
    '&lt;b&gt;a\\u202eb&lt;/b&gt;'
    """
    return escape(visible(str(text)))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], caption: str, style: str = "") -> str:
    """Return a table whose cells are HTML already; it scrolls by itself where it is too wide.

    Parameters
    ----------
    heads
        The heads of its columns.
    rows
        Its cells, row by row; the first cell of a row is its head.
    caption
        What it shows, for who hears it.
    style
        Its class.
    """
    head = "".join(f'<th scope="col">{cell}</th>' for cell in heads)
    body = "".join(_row(cells) for cells in rows)
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{caption}"><table class="{style}">'
        f'<caption class="unseen">{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def _row(cells: Sequence[str]) -> str:
    first, *others = cells
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in others)}</tr>'
