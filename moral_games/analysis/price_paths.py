"""What prices amount to that firms have set round after round: how far they collude, and what follows a cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from moral_games.analysis.intervals import bootstrap
from moral_games.markets import Market, SellerValue, equilibrium, joint_profit_prices, nash_prices, profit_gain
from moral_games.markets.market import Floats
from moral_games.markets.offers import sold
from moral_games.markets.trading import last_asked

MEASURED = 50
"""The last rounds, over which prices and profits are averaged, as published (Fish, Gonczarowski & Shorrer 2024)."""
HOMO_MORALIS = 0.5
"""The degree of morality whose equilibrium is told beside competition and collusion."""

Measures = dict[str, Any]


def by_market(markets: Sequence[Market], prices: Floats) -> dict[str, Floats]:
    """Return what the last rounds of each market came to, in units of its currency; (M,) each, prices (M, n).

    Parameters
    ----------
    markets
        M markets.
    prices
        (T, M, n), in money, NaN where a firm made no offer. A firm without an offer sells nothing in that round.

    Returns
    -------
    dict
        ``prices`` by firm (NaN without any offer), ``price`` (their mean), ``profit gain``, ``profit`` of a firm,
        ``consumer surplus``, and ``no offer``: the share of offers that were not made.
    """
    last = prices[-MEASURED:]
    units = np.array([market.currency for market in markets])
    found = [sold(market, last[:, place]) for place, market in enumerate(markets)]
    profits = np.stack([each.profits.mean(axis=0) for each in found])
    means = _mean(last, axis=0) / units[:, None]
    return {
        "prices": means,
        "price": _mean(means, axis=1),
        "profit gain": np.array([profit_gain(market, own) for market, own in zip(markets, profits, strict=True)]),
        "profit": profits.mean(axis=1) / units,
        "consumer surplus": np.array([each.consumer_surplus.mean() for each in found]) / units,
        "no offer": np.isnan(last).mean(axis=(0, 2)),
    }


def measures(markets: Sequence[Market], prices: Floats) -> Measures:
    """Return means over markets with 95 % bootstrap intervals; JSON. The prices are those of `by_market`, (T, M, n).

    Each has ``mean``, ``low``, ``high`` and ``by_market``, which is None for a market in which nothing was offered in
    the rounds that are measured; such a market is left out.
    """
    numbers = by_market(markets, prices)
    firms = {f"price of player_{firm}": own for firm, own in enumerate(numbers.pop("prices").T)}
    return {
        name: interval(found) | {"by_market": [None if np.isnan(one) else round(float(one), 6) for one in found]}
        for name, found in ({"price": numbers.pop("price")} | firms | numbers).items()
    }


def impulse_response(markets: Sequence[Market], prices: Floats, before: int) -> Measures:
    """Return prices in the round before a forced cut, in that round and after it, means over markets; JSON.

    Parameters
    ----------
    markets, prices
        As in `by_market`; prices, (T, M, n), go on to the end of what is told.
    before
        How many rounds were played before the cut.

    Returns
    -------
    dict
        ``mean``, ``low``, ``high``: by firm and round, in units of the currency. Where a firm makes no offer it is
        taken to ask what it asked last; a market in which it never did is left out.
    """
    units = np.array([market.currency for market in markets])[:, None]
    asked = np.stack([last_asked(prices[:, place], np.nan) for place in range(len(markets))], axis=1) / units
    told = np.moveaxis(asked[before - 1 :], 0, -1)
    firms = [interval(told[:, firm][~np.isnan(told[:, firm]).any(axis=-1)]) for firm in range(told.shape[1])]
    return {part: [found[part] for found in firms] for part in ("mean", "low", "high")}


def anchors(market: Market) -> dict[str, float]:
    """Return prices to compare with, in units of the currency: of competition, of homo moralis and of collusion."""
    found = {"competition": nash_prices(market), "collusion": joint_profit_prices(market)}
    if market.is_symmetric:
        moral = equilibrium(market, SellerValue(kappa=HOMO_MORALIS))
        found = {
            "competition": found["competition"],
            f"homo moralis, κ = {HOMO_MORALIS:g}": moral,
            "collusion": found["collusion"],
        }
    return {name: round(float(own.mean()) / market.currency, 6) for name, own in found.items()}


def interval(samples: Floats) -> Measures:
    """Return the mean over the first axis with its 95 % bootstrap interval, NaN left out; JSON.

    The resamples are the same at every call, so that a run's numbers are too. Without a sample all are None.
    """
    kept = samples[~np.isnan(samples)] if samples.ndim == 1 else samples
    if not len(kept):
        return {"mean": None, "low": None, "high": None}
    found = bootstrap(kept, np.random.default_rng(0))
    return {name: np.round(numbers, 6).tolist() for name, numbers in found._asdict().items()}


def _mean(numbers: Floats, axis: int) -> Floats:
    """Return the mean of what is no NaN; NaN where there is nothing."""
    count = (~np.isnan(numbers)).sum(axis=axis)
    return np.where(count, np.nansum(numbers, axis=axis), np.nan) / np.maximum(count, 1)
