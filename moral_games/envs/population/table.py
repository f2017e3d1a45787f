"""A round of a population as a table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moral_games.envs.population.record import Ints, Round
from moral_games.games import MatrixGame
from moral_games.rewards import RewardFunction

RENDER_MODES = ("ansi", "human")
COLUMNS = ("player", "strategy", "value", "last move", "selected", "selected by", "payoff", "reward")


def check_render_mode(mode: str | None) -> None:
    """Raise a ValueError unless the mode is one of `RENDER_MODES`, or None."""
    if mode not in (None, *RENDER_MODES):
        raise ValueError(f"render_mode must be one of {RENDER_MODES} or None, got {mode!r}")


def render(
    mode: str | None,
    title: str,
    game: MatrixGame,
    strategies: Sequence[str],
    values: Sequence[RewardFunction],
    last: Ints,
    played: Round | None,
) -> str | None:
    """Show one line a player: who selected whom, last moves, and what the round brought.

    Parameters
    ----------
    mode
        ``"ansi"`` returns the table as text, ``"human"`` prints it, None does nothing.
    title
        What stands above the table.
    game
        The game.
    strategies, values
        For each player what it plays, and what it values.
    last
        (N,) int: last moves.
    played
        The round; None at the start.
    """
    rows = [
        (str(i), strategies[i], str(values[i]).removesuffix("()"), game.actions[0][move], *_brought(i, played))
        for i, move in enumerate(last)
    ]
    if mode == "human":
        _print(title, rows)
    return _as_text(title, rows) if mode == "ansi" else None


def _brought(player: int, played: Round | None) -> tuple[str, str, str, str]:
    """Return whom a player selected, who selected it, and its payoff and reward in the round."""
    if played is None:
        return "-", "-", "-", "-"
    partner = int(played.selected[player])
    selectors = np.flatnonzero(played.selected == player).tolist()
    mine = played.games == player
    return (
        str(partner) if partner >= 0 else "-",
        ", ".join(map(str, selectors)) or "-",
        f"{played.payoffs[mine].sum():g}",
        f"{played.rewards[mine].sum():g}",
    )


def _as_text(title: str, rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(COLUMNS, *rows, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in (COLUMNS, *rows))
    return "\n".join((title, *lines))


def _print(title: str, rows: Sequence[Sequence[str]]) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*COLUMNS, title=Text(title), box=SIMPLE_HEAD, padding=0)
    for row in rows:
        table.add_row(*map(Text, row))
    Console().print(table)
