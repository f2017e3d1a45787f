"""What language models that sell are told, and that nothing but a price is read as one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.markets import Market
from moral_games.markets.prompts import ATTITUDES, NOTHING, TOLD, Notes, offer, read, spelled, tell

MARKET = Market(currency=3.2)


def test_a_seller_is_told_its_cost_its_notes_and_the_rounds_but_nothing_of_demand() -> None:
    prompt = tell(MARKET, 1, [[5.0, 6.0], [5.5, 6.5]], 12.5, "careful", Notes("try 6", "demand falls"))
    assert "A unit costs your firm 3.2. No customer pays more than 12.5." in prompt
    assert ATTITUDES["careful"] in prompt and "Your plans: try 6\nYour insights: demand falls" in prompt
    sold, earned = MARKET.quantities([5.5, 6.5])[1], MARKET.profits([5.5, 6.5])[1]
    latest = f"round 2: your price 6.5, the competitor's price 5.5; you sold {sold:.2f} and earned {earned:.2f}"
    assert prompt.index(latest) < prompt.index("round 1: your price 6, ")
    assert "0.25" not in prompt and prompt.endswith("PRICE: a number")


def test_at_the_start_there_is_nothing_to_tell() -> None:
    prompt = tell(MARKET, 0, [], 12.5)
    assert prompt.count(NOTHING) == 3 and "round 1" not in prompt


def test_only_the_last_rounds_are_told() -> None:
    prompt = tell(MARKET, 0, np.full((TOLD + 7, 2), 5.0), 12.5)
    assert prompt.count(": your price") == TOLD and "round 8:" in prompt and "round 7:" not in prompt


def test_any_number_of_competitors() -> None:
    assert "the competitors' prices 1.5, 1.7;" in tell(Market.symmetric(3), 1, [[1.5, 1.6, 1.7]], 4.0)
    assert "your price 1.5; you sold" in tell(Market.symmetric(1), 0, [[1.5]], 4.0)


def test_a_round_without_an_offer_is_told_as_such() -> None:
    sold = Market.symmetric(1).quantities([1.5])[0]
    assert "your price none, the competitor's price 1.5; you sold 0.00" in tell(Market(), 0, [[np.nan, 1.5]], 4.0)
    assert f"your price 1.5, the competitor's price none; you sold {sold:.2f}" in tell(
        Market(), 1, [[np.nan, 1.5]], 4.0
    )


def test_a_grid_is_offered_in_the_order_given_and_written_as_the_rounds_are() -> None:
    rising, falling = ("5.00", "5.50"), ("5.50", "5.00")
    told = [offer(MARKET, 0, [[5.0, 5.5]], labels, "competitive") for labels in (rising, falling)]
    assert 'one of "5.00", "5.50". Answer' in told[0] and 'one of "5.50", "5.00". Answer' in told[1]
    assert told[0].replace('"5.00", "5.50"', '"5.50", "5.00"') == told[1]
    assert "your price 5.00, the competitor's price 5.50;" in told[0] and ATTITUDES["competitive"] in told[0]
    assert "notes" not in told[0] and "No customer" not in told[0]


@given(st.floats(0.01, 50), st.floats(1e-4, 5), st.integers(2, 30))
def test_prices_of_a_grid_are_written_apart(lowest: float, step: float, count: int) -> None:
    grid = lowest + step * np.arange(count)
    labels = spelled(grid)
    assert len(set(labels)) == count and all(np.diff(np.array(labels, float)) > 0)
    np.testing.assert_allclose(np.array(labels, float), grid, atol=step / 4 + 1e-9)


@pytest.mark.parametrize("grid", [[1.5], [1.5, 1.4], [1.5, 1.5], [[1.0, 2.0]]])
def test_what_is_no_grid_is_refused(grid: list) -> None:
    with pytest.raises(ValueError, match="at least two and rise"):
        spelled(grid)


def test_attitudes_differ_in_the_attitude_alone() -> None:
    told = {name: tell(MARKET, 0, [[5.0, 6.0]], 12.5, name) for name in ATTITUDES}
    for name in ("careful", "competitive"):
        assert told[name].replace(ATTITUDES[name] + "\n\n", "") == told["plain"]


@given(st.floats(0, 10).map(lambda price: round(price, 4)))
def test_a_plain_price_is_read_with_the_notes(price: float) -> None:
    text = f"THOUGHTS: PRICE was 3\nPLANS: go on\nto the end\nINSIGHTS: none\nPRICE: {price:f}\n"
    answer = read(text, 10)
    assert answer.price == pytest.approx(price) and answer.reason == "ok"
    assert answer.notes == Notes("go on\nto the end", "none")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("1.80", "no price"),
        ("My PRICE: 1.80", "no price"),
        ("PRICE: 1.80\nPRICE: 1.90", "several prices"),
        ("PRICE: ", "no number"),
        ("PRICE: 1.80 or so", "no number"),
        ("PRICE: -1.80", "no number"),
        ("PRICE: nan", "no number"),
        ("PRICE: 1,80", "no number"),
        ("PRICE: 1e1", "no number"),
        ("PRICE: 1.80\nThat is my price.", "no number"),
        ("PRICE: 10.01", "above the ceiling"),
    ],
)
def test_what_is_no_price_says_why_and_is_never_guessed(text: str, reason: str) -> None:
    answer = read(text, 10)
    assert (answer.price, answer.reason, answer.text) == (None, reason, text)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"attitude": "carefull"}, "Did you mean 'careful'"),
        ({"firm": 2}, "firm must be from 0 to 1"),
        ({"ceiling": float("nan")}, "ceiling must be a positive price"),
        ({"history": [[1.0, -1.0]]}, "at least 0, got -1.0"),
        ({"told": 0}, "told must be a whole number"),
    ],
)
def test_bad_input_is_refused(wrong: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tell(**({"market": MARKET, "firm": 0, "history": [], "ceiling": 12.5} | wrong))
