"""Every player learns: the PettingZoo environments, in parallel and one agent after the other."""

from __future__ import annotations

from dataclasses import replace
from operator import index
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import AECEnv, ParallelEnv
from pettingzoo.utils import OrderEnforcingWrapper, parallel_to_aec

from moral_games.chance import as_seed
from moral_games.envs.rendering import RENDER_MODES, check_render_mode, render
from moral_games.envs.session import MOST_REMEMBERED, Session
from moral_games.games import MatrixGame, as_game
from moral_games.repetition import Repetition
from moral_games.rewards import Rewards


class ParallelMatrixGame(ParallelEnv):
    """A repeated matrix game in which all players act at the same time.

    Parameters
    ----------
    game
        A catalogue name, a family with its parameters as in ``"public_goods(players=5)"``, or a
        game of your own.
    rewards
        The value all players hold, or one a player; see `moral_games.rewards`.
    render_mode
        ``"ansi"`` (`render` returns text), ``"human"`` (each round is printed), ``"rgb_array"``
        (`render` returns a picture), or None.
    **controls
        How the game goes on, and what is observed: the parameters of
        `moral_games.repetition.Repetition`, by default 100 rounds, each player observing the last one.
        ``max_cycles`` is PettingZoo's name for ``rounds``.

    Raises
    ------
    ValueError
        If anything is unknown, out of range, or does not fit the game.

    Notes
    -----
    Agents are ``player_0``, ``player_1``, .... Each observes with its own action first.
    Infos hold the game's ``payoff`` beside the reward, and whether the answer was ``legal``.
    """

    metadata: ClassVar[dict[str, Any]] = {
        "render_modes": list(RENDER_MODES),
        "render_fps": 4,
        "name": "moral_games",
        "is_parallelizable": True,
    }

    def __init__(
        self,
        game: str | MatrixGame = "ipd",
        rewards: Rewards = "selfish",
        render_mode: str | None = None,
        **controls: Any,
    ) -> None:
        check_render_mode(render_mode)
        self.game = as_game(game)
        self.session = Session(
            self.game,
            rewards,
            Repetition.of(controls, ("game", "rewards", "render_mode", "max_cycles")),
            recording=render_mode is not None,
        )
        self.possible_agents = [f"player_{i}" for i in range(self.game.players)]
        self.agents: list[str] = []
        self.render_mode = render_mode
        self._legal: set[tuple[int, ...]] = set()
        self._told = [dict.fromkeys(self.possible_agents, said) for said in (False, True)]
        self.observation_spaces: dict[str, spaces.Space] = dict.fromkeys(
            self.possible_agents, self.session.observing.space
        )
        self.action_spaces: dict[str, spaces.Space] = {
            agent: spaces.Discrete(count) for agent, count in zip(self.possible_agents, self.game.shape, strict=True)
        }

    @property
    def max_cycles(self) -> int | None:
        """Rounds of an episode; PettingZoo's checkers set it. A visible clock goes on counting the first number."""
        return self.session.rounds

    @max_cycles.setter
    def max_cycles(self, rounds: int | None) -> None:
        self.session.rounds = replace(self.session.repetition, rounds=rounds, clock=False).rounds

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
        if seed is not None or not self.session.is_seeded:
            self.session.seed(int(seeding.np_random(None)[0].integers(2**63)) if seed is None else as_seed(seed))
        self.session.reset()
        self.agents = self.possible_agents[:]
        observations = dict(zip(self.agents, self.session.observations(), strict=True))
        return observations, {agent: {} for agent in self.agents}

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
        if not agents:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        try:
            chosen = tuple([index(actions[agent]) for agent in agents])
        except (KeyError, TypeError, IndexError):
            chosen = self._checked(actions)
        if chosen not in self._legal or len(actions) != len(agents):
            chosen = self._checked(actions)
        session = self.session
        played, payoffs, rewards, terminated, truncated = session.play(chosen)
        observations, earned, infos = {}, {}, {}
        for agent, seen, reward, paid, action in zip(agents, session.observations(), rewards, payoffs, played):  # noqa: B905
            observations[agent] = seen
            earned[agent] = reward
            infos[agent] = {"payoff": paid, "legal": action >= 0}
        if terminated or truncated:
            self.agents = []
        if self.render_mode == "human":
            self.render()
        return observations, earned, self._told[terminated].copy(), self._told[truncated].copy(), infos

    def render(self) -> str | np.ndarray | None:
        """Return the episode so far as text or as a picture (H, W, 3), or print it, by the render mode."""
        return render(self.render_mode, self.session.scene())

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _checked(self, actions: Any) -> tuple[int, ...]:
        """Return the actions in order of the agents, and remember that together they are legal.

        Raises
        ------
        ValueError
            Saying which action is missing or unknown.
        """
        if not isinstance(actions, dict) or actions.keys() != self.action_spaces.keys():
            given = sorted(actions) if isinstance(actions, dict) else actions
            raise ValueError(f"step() needs one action for each of {self.agents}, got {given!r}")
        chosen = tuple(self.session.check(i, actions[agent]) for i, agent in enumerate(self.agents))
        if len(self._legal) < MOST_REMEMBERED:
            self._legal.add(chosen)
        return chosen


def parallel_env(game: str | MatrixGame = "ipd", **options: Any) -> ParallelMatrixGame:
    """Return the PettingZoo parallel environment of a game; see `ParallelMatrixGame` for the options."""
    return ParallelMatrixGame(game, **options)


def raw_env(game: str | MatrixGame = "ipd", **options: Any) -> AECEnv:
    """Return the PettingZoo AEC environment of a game; see `ParallelMatrixGame` for the options.

    Agents choose one after the other, without seeing the others' choices of the round, which is
    played when all have chosen.
    """
    return parallel_to_aec(parallel_env(game, **options))


def env(game: str | MatrixGame = "ipd", **options: Any) -> AECEnv:
    """Return `raw_env` with a check of the order of calls."""
    return OrderEnforcingWrapper(raw_env(game, **options))
