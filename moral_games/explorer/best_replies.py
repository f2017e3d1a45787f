"""The best replies of a two-by-two game and its equilibria, as a drawing and in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from moral_games.explorer.markup import shown
from moral_games.games import MatrixGame

# Okabe & Ito's colours, which colour-blind readers can tell apart; the lines differ in their dashes, too.
ROW, COLUMN = "#0072B2", "#D55E00"
LEFT, TOP, SIDE, WIDTH, HEIGHT = 56, 12, 220, 296, 284

Point = tuple[float, float]
Mixed = NDArray[np.float64]


def gains(game: MatrixGame, player: int) -> tuple[float, float]:
    """Return what `player` of a two-by-two game gains by its first action over its second.

    Returns
    -------
    tuple
        Where the other plays its first action, and where it plays its second; 0 for what is nothing but rounding.
    """
    own = game.payoffs[..., player] if player == 0 else game.payoffs[..., player].T
    first, second = (own[0] - own[1]).tolist()
    return (first if abs(first) > game.resolution else 0.0, second if abs(second) > game.resolution else 0.0)


def reply(first: float, second: float) -> list[Point] | None:
    """Return the line of best replies: points (probability of the other's first action, of the own first action).

    Parameters
    ----------
    first, second
        See `gains`.

    Returns
    -------
    list or None
        The corners of the line, None where everything is a best reply.

    Examples
    --------
    >>> reply(1.0, -3.0)
    [(0.0, 0.0), (0.75, 0.0), (0.75, 1.0), (1.0, 1.0)]
    """
    if first == second == 0:
        return None
    if first * second > 0:
        own = float(first > 0)
        return [(0.0, own), (1.0, own)]
    border = second / (second - first)
    own = float(first > second)
    return [(0.0, 1 - own), (border, 1 - own), (border, own), (1.0, own)]


def in_words(game: MatrixGame, player: int) -> str:
    """Return a player's best replies as a sentence."""
    me, other = ("row", "column") if player == 0 else ("column", "row")
    one, two = game.actions[player]
    line = reply(*gains(game, player))
    if line is None:
        return f"To the {me} player all is equally good."
    if len(line) == 2:
        return f"The {me} player's best reply is always {one if line[0][1] else two}."
    border, above = line[1][0], one if line[-1][1] else two
    theirs = game.actions[1 - player][0]
    below = two if above == one else one
    return (
        f"The {me} player's best reply is {above} where the {other} player's probability of {theirs} is above "
        f"{border:.2f}, and {below} where it is below."
    )


def drawing(game: MatrixGame, equilibria: Sequence[tuple[Mixed, Mixed]]) -> str:
    """Return the best replies and the equilibria as an SVG image with a text that says what is seen.

    Parameters
    ----------
    game
        Two players with two actions each.
    equilibria
        Mixed strategies, shapes (2,) and (2,); see `moral_games.analysis.equilibria`.
    """
    told = f"{in_words(game, 0)} {in_words(game, 1)} Equilibria are marked: {len(equilibria)}."
    row = _line(reply(*gains(game, 0)), ROW, "", swapped=False)
    column = _line(reply(*gains(game, 1)), COLUMN, "7 5", swapped=True)
    marks = "".join(_mark(float(theirs[0]), float(own[0])) for own, theirs in equilibria)
    return (
        f'<svg class="replies" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{shown(told)}">'
        f"{_axes(game)}{row}{column}{marks}</svg>"
    )


def _at(point: Point) -> Point:
    return LEFT + SIDE * point[0], TOP + SIDE * (1 - point[1])


def _line(points: list[Point] | None, colour: str, dashes: str, swapped: bool) -> str:
    if points is None:
        return f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" fill="{colour}" fill-opacity="0.12"/>'
    places = " ".join("{:.1f},{:.1f}".format(*_at((y, x) if swapped else (x, y))) for x, y in points)
    return (
        f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="4" stroke-linejoin="round" '
        f'stroke-dasharray="{dashes}"/>'
    )


def _mark(x: float, y: float) -> str:
    left, top = _at((x, y))
    return f'<circle cx="{left:.1f}" cy="{top:.1f}" r="7" fill="#fff" stroke="#1d2329" stroke-width="2.5"/>'


def _axes(game: MatrixGame) -> str:
    bottom, right = TOP + SIDE, LEFT + SIDE
    row, column = (shown(_short(names[0])) for names in game.actions)
    middle, down = LEFT + SIDE / 2, TOP + SIDE / 2
    return (
        f'<rect x="{LEFT}" y="{TOP}" width="{SIDE}" height="{SIDE}" class="square"/>'
        f'<text x="{LEFT}" y="{bottom + 18}" text-anchor="middle">0</text>'
        f'<text x="{right}" y="{bottom + 18}" text-anchor="middle">1</text>'
        f'<text x="{LEFT - 10}" y="{bottom + 4}" text-anchor="end">0</text>'
        f'<text x="{LEFT - 10}" y="{TOP + 6}" text-anchor="end">1</text>'
        f'<text x="{middle}" y="{bottom + 40}" text-anchor="middle">column player: P({column})</text>'
        f'<text x="18" y="{down}" text-anchor="middle" transform="rotate(-90 18 {down})">row player: P({row})</text>'
    )


def _short(name: str) -> str:
    return name if len(name) <= 14 else f"{name[:13]}…"
