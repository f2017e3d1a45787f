"""What people type: ``moral-games COMMAND``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Annotated

import tyro

from moral_games.cli.audit import Audit
from moral_games.cli.data import Data
from moral_games.cli.doctor import Doctor
from moral_games.cli.estimate import Estimate
from moral_games.cli.evaluate import Evaluate
from moral_games.cli.finetune import Report, run_finetune
from moral_games.cli.listing import Games, Opponents, Rewards
from moral_games.cli.play import Play
from moral_games.cli.portrait import Portrait
from moral_games.cli.pricing import Pricing
from moral_games.cli.show import Show
from moral_games.cli.tournament import Tournament
from moral_games.cli.vehicles import Vehicles
from moral_games.llm.options import Finetune
from moral_games.runs import RunError
from moral_games.text.visible import visible

Command = (
    Annotated[Games, tyro.conf.subcommand("games")]
    | Annotated[Rewards, tyro.conf.subcommand("rewards")]
    | Annotated[Opponents, tyro.conf.subcommand("opponents")]
    | Annotated[Show, tyro.conf.subcommand("show")]
    | Annotated[Play, tyro.conf.subcommand("play")]
    | Annotated[Tournament, tyro.conf.subcommand("tournament")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[Audit, tyro.conf.subcommand("audit")]
    | Annotated[Estimate, tyro.conf.subcommand("estimate")]
    | Annotated[Data, tyro.conf.subcommand("data")]
    | Annotated[Vehicles, tyro.conf.subcommand("vehicles")]
    | Annotated[Pricing, tyro.conf.subcommand("pricing")]
    | Annotated[Portrait, tyro.conf.subcommand("portrait")]
    | Annotated[Finetune, tyro.conf.subcommand("finetune")]
    | Annotated[Report, tyro.conf.subcommand("report")]
    | Annotated[Doctor, tyro.conf.subcommand("doctor")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status."""
    command = tyro.cli(Command, prog="moral-games", description=__doc__, args=arguments)
    try:
        if isinstance(command, Finetune):
            run_finetune(command)
        else:
            command.run()
    except (ValueError, TypeError, RunError, FloatingPointError, OSError) as error:
        print(visible(f"moral-games: {error}"), file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("moral-games: stopped; a run goes on with --resume", file=sys.stderr)
        return 130
    return 0
