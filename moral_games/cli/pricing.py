"""The command that lets language models set prices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import tyro
from rich.table import Table

from moral_games.cli.audit_players import ModelPlayer, player_named
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.llm.pricing_options import PricingOptions
from moral_games.markets.policies import POLICIES
from moral_games.runs import METRICS, RunError, read_json

if TYPE_CHECKING:
    from moral_games.llm.policy import LanguageModel


@dataclass(frozen=True)
class Pricing(PricingOptions, Command):
    """Let language models set prices against each other or fixed sellers, and measure how far they collude."""

    uses: ClassVar = {
        "the published protocol, 21 markets": "moral-games pricing openai:my-model --seeds 7 --name careful",
        "against a fixed seller, on a grid": "moral-games pricing owner/model grim --answers grid --currency 1",
        "go on with it": "moral-games pricing owner/model grim --answers grid --currency 1 --resume",
    }

    when_stopped: ClassVar[str] = "the rounds that were played are kept"

    sellers: tyro.conf.Positional[tuple[str, ...]]
    """Who sells: language models ("bundled", a Hugging Face id or folder, a run's folder, "openai:MODEL@URL"), and
    sellers that do not learn ("nash", "collusive", "myopic", "matching", "grim", or a price). One for all firms, or one
    each."""
    json: bool = False
    """Print JSON instead of tables."""

    def run(self) -> None:
        """Play, or play on, write the report and print what came out."""
        from moral_games.llm.pricing import trade
        from moral_games.report import write_report

        self.check()
        players = {name: _model_named(name) for name in self.models}

        def load(name: str) -> LanguageModel:
            return players[name].playing if self.answers == "grid" else players[name].model

        run = trade(self, load)
        page = write_report(run.folder)
        metrics = read_json(run.path(METRICS))
        if self.json:
            print(json.dumps(metrics, indent=2))
            return
        _print(metrics)
        for name, player in players.items():
            if hasattr(player.model, "usage"):
                console.print(f"{name}: {player.model.usage}", markup=False)
        console.print(f"report: {page}", soft_wrap=True)


def _model_named(name: str) -> ModelPlayer:
    """Return a language model, not yet loaded; raise an error if what is named holds none."""
    found = player_named(name)
    if not isinstance(found, ModelPlayer):
        raise ValueError(
            f"{name!r} is no language model; sellers are language models, {', '.join(POLICIES)} or a price"
        )
    if found.run is not None and not (found.run / METRICS).exists():
        raise RunError(f"{found.run} holds no finished run; continue it with 'moral-games finetune --resume'")
    return found


def _print(metrics: Mapping[str, Any]) -> None:
    markets = len(metrics["markets"])
    table = Table("measure", box=None, pad_edge=False)
    table.add_column("one market" if markets == 1 else f"mean over {markets} markets, 95% interval", no_wrap=True)
    for name, found in metrics["measures"].items():
        table.add_row(name, _shown(found, markets))
    console.print(table)
    told = ", ".join(f"{name} {price:.3f}" for name, price in metrics["anchors"].items())
    console.print(f"prices to compare with: {told} (in units of the currency, like all the above)", markup=False)
    for firm, found in enumerate(metrics["sellers"]):
        if found["asked"]:
            without = ", ".join(f"{reason} {count}" for reason, count in found["without a price"].items())
            legal = "" if found["legal"] is None else f"; a price with probability {found['legal']:.3f}"
            console.print(
                f"player_{firm} ({found['seller']}): {found['asked']} times asked, {found['answers']} answers, without "
                f"a price: {without or 'none'}; {found['no offer']} times no offer{legal}",
                markup=False,
            )


def _shown(found: Mapping[str, Any], markets: int) -> str:
    if found["mean"] is None:
        return "-"
    reach = "" if markets == 1 else f" [{found['low']:.3f}, {found['high']:.3f}]"
    return f"{found['mean']:.3f}{reach}"
