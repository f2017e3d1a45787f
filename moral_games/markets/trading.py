"""Markets that are played side by side, round after round, by sellers of any kind that may fail to give a price.

All that is drawn in a round depends on the market's seed and currency, the round, the firm and the attempt alone, so
that play can go on from any round, and no market depends on those beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from moral_games.markets.grids import price_grid
from moral_games.markets.market import Floats, Market
from moral_games.markets.policies import PricePolicy
from moral_games.markets.prompts import Notes, PriceAnswer, spelled
from moral_games.markets.solutions import best_reply, joint_profit_prices

CEILINGS = (1.5, 2.5)
"""Between which multiples of the collusive price the ceiling of a market is drawn, uniformly. Ours: ceilings that were
logged with the published code lie in this range; how they were drawn could not be read."""


@dataclass(frozen=True, eq=False)
class Place:
    """A market, what may be charged there, and where its draws come from.

    Parameters
    ----------
    market
        Who sells.
    seed
        Of the market. Draws depend on the currency as well, so that markets with one seed in several currencies are
        independent.
    prices
        How many prices there are to choose from, around those of competition and collusion, written as
        `moral_games.markets.prompts.spelled` does; None for any price up to the ceiling.
    """

    market: Market
    seed: int
    prices: int | None = None

    @property
    def entropy(self) -> tuple[int, int]:
        """What all draws of the market begin from."""
        return self.seed, int(np.float64(self.market.currency).view(np.uint64))

    @cached_property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """How each firm's prices are written; empty without a grid."""
        if self.prices is None:
            return ()
        return tuple(spelled(own) for own in price_grid(self.market, self.prices))

    @cached_property
    def ceiling(self) -> float:
        """The highest price: that of the grid, or one that is drawn, to the cent; see `CEILINGS`."""
        if self.labels:
            return max(float(own[-1]) for own in self.labels)
        factor = np.random.default_rng(self.entropy).uniform(*CEILINGS)
        return round(float(factor * joint_profit_prices(self.market).max()), 2)

    def nearest(self, firm: int, price: float) -> float:
        """Return the price nearest to one that a firm may charge."""
        if not self.labels:
            return min(price, self.ceiling)
        grid = np.array(self.labels[firm], dtype=np.float64)
        return float(grid[np.abs(grid - price).argmin()])


@dataclass(frozen=True, eq=False)
class Asked:
    """What a seller is asked in a round.

    Attributes
    ----------
    place, firm
        For whom it sells, and where.
    history
        (T, n): everybody's prices so far, NaN where a firm made no offer.
    notes
        What it wrote last.
    attitude
        A name in `moral_games.markets.prompts.ATTITUDES`.
    """

    place: Place
    firm: int
    history: Floats
    notes: Notes = field(default_factory=Notes)
    attitude: str = "plain"

    def entropy(self, attempt: int) -> list[int]:
        """Return what an attempt's draws begin from."""
        return [*self.place.entropy, len(self.history), self.firm, attempt]


@dataclass(frozen=True)
class Offer:
    """What a seller does in a round.

    Attributes
    ----------
    price
        In money; None for no offer.
    notes
        For the next round.
    answers
        What it answered, attempt by attempt; none if it is no language model.
    legal
        How probable it was that an answer names a price, where that is known.
    """

    price: float | None
    notes: Notes = field(default_factory=Notes)
    answers: tuple[PriceAnswer, ...] = ()
    legal: float | None = None


class Seller(Protocol):
    """Who sets prices, for one firm or several, in one market or many."""

    def offers(self, asked: Sequence[Asked], attempts: int) -> list[Offer]:
        """Return an offer for each firm that is asked for one; an answer without a price is asked for so often."""
        ...


@dataclass(frozen=True, eq=False)
class FixedSeller:
    """A seller that does not learn: it sees the last price that each firm has asked, and the ceiling before the first.

    Parameters
    ----------
    policy
        See `moral_games.markets.policies`.
    """

    policy: PricePolicy

    def offers(self, asked: Sequence[Asked], attempts: int) -> list[Offer]:
        """Return an offer for each firm, see `Seller`; a ValueError where the policy gives no price."""
        offers = []
        for one in asked:
            last = last_asked(one.history, one.place.ceiling)[-1] if len(one.history) else None
            price = self.policy(one.place.market, one.firm, last)
            if not 0 <= price < np.inf:
                raise ValueError(f"the price policy of firm {one.firm} must give a price, at least 0, got {price!r}")
            offers.append(Offer(one.place.nearest(one.firm, price)))
        return offers


class Trading:
    """Markets that are played side by side; whoever sells for several firms is asked for all of them at once.

    Parameters
    ----------
    places
        M markets with the same number of firms n.
    sellers
        Who sells for each firm.
    attitudes
        Of each firm.
    attempts
        How often a firm is asked in a round before it makes no offer.

    Attributes
    ----------
    history
        (T, M, n): prices, NaN without an offer.
    notes
        By market and firm.
    """

    def __init__(
        self, places: Sequence[Place], sellers: Sequence[Seller], attitudes: Sequence[str], attempts: int = 3
    ) -> None:
        self.places, self.sellers, self.attitudes, self.attempts = places, sellers, attitudes, attempts
        self.history = np.empty((0, len(places), len(sellers)))
        self.notes = [[Notes()] * len(sellers) for _ in places]

    def play(self, forced: ArrayLike | None = None) -> list[list[Offer]]:
        """Play a round; return offers by market and firm.

        Parameters
        ----------
        forced
            (M,): what firm 0 charges without being asked.
        """
        offers = [[Offer(None)] * len(self.sellers) for _ in self.places]
        asked = [firm for firm in range(len(self.sellers)) if forced is None or firm > 0]
        for seller in dict.fromkeys(self.sellers[firm] for firm in asked):
            seats = [(m, firm) for firm in asked if self.sellers[firm] is seller for m in range(len(self.places))]
            given = seller.offers([self._ask(*seat) for seat in seats], self.attempts)
            for (m, firm), found in zip(seats, given, strict=True):
                offers[m][firm] = found
                self.notes[m][firm] = found.notes
        if forced is not None:
            for m, price in enumerate(np.asarray(forced).tolist()):
                offers[m][0] = Offer(price, self.notes[m][0])
        prices = np.array([[found.price for found in row] for row in offers], dtype=np.float64)
        self.history = np.concatenate([self.history, prices[None]])
        return offers

    def cuts(self) -> list[float]:
        """Return for each market the price that earns firm 0 most against the last prices, or the grid's nearest."""
        found = []
        for m, place in enumerate(self.places):
            last = last_asked(self.history[:, m], place.ceiling)[-1]
            found.append(place.nearest(0, float(best_reply(place.market, last)[0])))
        return found

    def silent(self, rounds: int) -> int | None:
        """Return a firm that has made no offer in any market in the last so many rounds, or None."""
        quiet = np.isnan(self.history[-rounds:]).all(axis=(0, 1)) & (len(self.history) >= rounds)
        return int(quiet.argmax()) if quiet.any() else None

    def _ask(self, m: int, firm: int) -> Asked:
        return Asked(self.places[m], firm, self.history[:, m], self.notes[m][firm], self.attitudes[firm])


def last_asked(history: Floats, before: float) -> Floats:
    """Return with each round's prices (T, n) the last that each firm has asked until then; `before` until the first."""
    filled = history.copy()
    for number, prices in enumerate(filled):
        last = filled[number - 1] if number else np.full(prices.shape, before)
        filled[number] = np.where(np.isnan(prices), last, prices)
    return filled
