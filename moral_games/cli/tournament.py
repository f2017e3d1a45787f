"""The command ``moral-games tournament``: its options, what it prints and the figure it writes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from rich.table import Table

from moral_games import games, opponents
from moral_games.analysis.tournament import TournamentResult, tournament
from moral_games.cli.command import Command
from moral_games.cli.console import check_figure, console
from moral_games.games import MatrixGame
from moral_games.progress import track


@dataclass(frozen=True)
class Tournament(Command):
    """Let players meet each other and their own twins in a game, and rank them."""

    uses: ClassVar = {
        "all strategies against each other": "moral-games tournament --game ipd",
        "with trembling hands": "moral-games tournament --entrants tit_for_tat grim generous_tit_for_tat --noise 0.01",
        "by a value, with a figure": "moral-games tournament --reward utilitarian --by reward --figure ranks.png",
    }

    game: str = "ipd"
    """The game."""
    entrants: tuple[str, ...] = ()
    """Strategies, "axelrod:NAME", "run:FOLDER" or "human"; by default every strategy that understands the game."""
    reward: str = "selfish"
    """The value under which rewards are counted beside payoffs."""
    rounds: int | None = None
    """Length of a match; 200 where there is no discount."""
    discount: float | None = None
    """Discount of later rounds, for matches without an end."""
    noise: float = 0.0
    """Probability that an action is replaced by another one."""
    repetitions: int = 10
    """How often matches are played that cannot be computed exactly."""
    seed: int = 0
    """Where the draws of those matches come from."""
    by: Literal["payoff", "reward", "cooperation"] = "payoff"
    """What to rank by, and what the matrix and the figure show."""
    self_play: bool = True
    """Whether the match against its own twin counts for the ranking, as in Axelrod (1980)."""
    json: bool = False
    """Print JSON instead of tables."""
    figure: Path | None = None
    """Write a figure there: a name that ends in .png, .pdf or .svg."""

    def run(self) -> None:
        """Play, print the ranking and who got what from whom, and write the figure."""
        if self.figure is not None:
            check_figure(self.figure)
        game = games.get(self.game)
        result = tournament(
            self.entrants or _everyone(game),
            game,
            self.reward,
            rounds=self.rounds,
            discount=self.discount,
            noise=self.noise,
            repetitions=self.repetitions,
            rng=np.random.default_rng(self.seed),
            show=partial(track, what="pairs"),
        )
        if self.json:
            print(json.dumps(self._summary(result), indent=2))
        else:
            self._print(result)
        if self.figure is not None:
            from moral_games.report import tournament_figures

            tournament_figures.tournament(result, self.by, self.self_play).savefig(self.figure, dpi=150)

    def _summary(self, result: TournamentResult) -> dict[str, Any]:
        return {
            "game": self.game,
            "reward": str(result.reward),
            "ranking": [
                {key: value if isinstance(value, str) else round(value, 6) for key, value in row._asdict().items()}
                for row in result.ranking(self.by, self.self_play)
            ],
            "entrants": list(result.names),
            "payoffs": np.round(result.payoffs, 6).tolist(),
            "rewards": np.round(result.rewards, 6).tolist(),
            "cooperation": np.round(result.cooperation, 6).tolist(),
            "exact": result.exact.tolist(),
        }

    def _print(self, result: TournamentResult) -> None:
        standings = result.ranking(self.by, self.self_play)
        ranking = Table(box=None, pad_edge=False)
        for name in ("", "entrant", "payoff", "reward", "cooperation"):
            ranking.add_column(name, justify="left" if name == "entrant" else "right", no_wrap=True)
        for place, row in enumerate(standings, 1):
            measures = zip(row[1:4], row[4:], strict=True)
            ranking.add_row(str(place), row.name, *(_shown(mean, error) for mean, error in measures))
        console.print(ranking)
        if not result.exact.all():
            console.print("± standard error; matches without it are computed exactly")
        console.print()
        order = [result.names.index(row.name) for row in standings]
        shown = {"payoff": result.payoffs, "reward": result.rewards, "cooperation": result.cooperation}[self.by]
        matrix = Table(f"{self.by} from", box=None, pad_edge=False)
        for place in range(len(order)):
            matrix.add_column(str(place + 1), justify="right", no_wrap=True)
        for place, i in enumerate(order):
            matrix.add_row(f"{place + 1:>2} {result.names[i]}", *(f"{number:.2f}" for number in shown[i, order]))
        if console.measure(matrix, options=console.options.update(max_width=10_000)).maximum > console.width:
            console.print(
                f"{len(order)} entrants make a matrix that is wider than {console.width} characters; "
                "see it with --figure or --json"
            )
        else:
            console.print(matrix)


def _everyone(game: MatrixGame) -> tuple[str, ...]:
    """Return the strategies that understand the game from every seat."""
    understand = [opponents.names(game.seen_by(player)) for player in range(game.players)]
    return tuple(name for name in understand[0] if all(name in names for names in understand))


def _shown(mean: float, error: float) -> str:
    return f"{mean:.3f} ± {error:.3f}" if error else f"{mean:.3f}"
