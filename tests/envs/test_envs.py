"""Both environments, every catalogue game: the libraries' own checkers, and what those leave out."""

from __future__ import annotations

import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.render_test import render_test
from pettingzoo.utils import parallel_to_aec
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import moral_games as mg
from moral_games.envs.registration import ids

ALL = list(ids().items())
ENDINGS = ({"rounds": 10}, {"rounds": 1}, {"rounds": None, "continue_probability": 0.8})


def single(name: str, **options) -> gymnasium.Env:
    return gymnasium.make(ids()[name], **{"opponent": "random", **options})


@pytest.mark.parametrize(("name", "env_id"), ALL)
@pytest.mark.parametrize("observation", ["one_hot", "index"])
def test_gymnasium_check_env(name: str, env_id: str, observation: str) -> None:
    for ending in ENDINGS:
        env = gymnasium.make(
            env_id, opponent="random", reward="deontological + illegal", observation=observation, **ending
        )
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            check_env(env.unwrapped)


@pytest.mark.parametrize(("name", "env_id"), ALL)
def test_sb3_check_env(name: str, env_id: str) -> None:
    sb3_check_env(gymnasium.make(env_id, opponent="random"))


@pytest.mark.parametrize(("name", "env_id"), ALL)
def test_pettingzoo_tests(name: str, env_id: str) -> None:
    for ending in ENDINGS:
        env = pettingzoo.make("parallel", env_id, rewards="utilitarian", **ending)
        parallel_api_test(env, num_cycles=50)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            api_test(parallel_to_aec(mg.parallel_env(name, **ending)), num_cycles=50)
    parallel_seed_test(lambda: mg.parallel_env(name))
    seed_test(lambda: parallel_to_aec(mg.parallel_env(name, continue_probability=0.9)))


def test_pettingzoo_render_test() -> None:
    render_test(lambda **options: parallel_to_aec(mg.parallel_env("ipd", **options)))


@pytest.mark.parametrize("name", mg.games.names())
def test_a_whole_trajectory_is_repeatable(name: str) -> None:
    def trajectory(seed: int) -> list:
        env = single(name, rounds=None, continue_probability=0.95)
        rng = np.random.default_rng(1)
        seen = [env.reset(seed=seed)[0].tolist()]
        for _ in range(100):
            observation, *rest = env.step(int(rng.integers(env.action_space.n)))
            seen.append((observation.tolist(), *rest))
            if rest[1]:
                seen.append(env.reset()[0].tolist())
        return seen

    assert trajectory(3) == trajectory(3)
    assert trajectory(3) != trajectory(4)


def test_the_two_environments_and_the_tables_agree(rng: np.random.Generator) -> None:
    reward = "deontological(penalty=3) + 0.5 * utilitarian"
    both = mg.parallel_env("chicken", rewards=reward)
    alone = single("chicken", opponent="tit_for_tat", reward=reward)
    repeated = mg.RepeatedGame.compile(mg.games.get("chicken"), reward)
    both.reset(seed=0)
    alone.reset(seed=0)
    state, answer = 0, 0
    for _ in range(50):
        action = int(rng.integers(2))
        observations, rewards, _, _, infos = both.step({"player_0": action, "player_1": answer})
        observation, earned, _, _, info = alone.step(action)
        step = repeated.step(np.array(state), np.array([action, answer]))
        state, answer = int(step.state), action
        assert np.array_equal(observation, observations["player_0"]) and observation.argmax() == state
        assert earned == rewards["player_0"] == step.rewards[0]
        assert info["payoff"] == infos["player_0"]["payoff"] == step.payoffs[0]


@pytest.mark.parametrize("opponent", mg.opponents.names())
def test_opponents_in_the_environment_are_the_exact_ones(opponent: str) -> None:
    """Mean payoffs over many rounds against the long-run value of the same pair."""
    policy = mg.PolicyTable([[0.6, 0.4], [0.9, 0.1], [0.3, 0.7], [0.5, 0.5], [0.2, 0.8]])
    exact = mg.evaluate(policy, opponent, mg.games.get("ipd"), discount=0.9)
    env = single("ipd", opponent=opponent, rounds=None, observation="index")
    rng = np.random.default_rng(0)
    returns = []
    for episode in range(600):
        state, _ = env.reset(seed=episode)
        total = 0.0
        for t in range(40):
            state, reward, *_ = env.step(int(rng.random() >= policy.probabilities[state, 0]))
            total += 0.1 * 0.9**t * reward
        returns.append(total)
    assert abs(np.mean(returns) - exact.payoffs[0]) < 4.5 * np.std(returns) / np.sqrt(len(returns)) + 0.1 * 0.9**40 * 40


def test_the_learner_may_sit_in_any_seat() -> None:
    env = single("bach_or_stravinsky", opponent="always_cooperate", player=1)
    env.reset(seed=0)
    observation, reward, *_, info = env.step(1)
    # Player 0 plays bach, the learner stravinsky: its own action comes first in what it sees.
    assert info["actions"] == (0, 1) and reward == 0 and observation.argmax() == 3
    assert env.step(0)[1] == 2


def test_endings() -> None:
    def endings(**options) -> list[tuple[bool, bool]]:
        env = single("ipd", **options)
        env.reset(seed=0)
        flags: list[tuple[bool, bool]] = []
        while not flags or flags[-1] == (False, False):
            flags.append(env.step(0)[2:4])
        return flags

    assert endings(rounds=3) == [(False, False), (False, False), (False, True)]
    assert endings(rounds=1) == [(True, False)]
    assert endings(rounds=None, continue_probability=0.5)[-1] == (True, False)
    lengths = [len(endings(rounds=None, continue_probability=0.0)) for _ in range(3)]
    assert lengths == [1, 1, 1]


def test_an_illegal_answer_is_an_outcome_where_that_is_asked_for() -> None:
    env = single("ipd", illegal_action="outcome", reward="selfish + illegal(penalty=6)")
    env.reset(seed=0)
    *_, info = env.step(-1)
    assert not info["legal"] and info["payoffs"] == (0, 0)
    assert env.unwrapped.step(-1)[1] == -6


def test_rendering(capsys: pytest.CaptureFixture[str]) -> None:
    env = single("ipd", opponent="always_defect", render_mode="ansi")
    env.reset(seed=0)
    assert env.render() == "ipd: start"
    env.step(0)
    assert env.render() == "ipd round 1: player_0 cooperate, player_1 defect; payoffs so far 0, 4"
    human = single("ipd", opponent="always_defect", render_mode="human")
    human.reset(seed=0)
    human.step(1)
    assert "player_0 defect, player_1 defect" in capsys.readouterr().out
    both = mg.parallel_env("ipd", render_mode="human")
    both.reset(seed=0)
    both.step({"player_0": 0, "player_1": 1})
    assert "player_0 cooperate" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rounds": 0}, "rounds must be at least 1"),
        ({"continue_probability": 1.5}, r"\[0, 1\]"),
        ({"observation": "picture"}, "observation must be"),
        ({"illegal_action": "ignore"}, "illegal_action must be"),
        ({"render_mode": "rgb_array"}, "render_mode must be"),
        ({"reward": "kindnes"}, "unknown reward"),
        ({"opponent": "tit_for_tatt"}, "unknown opponent"),
        ({"opponent": ["grim", "grim"]}, "needs 1 opponents"),
        ({"player": 2}, "player must be 0 to 1"),
    ],
)
def test_bad_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        gymnasium.make("moral_games/IPD-v0", **options)


def test_bad_actions_are_refused_before_anything_changes() -> None:
    env = single("ipd").unwrapped
    with pytest.raises(ValueError, match="reset"):
        env.step(0)
    env.reset(seed=0)
    for action in (2, -1, "C", None):
        with pytest.raises(ValueError, match="has actions 0 to 1"):
            env.step(action)
    assert env.session.played == 0

    both = mg.parallel_env("ipd", rounds=1)
    with pytest.raises(ValueError, match="reset"):
        both.step({"player_0": 0, "player_1": 0})
    both.reset(seed=0)
    with pytest.raises(ValueError, match="one action for each"):
        both.step({"player_0": 0})
    with pytest.raises(ValueError, match="player 1 of 'ipd' has actions 0 to 1"):
        both.step({"player_0": 0, "player_1": 5})
    both.step({"player_0": 0, "player_1": 0})
    with pytest.raises(ValueError, match="over"):
        both.step({"player_0": 0, "player_1": 0})
    with pytest.raises(ValueError, match="render_mode"):
        mg.parallel_env("ipd", render_mode="rgb_array")


def test_importing_loads_nothing_optional() -> None:
    optional = ("torch", "axelrod", "matplotlib", "ray", "transformers")
    code = f"import sys, moral_games; print([m for m in {optional} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )
