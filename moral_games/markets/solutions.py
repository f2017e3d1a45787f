"""Prices that reason finds in a market of profit-seekers, in closed form but for one fixed point."""

from __future__ import annotations

from functools import lru_cache
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from moral_games.markets.market import Floats, Market

MOST_REPLIES = 10_000
"""How often everybody replies to everybody before an equilibrium is given up."""


def best_reply(market: Market, prices: ArrayLike) -> Floats:
    """Return for each firm the price that earns it most while the others keep theirs.

    The markup is p_i/α − c_i = μ (1 + ω((a_i − c_i)/μ − 1 − log A_i)), where A_i is the attraction of all that firm i
    does not sell and ω the Wright omega function, W(exp(·)): the first-order condition (p_i/α − c_i)(1 − s_i) = μ,
    solved (Aravindakshan & Ratchford 2011).

    Parameters
    ----------
    market
        Who sells.
    prices
        (..., n); a firm's own price is not looked at.

    Returns
    -------
    array
        (..., n).

    Raises
    ------
    ValueError
        If prices are not as they should be, or a firm has no rival and buyers have to buy.

    Examples
    --------
    >>> best_reply(Market(), [1.92498, 1.92498]).round(4)
    array([1.6617, 1.6617])
    """
    from scipy.special import logsumexp

    n, charged = market.firms, market.checked(prices)
    if n == 1 and market.outside == -inf:
        raise _no_solution("a firm without rivals")
    others = np.where(np.eye(n, dtype=bool), -inf, market.utilities(charged)[..., None, :])
    outside = np.full((*charged.shape, 1), market.outside / market.differentiation)
    attraction = logsumexp(np.concatenate([others, outside], axis=-1), axis=-1)
    return _price(market, _worth(market) - attraction)


@lru_cache
def nash_prices(market: Market) -> Floats:
    """Return the prices at which no firm can earn more by another; (n,), read-only.

    The equilibrium is unique, and best replies, which rise with the others' prices, climb to it from the costs
    (Milgrom & Roberts 1990).

    Raises
    ------
    ValueError
        If there is none, as for a firm without rivals whose product has to be bought.

    Examples
    --------
    >>> nash_prices(Market()).round(5)
    array([1.47293, 1.47293])
    """
    prices = market.unit_costs
    for _ in range(MOST_REPLIES):
        before, prices = prices, best_reply(market, prices)
        if np.abs(prices - before).max() <= 1e-13 * np.abs(prices).max():
            return _kept(prices)
    raise ValueError(f"no Nash equilibrium was found for {market} in {MOST_REPLIES} rounds of best replies")


@lru_cache
def joint_profit_prices(market: Market) -> Floats:
    """Return the prices at which all firms together earn most: those of a monopolist; (n,), read-only.

    All have the same markup, μ (1 + ω(log Σ_j exp((a_j − c_j)/μ) − 1 − a_0/μ)); see `best_reply`.

    Raises
    ------
    ValueError
        If buyers have to buy, so that profits grow with prices without end.

    Examples
    --------
    >>> joint_profit_prices(Market()).round(5)
    array([1.92498, 1.92498])
    """
    from scipy.special import logsumexp

    if market.outside == -inf:
        raise _no_solution("firms that act as one")
    outside = market.outside / market.differentiation
    return _kept(_price(market, np.full(market.firms, logsumexp(_worth(market)) - outside)))


def profit_gain(market: Market, profits: ArrayLike) -> Floats:
    """Return Δ = (π − π_N) / (π_M − π_N): 0 where firms compete, 1 where they act as one.

    π is the mean over firms, π_N in the Nash equilibrium and π_M at the prices that are best for all firms together
    (Calvano et al. 2020).

    Parameters
    ----------
    market
        Who sells.
    profits
        (..., n), as `Market.profits` returns them.

    Returns
    -------
    array
        Shape (...).

    Raises
    ------
    ValueError
        If there is one firm only, or no best price for all firms.
    """
    if market.firms == 1:
        raise ValueError("profit gain compares firms that compete with firms that collude; this market has one firm")
    competing = market.profits(nash_prices(market)).mean()
    colluding = market.profits(joint_profit_prices(market)).mean()
    return (np.asarray(profits, dtype=np.float64).mean(axis=-1) - competing) / (colluding - competing)


def _worth(market: Market) -> Floats:
    """Return (a_i − c_i)/μ; (n,)."""
    return (np.array(market.qualities) - np.array(market.costs)) / market.differentiation


def _price(market: Market, advantage: Floats) -> Floats:
    """Return the price whose markup is μ (1 + ω(advantage − 1))."""
    from scipy.special import wrightomega

    return market.unit_costs + market.currency * market.differentiation * (1 + wrightomega(advantage - 1))


def _kept(prices: Floats) -> Floats:
    prices.setflags(write=False)
    return prices


def _no_solution(who: str) -> ValueError:
    return ValueError(
        f"no price is best for {who} where buyers have to buy (outside = -inf): whatever it is, a higher one earns "
        "more; give the market a finite outside"
    )
