"""Rounds in which a firm may make no offer: the others sell as if it were not there."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from moral_games.markets.market import Floats, Market


class Sold(NamedTuple):
    """What rounds brought.

    Attributes
    ----------
    quantities, profits
        (..., n): by firm, 0 without an offer; profits in money.
    consumer_surplus
        Shape (...), in money.
    """

    quantities: Floats
    profits: Floats
    consumer_surplus: Floats


def checked_offers(market: Market, offers: ArrayLike) -> Floats:
    """Return offers as an array (..., n): prices, NaN (or None) where a firm makes no offer.

    Raises
    ------
    ValueError
        If they are not one for each firm, or a price is negative or infinite.
    """
    try:
        array = np.asarray(offers, dtype=np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"offers must be prices, or None where there is none, got {offers!r}") from None
    market.checked(np.where(np.isnan(array), 0.0, array))
    return array


def sold(market: Market, offers: ArrayLike) -> Sold:
    """Return what firms sell and earn, and consumers gain, where a firm may make no offer.

    Demand is that of the market without the firms that make none. Where nobody makes an offer, everybody buys nothing.

    Parameters
    ----------
    market
        Who sells.
    offers
        (..., n): prices, NaN where there is no offer.

    Raises
    ------
    ValueError
        If offers are not as they should be, or nobody makes one where buyers have to buy.

    Examples
    --------
    >>> found = sold(Market(), [1.8, None])
    >>> found.quantities.round(2), found.profits.round(2)
    (array([69.,  0.]), array([55.2,  0. ]))
    """
    charged = checked_offers(market, offers)
    made = ~np.isnan(charged)
    quantities, profits = np.zeros_like(charged), np.zeros_like(charged)
    surplus = np.full(charged.shape[:-1], market.size * market.currency * market.outside)
    for firms in np.unique(made.reshape(-1, market.firms), axis=0):
        rows = (made == firms).all(axis=-1)
        if firms.any():
            present, cells = _among(market, np.flatnonzero(firms)), rows[..., None] & firms
            prices = charged[cells].reshape(-1, present.firms)
            quantities[cells], profits[cells] = present.quantities(prices).ravel(), present.profits(prices).ravel()
            surplus[rows] = present.consumer_surplus(prices)
        elif market.outside == -inf:
            raise ValueError(
                "nobody makes an offer, and buyers have to buy (outside = -inf); give a finite outside, or a price"
            )
    return Sold(quantities, profits, surplus)


def _among(market: Market, firms: np.ndarray) -> Market:
    """Return the market of some of its firms."""
    return replace(
        market,
        qualities=tuple(market.qualities[firm] for firm in firms),
        costs=tuple(market.costs[firm] for firm in firms),
    )
