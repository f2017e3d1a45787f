"""The Iterated Prisoner's Dilemma as one would write it by hand, without a library: what ours are measured against."""

from __future__ import annotations

from operator import index
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from pettingzoo import ParallelEnv

ROUNDS = 100

PAYOFFS = np.array([[[3.0, 3.0], [0.0, 4.0]], [[4.0, 0.0], [1.0, 1.0]]])
"""By first and second action, 0 to cooperate and 1 to defect: a payoff each."""


def observed(own: int, other: int) -> np.ndarray:
    """Return the last round as a player sees it, own action first; entry 0 stands for the start."""
    observation = np.zeros(5, dtype=np.float32)
    observation[1 + 2 * own + other] = 1.0
    return observation


def start() -> np.ndarray:
    """Return what a player sees before the first round."""
    observation = np.zeros(5, dtype=np.float32)
    observation[0] = 1.0
    return observation


class BareParallel(ParallelEnv):
    """Two learners, and nothing that PettingZoo's interface does not ask for."""

    metadata = {"name": "bare_ipd", "render_modes": []}  # noqa: RUF012

    def __init__(self, rounds: int = ROUNDS) -> None:
        self.rounds = rounds
        self.played = 0
        self.possible_agents = ["player_0", "player_1"]
        self.agents: list[str] = []
        self.observation_spaces = {agent: spaces.Box(0, 1, (5,), np.float32) for agent in self.possible_agents}
        self.action_spaces: dict[str, spaces.Discrete] = {agent: spaces.Discrete(2) for agent in self.possible_agents}

    def observation_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[dict, dict]:
        """Begin an episode."""
        self.agents = self.possible_agents[:]
        self.played = 0
        return {agent: start() for agent in self.agents}, {agent: {} for agent in self.agents}

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        """Play a round."""
        first, second = actions["player_0"], actions["player_1"]
        self.played += 1
        over = self.played >= self.rounds
        observations = {"player_0": observed(first, second), "player_1": observed(second, first)}
        rewards = dict(zip(self.agents, PAYOFFS[first, second].tolist(), strict=True))
        terminations = dict.fromkeys(self.agents, False)
        truncations = dict.fromkeys(self.agents, over)
        infos: dict[str, dict] = {agent: {} for agent in self.agents}
        if over:
            self.agents = []
        return observations, rewards, terminations, truncations, infos


class FeaturedParallel(BareParallel):
    """The same with what ours does in every step: actions are checked, infos tell the payoff and legality."""

    def step(self, actions: dict[str, Any]) -> tuple[dict, dict, dict, dict, dict]:
        """Play a round.

        Raises
        ------
        ValueError
            If the episode is over, or an action is missing or unknown.
        """
        if not self.agents:
            raise ValueError("the episode is over; call reset()")
        if set(actions) != set(self.agents):
            raise ValueError(f"expected an action of each of {self.agents}, got {list(actions)}")
        chosen = []
        for agent in self.agents:
            action = index(actions[agent])
            if not 0 <= action < self.action_spaces[agent].n:
                raise ValueError(f"{agent} has no action {action}")
            chosen.append(action)
        first, second = chosen
        self.played += 1
        over = self.played >= self.rounds
        observations = {"player_0": observed(first, second), "player_1": observed(second, first)}
        payoffs = PAYOFFS[first, second].tolist()
        rewards = dict(zip(self.agents, payoffs, strict=True))
        terminations = dict.fromkeys(self.agents, False)
        truncations = dict.fromkeys(self.agents, over)
        infos = {agent: {"payoff": payoffs[i], "legal": True} for i, agent in enumerate(self.agents)}
        if over:
            self.agents = []
        return observations, rewards, terminations, truncations, infos


class BareSingle(gymnasium.Env):
    """One learner against Tit for Tat, and nothing that Gymnasium's interface does not ask for."""

    metadata = {"render_modes": []}  # noqa: RUF012

    def __init__(self, rounds: int = ROUNDS) -> None:
        self.rounds = rounds
        self.played = 0
        self.observation_space = spaces.Box(0, 1, (5,), np.float32)
        self.action_space = spaces.Discrete(2)
        self.answer = 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[np.ndarray, dict]:
        """Begin an episode."""
        super().reset(seed=seed)
        self.played = 0
        self.answer = 0
        return start(), {}

    def step(self, action: Any) -> tuple[np.ndarray, float, bool, bool, dict]:
        """Play a round."""
        other, self.answer = self.answer, action
        self.played += 1
        return observed(action, other), float(PAYOFFS[action, other, 0]), False, self.played >= self.rounds, {}
