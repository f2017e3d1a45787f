"""Sellers that do not learn: a price policy is a function of the last prices."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real

import numpy as np

from moral_games.markets.market import Floats, Market
from moral_games.markets.solutions import best_reply, joint_profit_prices, nash_prices
from moral_games.names import unknown

PricePolicy = Callable[[Market, int, Floats | None], float]
"""From the market, the firm and the last round's prices (n,), None at the start, to the firm's next price."""
AnySeller = str | float | PricePolicy
"""A policy, its name, or a price that never changes."""

UNDERCUTTING = 1e-6
"""By how much, as a share, a price must lie below another to undercut it."""


def nash(market: Market, firm: int, last: Floats | None) -> float:
    """Charge the price of the Nash equilibrium, whatever the last prices (n,) were."""
    return float(nash_prices(market)[firm])


def collusive(market: Market, firm: int, last: Floats | None) -> float:
    """Charge the price that is best for all firms together, whatever the last prices (n,) were."""
    return float(joint_profit_prices(market)[firm])


def myopic(market: Market, firm: int, last: Floats | None) -> float:
    """Reply best to the last prices (n,); begin with the equilibrium's: Cournot's adjustment."""
    return nash(market, firm, last) if last is None else float(best_reply(market, last)[firm])


def matching(market: Market, firm: int, last: Floats | None) -> float:
    """Charge the lowest of the others' last prices (n,), if it is not above the collusive one; begin with that."""
    highest = collusive(market, firm, last)
    return highest if last is None else float(np.delete(last, firm).min(initial=highest))


def grim(market: Market, firm: int, last: Floats | None) -> float:
    """Collude until somebody undercuts, then compete for good (Friedman 1971).

    The last prices are all that it needs: its own tells whether it colluded then, at the collusive price or the one
    of a grid that is nearest, and the others', as shares of their collusive prices, whether they undercut it.
    """
    if last is None:
        return collusive(market, firm, last)
    halfway = (nash_prices(market)[firm] + joint_profit_prices(market)[firm]) / 2
    shares = last / joint_profit_prices(market)
    undercut = (shares < shares[firm] * (1 - UNDERCUTTING)).any()
    return nash(market, firm, last) if undercut or last[firm] < halfway else collusive(market, firm, last)


POLICIES: dict[str, PricePolicy] = {policy.__name__: policy for policy in (nash, collusive, myopic, matching, grim)}
"""Price policies by name."""


def as_price_policy(seller: AnySeller) -> PricePolicy:
    """Return a policy from its name, from a price that never changes, or from itself.

    Raises
    ------
    ValueError
        If the name is unknown, or the price negative, infinite or NaN.
    TypeError
        If it is nothing of the kind.
    """
    if isinstance(seller, str):
        if seller not in POLICIES:
            raise unknown("price policy", seller, POLICIES)
        return POLICIES[seller]
    if isinstance(seller, Real) and not isinstance(seller, bool):
        return Constant(float(seller))
    if callable(seller):
        return seller
    raise TypeError(f"a seller is the name of a price policy, a price or a function, got {seller!r}")


class Constant:
    """A policy that always charges the same price, at least 0."""

    def __init__(self, price: float) -> None:
        if not 0 <= price < np.inf:
            raise ValueError(f"prices must be finite and at least 0, got {price}")
        self.constant = price

    def __call__(self, market: Market, firm: int, last: Floats | None) -> float:
        """Return the price."""
        return self.constant
