"""The native vector environment as stable-baselines3 wants it; needs ``pip install moral-games[rl]``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env.base_vec_env import VecEnv

from moral_games.envs.vector import MatrixGameVectorEnv
from moral_games.games import MatrixGame


class MatrixGameVecEnv(VecEnv):
    """A batch of repeated matrix games, each with one learner, for a stable-baselines3 algorithm.

    An episode that is cut off (*truncated*) says so in its info, so that algorithms count on the
    value of its last observation.

    Parameters
    ----------
    game
        A catalogue name, a family with its parameters, or a game of your own.
    num_envs
        Number of rows N.
    **options
        The other parameters of `moral_games.envs.vector.MatrixGameVectorEnv`, but for the autoreset mode.

    Notes
    -----
    Infos are those of `moral_games.envs.single.MatrixGameEnv`. Attributes and methods are the
    vector environment's, which all rows share.
    """

    def __init__(self, game: str | MatrixGame = "ipd", num_envs: int = 1, **options: Any) -> None:
        self.env = MatrixGameVectorEnv(num_envs, game, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        self._actions = np.zeros(num_envs, dtype=np.int64)
        super().__init__(num_envs, self.env.single_observation_space, self.env.single_action_space)

    def reset(self) -> np.ndarray:
        """Begin an episode in every row, seeded as `seed` was told, and return the observations (N, ...)."""
        seeds = None if all(seed is None for seed in self._seeds) else self._seeds
        observations, _ = self.env.reset(seed=seeds)
        self._reset_seeds()
        self._reset_options()
        return observations

    def step_async(self, actions: np.ndarray) -> None:
        """Take the actions of the next round; (N,) int."""
        self._actions = actions

    def step_wait(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
        """Play the round; return observations (N, ...), rewards (N,), whether episodes are over (N,), and N infos."""
        observations, rewards, terminated, truncated, told = self.env.step(self._actions)
        over = terminated | truncated
        final = told.get("final_info", told)
        keys = ("payoff", "payoffs", "actions", "legal")
        rows = zip(*(final[key].tolist() for key in keys), (truncated & ~terminated).tolist(), strict=True)
        infos = [dict(zip((*keys, "TimeLimit.truncated"), row, strict=True)) for row in rows]
        for row in np.flatnonzero(over):
            infos[row]["terminal_observation"] = told["final_obs"][row]
        return observations, rewards.astype(np.float32), over, infos

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def get_attr(self, attr_name: str, indices: int | Iterable[int] | None = None) -> list[Any]:
        """Return an attribute of the vector environment, once for each row asked about."""
        return [getattr(self.env, attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: int | Iterable[int] | None = None) -> None:
        """Set an attribute of the vector environment.

        Raises
        ------
        ValueError
            If it is asked for some rows only: all of them share it.
        """
        if sorted(self._get_indices(indices)) != list(range(self.num_envs)):
            raise ValueError(f"all rows share {attr_name!r}: set it without indices")
        setattr(self.env, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: int | Iterable[int] | None = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of the vector environment once; return what it gives for each row asked about."""
        result = getattr(self.env, method_name)(*method_args, **method_kwargs)
        return [result for _ in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: int | Iterable[int] | None = None) -> list[bool]:
        """Return False for each row asked about: rows have no wrappers of their own."""
        return [False for _ in self._get_indices(indices)]

    def get_images(self) -> Sequence[np.ndarray | None]:
        """Return a picture (H, W, 3) of each row, in render mode ``"rgb_array"``."""
        return self.env.render() or [None] * self.num_envs
