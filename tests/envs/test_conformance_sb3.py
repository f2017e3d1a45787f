"""Every registered id under every family of values and every ending, for stable-baselines3 (which needs torch)."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from configurations import EVERY, PLAYS, Configuration
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv

from moral_games.envs.sb3 import MatrixGameVecEnv

ROWS = 3


@pytest.mark.parametrize("configuration", EVERY, ids=str)
def test_sb3_check_env(configuration: Configuration) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(configuration.single())


def both(configuration: Configuration) -> tuple[VecEnv, VecEnv]:
    options: dict[str, Any] = {"opponent": "random", **configuration.reward, **configuration.controls}
    return MatrixGameVecEnv(configuration.name, ROWS, **options), DummyVecEnv([configuration.single] * ROWS)


def listed(info: dict[str, Any]) -> dict[str, Any]:
    return {key: np.array(entry).tolist() for key, entry in info.items()}


@pytest.mark.parametrize("configuration", PLAYS, ids=str)
def test_the_batch_is_what_sb3_makes_of_single_environments(configuration: Configuration) -> None:
    """Observations, rewards, ends and infos, over several episodes after one seed."""
    ours, theirs = both(configuration)
    assert ours.observation_space == theirs.observation_space and ours.action_space == theirs.action_space
    rng = np.random.default_rng(0)
    for env in (ours, theirs):
        env.seed(7)
    assert np.array_equal(ours.reset(), theirs.reset())
    for _ in range(25):
        chosen = rng.integers(configuration.lowest_action, ours.action_space.n, ROWS)
        (*mine, my_infos), (*other, other_infos) = ours.step(chosen), theirs.step(chosen)
        assert [part.dtype for part in mine] == [part.dtype for part in other]
        assert all(np.array_equal(*pair) for pair in zip(mine, other, strict=True))
        assert list(map(listed, my_infos)) == list(map(listed, other_infos))
