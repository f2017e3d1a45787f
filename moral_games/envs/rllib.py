"""All players as RLlib agents; needs ``pip install moral-games[rllib]``."""

from __future__ import annotations

from typing import Any

from gymnasium import spaces
from ray.rllib.env.wrappers.pettingzoo_env import ParallelPettingZooEnv
from ray.tune import register_env

from moral_games.envs.parallel import parallel_env
from moral_games.envs.registration import ids
from moral_games.games import MatrixGame


class MatrixGameMultiAgentEnv(ParallelPettingZooEnv):
    """A repeated matrix game in which all players are agents of RLlib.

    Parameters
    ----------
    config
        ``game`` and the other parameters of `moral_games.envs.parallel.ParallelMatrixGame`.

    Notes
    -----
    Spaces are given agent by agent, in the order of the seats, where RLlib's own wrapper leaves it to
    infer them.
    """

    def __init__(self, config: dict[str, Any] | None = None) -> None:
        env = parallel_env(**(config or {}))
        self.possible_agents = env.possible_agents[:]
        self.agents = env.possible_agents[:]
        super().__init__(env)
        self.render_mode = env.render_mode
        self.observation_spaces = dict(env.observation_spaces)
        self.action_spaces = dict(env.action_spaces)
        self.observation_space = spaces.Dict(self.observation_spaces)
        self.action_space = spaces.Dict(self.action_spaces)

    def render(self) -> Any:
        """Return the episode so far as text or as a picture, or print it, by the render mode."""
        return self.par_env.render()


def register(game: str | MatrixGame = "ipd", name: str | None = None, **options: Any) -> str:
    """Make a game known to RLlib.

    Parameters
    ----------
    game
        What is played; catalogue games keep their environment id.
    name
        Another name to register it under.
    **options
        Defaults for the other parameters; an algorithm's ``env_config`` overrides them.

    Returns
    -------
    str
        The name to give to an algorithm's configuration.
    """
    if name is None:
        name = f"moral_games/{game.name}" if isinstance(game, MatrixGame) else ids().get(game, f"moral_games/{game}")
    register_env(name, lambda config: MatrixGameMultiAgentEnv({"game": game, **options, **config}))
    return name
