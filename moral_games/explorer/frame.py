"""What every page of the explorer has: a way past the menu, the menu, a heading, and the look of the reports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

from nicegui import ui

from moral_games.explorer.markup import shown

PAGES = {"/": "Game", "/play": "Play", "/runs": "Runs"}


@contextmanager
def frame(path: str, lead: str) -> Iterator[None]:
    """Lay out a page, whose content is made inside.

    Parameters
    ----------
    path
        One of `PAGES`.
    lead
        What the page is for, in a sentence.
    """
    ui.add_css(files("moral_games.explorer").joinpath("style.css").read_text(encoding="utf-8"))
    ui.colors(primary="#0072B2", negative="#a8320a")
    html('<a class="skip" href="#content">To the content</a>')
    with ui.element("header").classes("top"):
        links = "".join(
            f'<a href="{address}"{" aria-current=page" if address == path else ""}>{name}</a>'
            for address, name in PAGES.items()
        )
        html("<b>Moral Games</b>")
        html(links, "nav").props('aria-label="Pages"')
    with ui.element("div").props('id=content tabindex="-1"'):
        html(PAGES[path], "h1")
        html(shown(lead), "p").classes("soft")
        yield
    html("Everything is computed on this machine; nothing is sent elsewhere.", "footer").classes("soft")


def html(content: str = "", tag: str = "div") -> ui.html:
    """Place HTML whose texts are escaped already (see `moral_games.explorer.markup.shown`)."""
    return ui.html(content, sanitize=False, tag=tag)
