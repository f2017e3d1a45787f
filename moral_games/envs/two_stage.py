"""One player moves, the other sees it and replies: the PettingZoo AEC environment of a two-stage game."""

from __future__ import annotations

from operator import index
from typing import Any, ClassVar

import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from pettingzoo import AECEnv
from pettingzoo.utils import OrderEnforcingWrapper

from moral_games.games import TwoStageGame, as_two_stage
from moral_games.names import unknown
from moral_games.rewards import Rewards, transform
from moral_games.rewards.reading import one_each

PLAYERS = ("player_0", "player_1")
RENDER_MODES = ("ansi", "human")


class TwoStageEnv(AECEnv):
    """A two-stage game, played once an episode by two learners.

    Parameters
    ----------
    game
        A protocol's name (`moral_games.games.protocols`), or a two-stage game of your own.
    rewards
        The value both players hold, or one a player; see `moral_games.rewards`. It judges the moves that are made, by
        `TwoStageGame.moves`, and has no round before to look at.
    first_mover
        ``"random"``, either player with probability one half in each episode, or ``"player_0"`` or ``"player_1"``.
    render_mode
        ``"ansi"`` (`render` returns text) or ``"human"`` (each move is printed), or None.

    Raises
    ------
    ValueError
        If anything is unknown, or a value needs another game.
    TypeError
        If a value looks at the round before.

    Notes
    -----
    An agent observes a vector float32: a block of two entries for its role, one for the first move and one for the
    reply, each zero as long as nothing is known. Infos hold the agent's ``role`` and, when it is to move, the
    ``action_mask`` of the moves there are (int8); in the end its ``payoff`` beside the reward. Where a first move
    has no reply, the second mover is never asked.

    By the strategy method, where both plan for either role and see nothing, a protocol is played by
    ``moral_games.parallel_env("tg6", rounds=1)``.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": list(RENDER_MODES), "render_fps": 1, "name": "two_stage"}

    def __init__(
        self,
        game: str | TwoStageGame = "spd1",
        rewards: Rewards = "selfish",
        first_mover: str = "random",
        render_mode: str | None = None,
    ) -> None:
        if first_mover not in ("random", *PLAYERS):
            raise unknown("first_mover", first_mover, ("random", *PLAYERS))
        if render_mode not in (None, *RENDER_MODES):
            raise ValueError(f"render_mode must be one of {RENDER_MODES} or None, got {render_mode!r}")
        self.game = as_two_stage(game)
        self.first_mover, self.render_mode = first_mover, render_mode
        self._rewards = [transform(self.game.moves, value).payoffs for value in one_each(self.game.moves, rewards)]
        moves, replies = self.game.moves.shape
        self.possible_agents = list(PLAYERS)
        self.agents: list[str] = []
        self.observation_spaces: dict[str, spaces.Space] = {
            agent: spaces.Box(0.0, 1.0, (2 + moves + replies,), np.float32) for agent in PLAYERS
        }
        self.action_spaces: dict[str, spaces.Space] = {agent: spaces.Discrete(max(moves, replies)) for agent in PLAYERS}
        self._rng: np.random.Generator | None = None
        self.movers = PLAYERS
        self.played: tuple[int, ...] = ()

    def observation_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> spaces.Space:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(self, seed: int | None = None, options: dict[str, Any] | None = None) -> None:
        """Begin an episode; a seed makes it, and all that follow, repeatable."""
        if seed is not None or self._rng is None:
            self._rng, _ = seeding.np_random(seed)
        drawn = PLAYERS[int(self._rng.integers(2))]
        first = drawn if self.first_mover == "random" else self.first_mover
        self.movers = (first, PLAYERS[1 - PLAYERS.index(first)])
        self.played = ()
        self.agents = self.possible_agents[:]
        self.agent_selection = first
        self.terminations, self.truncations = (dict.fromkeys(self.agents, False) for _ in range(2))
        self.rewards, self._cumulative_rewards = (dict.fromkeys(self.agents, 0.0) for _ in range(2))
        self._skip_agent_selection = None
        self.infos = self._infos()

    def observe(self, agent: str) -> np.ndarray:
        """Return what an agent sees: its role, the first move, the reply; (2 + moves + replies,) float32."""
        moves, replies = self.game.moves.shape
        seen = np.zeros(2 + moves + replies, dtype=np.float32)
        seen[self.movers.index(agent)] = 1.0
        for start, move in zip((2, 2 + moves), self.played, strict=False):
            seen[start + move] = 1.0
        return seen

    def step(self, action: Any) -> None:
        """Make the move of the agent whose turn it is; None for one whose game is over.

        Raises
        ------
        ValueError
            If the episode is over or was not begun, or there is no such move.
        """
        if not self.agents:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        agent = self.agent_selection
        if self.terminations[agent]:
            self._was_dead_step(action)
            return
        self.played = (*self.played, self._checked(agent, action))
        self._cumulative_rewards[agent] = 0.0
        if self._names():
            self.agent_selection = self.movers[1]
        else:
            self._end()
        self.infos = self._infos()
        self._accumulate_rewards()
        if self.render_mode == "human":
            self.render()

    def render(self) -> str | None:
        """Return the tree with what was played marked, or print it in mode ``"human"``."""
        if self.render_mode is None:
            return None
        text = "\n".join(self._lines())
        if self.render_mode == "human":
            print(text)
            return None
        return text

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _end(self) -> None:
        """Pay both, and let both see the end before they leave."""
        self.terminations = dict.fromkeys(self.agents, True)
        self.rewards = {
            agent: float(self._rewards[PLAYERS.index(agent)][self._cell()][role])
            for role, agent in enumerate(self.movers)
        }
        self._deads_step_first()

    def _names(self) -> tuple[str, ...]:
        """Return the names of the moves there are now; none if the game is over."""
        return (self.game.first, *(self.game.replies[move] for move in self.played[:1]), ())[len(self.played)]

    def _cell(self) -> tuple[int, int]:
        """Return the first move and the reply, which is 0 where there was none to make."""
        first, reply = (*self.played, 0)[:2]
        return first, reply

    def _infos(self) -> dict[str, dict[str, Any]]:
        names = self._names()
        infos: dict[str, dict[str, Any]] = {}
        for role, agent in enumerate(self.movers):
            infos[agent] = {"role": self.game.roles[role]}
            if not names:
                infos[agent]["payoff"] = float(self.game.moves.payoffs[self._cell()][role])
            elif agent == self.agent_selection:
                mask = np.arange(self.action_spaces[agent].n) < len(names)  # type: ignore[attr-defined]
                infos[agent]["action_mask"] = mask.astype(np.int8)
        return infos

    def _checked(self, agent: str, action: Any) -> int:
        names = self._names()
        try:
            move = index(action)
        except TypeError:
            move = -1
        if not 0 <= move < len(names):
            listed = ", ".join(f"{number} ({name})" for number, name in enumerate(names))
            raise ValueError(f"{agent} can play {listed}, got {action!r}")
        return move

    def _lines(self) -> list[str]:
        first, second = (f"{player} is the {role}" for player, role in zip(self.movers, self.game.roles, strict=True))
        lines = [f"{self.game.title or self.game.name}: {first}, {second}"]
        for move, (name, replies, pairs) in enumerate(
            zip(self.game.first, self.game.replies, self.game.payoffs, strict=True)
        ):
            for reply, (answer, paid) in enumerate(zip(replies or ("",), pairs, strict=True)):
                reached = self.played in ((move, reply), (move,)) and bool(not replies or len(self.played) == 2)
                path = f"{name}, {answer}" if answer else name
                lines.append(f"{'*' if reached else ' '} {path}: {paid[0]:g}, {paid[1]:g}")
        if len(self.played) == 1 and self._names():
            lines.append(f"{self.movers[0]} has played {self.game.first[self.played[0]]}")
        return lines


def raw_two_stage_env(game: str | TwoStageGame = "spd1", **options: Any) -> TwoStageEnv:
    """Return the PettingZoo AEC environment of a two-stage game; see `TwoStageEnv` for the options."""
    return TwoStageEnv(game, **options)


def two_stage_env(game: str | TwoStageGame = "spd1", **options: Any) -> AECEnv:
    """Return `TwoStageEnv` with a check of the order of calls."""
    return OrderEnforcingWrapper(TwoStageEnv(game, **options))
