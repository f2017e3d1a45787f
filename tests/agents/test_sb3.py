"""stable-baselines3's learners find the exact best response, learn on several seats, and are resumed to the byte."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from agents import sb3
from agents.judgement import judge
from agents.seats import take_seats
from moral_games.envs.sb3 import MatrixGameVecEnv
from moral_games.runs import read_json

RESULTS = ("config.json", "history.jsonl", "metrics.json", "policy.json")
SHORT = sb3.Options(steps=768, block=256, num_envs=4, rounds=8, hidden=(8,), checkpoint_every=1)
ALGORITHMS = ("ppo", "a2c", "dqn")
EARLY: dict[str, dict[str, int]] = {"ppo": {"n_steps": 32}, "a2c": {}, "dqn": {"learning_starts": 10}}


class Killed(Exception):
    """Stands for a process that ends at once."""


def learned(settings: sb3.Options) -> sb3.IndependentModels:
    """Play to the end."""
    models = sb3.IndependentModels(settings.seats(), settings)
    while models.done < models.total:
        models.advance()
    return models


@pytest.mark.parametrize(("algorithm", "steps"), [("ppo", 5120), ("a2c", 3072), ("dqn", 2048)])
def test_several_seats_learn_to_cooperate_if_that_is_what_they_value(algorithm: Any, steps: int) -> None:
    settings = sb3.Options(algorithm=algorithm, reward="utilitarian", steps=steps, block=1024, learning_rate=0.01)
    (policies,) = learned(settings).policies()
    judged = judge(settings.seats(), policies, settings.discount, settings.initial)["learners"]
    assert all(found["measures"]["cooperation"] > 0.85 for found in judged)


@pytest.mark.parametrize("turns", ["simultaneous", "alternate"])
def test_a_learner_meets_the_tables_that_its_turn_says(turns: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    models = sb3.IndependentModels(SHORT.seats(), replace(SHORT, turns=turns))
    met: dict[int, mg.FiniteStatePolicy] = {}
    made = sb3.IndependentModels._model

    def remembering(self: sb3.IndependentModels, seat: int, policies: Any) -> Any:
        met[seat] = policies[1 - seat]
        return made(self, seat, policies)

    monkeypatch.setattr(sb3.IndependentModels, "_model", remembering)
    before = dict(models.tables)
    models.advance()
    assert met[0] is before[1]
    assert met[1] is (before if turns == "simultaneous" else models.tables)[0]


def test_dqn_explores_less_and_less_but_always() -> None:
    settings = sb3.Options(algorithm="dqn", exploration=0.5, steps=20_480)
    explored = [settings.exploring(block) for block in range(settings.blocks + 1)]
    assert explored[0] == 0.5 and explored[-1] == pytest.approx(0.005)
    assert all(later <= now for now, later in pairwise(explored))


def test_exploration_falls_to_nothing_over_the_first_half() -> None:
    settings = sb3.Options(entropy=0.5, steps=8 * 2048)
    assert [settings.left(block) for block in range(9)] == [1, 0.75, 0.5, 0.25, 0, 0, 0, 0, 0]


def test_dqn_learns_what_chance_is_worth_in_the_mean() -> None:
    """Against extortion the median of what follows advises otherwise than the mean does."""
    settings = sb3.Options(algorithm="dqn", opponent=("extortion",), steps=4096)
    (policies,) = learned(settings).policies()
    (judged,) = judge(settings.seats(), policies, settings.discount, settings.initial)["learners"]
    assert judged["measures"]["exploitability"] < 0.02


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_run_that_is_broken_off_and_resumed_is_the_same_to_the_byte(
    algorithm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = replace(SHORT, algorithm=algorithm, turns="alternate", folder=tmp_path / "whole")
    whole = sb3.learn(asked)
    advance = sb3.IndependentModels.advance

    def dies(self: sb3.IndependentModels) -> Any:
        if self.block == 2:
            raise Killed
        return advance(self)

    broken = replace(asked, folder=tmp_path / "broken")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(sb3.IndependentModels, "advance", dies)
        sb3.learn(broken)
    torch.rand(3)
    resumed = sb3.learn(replace(broken, resume=True))
    for name in RESULTS:
        assert resumed.path(name).read_bytes() == whole.path(name).read_bytes(), name
    assert read_json(whole.path("metrics.json"))["learners"]["player_1"]["reward"] == "selfish()"


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_model_is_its_arrays(algorithm: Any) -> None:
    def model(seed: int) -> Any:
        return sb3.ALGORITHMS[algorithm](
            "MlpPolicy", MatrixGameVecEnv("ipd", 4, rounds=8), seed=seed, **EARLY[algorithm]
        )

    one, other = model(0), model(1)
    one.learn(200)
    kept = sb3.to_arrays(one)
    sb3.from_arrays(other, kept)
    assert any(name.startswith("optimiser/") for name in kept)
    for name, array in sb3.to_arrays(other).items():
        np.testing.assert_array_equal(array, kept.pop(name))
    assert not kept


def test_a_table_with_more_memory_is_what_the_network_does() -> None:
    models = sb3.IndependentModels(take_seats("ipd", "selfish", ("tit_for_two_tats",)), replace(SHORT, memory=2))
    model = models._model(0, models._acting())
    sb3.from_arrays(model, models.kept[0])
    (((policy,),), rng) = models.policies(), np.random.default_rng(0)
    assert len(policy.probabilities) == 21
    env = MatrixGameVecEnv("ipd", 1, opponent="tit_for_two_tats", memory=2, rounds=10)
    env.seed(0)
    observed, state = env.reset(), 0
    for _ in range(9):
        dealt = model.policy.get_distribution(torch.as_tensor(observed)).distribution.probs
        np.testing.assert_allclose(dealt.detach().numpy()[0], policy.probabilities[state], atol=1e-6)
        observed, _, _, (info,) = env.step(rng.integers(2, size=1))
        state = policy.transitions[state, np.ravel_multi_index(info["actions"], (2, 2))]


def test_games_of_three_players_and_three_actions_are_learned() -> None:
    for game in ("public_goods(players=3)", "rock_paper_scissors"):
        (policies,) = learned(replace(SHORT, steps=256, game=game)).policies()
        for policy, seat in zip(policies, range(3), strict=False):
            policy.check(mg.games.get(game).seen_by(seat))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"block": 300}, "256 rounds of 4 games at a time; block must be a multiple of that, got 300"),
        ({"algorithm": "sac"}, "ppo, a2c, dqn"),
        ({"turns": "sometimes"}, "simultaneous or alternate"),
        ({"steps": 0}, "steps must be at least 1"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"learning_rate": -1.0}, "must be positive"),
        ({"exploration": 2.0}, "probability in"),
        ({"entropy": -1.0}, "entropy must be at least 0"),
        ({"hidden": (0,)}, "at least 1 unit"),
        ({"opponent": ("tit_for_tatt",)}, "Did you mean"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        sb3.learn(replace(SHORT, folder=tmp_path, **changes))
    assert not list(tmp_path.iterdir())
