"""What a run in which language models set prices can be asked for. Without torch, so that asking is quick."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from moral_games.analysis.price_paths import MEASURED
from moral_games.llm.options import BUNDLED, may_be_model
from moral_games.markets import Market
from moral_games.markets.policies import POLICIES, PricePolicy, as_price_policy
from moral_games.markets.prompts import ATTITUDES, TOLD
from moral_games.markets.trading import Place
from moral_games.names import check_folder_name, unknown

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|nan|inf")
ELSEWHERE = {"folder", "resume"}
"""Options that say where a run is carried out, and not what it is."""

LEAST = {
    "firms": 2,
    "prices": 2,
    "rounds": 1,
    "told": 1,
    "words": 1,
    "attempts": 1,
    "deviation": 0,
    "seeds": 1,
    "seed": 0,
}
"""The least that options can be."""


MOST_PRICES = 1000
"""The most prices of a grid: each is a word of every question."""


@dataclass(frozen=True)
class PricingOptions:
    """What a run is asked for; the defaults are the published market and protocol, with one seed for each currency."""

    sellers: tuple[str, ...]
    """Who sells: language models, and sellers that do not learn; one for all firms, or one each."""
    answers: Literal["notes", "grid"] = "notes"
    """How models answer: with two notes and any price, as published, or with a price of a grid, by probabilities."""
    attitude: tuple[str, ...] = ("careful",)
    """How models are told to go about it: "plain", "careful" or "competitive"; one for all firms, or one each."""
    firms: int = 2
    """How many firms there are, all alike."""
    quality: float = 2.0
    """What a product is worth to the mean buyer."""
    cost: float = 1.0
    """What a unit costs."""
    outside: float = 0.0
    """What buying nothing is worth."""
    differentiation: float = 0.25
    """How much tastes differ."""
    currency: tuple[float, ...] = (1.0, 3.2, 10.0)
    """How many units of money a unit of cost is; each seed is played in each of these."""
    prices: int = 15
    """How many prices the grid has."""
    rounds: int = 300
    """Rounds that are played."""
    told: int = TOLD
    """How many of the last rounds a model is told."""
    words: int = 800
    """The most tokens of an answer with notes."""
    attempts: int = 3
    """How often a model is asked in a round until it gives a price; after that its firm makes no offer. On a grid these
    are draws from known probabilities and cost nothing."""
    patience: int = 10
    """After how many rounds in a row without any price of a firm, in all markets, the run stops."""
    deviation: int = 10
    """How many rounds are played on after player_0 was forced to cut its price; 0 for no such cut."""
    seeds: int = 1
    """How many markets in each currency, with seeds from --seed upwards; 7 were published."""
    seed: int = 0
    """The first seed; seeds decide everything that is drawn."""
    name: str = "pricing"
    """Name of the run, and of its folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue the run of that name where it stopped."""

    def check(self) -> None:
        """Raise a ValueError if something is unknown or out of range."""
        check_folder_name("run", self.name)
        for name, number in LEAST.items():
            if getattr(self, name) < number:
                raise ValueError(f"--{name} must be at least {number}, got {getattr(self, name)}")
        if self.prices > MOST_PRICES:
            raise ValueError(f"--prices must be at most {MOST_PRICES}, got {self.prices}")
        if not 1 <= self.patience <= MEASURED:
            raise ValueError(f"--patience must be from 1 to {MEASURED} rounds, got {self.patience}")
        if not self.currency or len(set(self.currency)) < len(self.currency):
            raise ValueError(f"--currency needs one or several different numbers, got {self.currency}")
        for attitude in self.by_firm("attitude"):
            if attitude not in ATTITUDES:
                raise unknown("attitude", attitude, ATTITUDES)
        if not self.models:
            raise ValueError(f"none of the sellers {', '.join(self.sellers)} is a language model; name one, or several")
        if min(place.ceiling for place in self.places) <= 0:
            raise ValueError(
                f"ceilings are told to the cent, too coarse for --currency {min(self.currency)}; take a larger one"
            )

    def by_firm(self, option: Literal["sellers", "attitude"]) -> tuple[str, ...]:
        """Return what holds for each firm; a ValueError unless one is given for all or one for each."""
        given: tuple[str, ...] = getattr(self, option)
        if len(given) not in (1, self.firms):
            raise ValueError(f"--{option} takes one for all firms or one for each of {self.firms}, got {len(given)}")
        return given * self.firms if len(given) == 1 else given

    @property
    def models(self) -> tuple[str, ...]:
        """The language models, each once."""
        return tuple(dict.fromkeys(name for name in self.by_firm("sellers") if fixed_policy(name) is None))

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """The markets: all seeds in the first currency, then in the next."""
        shape = {"outside": self.outside, "differentiation": self.differentiation}
        markets = [
            Market.symmetric(self.firms, self.quality, self.cost, currency=currency, **shape)
            for currency in self.currency
        ]
        grid = self.prices if self.answers == "grid" else None
        seeds = range(self.seed, self.seed + self.seeds)
        return tuple(Place(market, seed, grid) for market in markets for seed in seeds)

    @property
    def advice(self) -> str:
        """What to do about a model that gives no prices."""
        if self.answers == "grid":
            return "Allow more draws from its probabilities (--attempts), or take another model"
        return "Let it choose from a grid (--answers grid), allow longer answers (--words), or take another model"

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE | {"json"}}
        return {"command": "pricing"} | json.loads(json.dumps(kept))


def fixed_policy(seller: str) -> PricePolicy | None:
    """Return what a seller does that does not learn; None for the name of a language model.

    Raises
    ------
    ValueError
        If it is neither, or its price is negative.
    """
    if seller in POLICIES:
        return POLICIES[seller]
    if _NUMBER.fullmatch(seller):
        return as_price_policy(float(seller))
    if not (may_be_model(seller) or Path(seller).exists()):
        raise unknown("seller", seller, (*POLICIES, BUNDLED))
    return None
