"""Finitely many prices: a market as a matrix game, which everything else here can play and solve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from moral_games.games import MatrixGame
from moral_games.markets.market import Floats, Market
from moral_games.markets.solutions import joint_profit_prices, nash_prices
from moral_games.markets.values import OWN, SellerValue, one_each

LARGEST = 2**24
"""The most payoffs of a market as a matrix game (128 MiB)."""


def price_grid(market: Market, prices: int = 15, extension: float = 0.1) -> Floats:
    """Return equally spaced prices from a little below the Nash equilibrium to a little above the joint optimum.

    From p_N − ξ (p_M − p_N) to p_M + ξ (p_M − p_N) for each firm; the defaults are those of Calvano et al. (2020).

    Parameters
    ----------
    market
        Who sells.
    prices
        How many, m, at least 2.
    extension
        ξ, at least 0.

    Returns
    -------
    array
        (n, m), rising.

    Raises
    ------
    ValueError
        If something is out of range, the lowest price were negative, or the two prices are the same, as with one firm.

    Examples
    --------
    >>> price_grid(Market())[0, [0, 1, -1]].round(4)
    array([1.4277, 1.4665, 1.9702])
    """
    if isinstance(prices, bool) or not isinstance(prices, int | np.integer) or prices < 2:
        raise ValueError(f"prices must be a whole number, at least 2, got {prices!r}")
    if not (np.isfinite(extension) and extension >= 0):
        raise ValueError(f"extension must be at least 0, got {extension!r}")
    low, high = nash_prices(market), joint_profit_prices(market)
    apart = high - low
    if market.firms == 1 or (apart <= 0).any():
        raise ValueError(f"a grid lies around the prices of competition and collusion, which are the same in {market}")
    if (low - extension * apart < 0).any():
        raise ValueError(f"the lowest price would be {(low - extension * apart).min():g}; take a smaller extension")
    return np.linspace(low - extension * apart, high + extension * apart, int(prices), axis=-1)


def pricing_game(
    market: Market, grid: ArrayLike | None = None, values: SellerValue | Sequence[SellerValue] = OWN
) -> MatrixGame:
    """Return one round of a market as a matrix game: an action is a price of the grid, named by it.

    Parameters
    ----------
    market
        Who sells.
    grid
        (n, m) or (m,): the prices that each firm, or every firm, may charge; `price_grid` by default. Actions are in
        its order, so a grid that falls puts the highest price first, where other games have cooperation.
    values
        What payoffs are: by default own profit; see `SellerValue`. One for all firms, or one each.

    Raises
    ------
    ValueError
        If a value does not fit, prices are negative or not finite, or there are too many.
    """
    held = one_each(market, values)
    n = market.firms
    prices = checked_grid(market, price_grid(market) if grid is None else grid)
    m = prices.shape[1]
    if n * m**n > LARGEST:
        raise ValueError(f"{n} firms with {m} prices have {n} x {m}^{n} payoffs; at most {LARGEST:,} are allowed")
    charged = np.stack(np.meshgrid(*prices, indexing="ij"), axis=-1)
    payoffs = np.stack([value(market, charged)[..., firm] for firm, value in enumerate(held)], axis=-1)
    return MatrixGame.from_payoffs(
        payoffs,
        [[f"{price:.6g}" for price in own] for own in prices],
        "pricing",
        title="Pricing",
        source="Calvano, Calzolari, Denicolò & Pastorello (2020), American Economic Review 110",
    )


def checked_grid(market: Market, grid: ArrayLike) -> Floats:
    """Return a grid as (n, m); raises a ValueError if it is not one of prices, or has the same price twice."""
    array = np.asarray(grid, dtype=np.float64)
    if array.ndim == 1:
        array = np.tile(array, (market.firms, 1))
    if array.ndim != 2 or array.shape[1] < 1:
        raise ValueError(f"a grid has shape (m,) or ({market.firms}, m), got {np.shape(grid)}")
    market.checked(array.T)
    if any(len(set(own)) < len(own) for own in array.tolist()):
        raise ValueError(f"a grid must not have the same price twice, got {grid!r}")
    return array
