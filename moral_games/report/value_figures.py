"""What a value makes of a game as one of its parameters grows, as a figure."""

from __future__ import annotations

from itertools import groupby, pairwise

import numpy as np
from matplotlib.figure import Figure

from moral_games.games import MatrixGame
from moral_games.games.kinds import letters
from moral_games.repeated import action_letters
from moral_games.report.palette import DASHES, LINES, PALE
from moral_games.rewards import RewardFunction, get, transform

BANDS = (PALE, "#FFFFFF")
POINTS = 201


def transformation(game: MatrixGame, name: str, parameter: str, least: float = 0.0, most: float = 1.0) -> Figure:
    """Draw the row player's four rewards as a value's parameter grows, and the kind of game they make.

    Parameters
    ----------
    game
        A symmetric two-by-two game.
    name, parameter
        The value, and the parameter that grows.
    least, most
        From where to where.

    Raises
    ------
    ValueError
        If the game is not such a game, or the value or its parameter is unknown.
    """
    if letters(game) is None:
        raise ValueError(f"the figure is for symmetric two-by-two games; {game.name!r} has {game.shape} actions")
    grid = np.linspace(least, most, POINTS)
    made = [transform(game, _with(name, parameter, number)) for number in grid]
    figure = Figure(figsize=(8.0, 4.5), layout="constrained")
    axis = figure.subplots()
    first, second = action_letters(game)
    told = {"T": second + first, "R": first + first, "P": second + second, "S": first + second}
    rewards = np.array([letters(after) for after in made]).T
    for letter, drawn, colour, dash in zip(told, rewards, LINES, DASHES, strict=False):
        axis.plot(grid, drawn, color=colour, linestyle=dash, linewidth=2, label=f"{letter}, after {told[letter]}")
    for band, (kind, (start, end)) in enumerate(_stretches(grid, [after.kind for after in made])):
        axis.axvspan(start, end, color=BANDS[band % 2], zorder=0)
        axis.text((start + end) / 2, 1.01, kind.replace("_", "\n"), transform=axis.get_xaxis_transform(), ha="center")
    axis.set(xlim=(least, most), xlabel=parameter, ylabel="reward of the row player")
    figure.legend(loc="outside right center", frameon=False)
    axis.set_title(f"{game.title or game.name} under {name}", pad=36)
    return figure


def _with(name: str, parameter: str, number: float) -> RewardFunction:
    return get(name, **{parameter: float(number)})


def _stretches(grid: np.ndarray, kinds: list[str]) -> list[tuple[str, tuple[float, float]]]:
    """Return each kind with where it begins and ends; a kind at a single point is a border, not a stretch."""
    runs = []
    at = 0
    for kind, members in groupby(kinds):
        length = len(list(members))
        if length > 1:
            runs.append((kind, at, at + length - 1))
        at += length
    borders = [(grid[end] + grid[start]) / 2 for (_, _, end), (_, start, _) in pairwise(runs)]
    edges = [grid[0], *borders, grid[-1]]
    return [(kind, (edges[i], edges[i + 1])) for i, (kind, _, _) in enumerate(runs)]
