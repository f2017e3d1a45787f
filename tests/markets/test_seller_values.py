"""Whom a firm counts decides what its morality does to prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from test_market import markets

import moral_games as mg
from moral_games.markets import (
    EVERYONE,
    FIRMS,
    OWN,
    Market,
    SellerValue,
    best_reply,
    equilibrium,
    joint_profit_prices,
    moral_reply,
    nash_prices,
    price_grid,
    pricing_game,
    profit_gain,
)

MARKET = Market()
KANTIAN = SellerValue(kappa=1)


@pytest.mark.parametrize(("kappa", "price", "gain"), [(0, 1.4729, 0), (0.5, 1.7106, 0.734), (1, 1.9250, 1)])
def test_homo_moralis_prices(kappa: float, price: float, gain: float) -> None:
    prices = equilibrium(MARKET, SellerValue(kappa))
    np.testing.assert_array_equal(prices.round(4), [price] * 2)
    assert profit_gain(MARKET, MARKET.profits(prices)) == pytest.approx(gain, abs=5e-4)


def test_kantians_collude_unless_consumers_count() -> None:
    collusion, competition = joint_profit_prices(MARKET), nash_prices(MARKET)
    np.testing.assert_allclose(equilibrium(MARKET, KANTIAN), collusion, rtol=1e-6)
    np.testing.assert_allclose(equilibrium(MARKET, SellerValue(kappa=1, firms=1)), collusion, rtol=1e-6)
    np.testing.assert_allclose(equilibrium(MARKET, FIRMS), collusion, rtol=1e-6)
    everyone = equilibrium(MARKET, SellerValue(kappa=1, firms=1, consumers=1))
    np.testing.assert_allclose(everyone, MARKET.unit_costs, rtol=1e-6)
    surplus = [float(MARKET.consumer_surplus(prices)) for prices in (collusion, competition, everyone)]
    assert surplus == sorted(surplus)


def test_prices_fall_the_more_the_consumers_count() -> None:
    prices = [float(equilibrium(MARKET, SellerValue(1, 1, weight))[0]) for weight in np.linspace(0, 1, 6)]
    assert (np.diff(prices) < -1e-3).all()
    assert prices[-1] == pytest.approx(1)


def test_consumers_must_count_for_nearly_as_much_as_firms_before_kantians_are_as_cheap_as_competitors() -> None:
    """The Kantian's markup is μ(1 − ψ)/(1 − 2s) and the competitor's μ/(1 − s), so that ψ = s/(1 − s)."""
    share = MARKET.quantities(nash_prices(MARKET))[0] / MARKET.size
    enough = share / (1 - share)
    assert enough == pytest.approx(0.8917, abs=1e-4)
    np.testing.assert_allclose(equilibrium(MARKET, SellerValue(1, 1, enough)), nash_prices(MARKET), rtol=1e-6)


def test_a_kantian_who_counts_consumers_for_more_than_firms_gives_its_goods_away() -> None:
    np.testing.assert_array_equal(equilibrium(MARKET, SellerValue(kappa=1, consumers=1)), [0, 0])


@given(markets)
def test_the_solver_finds_what_the_closed_forms_say(market: Market) -> None:
    prices = nash_prices(market)
    assert moral_reply(market, OWN, prices, 1) == pytest.approx(best_reply(market, prices)[1], rel=1e-5)
    together = joint_profit_prices(market)
    if market.profits(together).min() > 1e-3:
        assert moral_reply(market, FIRMS, together, 0) == pytest.approx(together[0], rel=1e-4)


@pytest.mark.parametrize("market", [MARKET, Market.symmetric(3), Market((2.0, 2.5), (1.0, 1.2)), Market(currency=10)])
def test_all_solve_for_the_same_prices(market: Market) -> None:
    np.testing.assert_allclose(equilibrium(market), nash_prices(market), rtol=1e-6)
    np.testing.assert_allclose(equilibrium(market, FIRMS), joint_profit_prices(market), rtol=1e-5)
    np.testing.assert_allclose(equilibrium(market, EVERYONE), market.unit_costs, rtol=1e-5)


@pytest.mark.parametrize(("firms", "weight"), [(2, 0.5), (3, 0.25), (2, 0.9)])
def test_where_all_have_to_buy_only_full_weight_on_the_others_has_no_solution(firms: int, weight: float) -> None:
    """Shares are 1/n, so the markup is μ n/((n − 1)(1 − φ))."""
    captive = Market.symmetric(firms, outside=float("-inf"))
    expected = 1 + 0.25 * firms / ((firms - 1) * (1 - weight))
    np.testing.assert_allclose(equilibrium(captive, SellerValue(firms=weight)), expected, atol=1e-5)
    for endless in (SellerValue(firms=1), SellerValue(kappa=0.5)):
        with pytest.raises(ValueError, match="whatever it is, a higher one earns more"):
            equilibrium(captive, endless)


def test_each_firm_may_hold_a_value_of_its_own() -> None:
    kantian, selfish = equilibrium(MARKET, (KANTIAN, OWN))
    assert kantian == pytest.approx(1.92498, abs=1e-5)
    assert selfish == pytest.approx(1.6617, abs=1e-4)


def test_a_value_of_the_own_circle_is_the_rewards_homo_moralis() -> None:
    """On a grid the market is a matrix game, and two definitions of one value agree."""
    grid = price_grid(MARKET, 7)
    for kappa in (0.0, 0.3, 1.0):
        mine = pricing_game(MARKET, grid, SellerValue(kappa)).payoffs
        reward = mg.rewards.get("homo_moralis", kappa=kappa)
        np.testing.assert_allclose(mine, mg.transform(pricing_game(MARKET, grid), reward).payoffs, rtol=1e-12)
    together = pricing_game(MARKET, grid, FIRMS).payoffs
    np.testing.assert_allclose(
        together, mg.transform(pricing_game(MARKET, grid), mg.rewards.get("utilitarian")).payoffs, rtol=1e-12
    )


def test_on_a_grid_equilibria_are_near_those_of_all_prices() -> None:
    grid = np.linspace(0.95, 2.05, 23)
    for value in (OWN, SellerValue(0.5), KANTIAN, SellerValue(1, 1, 0.5), EVERYONE):
        solved = equilibrium(MARKET, value)[0]
        found = [grid[list(joint)] for joint in mg.games.nash_set(pricing_game(MARKET, grid, value))]
        assert min(np.abs(prices - solved).max() for prices in found) <= 0.05


def test_a_pricing_game_is_played_like_any_other() -> None:
    game = pricing_game(MARKET, price_grid(MARKET, 4))
    assert game.shape == (4, 4) and game.is_symmetric and game.actions[0][0] == "1.42772"
    env = mg.parallel_env(game, rewards="homo_moralis(kappa=1)", rounds=2)
    env.reset(seed=0)
    assert env.step({"player_0": 3, "player_1": 0})[1]["player_0"] == pytest.approx(game.payoffs[3, 3, 0])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kappa": 1.1}, r"kappa must be a number in \[0, 1\], got 1.1"),
        ({"firms": -0.1}, "firms must be"),
        ({"consumers": float("nan")}, "consumers must be"),
        ({"kappa": True}, "kappa must be"),
        ({"consumers": "all"}, "consumers must be"),
    ],
)
def test_values_out_of_range_are_refused(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        SellerValue(**wrong)


def test_what_does_not_fit_a_market_is_refused() -> None:
    unlike = Market((2.0, 2.5), (1.0, 1.0))
    with pytest.raises(ValueError, match="needs firms that are alike"):
        equilibrium(unlike, KANTIAN)
    with pytest.raises(ValueError, match="one for each of 2 firms"):
        equilibrium(MARKET, [OWN] * 3)
    for wrong in ("selfish", "ab", None, [OWN, 1.0]):
        with pytest.raises(ValueError, match="values must be one SellerValue"):
            equilibrium(MARKET, wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finite outside"):
        equilibrium(Market(outside=-np.inf), KANTIAN)
    with pytest.raises(ValueError, match="a firm among them"):
        moral_reply(MARKET, OWN, [1.5, 1.5], firm=2)


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ([[1.0, 1.5], [1.0, -1.5]], "at least 0, got -1.5"),
        ([1.5, 1.5], "the same price twice"),
        (1.5, r"shape \(m,\) or \(2, m\)"),
        (np.linspace(1, 2, 5000), "at most 16,777,216"),
        ([[1.0, 1.5]], "one for each of 2 firms"),
    ],
)
def test_bad_grids_are_refused(grid: object, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        pricing_game(MARKET, grid)  # type: ignore[arg-type]
