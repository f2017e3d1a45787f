"""Dilemmas in everyday language: one file a theme, every story with the payoff table that it tells.

To add a dilemma, add a table to a theme's file, or a file. What is best in it under a value is
nowhere written; `moral_games.analysis.dilemmas` computes it.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from moral_games.names import unknown
from moral_games.text.dilemmas.dilemma import LABELS, STATES, Dilemma
from moral_games.text.dilemmas.reading import from_toml, numbers

__all__ = ["LABELS", "STATES", "Dilemma", "from_toml", "get", "names", "numbers", "themes"]


@cache
def themes() -> tuple[str, ...]:
    """Return the themes, sorted."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in files(__name__).iterdir() if entry.name.endswith(".toml"))
    )


def names(theme: str | None = None) -> tuple[str, ...]:
    """Return the names of all dilemmas, or of one theme's, sorted.

    Raises
    ------
    ValueError
        If there is no such theme.

    Examples
    --------
    >>> len(names()) >= 64
    True
    """
    if theme is not None and theme not in themes():
        raise unknown("theme", theme, themes())
    return tuple(sorted(name for name, dilemma in _all().items() if theme in (None, dilemma.theme)))


def get(name: str) -> Dilemma:
    """Return the dilemma of that name.

    Raises
    ------
    ValueError
        If there is none; close matches are listed.
    """
    if name not in _all():
        raise unknown("dilemma", name, _all())
    return _all()[name]


@cache
def _all() -> dict[str, Dilemma]:
    found: dict[str, Dilemma] = {}
    for theme in themes():
        text = (files(__name__) / f"{theme}.toml").read_text(encoding="utf-8")
        for dilemma in from_toml(text, theme):
            if dilemma.name in found:
                raise ValueError(
                    f"{theme}.toml: entry {dilemma.name!r} stands in {found[dilemma.name].theme}.toml too; rename one"
                )
            found[dilemma.name] = dilemma
    return found
