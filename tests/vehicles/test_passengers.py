"""Passengers against pedestrians: what is asked, where curves switch, and what three values choose."""

from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.games import kinds
from moral_games.repeated import judge
from moral_games.rewards import Outcome
from moral_games.vehicles.answers import ask_text, from_probabilities
from moral_games.vehicles.passengers import INSIDE, RIDERS, Ride, curves, draw_tellings, series, switch_point, tell_ride
from moral_games.vehicles.survival import moral_switch_point, sacrifice_gain, survival_game, utilitarian_gain
from moral_games.vehicles.telling import Telling

accidents = st.tuples(st.integers(1, 100), st.integers(1, 4), st.floats(0, 1), st.floats(0, 2)).map(
    lambda drawn: (*drawn[:3], drawn[3] if drawn[1] > 1 else 0.0)
)


@given(accidents)
def test_the_gain_is_that_of_homo_moralis_in_the_game(accident: tuple[int, int, float, float]) -> None:
    """The library's own value, on the game as a table, whatever the other's rule is."""
    pedestrians, passengers, kappa, care = accident
    game = survival_game(pedestrians, passengers, care)
    assert game.is_symmetric
    value = mg.rewards.get("homo_moralis", kappa=kappa)
    for other in (0, 1):
        joint = np.array([(0, other), (1, other)])
        earned = judge([value] * 2, Outcome(game, np.full_like(joint, -1), joint))[1][:, 0]
        assert earned[0] - earned[1] == pytest.approx(sacrifice_gain(pedestrians, passengers, kappa, care), abs=1e-9)


@given(st.integers(1, 100), st.integers(1, 4))
def test_a_utilitarian_saves_lives(pedestrians: int, passengers: int) -> None:
    game = survival_game(pedestrians, passengers)
    saved = game.payoffs[0, 0].sum() - game.payoffs[1, 1].sum()
    assert np.sign(round(saved, 12)) == np.sign(utilitarian_gain(pedestrians, passengers))
    assert sacrifice_gain(pedestrians, passengers, kappa=0) < 0


def test_vehicles_are_a_social_dilemma_once_there_are_more_pedestrians() -> None:
    assert kinds.classify(survival_game(2)) == "prisoners_dilemma"
    assert mg.games.nash_set(survival_game(10)) == ((1, 1),)
    np.testing.assert_allclose(survival_game(10).payoffs[..., 0], [[10 / 11, 0], [1, 1 / 11]])


@given(st.integers(1, 4), st.floats(0.01, 1))
def test_the_switch_point_is_where_the_gain_is_zero(passengers: int, kappa: float) -> None:
    point = moral_switch_point(passengers, kappa)
    for number in (int(np.ceil(point)) - 1, int(np.floor(point)) + 1):
        if number >= 1:
            assert (sacrifice_gain(number, passengers, kappa) > 0) == (number > point)


def test_company_that_one_cares_for_moves_the_switch_point() -> None:
    assert moral_switch_point() == inf and moral_switch_point(kappa=1) == 1
    assert moral_switch_point(2, 0.5) == 4 and moral_switch_point(2, 0.5, care=1) == 8


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"pedestrians": 0}, "pedestrians must be a whole number, at least 1, got 0"),
        ({"pedestrians": 1.5}, "pedestrians must be a whole number"),
        ({"pedestrians": 1, "passengers": 0}, "passengers must be a whole number"),
        ({"pedestrians": 1, "kappa": 1.1}, r"kappa must lie in \[0, 1\], got 1.1"),
        ({"pedestrians": 1, "care": 1.0}, "nobody to care for"),
        ({"pedestrians": 1, "passengers": 2, "care": -1.0}, "care must be finite"),
    ],
)
def test_bad_accidents_are_refused(asked: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        sacrifice_gain(**asked)  # type: ignore[arg-type]


def test_the_series_asks_everything_once() -> None:
    rides = series((10, 1, 10))
    assert len(rides) == len(set(rides)) == 2 * 3 * 2 and rides[0] == Ride(1) and rides[1] == Ride(10)
    assert set(INSIDE) == set(RIDERS)


def test_a_ride_tells_who_dies() -> None:
    alone, family = (
        tell_ride(Ride(number, riders), Telling()).prompt for number, riders in ((1, "alone"), (7, "family"))
    )
    assert "The vehicle drives straight on. The pedestrian dies, and you live." in alone
    assert "You die, and the pedestrian lives." in alone
    assert "The 7 pedestrians die, and both of you live." in family and "a member of your family" in family
    shop = tell_ride(Ride(7, "co-worker", "buy"), Telling()).prompt
    assert "Which of the two would you buy?" in shop and "built to swerve" in shop and "a co-worker" in shop


@pytest.mark.parametrize(
    ("ride", "message"),
    [
        ((0,), "from 1 to 100, got 0"),
        ((101,), "from 1 to 100, got 101"),
        ((1, "dog"), "unknown riders 'dog'"),
        ((1, "alone", "by"), "unknown question 'by'. Did you mean 'buy'"),
    ],
)
def test_bad_rides_are_refused(ride: tuple[int, str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Ride(*ride)


def utilitarian(prompt: str) -> str:
    """Choose for the greater number, and for those inside where the numbers are equal."""
    words = prompt.split("\n")[0].replace("One pedestrian", "1 pedestrian").split()
    outside = int(words[[word.startswith("pedestrian") for word in words].index(True) - 1])
    inside = 1 if "only passenger" in prompt else 2
    wanted = "swerve" if outside > inside else "straight on"
    return next(line.split('"')[1] for line in prompt.split("\n") if line.startswith('"') and wanted in line)


def test_a_utilitarian_reader_switches_where_the_theory_says() -> None:
    rides, tellings = series(), draw_tellings(np.random.default_rng(0))
    answers = ask_text(utilitarian, [[tell_ride(ride, telling) for telling in tellings] for ride in rides])
    assert answers.gap == 0
    found = curves(rides, answers)
    for question in ("should", "buy"):
        for riders, inside in INSIDE.items():
            point = switch_point(found[question][riders])
            assert point == min(number for number in found[question][riders] if utilitarian_gain(number, inside) > 0)


def test_switch_points() -> None:
    assert switch_point({1: 0.9, 2: 0.9}) == 1 and switch_point({1: 0.9, 2: 0.5}) == inf
    assert isnan(switch_point({1: np.nan, 2: 0.9})) and isnan(switch_point({}))


def test_answers_and_rides_must_agree() -> None:
    with pytest.raises(ValueError, match="there are 48 rides and answers to 1"):
        curves(series(), from_probabilities(np.full((1, 2, 2), 0.5)))
    with pytest.raises(ValueError, match="at least one pair"):
        draw_tellings(np.random.default_rng(0), 0)
