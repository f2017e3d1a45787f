"""Every player learns: the PettingZoo parallel environment."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv

from moral_games import games
from moral_games.envs.rendering import RENDER_MODES, check_render_mode, render_round
from moral_games.envs.session import Session
from moral_games.games import MatrixGame
from moral_games.repeated import RepeatedGame, Rewards


class ParallelMatrixGame(ParallelEnv):
    """A repeated matrix game in which all players act at the same time.

    Parameters
    ----------
    game
        A catalogue name, or a game of your own.
    rewards
        The value all players hold, or one a player; see `moral_games.rewards`.
    rounds, continue_probability, observation, illegal_action
        See `moral_games.envs.session.Session`.
    render_mode
        ``"ansi"`` (`render` returns text) or ``"human"`` (each round is printed), or None.
    max_cycles
        PettingZoo's name for `rounds`.

    Notes
    -----
    Agents are ``player_0``, ``player_1``, .... Each observes the last joint action, its own first.
    Infos hold the game's ``payoff`` beside the reward, and whether the answer was ``legal``.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": list(RENDER_MODES), "render_fps": 4, "name": "moral_games"}

    def __init__(
        self,
        game: str | MatrixGame = "ipd",
        rewards: Rewards = "selfish",
        rounds: int | None = 100,
        continue_probability: float = 1.0,
        observation: str = "one_hot",
        illegal_action: str = "error",
        render_mode: str | None = None,
        max_cycles: int | None = None,
    ) -> None:
        check_render_mode(render_mode)
        self.game = games.get(game) if isinstance(game, str) else game
        limit = rounds if max_cycles is None else max_cycles
        self.session = Session(
            RepeatedGame.compile(self.game, rewards), limit, continue_probability, observation, illegal_action
        )
        self.possible_agents = [f"player_{i}" for i in range(self.game.players)]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self.observation_spaces = {agent: self.session.observation_space() for agent in self.possible_agents}
        self.action_spaces: dict[str, spaces.Space] = {
            agent: spaces.Discrete(count) for agent, count in zip(self.possible_agents, self.game.shape, strict=True)
        }
        self._rng: np.random.Generator | None = None
        self._last: tuple[int, ...] | None = None
        self._totals = [0.0] * self.game.players

    @property
    def max_cycles(self) -> int | None:
        """Rounds of an episode; PettingZoo's checkers set it."""
        return self.session.rounds

    @max_cycles.setter
    def max_cycles(self, rounds: int | None) -> None:
        self.session.rounds = rounds

    def observation_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode; a seed makes it, and all that follow, repeatable."""
        if seed is not None or self._rng is None:
            self._rng, _ = seeding.np_random(seed)
        self.session.reset()
        self.agents = self.possible_agents[:]
        self._last, self._totals = None, [0.0] * self.game.players
        return self._observations(), {agent: {} for agent in self.agents}

    def step(
        self, actions: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Play one round.

        Parameters
        ----------
        actions
            One a live agent.

        Raises
        ------
        ValueError
            If the episode is over or was not begun, or an agent's action is missing or unknown.
        """
        agents = self.agents
        if not agents or self._rng is None:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        if set(actions) != set(agents):
            raise ValueError(f"step() needs one action for each of {agents}, got {sorted(actions)}")
        played = tuple(self.session.check(i, actions[agent]) for i, agent in enumerate(agents))
        payoffs, rewards, terminated, truncated = self.session.play(played, self._rng)
        self._last, self._totals = played, [total + paid for total, paid in zip(self._totals, payoffs, strict=True)]
        infos = {agent: {"payoff": payoffs[i], "legal": played[i] >= 0} for i, agent in enumerate(agents)}
        result = (
            self._observations(),
            dict(zip(agents, rewards, strict=True)),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            infos,
        )
        if terminated or truncated:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return result

    def render(self) -> str | None:
        """Return the last round as text, or print it in mode ``"human"``."""
        return render_round(self.render_mode, self.game, self.session.played, self._last, self._totals)

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _observations(self) -> dict[str, Any]:
        return {agent: self.session.observe(i) for i, agent in enumerate(self.possible_agents)}


def parallel_env(game: str | MatrixGame = "ipd", **options: Any) -> ParallelMatrixGame:
    """Return the PettingZoo parallel environment of a game; see `ParallelMatrixGame` for the options."""
    return ParallelMatrixGame(game, **options)
