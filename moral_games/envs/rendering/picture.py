"""A scene as a picture."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from moral_games.envs.rendering.canvas import (
    CHIP,
    EMPTY,
    GREY,
    INK,
    LINE,
    MARK,
    PAPER,
    blank,
    chip,
    fit,
    fitting_size,
    font,
    pen,
)
from moral_games.envs.rendering.scene import (
    PLAYERS_SHOWN,
    ROUNDS_SHOWN,
    Scene,
    Standing,
    legible_letters,
    moment,
    omitted,
    one_line,
    payoff_pair,
    shown,
    standings,
    title,
)
from moral_games.games import MatrixGame

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw

WIDTH, MARGIN = 848, 24
LEFT, RIGHT = MARGIN, WIDTH - MARGIN
TITLE, TOP = 40, 80  # the middle of the title, and where what is below it begins
NAMES = 88  # the width of "player_15"
ROW_NAMES = 144  # the width of a row's action in the payoff table
COLUMN_NAMES = 56  # the height of the column player and its actions
LINE_HEIGHT = 30
PLAYED = LEFT + NAMES + ROUNDS_SHOWN * CHIP + 12  # where the name of the last action begins
TOTAL = 72  # the width of a total
PAYOFF = RIGHT - TOTAL - 8  # where the payoffs end; the rewards end at the margin

Box = tuple[int, int, int, int]


class Grid(NamedTuple):
    """Which of a two-player game's actions a payoff table shows, and where its cells are, in pixels."""

    rows: range
    """The own actions that are shown."""
    columns: range
    """The other's actions that are shown."""

    @classmethod
    def of(cls, scene: Scene) -> Grid:
        """Return the part of the table around the current cell."""
        cell = scene.cell or (None, None)
        return cls(shown(scene.game.shape[0], cell[0]), shown(scene.game.shape[1], cell[1]))

    @property
    def left(self) -> int:
        """Where the first column begins."""
        return LEFT + NAMES + ROW_NAMES

    @property
    def top(self) -> int:
        """Where the first row begins."""
        return TOP + COLUMN_NAMES

    @property
    def bottom(self) -> int:
        """Where the last row ends."""
        return self.top + len(self.rows) * self.height

    @property
    def width(self) -> int:
        """Width of a cell."""
        return (RIGHT - self.left) // len(self.columns)

    @property
    def height(self) -> int:
        """Height of a cell."""
        return 56 if len(self.rows) <= 4 else 40

    def box(self, row: int, column: int) -> Box:
        """Return where the cell of two actions is drawn: left, top, right, bottom."""
        left = self.left + self.columns.index(column) * self.width
        top = self.top + self.rows.index(row) * self.height
        return left, top, left + self.width, top + self.height


class Label(NamedTuple):
    """How an action is named in a payoff table: its chip's letter, and its name in a size."""

    action: int
    """The action."""
    letter: str
    """Its letter."""
    name: str
    """Its name, as it fits."""
    size: int
    """The size of its letters."""

    @property
    def width(self) -> int:
        """Pixels from the chip to the end of the name."""
        return CHIP + 4 + int(font(self.size).getlength(self.name))


def picture(scene: Scene) -> NDArray[np.uint8]:
    """Return a scene as pixels, (H, W, 3) uint8; H and W depend on the game alone."""
    game, cell = scene.game, scene.cell
    grid = Grid.of(scene) if game.players == 2 else None
    image = _background(game, grid).copy()
    draw = pen(image)
    draw.text((RIGHT, TITLE), moment(scene), INK, font(18), anchor="rm")
    if grid and cell:
        _draw_cell(draw, game, grid, (cell[0], cell[1]), current=True)
    lines, top = standings(scene), _standings_top(grid)
    if any(line.reward for line in lines):
        draw.text((RIGHT, top - 12), "reward", GREY, font(13), anchor="rm")
    for i, line in enumerate(lines):
        _draw_standing(image, line, top + i * LINE_HEIGHT)
    return np.array(image)


@lru_cache(maxsize=16)
def _background(game: MatrixGame, grid: Grid | None) -> Image:
    """Return what stays the same as long as the same part of the game is shown."""
    players, top = min(game.players, PLAYERS_SHOWN), _standings_top(grid)
    height = top + players * LINE_HEIGHT + MARGIN
    image = blank(WIDTH, height + -height % 16)  # video encoders want multiples of 16
    draw = pen(image)
    draw.text((LEFT, TITLE), fit(title(game), RIGHT - LEFT - 120, 24), INK, font(24), anchor="lm")
    draw.text((RIGHT, TITLE + 24), omitted(game), GREY, font(13), anchor="rm")
    if grid:
        _draw_table(image, game, grid)
    draw.text((LEFT + NAMES + 2, top - 12), f"last {ROUNDS_SHOWN} rounds", GREY, font(13), anchor="lm")
    draw.text((PLAYED, top - 12), "played", GREY, font(13), anchor="lm")
    draw.text((PAYOFF, top - 12), "payoff", GREY, font(13), anchor="rm")
    for i in range(players):
        y = top + i * LINE_HEIGHT
        draw.line((LEFT, y, RIGHT, y), LINE)
        draw.text((LEFT, y + LINE_HEIGHT // 2), f"player_{i}", INK, font(16), anchor="lm")
        for k in range(ROUNDS_SHOWN):
            left, above = _chip_place(k, y)
            draw.rounded_rectangle((left + 2, above + 2, left + CHIP - 3, above + CHIP - 3), 4, EMPTY)
    return image


def _standings_top(grid: Grid | None) -> int:
    return (grid.bottom + MARGIN if grid else TOP) + 24


def _draw_table(image: Image, game: MatrixGame, grid: Grid) -> None:
    """Draw the payoffs, the row player to the left and the column player above."""
    draw = pen(image)
    middle = grid.left + len(grid.columns) * grid.width // 2
    draw.text((middle, TOP + 8), "player_1", INK, font(16), anchor="mm")
    draw.text((LEFT, (grid.top + grid.bottom) // 2), "player_0", INK, font(16), anchor="lm")
    for label in _labels(game, 0, grid.rows, ROW_NAMES - CHIP - 12):
        _, top, _, bottom = grid.box(label.action, grid.columns[0])
        _draw_label(image, label, LEFT + NAMES, (top + bottom) // 2)
    for label in _labels(game, 1, grid.columns, grid.width - CHIP - 12):
        left, _, right, _ = grid.box(grid.rows[0], label.action)
        _draw_label(image, label, (left + right - label.width) // 2, grid.top - 18)
    for row in grid.rows:
        for column in grid.columns:
            _draw_cell(draw, game, grid, (row, column))


def _labels(game: MatrixGame, player: int, actions: range, room: int) -> list[Label]:
    """Return the labels of a player's actions, their names all in one size and cut to the pixels there are."""
    names, letters = [one_line(game.actions[player][action]) for action in actions], legible_letters(game, player)
    size = max(fitting_size(names, room, 16), 11)
    return [
        Label(action, letters[action], fit(name, room, size), size) for action, name in zip(actions, names, strict=True)
    ]


def _draw_label(image: Image, label: Label, left: int, middle: int) -> None:
    image.paste(chip(label.action, label.letter, ringed=False), (left, middle - CHIP // 2))
    pen(image).text((left + CHIP + 4, middle), label.name, INK, font(label.size), anchor="lm")


def _draw_cell(draw: ImageDraw, game: MatrixGame, grid: Grid, cell: tuple[int, int], current: bool = False) -> None:
    left, top, right, bottom = grid.box(*cell)
    fill, ink, width = (MARK, INK, 3) if current else (PAPER, LINE, 1)
    draw.rectangle((left, top, right, bottom), fill, ink, width)
    separator, size = _cell_style(game, grid)
    text = separator.join(payoff_pair(game, *cell))
    draw.text(((left + right) // 2, (top + bottom) // 2), text, INK, font(size), anchor="mm", align="center")


@lru_cache(maxsize=16)
def _cell_style(game: MatrixGame, grid: Grid) -> tuple[str, int]:
    """Return what stands between the payoffs of every cell, a line break where they are long, and their size."""
    pairs = [payoff_pair(game, row, column) for row in grid.rows for column in grid.columns]
    size = fitting_size((", ".join(pair) for pair in pairs), grid.width - 12, 20)
    if size >= 13:
        return ", ", size
    return "\n", fitting_size((text for pair in pairs for text in pair), grid.width - 12, 14)


def _draw_standing(image: Image, line: Standing, y: int) -> None:
    """Draw one player's actions, the latest in a ring, and its totals."""
    draw, middle = pen(image), y + LINE_HEIGHT // 2
    for k, (action, letter) in enumerate(zip(line.actions, line.letters, strict=True)):
        image.paste(chip(action, letter, ringed=k == len(line.actions) - 1), _chip_place(k, y))
    draw.text((PLAYED, middle), fit(line.last, PAYOFF - TOTAL - 8 - PLAYED, 16), INK, font(16), anchor="lm")
    for right, total in ((PAYOFF, line.payoff), (RIGHT, line.reward)):
        draw.text((right, middle), total, INK, font(fitting_size([total], TOTAL, 16)), anchor="rm")


def _chip_place(k: int, y: int) -> tuple[int, int]:
    return LEFT + NAMES + k * CHIP, y + (LINE_HEIGHT - CHIP) // 2
