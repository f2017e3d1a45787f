"""What ``moral-games --help`` shows, and what stands below the options of each command's help."""

from __future__ import annotations

from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from moral_games.cli.command import Command
from moral_games.cli.console import console


def print_overview(groups: Mapping[str, Mapping[str, type[Command]]]) -> None:
    """Print all commands by groups, each with the first line of its docstring."""
    console.print("usage: moral-games COMMAND [OPTIONS]\n", markup=False)
    console.print("Moral values, social dilemmas, and what learners make of them.")
    width = max(len(name) for commands in groups.values() for name in commands)
    for group, commands in groups.items():
        console.print(f"\n[bold]{group}[/bold]")
        table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        for name, command in commands.items():
            table.add_row(f"  {name:{width}}", escape((command.__doc__ or "").partition("\n")[0]))
        console.print(table)
    console.print("\nWhat a command can be asked for, with examples: moral-games COMMAND --help", markup=False)


def print_uses(command: type[Command]) -> None:
    """Print examples of a command, as they are typed."""
    console.print("\n[bold]examples[/bold]")
    for what, typed in command.uses.items():
        console.print(f"  {what}\n    $ {typed}", markup=False, soft_wrap=True)
