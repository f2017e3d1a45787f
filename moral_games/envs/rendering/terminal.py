"""A scene as text, plain or in the colours of the terminal."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING

from moral_games.envs.rendering.scene import (
    ROUNDS_SHOWN,
    Scene,
    moment,
    omitted,
    one_line,
    payoff_pair,
    shown,
    standings,
    title,
)

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

PLAIN_WIDTH = 200
"""Columns that plain text may take."""


def plain_text(scene: Scene) -> str:
    """Return a scene as lines of text without escape codes."""
    from rich.console import Console

    console = Console(file=StringIO(), width=PLAIN_WIDTH, color_system=None, force_terminal=False, force_jupyter=False)
    with console.capture() as capture:
        console.print(f"{title(scene.game)}, {moment(scene)}", "", _body(scene), markup=False, emoji=False, sep="\n")
    return "\n".join(line.rstrip() for line in capture.get().rstrip().splitlines())


def print_panel(scene: Scene) -> None:
    """Print a scene to the terminal."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    Console().print(
        Panel(
            _body(scene),
            title=Text(title(scene.game), style="bold"),
            subtitle=Text(moment(scene)),
            expand=False,
            padding=(1, 2),
        )
    )


def _body(scene: Scene) -> Group:
    from rich.console import Group
    from rich.text import Text

    parts: list[Table | Text] = []
    if scene.game.players == 2:
        parts += [_payoff_table(scene), Text()]
    parts.append(_standings_table(scene))
    if note := omitted(scene.game):
        parts.append(Text(f"({note})", style="dim"))
    return Group(*parts)


def _payoff_table(scene: Scene) -> Table:
    """Return the payoffs, those of player_0 first, the current cell in brackets."""
    from rich.table import Table
    from rich.text import Text

    game, cell = scene.game, scene.cell
    rows, columns = (shown(count, cell[i] if cell else None) for i, count in enumerate(game.shape))
    table = Table(box=None, padding=(0, 1), header_style="bold")
    table.add_column("player_0 \\ player_1", style="bold", no_wrap=True)
    for column in columns:
        table.add_column(Text(one_line(game.actions[1][column])), justify="center")
    for row in rows:
        cells = [_cell(payoff_pair(game, row, column), (row, column) == cell) for column in columns]
        table.add_row(Text(one_line(game.actions[0][row])), *cells)
    return table


def _cell(payoffs: tuple[str, str], current: bool) -> Text:
    from rich.text import Text

    pair = ", ".join(payoffs)
    return Text(f"[{pair}]", style="bold reverse") if current else Text(pair)


def _standings_table(scene: Scene) -> Table:
    """Return each player's latest actions and totals, the latest action last."""
    from rich.table import Table
    from rich.text import Text

    lines = standings(scene)
    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", style="bold", no_wrap=True)
    table.add_column(f"last {ROUNDS_SHOWN} rounds")
    table.add_column("played")
    table.add_column("payoff", justify="right", no_wrap=True)
    if any(line.reward for line in lines):
        table.add_column("reward", justify="right", no_wrap=True)
    for line in lines:
        totals = filter(None, (line.payoff, line.reward))
        table.add_row(line.player, Text(" ".join(line.letters)), Text(line.last), *totals)
    return table
