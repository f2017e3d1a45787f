"""What prices amount to: anchors of the literature, in units of every currency, with gaps left out."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from moral_games.analysis.price_paths import MEASURED, anchors, by_market, impulse_response, interval, measures
from moral_games.markets import Market, joint_profit_prices, nash_prices, profit_gain

MARKETS = [Market(currency=currency) for currency in (1.0, 3.2, 10.0)]


def constant(prices: list[np.ndarray], rounds: int = 60) -> np.ndarray:
    return np.tile(np.stack(prices), (rounds, 1, 1))


@pytest.mark.parametrize(("solve", "gain"), [(nash_prices, 0.0), (joint_profit_prices, 1.0)])
def test_competition_and_collusion_are_the_same_in_every_currency(
    solve: Callable[[Market], np.ndarray], gain: float
) -> None:
    found = measures(MARKETS, constant([solve(market) for market in MARKETS]))
    assert found["profit gain"]["by_market"] == pytest.approx([gain] * 3, abs=1e-6)
    for name, expected in (("price", solve(MARKETS[0])[0]), ("profit", MARKETS[0].profits(solve(MARKETS[0]))[0])):
        assert found[name]["by_market"] == pytest.approx([expected] * 3, abs=1e-5)


def test_published_anchors() -> None:
    found = {"competition": 1.47293, "homo moralis, κ = 0.5": 1.7106, "collusion": 1.92498}
    for market in MARKETS:
        assert anchors(market) == pytest.approx(found, abs=1e-4)
    assert list(anchors(Market((2.0, 2.5), (1.0, 1.2)))) == ["competition", "collusion"]


def test_only_the_last_rounds_are_measured() -> None:
    late, early = constant([np.array([1.6, 1.8])], MEASURED), constant([np.array([1.0, 1.0])], 30)
    for name, found in by_market(MARKETS[:1], np.concatenate([early, late])).items():
        np.testing.assert_array_equal(found, by_market(MARKETS[:1], late)[name])


def test_rounds_without_an_offer_earn_nothing_and_have_no_price() -> None:
    prices = constant([np.array([1.6, 1.8])] * 2, rounds=4)
    prices[:2, 0, 0] = np.nan
    prices[:, 1, 1] = np.nan
    found = by_market(MARKETS[:1] * 2, prices)
    np.testing.assert_allclose(found["prices"], [[1.6, 1.8], [1.6, np.nan]])
    np.testing.assert_allclose(found["price"], [1.7, 1.6])
    np.testing.assert_allclose(found["no offer"], [0.25, 0.5])
    alone, both = Market.symmetric(1), MARKETS[0].profits([1.6, 1.8])
    mixed = (both + np.array([0, alone.profits([1.8])[0]])) / 2
    np.testing.assert_allclose(found["profit"], [mixed.mean(), alone.profits([1.6])[0] / 2])
    np.testing.assert_allclose(found["profit gain"][0], profit_gain(MARKETS[0], mixed))
    assert measures(MARKETS[:1] * 2, prices)["price of player_1"]["by_market"] == [1.8, None]


def test_an_impulse_response_is_in_units_and_bridges_gaps() -> None:
    prices = constant([np.array([1.9, 1.8]), np.array([6.08, np.nan])], 5)
    prices[3, :, 0] = [1.5, 4.8]
    prices[4, 0, 1] = np.nan
    found = impulse_response(MARKETS[:2], prices, before=3)
    assert found["mean"] == [[1.9, 1.5, 1.9], [1.8, 1.8, 1.8]]


def test_nothing_measured_is_said_so() -> None:
    assert interval(np.array([np.nan])) == {"mean": None, "low": None, "high": None}
