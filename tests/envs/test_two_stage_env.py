"""The environment of two-stage games: PettingZoo's checkers, and what the house demands of every environment."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections.abc import Iterator
from functools import partial

import numpy as np
import pettingzoo
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pettingzoo.test import api_test, seed_test
from pettingzoo.test.render_test import render_test

import moral_games as mg
from moral_games.envs import TwoStageEnv, two_stage_env
from moral_games.games import TwoStageGame, protocols

RAGGED = TwoStageGame(
    ("left", "middle", "right"),
    (("up", "down"), (), ("up",)),
    (((1, 2), (3, 4)), ((5, 6),), ((7, 8),)),
    name="ragged",
)
CONFIGURATIONS = [
    *({"game": name} for name in protocols()),
    {"game": RAGGED},
    {"game": RAGGED, "first_mover": "player_1", "rewards": "maximin"},
    {"game": "tg6", "first_mover": "player_0"},
    {"game": "ug3", "rewards": ["inequity_aversion(alpha=1, beta=0.5)", "utilitarian"]},
    {"game": "spd1", "rewards": "homo_moralis(kappa=0.5)", "render_mode": "ansi"},
]
every_configuration = pytest.mark.parametrize("options", CONFIGURATIONS, ids=str)


def trajectory(env: pettingzoo.AECEnv, seed: int | None, steps: int = 40, spoiling: bool = False) -> list:
    """Everything that is seen in some episodes with random moves, and who is to move."""
    draws, seen = np.random.default_rng(0), []
    env.reset(seed=seed)
    for _ in range(steps):
        observation, reward, terminated, truncated, info = env.last()
        seen.append((env.agent_selection, observation.tolist(), reward, terminated, truncated, str(info)))
        legal = np.flatnonzero(info.get("action_mask", [1]))
        if spoiling:
            observation.fill(7)
            info.clear()
        env.step(None if terminated else draws.choice(legal))
        if not env.agents:
            env.reset()
    return seen


def play(env: pettingzoo.AECEnv, *moves: int) -> dict[str, float]:
    """Play one episode; what each has earned."""
    earned: dict[str, float] = {}
    left: Iterator[int] = iter(moves)
    for agent in env.agent_iter():
        _, earned[agent], terminated, _, _ = env.last()
        env.step(None if terminated else next(left))
    assert next(left, None) is None
    return earned


@every_configuration
def test_pettingzoo_aec_tests(options: dict) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        api_test(two_stage_env(**options), num_cycles=10)
        api_test(TwoStageEnv(**options), num_cycles=10)
        seed_test(partial(two_stage_env, **options), num_cycles=10)


def test_it_is_in_pettingzoo_s_registry() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = pettingzoo.make("aec", "moral_games/TwoStage-v0", game="tg1")
        render_test(partial(pettingzoo.make, "aec", "moral_games/TwoStage-v0"))
        api_test(env, num_cycles=10)
    assert env.unwrapped.game == mg.games.protocol("tg1")


@every_configuration
def test_a_seed_makes_the_whole_play(options: dict) -> None:
    env = two_stage_env(**options)
    first, other = trajectory(env, 3), trajectory(env, 4)
    assert trajectory(env, 3) == first == trajectory(two_stage_env(**options), 3)
    assert (first != other) == ("first_mover" not in options)


@every_configuration
def test_copies_go_on_alike_and_on_their_own(options: dict) -> None:
    env = two_stage_env(**options)
    trajectory(env, 5, steps=7)
    twins = copy.deepcopy(env), pickle.loads(pickle.dumps(env)), env
    one, other, third = (trajectory(each, None) for each in twins)
    assert one == other == third


@every_configuration
def test_what_is_handed_out_belongs_to_the_receiver(options: dict) -> None:
    env = two_stage_env(**{**options, "game": "spd1"})  # where every move is legal, mask or no mask
    kept, spoilt = (trajectory(env, 3, spoiling=spoiling) for spoiling in (False, True))
    assert kept == spoilt


def test_a_trust_game_in_full() -> None:
    env = two_stage_env("tg6", first_mover="player_1")
    env.reset(seed=0)
    assert env.agent_selection == "player_1"
    assert env.observe("player_1").tolist() == [1, 0, 0, 0, 0, 0]
    assert env.infos["player_1"]["role"] == "investor" and env.infos["player_1"]["action_mask"].tolist() == [1, 1]
    env.step(0)
    observation, reward, terminated, truncated, info = env.last()
    assert env.agent_selection == "player_0" and observation.tolist() == [0, 1, 1, 0, 0, 0]
    assert (reward, terminated, truncated, info["role"]) == (0, False, False, "trustee")
    env.step(1)
    assert env.rewards == {"player_0": 90, "player_1": 10} and all(env.terminations.values())
    assert env.observe("player_1").tolist() == [1, 0, 1, 0, 0, 1]
    assert env.infos == {
        "player_0": {"role": "trustee", "payoff": 90.0},
        "player_1": {"role": "investor", "payoff": 10.0},
    }


def test_the_second_mover_is_not_asked_where_there_is_no_reply() -> None:
    env = two_stage_env("ug1", first_mover="player_0")
    env.reset(seed=0)
    assert play(env, 0) == {"player_0": 50, "player_1": 50}
    env.reset()
    assert play(env, 1, 1) == {"player_0": 10, "player_1": 10}


@given(st.sampled_from(protocols()), st.integers(0, 1), st.integers(0, 1), st.integers(0, 1))
def test_rewards_are_what_the_tree_pays(name: str, role: int, first: int, reply: int) -> None:
    game = mg.games.protocol(name)
    env = two_stage_env(game, first_mover=f"player_{role}")
    env.reset(seed=0)
    answered = bool(game.replies[first])
    earned = play(env, first, reply) if answered else play(env, first)
    paid = game.payoffs[first][reply if answered else 0]
    assert (earned[f"player_{role}"], earned[f"player_{1 - role}"]) == paid


def test_each_player_holds_its_own_value() -> None:
    values = ["inequity_aversion(alpha=1, beta=0)", "utilitarian"]
    for first_mover, expected in (("player_0", (60, 100)), ("player_1", (40 - 20, 100))):
        env = two_stage_env("ug1", rewards=values, first_mover=first_mover)
        env.reset(seed=0)
        earned = play(env, 1, 0)
        assert (earned["player_0"], earned["player_1"]) == expected


def test_either_player_moves_first_half_of_the_time() -> None:
    env = TwoStageEnv("tg1")
    env.reset(seed=0)
    first = []
    for _ in range(400):
        env.reset()
        first.append(env.agent_selection)
    assert first.count("player_0") == pytest.approx(200, abs=40)


def test_moves_that_there_are_not_change_nothing() -> None:
    env = two_stage_env(RAGGED, first_mover="player_0")
    env.reset(seed=0)
    for action in (3, -1, "left", 0.5, None):
        with pytest.raises(ValueError, match=r"player_0 can play 0 \(left\), 1 \(middle\), 2 \(right\), got"):
            env.step(action)
    env.step(2)
    assert env.infos["player_1"]["action_mask"].tolist() == [1, 0, 0]
    with pytest.raises(ValueError, match=r"player_1 can play 0 \(up\), got 1"):
        env.step(1)
    assert play(env, 0) == {"player_0": 7, "player_1": 8}


def test_an_episode_that_is_over_cannot_go_on() -> None:
    env = TwoStageEnv("tg1")
    with pytest.raises(ValueError, match=r"over or was not begun; call reset\(\)"):
        env.step(0)
    env.reset(seed=0)
    play(env, 1)
    with pytest.raises(ValueError, match="over or was not begun"):
        env.step(0)


def test_the_tree_can_be_looked_at(capsys: pytest.CaptureFixture[str]) -> None:
    env = two_stage_env("tg6", first_mover="player_0", render_mode="ansi")
    env.reset(seed=0)
    env.step(0)
    assert env.render().endswith("player_0 has played invest")
    env.step(1)
    assert env.render().splitlines() == [
        "Mini Trust Game: player_0 is the investor, player_1 is the trustee",
        "  invest, give back: 70, 70",
        "* invest, keep: 10, 90",
        "  stay out: 30, 30",
    ]
    env = two_stage_env("ug1", render_mode="human")
    env.reset(seed=0)
    env.step(0)
    assert "* equal split: 50, 50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"game": "ug9"}, ValueError, "unknown protocol 'ug9'. Did you mean 'ug"),
        ({"game": mg.games.get("ipd")}, TypeError, "TwoStageGame or the name of a protocol"),
        ({"first_mover": "player_2"}, ValueError, "unknown first_mover 'player_2'. Did you mean"),
        ({"render_mode": "rgb_array"}, ValueError, "render_mode must be one of"),
        ({"rewards": "deontological"}, TypeError, "looks at the round before"),
        ({"rewards": ["selfish"] * 3}, ValueError, "3"),
        ({"game": "tg1", "rewards": "homo_moralis"}, ValueError, "needs a symmetric game; 'tg1' is not"),
    ],
)
def test_options_that_cannot_be(options: dict, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        two_stage_env(**options)
