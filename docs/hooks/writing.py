"""Pieces of Markdown and HTML that the generated pages are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from inspect import signature
from typing import Any

import numpy as np

from moral_games.games import MatrixGame, nash_set

Pages = dict[str, Callable[[], str]]
"""What writes each page, by its path in the site."""

MOST_ROWS = 16
"""The most rows of a table of joint actions."""


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(entry) for entry in line)} |" for line in lines)


def facts(entries: Mapping[str, object]) -> str:
    """Return a list of named facts."""
    return "\n".join(f"- **{name}**: {entry}" for name, entry in entries.items())


def docstring(thing: Callable[..., Any]) -> str:
    """Return the directive that puts a function's docstring on a page, without its name and signature."""
    options = ("show_root_heading: false", "show_root_toc_entry: false", "show_docstring_parameters: false")
    lines = "".join(f"\n      {option}" for option in (*options, "show_signature: false"))
    return f"::: {thing.__module__}.{thing.__qualname__}\n    options:{lines}"


def defaults(thing: Callable[..., Any]) -> dict[str, object]:
    """Return the parameters that have a default, by name."""
    entries = signature(thing).parameters.items()
    return {name: entry.default for name, entry in entries if entry.default is not entry.empty}


def first_line(thing: object) -> str:
    """Return the first line of a docstring."""
    return (thing.__doc__ or "").partition("\n")[0]


def joint(game: MatrixGame, cell: Sequence[int]) -> str:
    """Return the names of a joint action; of more than two players who are alike, how many choose what."""
    if game.players > 2 and game.is_symmetric:
        counts = [(list(cell).count(action), name) for action, name in enumerate(game.actions[0])]
        return " + ".join(f"{count} {name}" for count, name in counts if count)
    return " / ".join(names[action] for names, action in zip(game.actions, cell, strict=True))


def joints(game: MatrixGame, cells: Sequence[Sequence[int]]) -> str:
    """Return the names of several joint actions; of all or none in a word."""
    if len(cells) == len(game.joint_actions):
        return "every outcome"
    listed = list(dict.fromkeys(joint(game, cell) for cell in cells))
    return "; ".join(listed[:MOST_ROWS] + ["..."] * (len(listed) > MOST_ROWS)) or "none"


def mixture(names: Sequence[str], probabilities: Sequence[float]) -> str:
    """Return a mixed strategy in words, e.g. ``0.25 stag + 0.75 hare``."""
    return " + ".join(f"{p:.3g} {name}" for p, name in zip(probabilities, names, strict=True) if p > 1e-9)


def payoffs(game: MatrixGame) -> str:
    """Return a game's payoffs as an HTML table: of two players a matrix, of more a line for each joint action.

    Best replies are underlined, and pure equilibria, where every payoff is one, are shaded.
    """
    return _matrix(game) if game.players == 2 else _lines(game)


def _matrix(game: MatrixGame) -> str:
    stable = set(nash_set(game))
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in game.actions[1])
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(_outcome(game, (a, b), stable) for b in range(game.shape[1]))
        + "</tr>"
        for a, name in enumerate(game.actions[0])
    )
    return f'<div class="payoffs"><table class="payoffs"><tr><td></td>{heads}</tr>{rows}</table></div>'


def _lines(game: MatrixGame) -> str:
    stable = set(nash_set(game))
    heads = "".join(f'<th scope="col">player {player}</th>' for player in range(game.players))
    cells = [tuple(int(action) for action in cell) for cell in game.joint_actions[:MOST_ROWS]]
    rows = "".join(
        "<tr>"
        + "".join(f"<td>{escape(names[action])}</td>" for names, action in zip(game.actions, cell, strict=True))
        + _outcome(game, cell, stable)
        + "</tr>"
        for cell in cells
    )
    left = len(game.joint_actions) - len(cells)
    more = f"<p>and {left} more joint actions</p>" if left else ""
    return f'<div class="payoffs"><table class="payoffs"><tr>{heads}<th>payoffs</th></tr>{rows}</table>{more}</div>'


def _outcome(game: MatrixGame, cell: tuple[int, ...], stable: set[tuple[int, ...]]) -> str:
    paid = game.payoffs[cell]
    shown = ", ".join(
        f"<u>{number:g}</u>" if _is_best_reply(game, cell, player) else f"{number:g}"
        for player, number in enumerate(paid)
    )
    return f'<td class="equilibrium">{shown}</td>' if cell in stable else f"<td>{shown}</td>"


def _is_best_reply(game: MatrixGame, cell: tuple[int, ...], player: int) -> bool:
    alternatives = game.payoffs[(*cell[:player], slice(None), *cell[player + 1 :], player)]
    return bool(game.payoffs[(*cell, player)] >= np.max(alternatives) - game.resolution)


def _cell(entry: object) -> str:
    return str(entry).replace("|", "\\|").replace("\n", " ")
