"""A firm that makes no offer sells nothing, and the others sell as if it were not there."""

from __future__ import annotations

from math import inf, nan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.markets import Market
from moral_games.markets.offers import sold

THREE = Market((2.0, 2.5, 1.8), (1.0, 1.2, 0.8), currency=3.2)
prices = st.floats(0, 20)


@given(st.lists(st.lists(prices, min_size=3, max_size=3), min_size=1, max_size=4))
def test_with_all_offers_it_is_the_market(offers: list[list[float]]) -> None:
    found = sold(THREE, offers)
    np.testing.assert_array_equal(found.quantities, THREE.quantities(offers))
    np.testing.assert_array_equal(found.profits, THREE.profits(offers))
    np.testing.assert_array_equal(found.consumer_surplus, THREE.consumer_surplus(offers))


@given(prices, prices)
def test_no_offer_is_a_price_that_nobody_pays(first: float, last: float) -> None:
    found, dear = sold(THREE, [first, nan, last]), [first, 1e6, last]
    np.testing.assert_allclose(found.quantities, THREE.quantities(dear), atol=1e-12)
    np.testing.assert_allclose(found.profits, THREE.profits(dear), atol=1e-9)
    assert found.consumer_surplus == pytest.approx(THREE.consumer_surplus(dear))


def test_a_lone_seller_earns_what_a_monopolist_does() -> None:
    found = sold(Market(), [[1.80198, None], [None, None]])
    assert found.profits[0].tolist() == pytest.approx([55.1985, 0], abs=1e-4)
    assert not found.quantities[1].any() and found.consumer_surplus[1] == 0


@pytest.mark.parametrize(
    ("market", "offers", "said"),
    [
        (THREE, [1.0, nan], "one for each of 3 firms"),
        (THREE, [1.0, nan, -1.0], "at least 0, got -1.0"),
        (THREE, [1.0, nan, inf], "at least 0, got inf"),
        (THREE, ["cheap", nan, 1.0], "offers must be prices, or None"),
        (Market(outside=-inf), [nan, nan], "nobody makes an offer, and buyers have to buy"),
    ],
)
def test_what_is_no_offer_is_refused(market: Market, offers: list, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        sold(market, offers)
