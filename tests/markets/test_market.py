"""Logit demand and the prices that reason finds in it, to the digits of the literature's parameters."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.markets import Market, best_reply, joint_profit_prices, nash_prices, price_grid, profit_gain

markets = st.builds(
    lambda firms, outside, differentiation, currency: Market(
        tuple(quality for quality, _ in firms),
        tuple(cost for _, cost in firms),
        outside,
        differentiation,
        currency=currency,
    ),
    st.lists(st.tuples(st.floats(0.5, 4), st.floats(0, 3)), min_size=2, max_size=4),
    st.floats(-2, 2),
    st.floats(0.1, 2),
    st.floats(0.5, 20),
)


@pytest.mark.parametrize(
    ("currency", "nash", "joint"), [(1, 1.47293, 1.92498), (3.2, 4.71337, 6.15994), (10, 14.72927, 19.24981)]
)
def test_the_published_duopoly_at_three_currencies(currency: float, nash: float, joint: float) -> None:
    market = Market(currency=currency)
    np.testing.assert_array_equal(nash_prices(market).round(5), [nash] * 2)
    np.testing.assert_array_equal(joint_profit_prices(market).round(5), [joint] * 2)
    for prices, quantity, profit in (
        (nash_prices(market), 47.138, 22.293),
        (joint_profit_prices(market), 36.486, 33.749),
    ):
        np.testing.assert_array_equal(market.quantities(prices).round(3), [quantity] * 2)
        np.testing.assert_array_equal((market.profits(prices) / currency).round(3), [profit] * 2)


def test_the_published_monopolist() -> None:
    alone = Market.symmetric(1)
    assert nash_prices(alone)[0] == pytest.approx(joint_profit_prices(alone)[0]) == pytest.approx(1.80198, abs=1e-5)
    assert alone.profits(nash_prices(alone))[0] == pytest.approx(55.198, abs=1e-3)


def test_the_best_reply_to_collusion() -> None:
    market = Market()
    collusive = joint_profit_prices(market)[0]
    reply = best_reply(market, [collusive] * 2)[0]
    assert round(reply, 4) == 1.6617
    np.testing.assert_array_equal(market.profits([reply, collusive]).round(3), [41.169, 20.076])


def test_the_published_grid() -> None:
    grid = price_grid(Market())
    assert grid.shape == (2, 15)
    np.testing.assert_array_equal(grid[0, [0, -1]].round(4), [1.4277, 1.9702])
    np.testing.assert_allclose(np.diff(grid), 0.03875, atol=1e-5)


def test_where_all_have_to_buy_markups_have_a_closed_form() -> None:
    """Shares are 1/n, so the markup is μ n/(n − 1)."""
    for firms in (2, 3, 5):
        market = Market.symmetric(firms, outside=-inf)
        np.testing.assert_allclose(nash_prices(market), 1 + 0.25 * firms / (firms - 1), rtol=1e-12)
        assert market.quantities(nash_prices(market)).sum() == pytest.approx(market.size)


@given(markets, st.randoms(use_true_random=False))
def test_no_firm_gains_by_another_price(market: Market, random) -> None:
    prices = nash_prices(market)
    np.testing.assert_allclose(best_reply(market, prices), prices, rtol=1e-9)
    for firm in range(market.firms):
        tried = np.tile(prices, (50, 1))
        tried[:, firm] = [random.uniform(0, 4 * prices.max()) for _ in range(50)]
        assert (market.profits(tried)[:, firm] <= market.profits(prices)[firm] * (1 + 1e-9)).all()


@given(markets, st.randoms(use_true_random=False))
def test_no_prices_earn_the_firms_more_together(market: Market, random) -> None:
    prices = joint_profit_prices(market)
    tried = [[random.uniform(0, 3 * prices.max()) for _ in prices] for _ in range(50)]
    tried += (prices * (1 + 1e-3 * np.array(tried[:10]))).tolist()
    best = market.profits(prices).sum()
    assert (market.profits(tried).sum(axis=-1) <= best * (1 + 1e-9)).all()
    assert (prices >= nash_prices(market) * (1 - 1e-9)).all()
    if best > 1e-6:
        assert profit_gain(market, market.profits(prices)) == pytest.approx(1)
    assert profit_gain(market, market.profits(nash_prices(market))) == pytest.approx(0)


@given(markets, st.floats(0.05, 3))
def test_a_higher_price_takes_from_buyers_what_they_buy(market: Market, share: float) -> None:
    """Hotelling's lemma: the surplus falls with a price by the quantity."""
    prices = share * joint_profit_prices(market)
    small = 1e-6 * market.currency
    for firm, quantity in enumerate(market.quantities(prices)):
        step = np.eye(market.firms)[firm] * small
        change = market.consumer_surplus(prices + step) - market.consumer_surplus(prices - step)
        assert change / (2 * small) == pytest.approx(-quantity, abs=1e-5 * market.size)


@given(markets, st.floats(1.1, 30))
def test_currency_is_a_unit_and_nothing_else(market: Market, factor: float) -> None:
    others = (market.qualities, market.costs, market.outside, market.differentiation, market.size)
    other = Market(*others, currency=market.currency * factor)
    prices = nash_prices(market)
    np.testing.assert_allclose(nash_prices(other), factor * prices, rtol=1e-9)
    np.testing.assert_allclose(other.quantities(factor * prices), market.quantities(prices), rtol=1e-9)
    np.testing.assert_allclose(other.profits(factor * prices), factor * market.profits(prices), rtol=1e-9)


def test_batches_are_rows() -> None:
    market, rows = Market.symmetric(3), np.linspace(0.5, 3, 24).reshape(2, 4, 3)
    for method in (market.quantities, market.profits, market.consumer_surplus, lambda p: best_reply(market, p)):
        found = method(rows)
        for place in np.ndindex(2, 4):
            np.testing.assert_allclose(found[place], method(rows[place]), rtol=1e-12)


def test_extreme_prices_do_not_overflow() -> None:
    market = Market(differentiation=0.001)
    np.testing.assert_array_equal(market.quantities([1e6, 1e6]), [0, 0])
    np.testing.assert_allclose(market.quantities([0, 1e6]), [100, 0])
    assert market.consumer_surplus([1e6, 1e6]) == pytest.approx(0)
    assert best_reply(market, [1e6, 1e6])[0] == pytest.approx(2, abs=0.02)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"qualities": ()}, "at least one firm"),
        ({"costs": (1.0,)}, "one cost for each quality, got 1 and 2"),
        ({"costs": (1.0, -1.0)}, "costs must be at least 0"),
        ({"qualities": (2.0, float("nan"))}, "qualities must be finite, got nan"),
        ({"qualities": "two"}, "qualities must be one number a firm"),
        ({"outside": float("nan")}, "outside must be finite"),
        ({"differentiation": 0.0}, "differentiation must be positive"),
        ({"size": -1.0}, "size must be positive"),
        ({"currency": inf}, "currency must be finite"),
    ],
)
def test_bad_markets_are_refused(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Market(**wrong)


@pytest.mark.parametrize("firms", [0, -1, 2.5, True, "two"])
def test_a_number_of_firms_is_whole_and_positive(firms: object) -> None:
    with pytest.raises(ValueError, match="firms must be a whole number, at least 1"):
        Market.symmetric(firms)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("prices", "said"),
    [
        ([1.5, -0.1], "at least 0, got -0.1"),
        ([1.5, float("nan")], "got nan"),
        ([inf, 1.5], "got inf"),
        ([1.5], r"one for each of 2 firms on the last axis, got \(1,\)"),
        (1.5, "one for each of 2 firms"),
        (["dear", "cheap"], "prices must be numbers"),
    ],
)
def test_bad_prices_are_refused(prices: object, said: str) -> None:
    market = Market()
    for asked in (market.quantities, market.profits, market.consumer_surplus, lambda p: best_reply(market, p)):
        with pytest.raises(ValueError, match=said):
            asked(prices)  # type: ignore[operator]


def test_demand_without_a_solution_is_said_so() -> None:
    captive = Market(outside=-inf)
    with pytest.raises(ValueError, match="no price is best for firms that act as one"):
        joint_profit_prices(captive)
    with pytest.raises(ValueError, match="no price is best for a firm without rivals"):
        nash_prices(Market.symmetric(1, outside=-inf))
    with pytest.raises(ValueError, match="the same in"):
        price_grid(Market.symmetric(1))
    with pytest.raises(ValueError, match="has one firm"):
        profit_gain(Market.symmetric(1), [1.0])


@pytest.mark.parametrize("wrong", [{"prices": 1}, {"prices": 2.5}, {"extension": -1}, {"extension": float("nan")}])
def test_bad_grids_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="must be"):
        price_grid(Market(), **wrong)
