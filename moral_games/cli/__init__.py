"""What people type: ``moral-games COMMAND``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence

import tyro

import moral_games
from moral_games.cli.audit import Audit
from moral_games.cli.command import DONE, Command, attempt
from moral_games.cli.completion import Completion
from moral_games.cli.data import Data
from moral_games.cli.doctor import Doctor, extra_with
from moral_games.cli.estimate import Estimate
from moral_games.cli.evaluate import Evaluate
from moral_games.cli.explore import Explore
from moral_games.cli.finetune import FineTuning, Report
from moral_games.cli.help import print_overview, print_uses
from moral_games.cli.listing import Games, Opponents, Rewards
from moral_games.cli.play import Play
from moral_games.cli.portrait import Portrait
from moral_games.cli.pricing import Pricing
from moral_games.cli.show import Show
from moral_games.cli.tournament import Tournament
from moral_games.cli.vehicles import Vehicles
from moral_games.names import unknown
from moral_games.runs import RunFailed

GROUPS: Mapping[str, Mapping[str, type[Command]]] = {
    "what there is": {
        "games": Games,
        "rewards": Rewards,
        "opponents": Opponents,
        "show": Show,
        "explore": Explore,
    },
    "playing and judging": {
        "play": Play,
        "tournament": Tournament,
        "evaluate": Evaluate,
        "audit": Audit,
        "estimate": Estimate,
    },
    "language models": {
        "data": Data,
        "finetune": FineTuning,
        "portrait": Portrait,
        "vehicles": Vehicles,
        "pricing": Pricing,
    },
    "runs, and this installation": {
        "report": Report,
        "doctor": Doctor,
        "completion": Completion,
    },
}
"""Every command, by what it is for."""

HELP = {"-h", "--help"}


def commands() -> dict[str, type[Command]]:
    """Return every command by its name."""
    return {name: command for group in GROUPS.values() for name, command in group.items()}


def read_command(words: Sequence[str]) -> Command:
    """Return the command that is typed.

    Parameters
    ----------
    words
        The command's name, and its options.

    Raises
    ------
    ValueError
        If there is no such command.
    SystemExit
        If an option is unknown or cannot be understood, which is then said (2), or help is printed (0).
    """
    name, *options = words
    if name not in commands():
        raise unknown("command", name, commands())
    command = commands()[name]
    try:
        return tyro.cli(command, prog=f"moral-games {name}", args=options)
    except SystemExit as end:
        if not end.code and HELP & set(options):
            print_uses(command)
        raise


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status.

    Parameters
    ----------
    arguments
        What was typed after ``moral-games``; by default that of this process.

    Returns
    -------
    int
        0 if all is well, 1 if what was asked for failed, 2 if it cannot be tried, 130 or 143 if it was stopped.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in HELP:
        print_overview(GROUPS)
        return DONE
    if words[0] == "--version":
        print(f"moral-games {moral_games.__version__}")
        return DONE
    typed: list[Command] = []

    def work() -> None:
        try:
            typed.append(read_command(words))
            typed[0].run()
        except ModuleNotFoundError as error:
            extra = extra_with(error.name or "")
            if extra is None:
                raise
            install = f"pip install 'moral-games[{extra}]'"
            raise RunFailed(f"{words[0]} needs {error.name}; install it with: {install}") from error

    return attempt(work, "moral-games", lambda: _left_of(typed[0], words) if typed else "nothing was begun")


def _left_of(command: Command, words: Sequence[str]) -> str:
    """Return what is left of a command that was stopped, and what goes on with it."""
    if not hasattr(command, "resume"):
        return command.when_stopped
    again = [*words, *(() if "--resume" in words else ("--resume",))]
    return f"{command.when_stopped}; go on with: {shlex.join(['moral-games', *again])}"
