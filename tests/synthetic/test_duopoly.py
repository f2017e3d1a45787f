"""Two firms and two prices: what a preference asks for there, and what sellers come to in the long run."""

from __future__ import annotations

import numpy as np
import pytest

from moral_games.analysis.preferences import Preference
from moral_games.markets import Market, joint_profit_prices, nash_prices, pricing_game
from moral_games.synthetic.duopoly import COLLUSIVE, COMPETITIVE, duopoly_tasks, in_the_long_run, two_price_game


@pytest.mark.parametrize(("kappa", "price"), [(0.0, COMPETITIVE), (0.5, COLLUSIVE)])
def test_homo_moralis_colludes_and_homo_economicus_does_not(kappa: float, price: int, rng: np.random.Generator) -> None:
    asked = duopoly_tasks(Preference(kappa=kappa), rng)
    assert len(asked) == 8
    assert {task.best for task in asked} == {price}


def test_whole_points_ask_for_what_exact_profits_do() -> None:
    exact = pricing_game(Market(), [joint_profit_prices(Market())[0], nash_prices(Market())[0]])
    for game in (two_price_game(Market()), exact):
        own = game.payoffs[..., 0]
        assert (own[COMPETITIVE] > own[COLLUSIVE]).all()
        assert own[COLLUSIVE, COLLUSIVE] > own[COMPETITIVE, COMPETITIVE]


def test_each_label_means_either_price_equally_often(rng: np.random.Generator) -> None:
    asked = duopoly_tasks(Preference(), rng, tellings=3)
    meanings = [task.labels for task in asked]
    assert sorted(meanings) == sorted(labels[::-1] for labels in meanings)


def test_the_long_run_is_that_of_sellers_who_are_simulated(rng: np.random.Generator) -> None:
    replies = np.array([0.7, 0.2])
    last, often, rounds = np.array([0, 1]), np.zeros((2, 2)), 40_000
    for draws in rng.random((rounds, 2)):
        last = np.where(draws < replies[last[::-1]], COLLUSIVE, COMPETITIVE)
        often[tuple(last)] += 1 / rounds
    profits = pricing_game(Market(), [joint_profit_prices(Market())[0], nash_prices(Market())[0]]).payoffs[..., 0]
    found = in_the_long_run(replies, Market())
    assert found.collusive == pytest.approx(0.2 / 0.5)
    assert often[COLLUSIVE].sum() == pytest.approx(found.collusive, abs=0.01)
    gain = ((often * profits).sum() - profits[1, 1]) / (profits[0, 0] - profits[1, 1])
    assert gain == pytest.approx(found.profit_gain, abs=0.02)


def test_matching_sellers_stay_where_they_began() -> None:
    assert in_the_long_run([1, 0], Market()).collusive == 0.5


@pytest.mark.parametrize("replies", [[1.2, 0], [np.nan, 0]])
def test_replies_that_are_no_probabilities_are_refused(replies: list[float]) -> None:
    with pytest.raises(ValueError, match="two probabilities"):
        in_the_long_run(replies, Market())


def test_firms_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="two firms that are alike"):
        two_price_game(Market.symmetric(3))
