"""Markets as environments: the libraries' checkers, what they miss, and every refusal."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import SyncVectorEnv
from hypothesis import given
from hypothesis import strategies as st
from pettingzoo.test import api_test, parallel_api_test, parallel_seed_test, seed_test
from pettingzoo.test.render_test import render_test
from pettingzoo.utils import parallel_to_aec

from moral_games.envs.pricing import PricingEnv, PricingParallelEnv, pricing_env
from moral_games.markets import EVERYONE, OWN, Market, SellerValue, joint_profit_prices, nash_prices, price_grid

MARKETS = {"duopoly": Market(), "three": Market.symmetric(3, size=1.0), "unlike": Market((2.0, 2.5), (1.0, 1.5))}
EVERY = [
    {"market": market, "prices": prices, "memory": memory}
    for market in MARKETS.values()
    for prices in (5, "continuous")
    for memory in (1, 3)
]


def ident(options: dict[str, Any]) -> str:
    return f"{options['market'].firms}-{options['market'].size:g}-{options['prices']}-{options['memory']}"


every_kind = pytest.mark.parametrize("options", EVERY, ids=ident)


# The libraries' own checkers.


@every_kind
def test_gymnasium_check_env(options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rounds in (1, 10, None):
            check_env(PricingEnv("grim", rounds=rounds, **options), skip_render_check=True)


@every_kind
def test_pettingzoo_tests(options: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for rounds in (1, 10, None):
            parallel_api_test(pricing_env(rounds=rounds, **options), num_cycles=1 if rounds == 1 else 10)
        parallel_seed_test(lambda: pricing_env(**options), num_cycles=5)
        api_test(parallel_to_aec(pricing_env(**options)), num_cycles=10)
        seed_test(lambda: parallel_to_aec(pricing_env(**options)), num_cycles=5)


def test_pettingzoo_render_test() -> None:
    render_test(lambda **options: parallel_to_aec(pricing_env(**options)))


def test_the_registered_ids() -> None:
    assert isinstance(gymnasium.make("moral_games/Pricing-v0", sellers=1.5).unwrapped, PricingEnv)
    assert isinstance(pettingzoo.make("parallel", "moral_games/Pricing-v0", prices="continuous"), PricingParallelEnv)
    assert pettingzoo.make("aec", "moral_games/Pricing-v0").possible_agents == ["player_0", "player_1"]


# What a round brings.


def parallel_trajectory(env: PricingParallelEnv, rounds: int, seed: int = 0) -> list[Any]:
    for agent in env.possible_agents:
        env.action_space(agent).seed(seed)
    seen: list[Any] = [str(env.reset(seed=seed))]
    for _ in range(rounds):
        seen.append(str(env.step({agent: env.action_space(agent).sample() for agent in env.agents})))
        if not env.agents:
            seen.append(str(env.reset()))
    return seen


@every_kind
def test_whole_episodes_are_repeatable_whatever_was_played_before(options: dict[str, Any]) -> None:
    fresh, used = pricing_env(rounds=4, **options), pricing_env(rounds=4, **options)
    parallel_trajectory(used, 6, seed=3)
    assert parallel_trajectory(used, 10) == parallel_trajectory(fresh, 10)


@every_kind
def test_copies_go_on_alike_and_on_their_own(options: dict[str, Any]) -> None:
    env = pricing_env(**options)
    env.reset(seed=0)
    actions = {agent: env.action(agent, 1.6) for agent in env.agents}
    others = [copy.deepcopy(env), pickle.loads(pickle.dumps(env))]
    for _ in range(3):
        expected = str(env.step(actions))
        assert [str(other.step(actions)) for other in others] == [expected] * 2


@every_kind
def test_what_is_handed_out_belongs_to_the_receiver(options: dict[str, Any]) -> None:
    bouts = []
    for spoils in (True, False):
        env, bout = PricingEnv("matching", rounds=None, **options), []
        seen, _ = env.reset(seed=0)
        for price in (1.9, 1.5, 1.6, 1.9):
            if spoils:
                seen.fill(7)
            seen, *rest = env.step(env.action(price))
            bout.append((seen.tolist(), str(rest)))
        bouts.append(bout)
    assert bouts[0] == bouts[1]


@given(st.lists(st.floats(0, 3.5), min_size=2, max_size=2), st.sampled_from([OWN, SellerValue(0.5), EVERYONE]))
def test_rewards_and_infos_are_the_markets(prices: list[float], value: SellerValue) -> None:
    market = Market()
    env = pricing_env(prices="continuous", values=(value, OWN))
    env.reset()
    _, rewards, _, _, infos = env.step(
        {agent: env.action(agent, p) for agent, p in zip(env.agents, prices, strict=True)}
    )
    assert [infos[agent]["price"] for agent in infos] == pytest.approx(prices, abs=1e-9)
    assert [infos[agent]["payoff"] for agent in infos] == pytest.approx(market.profits(prices).tolist(), abs=1e-6)
    assert [infos[agent]["quantity"] for agent in infos] == pytest.approx(market.quantities(prices).tolist(), abs=1e-6)
    assert infos["player_1"]["consumer_surplus"] == pytest.approx(float(market.consumer_surplus(prices)), abs=1e-6)
    expected = [value(market, prices)[0], market.profits(prices)[1]]
    assert list(rewards.values()) == pytest.approx(expected, abs=1e-6)


def test_prices_are_observed_the_own_first_and_the_latest_first() -> None:
    env = pricing_env(prices=[1.5, 1.6, 1.7], memory=2)
    first, _ = env.reset()
    assert first["player_0"].tolist() == [-1] * 4
    env.step({"player_0": 0, "player_1": 1})
    seen, *_ = env.step({"player_0": 2, "player_1": 0})
    np.testing.assert_allclose(seen["player_0"], [1.7, 1.5, 1.5, 1.6], rtol=1e-6)
    np.testing.assert_allclose(seen["player_1"], [1.5, 1.7, 1.6, 1.5], rtol=1e-6)


def test_one_round_is_terminated_and_more_are_truncated() -> None:
    for rounds, expected in ((1, [(True, False)]), (2, [(False, False), (False, True)])):
        env = PricingEnv(rounds=rounds)
        env.reset()
        assert [env.step(0)[2:4] for _ in range(rounds)] == expected


def test_the_single_environment_is_the_parallel_one_with_sellers_in_it() -> None:
    market = Market.symmetric(3)
    single = PricingEnv([1.5, "collusive"], market, prices="continuous", player=1, value=SellerValue(0.5))
    both = pricing_env(market=market, prices="continuous", values=SellerValue(0.5))
    single.reset()
    both.reset()
    charged = {"player_0": 1.5, "player_1": 1.7, "player_2": float(joint_profit_prices(market)[0])}
    seen, reward, *_, info = single.step(single.action(1.7))
    observed, rewards, *_ = both.step({agent: both.action(agent, price) for agent, price in charged.items()})
    np.testing.assert_allclose(seen, observed["player_1"], rtol=1e-6)
    assert reward == pytest.approx(rewards["player_1"])
    assert info["prices"] == pytest.approx(tuple(charged.values()))


def test_on_a_grid_sellers_charge_the_nearest_price() -> None:
    env = PricingEnv("nash")
    env.reset()
    grid = price_grid(Market())[1]
    price = env.step(7)[4]["prices"][1]
    assert price in grid and abs(price - nash_prices(Market())[1]) <= np.diff(grid).max() / 2
    assert env.action(price) == list(grid).index(price)


def test_undercutting_grim_pays_once() -> None:
    env = PricingEnv("grim", prices="continuous", rounds=3)
    env.reset()
    paid = [env.step(env.action(1.66))[1] for _ in range(3)]
    assert paid[0] > Market().profits(joint_profit_prices(Market()))[0] > paid[1] == pytest.approx(paid[2])


@pytest.mark.parametrize("prices", [3, 4, 5, 7, 15, [1.4, 1.5, 1.9, 2.0]])
def test_grim_colludes_on_any_grid_until_it_is_undercut(prices: Any) -> None:
    env = PricingEnv("grim", prices=prices, rounds=6)
    env.reset()
    agreed = env.action(float(joint_profit_prices(Market())[0]))
    charged = [env.step(action)[4]["prices"][1] for action in (agreed, agreed, agreed - 1, agreed, agreed, agreed)]
    assert charged[0] == charged[1] == charged[2] > charged[3] == charged[4] == charged[5]


def test_rows_of_gymnasiums_batches() -> None:
    envs = SyncVectorEnv([lambda: PricingEnv("myopic", rounds=5)] * 3)
    envs.reset(seed=0)
    _, rewards, *_ = envs.step(np.array([0, 7, 14]))
    assert len(set(rewards)) == 3


def test_what_is_rendered(capsys: pytest.CaptureFixture[str]) -> None:
    env = PricingEnv(1.5, prices="continuous", render_mode="ansi")
    env.reset()
    env.step(env.action(1.6))
    assert "player_1: price 1.5, sold" in env.render()
    loud = PricingEnv(render_mode="human")
    loud.reset()
    loud.step(0)
    assert "consumer surplus" in capsys.readouterr().out


# Refusals.


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"prices": "any"}, "how many there are, a grid of them or 'continuous', got 'any'"),
        ({"market": "duopoly"}, "market must be a moral_games.markets.Market, or None .*, got 'duopoly'"),
        ({"prices": 1}, "at least 2"),
        ({"prices": [1.0, float("nan")]}, "got nan"),
        ({"prices": [1.0, 1.0]}, "the same price twice"),
        ({"ceiling": 3.0}, "a ceiling is for continuous prices"),
        ({"prices": "continuous", "ceiling": -1.0}, "ceiling must be a positive price"),
        ({"rounds": 0}, "rounds must be a whole number, at least 1"),
        ({"memory": 0}, "memory must be a whole number, at least 1"),
        ({"render_mode": "rgb_array"}, "render_mode must be one of"),
        ({"player": 2}, "player must be a seat from 0 to 1"),
        ({"sellers": ["nash", "nash"]}, "one for each of 1 firms, got 2"),
        ({"sellers": "nahs"}, "Did you mean 'nash'"),
        ({"market": Market((2.0, 3.0), (1.0, 1.0)), "value": SellerValue(1)}, "firms that are alike"),
    ],
)
def test_bad_options_are_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PricingEnv(**wrong)


@pytest.mark.parametrize("action", [-1, 15, 1.5, None, "low"])
def test_actions_that_are_no_price_of_the_grid_are_refused_before_anything_is_sold(action: Any) -> None:
    env = pricing_env()
    env.reset()
    with pytest.raises(ValueError, match="firm 1 has prices 0 to 14 of its grid"):
        env.step({"player_0": 0, "player_1": action})
    assert env.trade.played == 0


@pytest.mark.parametrize("action", [1.1, float("nan"), [0.5, 0.5], "low", None])
def test_actions_that_are_no_continuous_price_are_refused(action: Any) -> None:
    env = PricingEnv(prices="continuous")
    env.reset()
    with pytest.raises(ValueError, match="from -1 .a price of 0. to 1 .a price of 3.84996"):
        env.step(action)
    assert env.trade.played == 0


@pytest.mark.parametrize("price", [-0.1, float("nan"), 10.0])
def test_prices_that_cannot_be_charged_have_no_action(price: float) -> None:
    for prices in (15, "continuous"):
        with pytest.raises(ValueError, match="prices go from 0 to"):
            PricingEnv(prices=prices).action(price)


def test_steps_out_of_order_and_missing_agents_are_refused() -> None:
    env, single = pricing_env(rounds=1), PricingEnv(rounds=1)
    for early in (lambda: env.step({}), lambda: single.step(0)):
        with pytest.raises(ValueError, match=r"call reset\(\) before step"):
            early()
    env.reset()
    with pytest.raises(ValueError, match="one action for each of"):
        env.step({"player_0": 0})
    with pytest.raises(ValueError, match="a seed must be"):
        single.reset(seed=-1)


def test_a_policy_that_gives_no_price_is_refused() -> None:
    env = PricingEnv(lambda market, firm, last: float("nan"))
    env.reset()
    with pytest.raises(ValueError, match="price policy of firm 1 must give a finite price"):
        env.step(0)
