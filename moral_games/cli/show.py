"""The command that shows a game, and what a value makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import ClassVar

import numpy as np
import tyro
from rich.markup import escape
from rich.table import Table

from moral_games import games, rewards
from moral_games.analysis import equilibria
from moral_games.cli.command import Command
from moral_games.cli.console import check_figure, console
from moral_games.games import MatrixGame
from moral_games.games.kinds import KINDS
from moral_games.names import call

MOST_JOINT_ACTIONS = 4096
"""The most joint actions of a game whose indices are worked out."""

MOST_SUPPORTS = 5000
"""The most pairs of supports that are searched for mixed equilibria."""

MOST_LINES = 32
"""The most joint actions whose payoffs are listed."""


@dataclass(frozen=True)
class Show(Command):
    """Show a game's payoffs, kind and equilibria, before and after a moral reward."""

    uses: ClassVar = {
        "payoffs, kind, equilibria and indices": "moral-games show ipd",
        "and what a value makes of it": "moral-games show 'public_goods(players=3)' --reward utilitarian",
        "as a value grows stronger": "moral-games show ipd --reward homo_moralis --vary kappa --figure kappa.png",
    }

    game: tyro.conf.Positional[str]
    """Name of the game, or a family with its parameters, e.g. 'public_goods(players=3)'."""
    reward: str | None = None
    """A memoryless reward, e.g. utilitarian, or 'selfish + 0.5 * altruistic'."""
    vary: str | None = None
    """Draw the game under the reward as this parameter of it grows, e.g. kappa of homo_moralis; needs --figure."""
    between: tuple[float, float] = (0.0, 1.0)
    """From where to where it grows."""
    figure: Path | None = None
    """Write the figure there: a name that ends in .png, .pdf or .svg."""

    def run(self) -> None:
        """Print the game, and what the reward makes of it."""
        if self.vary is not None:
            self._draw(self.vary)
            return
        game = games.get(self.game)
        _print_game(game, game.title)
        console.print(f"Source: {escape(game.source)}")
        if self.reward is not None:
            after = rewards.transform(game, self.reward)
            console.print()
            _print_game(after, f"{game.title} under {rewards.parse(self.reward)}")

    def _draw(self, parameter: str) -> None:
        if self.figure is None or self.reward is None:
            raise ValueError("--vary draws a reward's parameter: give --reward NAME and --figure PATH with it")
        check_figure(self.figure)
        from moral_games.report.value_figures import transformation

        name, _ = call(self.reward)
        transformation(games.get(self.game), name, parameter, *self.between).savefig(self.figure, dpi=150)
        console.print(f"figure: {self.figure}", markup=False)


def _print_game(game: MatrixGame, title: str) -> None:
    named = f"{game.kind} ({KINDS[game.kind][1]})" if game.kind in KINDS else game.kind
    console.print(f"[bold]{escape(title)}[/bold]: {named}")
    if game.players == 2:
        table = Table("", *map(escape, game.actions[1]))
        for a, name in enumerate(game.actions[0]):
            paid = (", ".join(f"{p:g}" for p in game.payoffs[a, b]) for b in range(game.shape[1]))
            table.add_row(escape(name), *paid)
        console.print(table)
        _print_equilibria(game)
    else:
        for joint in game.joint_actions[:MOST_LINES]:
            played = ", ".join(names[action] for names, action in zip(game.actions, joint, strict=True))
            console.print(f"  {played}: {', '.join(f'{p:g}' for p in game.payoffs[tuple(joint)])}", markup=False)
        if len(game.joint_actions) > MOST_LINES:
            console.print(f"  and {len(game.joint_actions) - MOST_LINES} more joint actions")
    if len(game.joint_actions) <= MOST_JOINT_ACTIONS:
        console.print(str(games.dilemma(game)), markup=False)
    else:
        console.print(f"Indices are given for games of at most {MOST_JOINT_ACTIONS:,} joint actions.")


def _print_equilibria(game: MatrixGame) -> None:
    """Print the equilibria of a game for two; of a wide game those in pure strategies alone."""
    if comb(sum(game.shape), game.shape[0]) > MOST_SUPPORTS:
        console.print("Nash equilibria in pure strategies (there are too many actions to look for mixed ones):")
        for cell in games.nash_set(game):
            played = (names[action] for names, action in zip(game.actions, cell, strict=True))
            console.print(f"  {'  /  '.join(played)}", markup=False)
        return
    found = equilibria(game)
    console.print("Nash equilibria:")
    for row, column in found:
        console.print(f"  {_strategy(game, 0, row)}  /  {_strategy(game, 1, column)}", markup=False)
    if len(found) % 2 == 0:
        console.print("The game is degenerate: there may be more, infinitely many among them.")


def _strategy(game: MatrixGame, player: int, mixed: np.ndarray) -> str:
    return " + ".join(
        f"{p:.3g} {name}" if p < 1 - 1e-9 else name
        for p, name in zip(mixed, game.actions[player], strict=True)
        if p > 1e-9
    )
