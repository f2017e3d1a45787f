"""One player learns, the others are opponents: the Gymnasium environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from moral_games import games
from moral_games.envs.rendering import RENDER_MODES, check_render_mode, render_round
from moral_games.envs.session import Session
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, seated
from moral_games.repeated import RepeatedGame
from moral_games.rewards import RewardFunction


class MatrixGameEnv(gymnasium.Env[Any, Any]):
    """A repeated matrix game against fixed opponents.

    Parameters
    ----------
    game
        A catalogue name, or a game of your own.
    opponent
        Who plays the other seats (a name, an `Opponent`, a policy), or one for each seat.
    reward
        The value the learner holds; see `moral_games.rewards`.
    player
        The learner's seat.
    rounds, continue_probability, observation, illegal_action
        See `moral_games.envs.session.Session`.
    render_mode
        ``"ansi"`` (`render` returns text) or ``"human"`` (each round is printed), or None.

    Notes
    -----
    The observation is the last joint action, the learner's first. Infos hold the learner's
    ``payoff`` beside the reward, all ``payoffs``, all ``actions``, and whether the answer was ``legal``.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012

    def __init__(
        self,
        game: str | MatrixGame = "ipd",
        opponent: AnyOpponent | Sequence[AnyOpponent] = "tit_for_tat",
        reward: str | RewardFunction = "selfish",
        player: int = 0,
        rounds: int | None = 100,
        continue_probability: float = 1.0,
        observation: str = "one_hot",
        illegal_action: str = "error",
        render_mode: str | None = None,
    ) -> None:
        check_render_mode(render_mode)
        self.game = games.get(game) if isinstance(game, str) else game
        self.player = player
        policies = seated(opponent, self.game, player)
        self.seats = [seat for seat in range(self.game.players) if seat != player]
        self.opponents = dict(zip(self.seats, policies, strict=True))
        self.session = Session(
            RepeatedGame.compile(self.game, reward), rounds, continue_probability, observation, illegal_action
        )
        self.observation_space = self.session.observation_space()
        self.action_space = spaces.Discrete(self.game.shape[player])
        self.render_mode = render_mode
        self._chances = {
            seat: np.cumsum(policy.with_illegal, axis=1)[:, :-1] for seat, policy in self.opponents.items()
        }
        self._memory = dict.fromkeys(self.seats, 0)
        self._last: tuple[int, ...] | None = None
        self._totals = [0.0] * self.game.players
        self._over = True

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; a seed makes it, and all that follow, repeatable."""
        super().reset(seed=seed)
        self.session.reset()
        self._memory = dict.fromkeys(self.seats, 0)
        self._last, self._totals, self._over = None, [0.0] * self.game.players, False
        return self.session.observe(self.player), {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Play one round.

        Raises
        ------
        ValueError
            If the episode is over or was not begun, or the game does not have the action.
        """
        if self._over:
            raise ValueError("the episode is over or was not begun; call reset() before step()")
        played = [0] * self.game.players
        played[self.player] = self.session.check(self.player, action)
        for seat in self.seats:
            drawn = int((self.np_random.random() >= self._chances[seat][self._memory[seat]]).sum())
            played[seat] = drawn if drawn < self.game.shape[seat] else -1
        payoffs, rewards, terminated, truncated = self.session.play(played, self.np_random)
        if self.session.state:
            for seat, policy in self.opponents.items():
                joint = self.session.seen[seat][self.session.state] - 1
                self._memory[seat] = int(policy.transitions[self._memory[seat], joint])
        self._last, self._totals = (
            tuple(played),
            [total + paid for total, paid in zip(self._totals, payoffs, strict=True)],
        )
        self._over = terminated or truncated
        if self.render_mode == "human":
            self.render()
        own = self.player
        info = {"payoff": payoffs[own], "payoffs": tuple(payoffs), "actions": tuple(played), "legal": played[own] >= 0}
        return self.session.observe(own), rewards[own], terminated, truncated, info

    def render(self) -> Any:
        """Return the last round as text, or print it in mode ``"human"``."""
        return render_round(self.render_mode, self.game, self.session.played, self._last, self._totals)
