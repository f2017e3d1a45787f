"""What people type: ``moral-games COMMAND``."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from moral_games import games, opponents, rewards
from moral_games.analysis import equilibria, evaluate
from moral_games.envs.registration import ids
from moral_games.games import MatrixGame
from moral_games.games.kinds import KINDS, classify
from moral_games.llm.options import BUNDLED, Finetune
from moral_games.names import unknown
from moral_games.repeated import state_labels
from moral_games.runs import CONFIG, METRICS, RunError, read_json

# Where no terminal sets a width, lines are not folded, so that they can be searched.
console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)


@dataclass(frozen=True)
class Games:
    """List the games of the catalogue."""

    kind: str | None = None
    """Only games of this kind."""

    def run(self) -> None:
        """Print one line a game."""
        table = Table("name", "title", "kind", "environment id", box=None, pad_edge=False)
        shown = [games.get(name) for name in games.names()]
        kinds = sorted({game.kind for game in shown})
        if self.kind is not None and self.kind not in kinds:
            raise ValueError(f"no game is of kind {self.kind!r}; there are {', '.join(kinds)}")
        for game in shown:
            if self.kind in (None, game.kind):
                table.add_row(game.name, game.title, game.kind, ids()[game.name])
        console.print(table)


@dataclass(frozen=True)
class Show:
    """Show a game's payoffs, kind and equilibria, before and after a moral reward."""

    game: tyro.conf.Positional[str]
    """Name of the game."""
    reward: str | None = None
    """A memoryless reward, e.g. utilitarian, or 'selfish + 0.5 * altruistic'."""

    def run(self) -> None:
        """Print the game, and what the reward makes of it."""
        game = games.get(self.game)
        _print_game(game, game.title, kind=game.kind)
        console.print(f"Source: {escape(game.source)}")
        if self.reward is not None:
            after = rewards.transform(game, self.reward)
            console.print()
            _print_game(after, f"{game.title} under {rewards.parse(self.reward)}", kind=classify(after))


@dataclass(frozen=True)
class Evaluate:
    """Judge a player exactly: a fixed strategy, a run's model, or a language model."""

    player: tyro.conf.Positional[str]
    """An opponent's name, the folder of a run, "bundled", or a Hugging Face id or folder."""
    game: tuple[str, ...] = ("ipd",)
    """Games to judge on."""
    opponent: str = "random"
    """Who plays against it."""
    reward: str = "deontological(penalty=3) + illegal(penalty=6)"
    """The value that judges."""
    discount: float = 0.99
    """Discount of later rounds."""
    wording: str = "compact"
    """How games are told to a language model."""
    json: bool = False
    """Print JSON instead of a table."""

    def run(self) -> None:
        """Print the judgement of each game."""
        results = self._strategy() if self._is_strategy() else self._language_model()
        if self.json:
            print(json.dumps(results, indent=2))
            return
        table = Table(box=None, pad_edge=False)
        table.add_column("game")
        for key in next(iter(results.values())):
            table.add_column(key, justify="right")
        for name, row in results.items():
            table.add_row(name, *(_shown(entry) for entry in row.values()))
        console.print(table)

    def _is_strategy(self) -> bool:
        return self.player.partition("(")[0].strip() in opponents.names()

    def _strategy(self) -> dict[str, Any]:
        results = {}
        for name in self.game:
            game = games.get(name)
            found = evaluate(opponents.as_policy(self.player, game), self.opponent, game, self.reward, self.discount)
            results[name] = {
                "payoff": round(float(found.payoffs[0]), 6),
                "opponent's payoff": round(float(found.payoffs[1]), 6),
                "reward": round(float(found.rewards[0]), 6),
                "moral regret": round(found.moral_regret, 6),
                "published regret": round(found.published_regret, 6),
                "action types": {kind: round(share, 4) for kind, share in found.action_types.items() if share > 5e-5},
            }
        return results

    def _language_model(self) -> dict[str, Any]:
        from moral_games.llm.finetuning import judge, load_run
        from moral_games.llm.models import load

        options = Finetune(reward=self.reward, test_games=self.game, test_opponent=self.opponent, wording=self.wording)
        options.check()
        if not (Path(self.player).exists() or "/" in self.player or self.player == BUNDLED):
            raise unknown("player", self.player, (*opponents.names(), BUNDLED))
        is_run = Path(self.player, CONFIG).exists() and "lora_rank" in read_json(Path(self.player, CONFIG))
        judged = judge(load_run(self.player) if is_run else load(self.player), options)["games"]
        shown = ("p_cooperate", "legal_mass", "moral_regret", "presentation_gap")
        return {name: {key: row[key] for key in shown} for name, row in judged.items()}


@dataclass(frozen=True)
class Report:
    """Write the report of a finished run."""

    run_folder: tyro.conf.Positional[Path]
    """The run's folder, e.g. runs/demo."""

    def run(self) -> None:
        """Write report.html and the figures."""
        from moral_games.report import write_report

        console.print(f"report: {write_report(self.run_folder)}")


def _finetune(options: Finetune) -> None:
    """Carry out a fine-tuning run, write its report and print what came out."""
    from moral_games.llm.finetuning import finetune
    from moral_games.report import headline, write_report

    run = finetune(options)
    report = write_report(run.folder)
    metrics, config = read_json(run.path(METRICS)), read_json(run.path(CONFIG))
    value = next(iter(next(iter(metrics["after"].values()))["moral_regret"]))
    table = Table("game", "P(cooperate) start CC CD DC DD", "legal", f"{value} regret", "gap", box=None, pad_edge=False)
    for when in ("before", "after"):
        for game, row in metrics[when].items():
            cooperate = " ".join(f"{p:.2f}" for p in row["p_cooperate"])
            table.add_row(
                f"{game} {when}",
                cooperate,
                f"{row['legal_mass']:.3f}",
                f"{row['moral_regret'][value]:.3f}",
                f"{row['presentation_gap_judged']:.3f}",
            )
    console.print(table)
    console.print(headline(config, metrics))
    console.print(f"trained in {metrics['seconds']['train']:.0f} s; report: {report}")


def _print_game(game: MatrixGame, title: str, kind: str) -> None:
    console.print(f"[bold]{escape(title)}[/bold]: {kind}" + (f" ({KINDS[kind][1]})" if kind in KINDS else ""))
    if game.players == 2:
        table = Table("", *game.actions[1])
        for a, name in enumerate(game.actions[0]):
            table.add_row(name, *(", ".join(f"{p:g}" for p in game.payoffs[a, b]) for b in range(game.shape[1])))
        console.print(table)
        console.print("Nash equilibria:")
        for row, column in equilibria(game):
            console.print(f"  {_strategy(game, 0, row)}  /  {_strategy(game, 1, column)}")
    else:
        for joint, label in zip(game.joint_actions, state_labels(game)[1:], strict=True):
            console.print(f"  {label}: {', '.join(f'{p:g}' for p in game.payoffs[tuple(joint)])}")


def _strategy(game: MatrixGame, player: int, mixed: np.ndarray) -> str:
    return " + ".join(
        f"{p:.3g} {name}" if p < 1 - 1e-9 else name
        for p, name in zip(mixed, game.actions[player], strict=True)
        if p > 1e-9
    )


def _shown(entry: Any) -> str:
    if isinstance(entry, dict):
        return ", ".join(f"{key} {_shown(value)}" for key, value in entry.items())
    if isinstance(entry, list):
        return " ".join(_shown(value) for value in entry)
    return f"{entry:.3f}" if isinstance(entry, float) else str(entry)


Command = (
    Annotated[Games, tyro.conf.subcommand("games")]
    | Annotated[Show, tyro.conf.subcommand("show")]
    | Annotated[Finetune, tyro.conf.subcommand("finetune")]
    | Annotated[Evaluate, tyro.conf.subcommand("evaluate")]
    | Annotated[Report, tyro.conf.subcommand("report")]
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command; return the exit status."""
    command = tyro.cli(Command, prog="moral-games", description=__doc__, args=arguments)
    try:
        if isinstance(command, Finetune):
            _finetune(command)
        else:
            command.run()
    except (ValueError, TypeError, RunError, FloatingPointError, OSError) as error:
        print(f"moral-games: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("moral-games: stopped; a run goes on with --resume", file=sys.stderr)
        return 130
    return 0
