"""What a firm may value: whose welfare is in its moral circle, and whether it asks what if all firms did the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from moral_games.markets.market import Floats, Market
from moral_games.markets.solutions import best_reply, joint_profit_prices

MOST_ROUNDS = 1000
"""In how many rounds of replies an equilibrium has to be found; the published market takes less than ten."""
SCANNED = 400
"""How many prices are looked at before the best of them is refined."""
SETTLED = 1e-7
"""By how much, relative to the highest price, prices of an equilibrium may still change."""


@dataclass(frozen=True)
class SellerValue:
    """A firm's value: the welfare of its moral circle, mixed with what it would be if every firm did as it does.

    The welfare of firm i's circle is w_i(p) = π_i + φ Σ_{j≠i} π_j + ψ CS, with profits π and consumer surplus CS, and
    its utility is (1 − κ) w_i(p) + κ w_i(p_i, ..., p_i). With nobody else in the circle that is homo moralis (Alger &
    Weibull 2013), as in `moral_games.rewards`. Whether being moral in this way is good for anybody else depends on
    who is counted.

    Parameters
    ----------
    kappa
        κ in [0, 1]: the degree of morality; 1 is a Kantian.
    firms
        φ in [0, 1]: how much another firm's profit counts.
    consumers
        ψ in [0, 1]: how much consumer surplus counts.

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    kappa: float = 0.0
    firms: float = 0.0
    consumers: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            number = getattr(self, field.name)
            if isinstance(number, bool) or not isinstance(number, int | float | np.number) or not 0 <= number <= 1:
                raise ValueError(f"{field.name} must be a number in [0, 1], got {number!r}")

    def check(self, market: Market) -> None:
        """Raise a ValueError if the value does not fit a market: that all do the same takes firms that are alike."""
        if self.kappa and not market.is_symmetric:
            raise ValueError(
                f"a value with kappa = {self.kappa} asks what would happen if every firm did the same, so it needs "
                f"firms that are alike; this market has qualities {market.qualities} and costs {market.costs}"
            )

    def __call__(self, market: Market, prices: ArrayLike) -> Floats:
        """Return every firm's utility if all hold this value, in money.

        Parameters
        ----------
        market
            Who sells.
        prices
            (..., n).

        Returns
        -------
        array
            (..., n).

        Raises
        ------
        ValueError
            If prices are not as they should be, or the value does not fit the market.
        """
        self.check(market)
        charged = market.checked(prices)
        if not self.kappa:
            return self._welfare(market, charged)
        alike = np.repeat(charged[..., None], market.firms, axis=-1)
        return (1 - self.kappa) * self._welfare(market, charged) + self.kappa * self._welfare(market, alike)[..., 0]

    def _welfare(self, market: Market, prices: Floats) -> Floats:
        profits = market.profits(prices)
        others = profits.sum(axis=-1, keepdims=True) - profits
        return profits + self.firms * others + self.consumers * market.consumer_surplus(prices)[..., None]


OWN = SellerValue()
"""Own profit alone."""
FIRMS = SellerValue(firms=1.0)
"""The profits of all firms."""
EVERYONE = SellerValue(firms=1.0, consumers=1.0)
"""The profits of all firms and the surplus of consumers."""


def moral_reply(market: Market, value: SellerValue, prices: ArrayLike, firm: int = 0) -> float:
    """Return the price of one firm that is best by its value while the others keep theirs.

    All prices from 0 to where selling ends are scanned, and the best is refined by Brent's method; so it is the best
    of all, with an error of about 1e-8 of its size.

    Parameters
    ----------
    market, value
        Who sells, and what the firm values.
    prices
        (n,); the firm's own is not looked at.
    firm
        Which, from 0 on.

    Raises
    ------
    ValueError
        If something does not fit, or no price is best.
    """
    from scipy.optimize import minimize_scalar

    charged = np.array(market.checked(prices))
    if charged.shape != (market.firms,) or not 0 <= firm < market.firms:
        raise ValueError(f"expected {market.firms} prices and a firm among them, got {charged.shape} and firm {firm}")

    def utility(price: float | Floats) -> Floats:
        tried = np.broadcast_to(charged, (*np.shape(price), market.firms)).copy()
        tried[..., firm] = price
        return value(market, tried)[..., firm]

    scanned = np.linspace(0, _dearest(market, value, charged), SCANNED)
    best = int(utility(scanned).argmax())
    bounds = scanned[max(best - 1, 0)], scanned[min(best + 1, SCANNED - 1)]
    found = minimize_scalar(lambda price: -utility(price), bounds=bounds, method="bounded", options={"xatol": 1e-12})
    return 0.0 if utility(0.0) >= -found.fun else float(found.x)


def equilibrium(market: Market, values: SellerValue | Sequence[SellerValue] = OWN) -> Floats:
    """Return prices at which no firm can do better by its own value.

    Best replies are taken in turn, from the costs on, until they stay.

    Parameters
    ----------
    market
        Who sells.
    values
        One for all firms, or one each.

    Returns
    -------
    array
        (n,).

    Raises
    ------
    ValueError
        If a value does not fit the market, or there is no such equilibrium or none is found.

    Examples
    --------
    >>> equilibrium(Market(), SellerValue(kappa=0.5)).round(4)
    array([1.7106, 1.7106])
    >>> equilibrium(Market(), SellerValue(kappa=1, firms=1, consumers=1)).round(4)
    array([1., 1.])
    """
    held = one_each(market, values)
    prices = market.unit_costs
    for _ in range(MOST_ROUNDS):
        before = prices.copy()
        for firm, value in enumerate(held):
            prices[firm] = moral_reply(market, value, prices, firm)
        if np.abs(prices - before).max() <= SETTLED * max(prices.max(), market.currency * market.differentiation):
            return prices
    raise ValueError(f"no equilibrium of {held} was found for {market} in {MOST_ROUNDS} rounds of best replies")


def one_each(market: Market, values: SellerValue | Sequence[SellerValue]) -> tuple[SellerValue, ...]:
    """Return one value for each firm.

    Raises
    ------
    ValueError
        If they are not one for all or one for each, or do not fit the market.
    """
    listed = values if isinstance(values, Sequence) else (values,) * market.firms
    if len(listed) != market.firms or not all(isinstance(value, SellerValue) for value in listed):
        raise ValueError(
            f"values must be one SellerValue for all or one for each of {market.firms} firms, got {values!r}"
        )
    held = tuple(listed)
    for value in held:
        value.check(market)
    return held


def _dearest(market: Market, value: SellerValue, prices: Floats) -> float:
    """Return a price that is too high by any such value while the others keep theirs."""
    selfish = best_reply(market, prices).max()
    if market.outside == -inf and not value.kappa and value.firms < 1:
        highest = selfish + value.firms * prices.max()  # its markup is at most the selfish one, and φ times the others'
    else:
        highest = max(selfish, prices.max(), joint_profit_prices(market).max())
    return float(highest + 5 * market.currency * market.differentiation)
