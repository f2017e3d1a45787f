"""Markets side by side: who is asked what, and what a seller that does not learn makes of silence."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from moral_games.markets import Market, best_reply, joint_profit_prices, nash_prices
from moral_games.markets.policies import Constant, PricePolicy, grim, matching
from moral_games.markets.trading import CEILINGS, Asked, FixedSeller, Offer, Place, Trading, last_asked

DUOPOLY = Market()
NASH, COLLUSIVE = nash_prices(DUOPOLY)[0], joint_profit_prices(DUOPOLY)[0]
PLAIN = ["plain", "plain"]


class Sometimes:
    """A seller that follows a list of prices, None for no offer, and notes what it was asked."""

    def __init__(self, *prices: float | None) -> None:
        self.prices = prices
        self.asked: list[list[tuple[int, int]]] = []

    def offers(self, asked: Sequence[Asked], attempts: int) -> list[Offer]:
        self.asked.append([(one.place.seed, one.firm) for one in asked])
        return [Offer(self.prices[len(one.history)]) for one in asked]


def test_who_sells_for_several_firms_is_asked_for_all_at_once() -> None:
    seller = Sometimes(1.5, 1.6)
    trading = Trading([Place(DUOPOLY, seed) for seed in (7, 8)], [seller, seller], PLAIN)
    trading.play()
    trading.play(forced=[1.2, 1.3])
    assert seller.asked == [[(7, 0), (8, 0), (7, 1), (8, 1)], [(7, 1), (8, 1)]]
    assert trading.history.tolist() == [[[1.5, 1.5], [1.5, 1.5]], [[1.2, 1.6], [1.3, 1.6]]]


@pytest.mark.parametrize(("policy", "expected"), [(grim, [COLLUSIVE, COLLUSIVE, COLLUSIVE, NASH]), (matching, None)])
def test_silence_is_no_cut(policy: PricePolicy, expected: list[float] | None) -> None:
    """Who made no offer is seen at what it asked last, and at the ceiling before it has asked anything."""
    trading = Trading([Place(DUOPOLY, 0)], [Sometimes(None, None, 1.6, None, None), FixedSeller(policy)], PLAIN)
    for _ in range(5):
        trading.play()
    theirs = trading.history[:4, 0, 1]
    assert theirs == pytest.approx(expected or [COLLUSIVE, COLLUSIVE, COLLUSIVE, 1.6])


def test_a_forced_cut_is_the_best_reply_to_what_was_asked_last() -> None:
    place, on_grid = Place(DUOPOLY, 0), Place(DUOPOLY, 0, prices=15)
    trading = Trading([place, on_grid], [FixedSeller(Constant(1.9)), FixedSeller(Constant(1.8))], PLAIN)
    trading.play()
    free, listed = trading.cuts()
    assert free == pytest.approx(best_reply(DUOPOLY, [0, 1.8])[0])
    assert f"{listed:.2f}" in on_grid.labels[0] and abs(listed - free) < 0.02
    assert trading.history[0, 1].tolist() == [1.89, 1.78]  # the grid's nearest


def test_silence_of_a_firm_is_silence_in_all_markets() -> None:
    trading = Trading(
        [Place(DUOPOLY, seed) for seed in (0, 1)], [Sometimes(1.5, None, None), Sometimes(*[1.5] * 3)], PLAIN
    )
    found = []
    for _ in range(3):
        trading.play()
        found.append(trading.silent(2))
    assert found == [None, None, 0]


def test_what_was_asked_last_goes_on() -> None:
    history = np.array([[np.nan, 1.0], [2.0, np.nan], [np.nan, np.nan]])
    assert last_asked(history, 9.0).tolist() == [[9, 1], [2, 1], [2, 1]]
    assert np.isnan(history).sum() == 4


def test_a_ceiling_is_a_multiple_of_the_collusive_price_to_the_cent() -> None:
    for currency in (1.0, 3.2, 10.0):
        place = Place(Market(currency=currency), 3)
        low, high = (multiple * COLLUSIVE * currency for multiple in CEILINGS)
        assert low - 0.01 < place.ceiling < high + 0.01 and place.ceiling == round(place.ceiling, 2)
    assert Place(DUOPOLY, 0, prices=15).ceiling == 1.97 and Place(DUOPOLY, 0).ceiling != Place(DUOPOLY, 1).ceiling


def test_a_policy_without_a_price_is_an_error() -> None:
    with pytest.raises(ValueError, match="firm 1 must give a price, at least 0, got nan"):
        FixedSeller(lambda market, firm, last: np.nan).offers([Asked(Place(DUOPOLY, 0), 1, np.empty((0, 2)))], 1)
