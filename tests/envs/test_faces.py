"""Other libraries' faces: stable-baselines3's vector environment and RLlib's multi-agent environment."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import A2C, DQN, PPO
from stable_baselines3.common.distributions import make_proba_distribution
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.preprocessing import get_flattened_obs_dim
from stable_baselines3.common.vec_env import VecMonitor

import moral_games as mg
from moral_games.envs import MatrixGameEnv, population_env
from moral_games.envs.sb3 import MatrixGameVecEnv

OPTIONS = {"opponent": "random", "reward": "deontological(penalty=3)", "rounds": 4}


def test_it_steps_like_scalar_environments_and_says_how_episodes_end() -> None:
    env = MatrixGameVecEnv("ipd", 3, **OPTIONS)
    rows = [MatrixGameEnv("ipd", **OPTIONS) for _ in range(3)]
    env.seed(5)
    assert np.array_equal(env.reset(), [row.reset(seed=5 + i)[0] for i, row in enumerate(rows)])
    for step in range(1, 9):
        actions = np.array([0, 1, step % 2])
        observations, rewards, dones, infos = env.step(actions)
        for i, row in enumerate(rows):
            observed, reward, terminated, truncated, info = row.step(actions[i])
            assert (rewards[i], dones[i]) == (reward, terminated or truncated) and rewards.dtype == np.float32
            assert infos[i]["payoff"] == info["payoff"] and tuple(infos[i]["actions"]) == info["actions"]
            assert infos[i]["TimeLimit.truncated"] is truncated
            if dones[i]:
                assert np.array_equal(infos[i]["terminal_observation"], observed)
                observed, _ = row.reset()
            assert np.array_equal(observations[i], observed)
        assert dones.all() == (step % 4 == 0)


def test_a_one_shot_game_is_no_truncation() -> None:
    env = MatrixGameVecEnv("ipd", 2, rounds=1)
    env.reset()
    _, _, dones, infos = env.step(np.zeros(2, dtype=int))
    assert dones.all() and not any(info["TimeLimit.truncated"] for info in infos)


def test_attributes_and_methods() -> None:
    env = MatrixGameVecEnv("stag_hunt", 3, player=1, render_mode="rgb_array")
    assert env.get_attr("player") == [1, 1, 1] and env.get_attr("game", indices=[0])[0].name == "stag_hunt"
    env.reset()
    assert len(env.env_method("render", indices=[0, 2])) == 2
    assert env.get_images()[0].dtype == np.uint8
    env.set_attr("note", 7)
    assert env.env.note == 7
    with pytest.raises(ValueError, match="all rows share 'note'"):
        env.set_attr("note", 8, indices=[0])
    assert env.env_is_wrapped(gymnasium.Wrapper) == [False] * 3


def test_the_same_seed_gives_the_same_training() -> None:
    def learned() -> np.ndarray:
        env = VecMonitor(MatrixGameVecEnv("ipd", 4, **OPTIONS))
        model = PPO("MlpPolicy", env, n_steps=16, batch_size=32, n_epochs=2, seed=3).learn(256)
        return model.policy.state_dict()["action_net.weight"].numpy()

    assert np.array_equal(learned(), learned())


def test_stable_baselines3_knows_a_population_s_spaces() -> None:
    for options, observed, decided in (
        ({}, 30, [15, 2, 2]),
        ({"observation": "index"}, 30, [15, 2, 2]),
        ({"moves": "by_game"}, 30, [15] + [2] * 16),
        ({"matching": "random"}, 30, [2, 2]),
    ):
        env = population_env(**options)
        assert get_flattened_obs_dim(env.observation_space("player_0")) == observed
        assert list(make_proba_distribution(env.action_space("player_0")).action_dims) == decided


@pytest.mark.slow
@pytest.mark.parametrize(
    ("algorithm", "options"),
    [(PPO, {"n_steps": 64, "batch_size": 128}), (A2C, {"n_steps": 16}), (DQN, {"learning_starts": 200})],
)
def test_algorithms_train_on_the_registered_id_and_on_the_batch(algorithm, options: dict) -> None:
    for env in (make_vec_env("moral_games/IPD-v0", 2, seed=0), MatrixGameVecEnv("ipd", 8, rounds=10)):
        model = algorithm("MlpPolicy", env, seed=0, **options).learn(1000)
        action, _ = model.predict(np.eye(5, dtype=np.float32))
        assert model.num_timesteps >= 1000 and set(action) <= {0, 1}


@pytest.mark.slow
def test_a_duty_is_learned_through_the_batch() -> None:
    """Not to betray a cooperator: PPO against a random opponent ends with hardly any moral regret."""
    env = MatrixGameVecEnv(
        "ipd", 32, opponent="random", reward="deontological(penalty=3)", rounds=10, observation="one_hot"
    )
    model = PPO("MlpPolicy", env, n_steps=32, batch_size=256, learning_rate=3e-3, seed=0).learn(16_000)
    chances = model.policy.get_distribution(
        model.policy.obs_to_tensor(np.eye(5, dtype=np.float32))[0]
    ).distribution.probs
    table = mg.PolicyTable(chances.detach().numpy())
    assert mg.evaluate(table, "random", mg.games.get("ipd"), "deontological(penalty=3)").moral_regret < 0.1


@pytest.mark.slow
def test_rllib_trains_every_player() -> None:
    import ray
    from ray.rllib.algorithms.ppo import PPOConfig

    from moral_games.envs import rllib

    env = rllib.MatrixGameMultiAgentEnv({"game": "bach_or_stravinsky", "rounds": 2})
    observations, _ = env.reset(seed=0)
    assert list(env.observation_spaces) == list(env.action_spaces) == env.possible_agents == ["player_0", "player_1"]
    assert env.observation_space.contains(observations)
    *_, truncated, _ = env.step({"player_0": 0, "player_1": 1})
    assert truncated == {"player_0": False, "player_1": False, "__all__": False}
    assert env.step({"player_0": 0, "player_1": 1})[3]["__all__"]

    name = rllib.register("ipd", rewards="utilitarian", rounds=10)
    assert name == "moral_games/IPD-v0"
    try:
        ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
        algorithm = (
            PPOConfig()
            .environment(name)
            .env_runners(num_env_runners=0)
            .multi_agent(policies={"player_0", "player_1"}, policy_mapping_fn=lambda agent, *_, **__: agent)
            .training(train_batch_size=200, minibatch_size=50, num_epochs=1)
            .build_algo()
        )
        returns = algorithm.train()["env_runners"]["agent_episode_returns_mean"]
        algorithm.stop()
    finally:
        ray.shutdown()
    assert set(returns) == {"player_0", "player_1"} and all(20 <= value <= 60 for value in returns.values())
