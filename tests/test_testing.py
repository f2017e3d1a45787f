"""What users check their own with: ours passes, and each fault that a check is for is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
import pytest

import moral_games as mg
from moral_games.rewards import value
from moral_games.rewards.function import VALUES
from moral_games.testing import check_environment, check_game, check_reward

CLOSE = ("ipd",)


@pytest.fixture(autouse=True)
def no_value_stays():
    before = dict(VALUES)
    yield
    VALUES.clear()
    VALUES.update(before)


def test_what_is_ours_passes() -> None:
    check_game(mg.games.get("rock_paper_scissors"))
    check_game(mg.games.get("public_goods(players=3)"))
    check_reward("virtue_kindness + illegal", CLOSE)
    check_reward("norm('own == 0 and action > 0')", CLOSE)
    check_environment(lambda: gymnasium.make("moral_games/IPD-v0", opponent="random"))
    check_environment(lambda: mg.envs.env("ipd", rounds=3))


def test_a_game_that_is_none_of_its_kind_or_has_nameless_actions_is_found() -> None:
    game = mg.games.get("chicken")
    with pytest.raises(AssertionError, match="are not 'prisoners_dilemma'"):
        check_game(replace(game, kind="prisoners_dilemma"))
    with pytest.raises(AssertionError, match=r"action ' ' of game 'chicken' must print"):
        check_game(replace(game, actions=((" ", "dare"), ("swerve", "dare"))))


def test_values_that_are_no_pure_functions_are_found() -> None:
    calls: list[int] = []

    @value
    def forgetful(outcome: mg.Outcome) -> Any:
        calls.append(1)
        return outcome.payoffs + len(calls)

    @value
    def by_seat(outcome: mg.Outcome) -> Any:
        return outcome.payoffs * np.arange(2)

    @value
    def endless(outcome: mg.Outcome) -> Any:
        return outcome.payoffs / 0.0

    @value(judges_illegal=True)
    def batched(outcome: mg.Outcome) -> Any:
        return outcome.payoffs - outcome.payoffs.mean()

    @value
    def spoiling(outcome: mg.Outcome) -> Any:
        outcome.previous[...] = 0
        return outcome.payoffs

    for make, said in (
        (forgetful, "differs when asked again"),
        (by_seat, "depends on the seat"),
        (batched, "depends on what else is asked"),
        (spoiling, "changes the arrays"),
    ):
        with pytest.raises(AssertionError, match=said):
            check_reward(make(), CLOSE)
    with np.errstate(all="ignore"), pytest.raises(AssertionError, match="not finite"):
        check_reward(endless(), CLOSE)


def test_environments_that_a_seed_does_not_decide_are_found() -> None:
    rng = np.random.default_rng(0)

    class Moody(gymnasium.RewardWrapper):
        def reward(self, reward: Any) -> float:
            return float(reward) + float(rng.random())

    with pytest.raises(AssertionError):
        check_environment(lambda: Moody(gymnasium.make("moral_games/IPD-v0", opponent="tit_for_tat")))
    with pytest.raises(TypeError, match="got int"):
        check_environment(lambda: 3)
