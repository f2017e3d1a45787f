"""The command that judges a player: exactly, unless it talks."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import tyro
from rich.table import Table

from moral_games import games, opponents
from moral_games.analysis import evaluate
from moral_games.cli.command import Command
from moral_games.cli.console import console, shown
from moral_games.llm.options import BUNDLED, Finetune, may_be_model
from moral_games.llm.settings import Chat, Settings
from moral_games.names import unknown
from moral_games.progress import track
from moral_games.runs import CONFIG, read_json


@dataclass(frozen=True)
class Evaluate(Command):
    """Judge a player exactly: a fixed strategy, a run's model, or a language model.

    A run's model that learned in conversation is judged by sampled episodes, with standard errors.
    """

    uses: ClassVar = {
        "a strategy, in two games": "moral-games evaluate tit_for_tat --game ipd chicken",
        "under another value": "moral-games evaluate grim --opponent always_defect --reward utilitarian",
        "what a run has learned, for programs": "moral-games evaluate runs/demo --json",
    }

    player: tyro.conf.Positional[str]
    """An opponent's name, the folder of a run, "bundled", or a Hugging Face id or folder. With "run:" before it, a
    language model's run is judged as the mean over its tellings."""
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
    memory: int | None = None
    """How many rounds prompts tell a language model; by default what its run was trained with, else one."""
    json: bool = False
    """Print JSON instead of a table."""

    def run(self) -> None:
        """Print the judgement of each game."""
        if not self.game:
            raise ValueError("--game needs the name of a game, or several; got none")
        strategy = self._as_strategy()
        results = self._language_model() if strategy is None else self._strategy(strategy)
        if self.json:
            print(json.dumps(results, indent=2))
            return
        table = Table(box=None, pad_edge=False)
        table.add_column("game")
        for key in next(iter(results.values())):
            table.add_column(key, justify="right")
        for name, row in results.items():
            table.add_row(name, *(shown(entry) for entry in row.values()))
        console.print(table)

    def _as_strategy(self) -> str | None:
        """Return the player as an opponent is named, None if it is a language model."""
        if self.player.startswith("run:") or self.player.partition("(")[0].strip() in opponents.names():
            return self.player
        config = Path(self.player, CONFIG)
        return f"run:{self.player}" if config.exists() and "agent" in read_json(config) else None

    def _strategy(self, player: str) -> dict[str, Any]:
        results = {}
        for name in self.game:
            game = games.get(name)
            found = evaluate(opponents.as_policy(player, game), self.opponent, game, self.reward, self.discount)
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
        from moral_games.llm import load
        from moral_games.llm.finetuning import judge, load_run
        from moral_games.llm.reasoner import as_taught

        config = read_json(Path(self.player, CONFIG)) if Path(self.player, CONFIG).exists() else {}
        is_run = "lora_rank" in config
        options = Finetune(
            reward=self.reward,
            test_games=self.game,
            test_opponent=self.opponent,
            wording=self.wording,
            memory=config.get("memory", 1) if self.memory is None else self.memory,
        )
        if config.get("algorithm") == "chat":
            rounds = Settings(rounds=config["train"]["rounds"])
            options = replace(options, algorithm="chat", chat=Chat(**config["chat"]), train=rounds)
        options.check()
        if not (Path(self.player).exists() or may_be_model(self.player)):
            raise unknown("player", self.player, (*opponents.names(), BUNDLED))
        model = as_taught(load_run(self.player), config) if is_run else load(self.player)
        judged = judge(model, options, partial(track, what="games"))["games"]
        if options.algorithm == "chat":
            return dict(judged)
        keys = ("p_cooperate", "legal_mass", "moral_regret", "presentation_gap")
        return {name: {key: row[key] for key in keys} for name, row in judged.items()}
