"""One player learns, the others are opponents: the Gymnasium environment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
from gymnasium import spaces

from moral_games.chance import as_seed
from moral_games.envs.rendering import RENDER_MODES, check_render_mode, render
from moral_games.envs.session import Session
from moral_games.games import MatrixGame, as_game
from moral_games.opponents import AnyOpponent, players
from moral_games.repetition import Repetition
from moral_games.rewards import Rewards

OPTIONS = ("game", "opponent", "reward", "player", "render_mode")


class MatrixGameEnv(gymnasium.Env[Any, Any]):
    """A repeated matrix game against fixed opponents.

    Parameters
    ----------
    game
        A catalogue name, a family with its parameters as in ``"public_goods(players=5)"``, or a
        game of your own.
    opponent
        Who plays the other seats (a name, an `Opponent`, a policy), or one for each seat.
    reward
        The value the learner holds; see `moral_games.rewards`.
    player
        The learner's seat.
    render_mode
        ``"ansi"`` (`render` returns text), ``"human"`` (each round is printed), ``"rgb_array"``
        (`render` returns a picture), or None.
    **controls
        How the game goes on, and what is observed: the parameters of
        `moral_games.repetition.Repetition`, by default 100 rounds, the learner observing the last one.

    Raises
    ------
    ValueError
        If anything is unknown, out of range, or does not fit the game.

    Notes
    -----
    The learner observes with its own action first. Infos hold the learner's ``payoff`` beside the
    reward, all ``payoffs``, all ``actions``, and whether the answer was ``legal``.
    """

    metadata: dict[str, Any] = {"render_modes": list(RENDER_MODES), "render_fps": 4}  # noqa: RUF012
    """Gymnasium's: the render modes, and pictures a second."""

    def __init__(
        self,
        game: str | MatrixGame = "ipd",
        opponent: AnyOpponent | Sequence[AnyOpponent] = "tit_for_tat",
        reward: Rewards = "selfish",
        player: int = 0,
        render_mode: str | None = None,
        **controls: Any,
    ) -> None:
        check_render_mode(render_mode)
        self.game = as_game(game)
        self.player = player
        others = players(opponent, self.game, player)
        seats = [seat for seat in range(self.game.players) if seat != player]
        self.opponents = dict(zip(seats, others, strict=True))
        self.session = Session(
            self.game, reward, Repetition.of(controls, OPTIONS), self.opponents, render_mode is not None
        )
        self.observation_space = self.session.observing.space
        self.action_space = spaces.Discrete(self.game.shape[player])
        self.render_mode = render_mode
        self._over = True

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; a seed makes it, and all that follow, repeatable."""
        seed = None if seed is None else as_seed(seed)
        super().reset(seed=seed)
        if seed is not None or not self.session.is_seeded:
            self.session.seed(int(self.np_random.integers(2**63)) if seed is None else seed)
        self.session.reset()
        self._over = False
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
        own = self.player
        chosen = [0] * self.game.players
        chosen[own] = self.session.check(own, action)
        played, payoffs, rewards, terminated, truncated = self.session.play(chosen)
        self._over = terminated or truncated
        if self.render_mode == "human":
            self.render()
        info = {"payoff": payoffs[own], "payoffs": payoffs, "actions": played, "legal": played[own] >= 0}
        return self.session.observe(own), rewards[own], terminated, truncated, info

    def render(self) -> Any:
        """Return the episode so far as text or as a picture (uint8 H×W×3), or print it, by the render mode."""
        return render(self.render_mode, self.session.scene())
