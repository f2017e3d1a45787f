"""A market being played, round by round: what both environments of it share."""

from __future__ import annotations

from collections.abc import Sequence
from operator import index
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import ArrayLike

from moral_games.markets import Market, SellerValue, joint_profit_prices, price_grid
from moral_games.markets.grids import checked_grid
from moral_games.markets.market import Floats
from moral_games.markets.values import one_each

RENDER_MODES = ("ansi", "human")
CONTINUOUS = "continuous"
NOT_YET = -1.0
"""What is observed of a round that was not played."""
HIGHEST = 2.0
"""How many times the collusive price the highest of continuous prices is by default."""

Prices = int | str | ArrayLike
Numbers = tuple[float, ...]


class Sale(NamedTuple):
    """What a round brought, by firm; money and quantities are those of the market."""

    prices: Numbers
    """What was charged."""
    quantities: Numbers
    """What was sold."""
    profits: Numbers
    """What was earned."""
    utilities: Numbers
    """What the sellers' values make of it."""
    consumer_surplus: float
    """What buyers gained, together."""


class Trade:
    """A market being played.

    Parameters
    ----------
    market
        Who sells.
    values
        What firms value: one for all, or one each.
    prices
        A number m: the m prices of `moral_games.markets.price_grid`. A grid (m,) or (n, m). ``"continuous"``: any
        price from 0 to `ceiling`.
    ceiling
        The highest of continuous prices; by default twice the highest collusive price.
    rounds
        Length of an episode, None for no end.
    memory
        How many of the last rounds are observed, at least 1.

    Raises
    ------
    ValueError
        If something is out of range or does not fit the market.
    """

    def __init__(
        self,
        market: Market,
        values: SellerValue | Sequence[SellerValue],
        prices: Prices,
        ceiling: float | None,
        rounds: int | None,
        memory: int,
    ) -> None:
        if not isinstance(market, Market):
            raise ValueError(
                f"market must be a moral_games.markets.Market, or None for the published one, got {market!r}"
            )
        self.market, self.values = market, one_each(market, values)
        self.grid = _grid(market, prices)
        if self.grid is not None and ceiling is not None:
            raise ValueError(f"a ceiling is for continuous prices; a grid has its own, got ceiling={ceiling!r}")
        self.ceiling = _ceiling(market, ceiling) if self.grid is None else float(self.grid.max())
        self.rounds = None if rounds is None else _whole("rounds", rounds)
        self.memory = _whole("memory", memory)
        self.observation_space = spaces.Box(NOT_YET, self.ceiling, (self.memory * market.firms,), np.float32)
        self.reset()

    def action_space(self) -> spaces.Space[Any]:
        """Return a new space of a firm's actions: the grid's indices, or −1 to 1 for prices from 0 to the ceiling."""
        if self.grid is None:
            return spaces.Box(-1.0, 1.0, (1,), np.float32)
        return spaces.Discrete(self.grid.shape[1])

    @property
    def last_prices(self) -> Floats | None:
        """The last round's prices (n,), None at the start."""
        return None if self.last is None else self._window[0].copy()

    def reset(self) -> None:
        """Begin an episode."""
        self.played = 0
        self.last: Sale | None = None
        self._window = np.full((self.memory, self.market.firms), NOT_YET)

    def observe(self, firm: int) -> np.ndarray:
        """Return the prices of the last rounds, (memory * n,), the latest first, the own first in each; −1 if none."""
        own_first = [firm, *(other for other in range(self.market.firms) if other != firm)]
        return self._window[:, own_first].astype(np.float32).ravel()

    def price(self, firm: int, action: Any) -> float:
        """Return the price that an action stands for.

        Raises
        ------
        ValueError
            If it stands for none.
        """
        if self.grid is not None:
            return self._listed(firm, action)
        try:
            array = np.asarray(action, dtype=np.float64)
            place = float(array.reshape(())) if array.size == 1 else np.nan
        except (TypeError, ValueError):
            place = np.nan
        if not -1 <= place <= 1:
            raise ValueError(
                f"firm {firm} acts by one number from -1 (a price of 0) to 1 (a price of {self.ceiling:g}), "
                f"got {action!r}; action(price) returns the one of a price"
            )
        return self.ceiling * (1 + place) / 2

    def action(self, firm: int, price: float) -> Any:
        """Return the action that stands for a price, or for the nearest one of the grid.

        Raises
        ------
        ValueError
            If the price is negative, NaN or above the ceiling.
        """
        if not 0 <= price <= self.ceiling:
            raise ValueError(f"prices go from 0 to {self.ceiling:g} here, got {price!r}")
        if self.grid is None:
            return np.array([2 * price / self.ceiling - 1])
        return int(np.abs(self.grid[firm] - price).argmin())

    def nearest(self, firm: int, price: float) -> float:
        """Return the price nearest to one that may be charged."""
        if self.grid is None:
            return float(np.clip(price, 0.0, self.ceiling))
        return float(self.grid[firm, np.abs(self.grid[firm] - price).argmin()])

    def play(self, prices: Sequence[float]) -> tuple[Sale, bool, bool]:
        """Sell for a round at checked prices; return what it brought, and whether play is terminated or truncated."""
        charged = np.array(prices)
        quantities = self.market.quantities(charged)
        held = dict.fromkeys(self.values)
        utilities = {value: value(self.market, charged) for value in held}
        self.last = Sale(
            tuple(charged.tolist()),
            tuple(quantities.tolist()),
            tuple(self.market.profits(charged).tolist()),
            tuple(float(utilities[value][firm]) for firm, value in enumerate(self.values)),
            float(self.market.consumer_surplus(charged)),
        )
        self._window = np.concatenate([charged[None], self._window[:-1]])
        self.played += 1
        over = self.rounds is not None and self.played >= self.rounds
        return self.last, over and self.rounds == 1, over and self.rounds != 1

    def render(self, mode: str | None) -> str | None:
        """Return the last round as a table of text, or print it in mode ``"human"``."""
        if mode is None:
            return None
        lines = [f"Market of {self.market.firms} firms: round {self.played}"]
        if self.last is not None:
            for i, (price, quantity, profit) in enumerate(zip(*self.last[:3], strict=True)):
                lines.append(f"player_{i}: price {price:.4g}, sold {quantity:.4g}, profit {profit:.4g}")
            lines.append(f"consumer surplus {self.last.consumer_surplus:.4g}")
        text = "\n".join(lines)
        if mode == "human":
            print(text)
            return None
        return text

    def _listed(self, firm: int, action: Any) -> float:
        assert self.grid is not None
        try:
            number = index(action)
        except TypeError:
            number = -1
        if not 0 <= number < self.grid.shape[1]:
            raise ValueError(f"firm {firm} has prices 0 to {self.grid.shape[1] - 1} of its grid, got {action!r}")
        return float(self.grid[firm, number])


def check_render_mode(mode: str | None) -> None:
    """Raise a ValueError unless the mode is one of `RENDER_MODES`, or None."""
    if mode not in (None, *RENDER_MODES):
        raise ValueError(f"render_mode must be one of {RENDER_MODES} or None, got {mode!r}")


def _grid(market: Market, prices: Prices) -> Floats | None:
    if isinstance(prices, str):
        if prices != CONTINUOUS:
            raise ValueError(f"prices must be how many there are, a grid of them or {CONTINUOUS!r}, got {prices!r}")
        return None
    return price_grid(market, prices) if np.ndim(prices) == 0 else checked_grid(market, prices)  # type: ignore[arg-type]


def _ceiling(market: Market, ceiling: float | None) -> float:
    if ceiling is None:
        return HIGHEST * float(joint_profit_prices(market).max())
    if not 0 < ceiling < np.inf:
        raise ValueError(f"ceiling must be a positive price, got {ceiling!r}")
    return float(ceiling)


def _whole(name: str, number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
        raise ValueError(f"{name} must be a whole number, at least 1, got {number!r}")
    return int(number)
