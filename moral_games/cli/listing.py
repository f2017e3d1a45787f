"""The commands that list what there is: games, rewards and opponents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature
from typing import ClassVar

from rich.markup import escape
from rich.table import Table

from moral_games import games, opponents, rewards
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.envs.registration import ids
from moral_games.rewards.function import VALUES


@dataclass(frozen=True)
class Games(Command):
    """List the games of the catalogue, and the families of games."""

    uses: ClassVar = {
        "all games": "moral-games games",
        "the social dilemmas in which it pays to do as the other does": "moral-games games --kind stag_hunt",
    }

    kind: str | None = None
    """Only games of this kind."""

    def run(self) -> None:
        """Print one line a game."""
        table = Table("name", "title", "kind", "environment id", box=None, pad_edge=False)
        shown = [games.get(name) for name in ids()]
        kinds = sorted({game.kind for game in shown})
        if self.kind is not None and self.kind not in kinds:
            raise ValueError(f"no game is of kind {self.kind!r}; there are {', '.join(kinds)}")
        for name, game in zip(ids(), shown, strict=True):
            if self.kind in (None, game.kind):
                table.add_row(name, escape(game.title), game.kind, ids()[name])
        console.print(table)


@dataclass(frozen=True)
class Rewards(Command):
    """List the values that a player can hold."""

    uses: ClassVar = {
        "all values, as they are written": "moral-games rewards",
        "what one of them makes of a game": "moral-games show ipd --reward 'inequity_aversion(alpha=0.8)'",
    }

    def run(self) -> None:
        """Print one line a reward: how it is written, with its defaults, and what it values."""
        table = Table("reward", "what it values", box=None, pad_edge=False)
        for name in rewards.names():
            build = VALUES[name]
            given = _defaults(build)
            table.add_row(escape(f"{name}({', '.join(given)})" if given else name), escape(_first_line(build)))
        console.print(table)


@dataclass(frozen=True)
class Opponents(Command):
    """List the strategies that can be played against."""

    uses: ClassVar = {
        "all strategies": "moral-games opponents",
        "those for a game": "moral-games opponents --game rock_paper_scissors",
    }

    game: str | None = None
    """Only those that understand this game."""

    def run(self) -> None:
        """Print one line a strategy."""
        game = None if self.game is None else games.get(self.game)
        table = Table("opponent", "what it does", "games with", box=None, pad_edge=False)
        for name in opponents.names(game):
            opponent = opponents.get(name)
            table.add_row(name, escape(opponent.summary), opponent.games)
        console.print(table)
        console.print("Also human, axelrod:NAME for a strategy of Axelrod, and run:FOLDER for what a run has learned.")


def _defaults(build: Callable[..., object]) -> list[str]:
    """Return a reward's parameters as they are written: a text that must be given, numbers with their defaults."""
    return [
        f'"{name.upper()}"' if isinstance(entry.default, str) else f"{name}={entry.default:g}"
        for name, entry in signature(build).parameters.items()
        if not (isinstance(entry.default, str) and entry.kind is entry.KEYWORD_ONLY)
    ]


def _first_line(build: Callable[..., object]) -> str:
    return (build.__doc__ or "").partition("\n")[0]
