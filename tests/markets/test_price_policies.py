"""Sellers that do not learn: what they charge, round by round."""

from __future__ import annotations

import numpy as np
import pytest

from moral_games.markets import Market, best_reply, joint_profit_prices, nash_prices
from moral_games.markets.policies import POLICIES, as_price_policy

MARKET = Market()
NASH, JOINT = float(nash_prices(MARKET)[0]), float(joint_profit_prices(MARKET)[0])
CUT = float(best_reply(MARKET, [JOINT, JOINT])[1])


def charged(seller: object, theirs: list[float]) -> list[float]:
    """Return the prices of a seller as firm 1 against given prices of firm 0."""
    policy, last, prices = as_price_policy(seller), None, []  # type: ignore[arg-type]
    for price in theirs:
        prices.append(policy(MARKET, 1, last))
        last = np.array([price, prices[-1]])
    return prices


@pytest.mark.parametrize(
    ("seller", "expected"),
    [
        ("nash", [NASH] * 4),
        ("collusive", [JOINT] * 4),
        ("myopic", [NASH, CUT, CUT, float(best_reply(MARKET, [1.6, 1])[1])]),
        ("matching", [JOINT, JOINT, JOINT, 1.6]),
        ("grim", [JOINT, JOINT, JOINT, NASH]),
        (1.7, [1.7] * 4),
    ],
)
def test_a_match_of_each_policy(seller: object, expected: list[float]) -> None:
    assert charged(seller, [JOINT, JOINT, 1.6, JOINT]) == pytest.approx(expected)


def test_grim_competes_for_good() -> None:
    assert charged("grim", [JOINT, 1.6, *[JOINT] * 5])[2:] == pytest.approx([NASH] * 5)


def test_matching_does_not_go_above_collusion() -> None:
    assert charged("matching", [3.0, 3.0])[1] == pytest.approx(JOINT)


def test_myopic_sellers_find_the_equilibrium() -> None:
    prices = np.array([3.0, 0.5])
    for _ in range(60):
        prices = np.array([POLICIES["myopic"](MARKET, firm, prices) for firm in (0, 1)])
    np.testing.assert_allclose(prices, NASH, rtol=1e-9)


def test_a_function_is_a_policy() -> None:
    assert as_price_policy(lambda market, firm, last: 1.5)(MARKET, 0, None) == 1.5


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ("grimm", ValueError, "unknown price policy 'grimm'. Did you mean 'grim'"),
        (-1.0, ValueError, "at least 0, got -1.0"),
        (float("nan"), ValueError, "got nan"),
        (True, TypeError, "a price or a function"),
        (None, TypeError, "a price or a function"),
    ],
)
def test_what_is_no_seller_is_refused(wrong: object, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        as_price_policy(wrong)  # type: ignore[arg-type]
