"""Every firm learns: the PettingZoo environments of a market."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils import parallel_to_aec

from moral_games.chance import as_seed
from moral_games.envs.pricing.trade import RENDER_MODES, Prices, Trade, check_render_mode
from moral_games.markets import OWN, Market, SellerValue


class PricingParallelEnv(ParallelEnv):
    """A market in which all firms set their prices at the same time, round after round.

    Parameters
    ----------
    market
        Who sells; the published duopoly by default.
    values
        What firms value: one `SellerValue` for all, or one each.
    prices
        How many prices there are, around those of competition and collusion; a grid of them, (m,) or (n, m), which
        actions are indices of; or ``"continuous"``, where actions from −1 to 1 stand for prices from 0 to the ceiling.
    ceiling
        The highest of continuous prices; by default twice the collusive one.
    rounds
        After so many an episode is *truncated*; ``rounds=1`` is *terminated* instead. None for no end.
    memory
        How many of the last rounds each firm observes.
    render_mode
        ``"ansi"`` (`render` returns text) or ``"human"`` (each round is printed), or None.
    max_cycles
        PettingZoo's name for `rounds`.

    Raises
    ------
    ValueError
        If anything is out of range or does not fit the market.

    Notes
    -----
    Agents are ``player_0``, ``player_1``, .... Each observes prices, the latest round first and its own first in
    each; −1 stands for rounds that were not played. Infos hold ``payoff`` (the firm's profit), ``price``, ``quantity``
    and ``consumer_surplus``. Nothing is drawn. On a grid, `moral_games.parallel_env(pricing_game(market))` plays the
    same market with every control of repetition, and with the values of `moral_games.rewards`, which know of no
    consumers.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": list(RENDER_MODES),
        "render_fps": 4,
        "name": "pricing",
        "is_parallelizable": True,
    }

    def __init__(
        self,
        market: Market | None = None,
        values: SellerValue | Sequence[SellerValue] = OWN,
        prices: Prices = 15,
        ceiling: float | None = None,
        rounds: int | None = 100,
        memory: int = 1,
        render_mode: str | None = None,
        max_cycles: int | None = None,
    ) -> None:
        check_render_mode(render_mode)
        limit = rounds if max_cycles is None else max_cycles
        self.trade = Trade(Market() if market is None else market, values, prices, ceiling, limit, memory)
        self.render_mode = render_mode
        self.possible_agents = [f"player_{firm}" for firm in range(self.trade.market.firms)]
        self.agents: list[str] = []
        self.observation_spaces: dict[str, spaces.Space] = dict.fromkeys(
            self.possible_agents, self.trade.observation_space
        )
        self.action_spaces: dict[str, spaces.Space] = {
            agent: self.trade.action_space() for agent in self.possible_agents
        }

    @property
    def max_cycles(self) -> int | None:
        """Rounds of an episode; PettingZoo's checkers set it."""
        return self.trade.rounds

    @max_cycles.setter
    def max_cycles(self, rounds: int | None) -> None:
        self.trade.rounds = rounds

    def observation_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Begin an episode and return observations, see `Trade.observe`; nothing is drawn, whatever the seed."""
        if seed is not None:
            as_seed(seed)
        self.trade.reset()
        self.agents = self.possible_agents[:]
        return self._observations(), {agent: {} for agent in self.agents}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, np.ndarray], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Sell for one round; see `PricingEnv.step` for actions and `Trade.observe` for what comes back.

        Parameters
        ----------
        actions
            One a live agent.

        Raises
        ------
        ValueError
            If the episode is over or was not begun, or an agent's action is missing or stands for no price.
        """
        agents = self.agents
        if not agents:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        if not isinstance(actions, dict) or actions.keys() != self.action_spaces.keys():
            given = sorted(actions) if isinstance(actions, dict) else actions
            raise ValueError(f"step() needs one action for each of {agents}, got {given!r}")
        prices = [self.trade.price(firm, actions[agent]) for firm, agent in enumerate(agents)]
        sale, terminated, truncated = self.trade.play(prices)
        infos = {
            agent: {
                "payoff": sale.profits[firm],
                "price": sale.prices[firm],
                "quantity": sale.quantities[firm],
                "consumer_surplus": sale.consumer_surplus,
            }
            for firm, agent in enumerate(agents)
        }
        if terminated or truncated:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return (
            self._observations(),
            dict(zip(agents, sale.utilities, strict=True)),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            infos,
        )

    def action(self, agent: str, price: float) -> Any:
        """Return the action by which an agent charges a price, or the nearest one of the grid.

        Raises
        ------
        ValueError
            If the price is negative, NaN or above the highest.
        """
        return self.trade.action(self.possible_agents.index(agent), price)

    def render(self) -> str | None:
        """Return the last round as text, or print it, by the render mode."""
        return self.trade.render(self.render_mode)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _observations(self) -> dict[str, np.ndarray]:
        return {agent: self.trade.observe(firm) for firm, agent in enumerate(self.possible_agents)}


def pricing_env(**options: Any) -> PricingParallelEnv:
    """Return the PettingZoo parallel environment of a market; see `PricingParallelEnv` for the options."""
    return PricingParallelEnv(**options)


def pricing_aec_env(**options: Any) -> AECEnv:
    """Return a market as a PettingZoo AEC environment: firms decide one after the other, unseen by the others."""
    return parallel_to_aec(pricing_env(**options))
