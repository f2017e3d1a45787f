"""One firm learns, the others follow price policies: the Gymnasium environment of a market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np

from moral_games.chance import as_seed
from moral_games.envs.pricing.trade import RENDER_MODES, Prices, Trade, check_render_mode
from moral_games.markets import OWN, Market, SellerValue
from moral_games.markets.policies import AnySeller, PricePolicy, as_price_policy


class PricingEnv(gymnasium.Env[Any, Any]):
    """A market in which one firm learns to price against firms that do not learn.

    Parameters
    ----------
    sellers
        Who prices for the other firms: a name of `moral_games.markets.policies.POLICIES`, a price that never changes,
        or a function; one for all of them, or one each. On a grid they charge its price nearest to theirs.
    market, prices, ceiling, rounds, memory, render_mode
        As in `PricingParallelEnv`.
    value
        What the learner values.
    player
        The learner's seat.

    Raises
    ------
    ValueError
        If anything is unknown, out of range, or does not fit the market.

    Notes
    -----
    Infos hold the learner's ``payoff`` (its profit), all ``payoffs``, ``prices`` and ``quantities``, and
    ``consumer_surplus``.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012
    """Gymnasium's: the render modes, and pictures a second."""

    def __init__(
        self,
        sellers: AnySeller | Sequence[AnySeller] = "nash",
        market: Market | None = None,
        value: SellerValue = OWN,
        prices: Prices = 15,
        ceiling: float | None = None,
        rounds: int | None = 100,
        memory: int = 1,
        player: int = 0,
        render_mode: str | None = None,
    ) -> None:
        check_render_mode(render_mode)
        self.trade = Trade(Market() if market is None else market, value, prices, ceiling, rounds, memory)
        firms = range(self.trade.market.firms)
        if isinstance(player, bool) or player not in firms:
            raise ValueError(f"player must be a seat from 0 to {len(firms) - 1}, got {player!r}")
        self.player = player
        others = [firm for firm in firms if firm != player]
        self.sellers = dict(zip(others, _one_each(sellers, len(others)), strict=True))
        self.observation_space = self.trade.observation_space
        self.action_space = self.trade.action_space()
        self.render_mode = render_mode
        self._over = True

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[np.ndarray, dict[str, Any]]:
        """Begin an episode and return the observation, see `Trade.observe`; nothing is drawn, whatever the seed."""
        super().reset(seed=None if seed is None else as_seed(seed))
        self.trade.reset()
        self._over = False
        return self.trade.observe(self.player), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        """Sell for one round, at the price that an action stands for: a number of the grid, or one in [-1, 1].

        Raises
        ------
        ValueError
            If the episode is over or was not begun, or an action or a policy's answer is no price.
        """
        if self._over:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        prices = [self._price(firm, action) for firm in range(self.trade.market.firms)]
        sale, terminated, truncated = self.trade.play(prices)
        self._over = terminated or truncated
        if self.render_mode == "human":
            self.render()
        info = {
            "payoff": sale.profits[self.player],
            "payoffs": sale.profits,
            "prices": sale.prices,
            "quantities": sale.quantities,
            "consumer_surplus": sale.consumer_surplus,
        }
        return self.trade.observe(self.player), sale.utilities[self.player], terminated, truncated, info

    def action(self, price: float) -> Any:
        """Return the action by which the learner charges a price, or the nearest one of the grid.

        Raises
        ------
        ValueError
            If the price is negative, NaN or above the highest.
        """
        return self.trade.action(self.player, price)

    def render(self) -> Any:
        """Return the last round as text, or print it, by the render mode."""
        return self.trade.render(self.render_mode)

    def _price(self, firm: int, action: Any) -> float:
        if firm == self.player:
            return self.trade.price(firm, action)
        price = self.sellers[firm](self.trade.market, firm, self.trade.last_prices)
        if not 0 <= price < np.inf:
            raise ValueError(f"the price policy of firm {firm} must give a finite price, at least 0, got {price!r}")
        return self.trade.nearest(firm, price)


def _one_each(sellers: AnySeller | Sequence[AnySeller], count: int) -> list[PricePolicy]:
    if isinstance(sellers, str) or not isinstance(sellers, Sequence):
        return [as_price_policy(sellers)] * count
    if len(sellers) != count:
        raise ValueError(f"sellers must be one for all or one for each of {count} firms, got {len(sellers)}")
    return [as_price_policy(seller) for seller in sellers]
