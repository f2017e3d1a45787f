"""What MkDocs calls: pages that are made from the library while the site is built, and where they stand."""

from __future__ import annotations

from functools import cache
from typing import Any

import game_pages
import opponent_pages
import picture
import reference_pages
import value_pages
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from writing import Pages

PICTURE = "<!-- picture -->"
"""Where a page wants the picture."""

MAKERS = (game_pages, value_pages, opponent_pages, reference_pages)


@cache
def generated() -> Pages:
    """Return what writes each generated page, by its path."""
    return {path: write for maker in MAKERS for path, write in maker.pages().items()}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the generated pages where the navigation says ``FOLDER/*``."""
    config.nav = _expanded(config.nav or [])
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages."""
    for path, write in generated().items():
        files.append(File.generated(config, path, content=write()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Draw the picture where the first page asks for it."""
    return markdown.replace(PICTURE, picture.picture()) if PICTURE in markdown else markdown


def _expanded(entries: list[Any]) -> list[Any]:
    listed: list[Any] = []
    for entry in entries:
        if isinstance(entry, str) and entry.endswith("/*"):
            listed += _nested([path for path in generated() if path.startswith(entry[:-1])], entry[:-1])
        elif isinstance(entry, dict):
            listed.append({title: _expanded(e) if isinstance(e, list) else e for title, e in entry.items()})
        else:
            listed.append(entry)
    return listed


def _nested(paths: list[str], folder: str) -> list[Any]:
    """Return paths with those of each inner folder as a section."""
    listed: list[Any] = [path for path in paths if "/" not in path.removeprefix(folder)]
    for inner in dict.fromkeys(path.removeprefix(folder).partition("/")[0] for path in paths if path not in listed):
        own = [path for path in paths if path.startswith(f"{folder}{inner}/")]
        listed.append({inner: _nested(own, f"{folder}{inner}/")})
    return listed
