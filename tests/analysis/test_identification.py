"""Which rule a policy follows: what a table was made of is what is found."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

import moral_games as mg
from moral_games.analysis.identification import consistent_values, fit_logit, nearest_strategies, visits
from moral_games.analysis.sensitivity import advantages
from moral_games.opponents import as_policy

IPD = mg.games.get("ipd")
STUDY = [mg.games.get(name) for name in ("ipd", "stag_hunt", "chicken", "bach_or_stravinsky", "defective_coordination")]
MEMORY_ONE = [name for name in mg.opponents.names(IPD) if isinstance(as_policy(name, IPD), mg.PolicyTable)]
SPEAKING = [name for name in mg.rewards.names() if advantages(IPD, name).any()]


def logit(games: list[mg.MatrixGame], value: str, steepness: float) -> list[np.ndarray]:
    first = [expit(steepness * advantages(game, value)) for game in games]
    return [np.stack([row, 1 - row], axis=1) for row in first]


@pytest.mark.parametrize("name", MEMORY_ONE)
def test_a_strategy_is_its_own_nearest(name: str) -> None:
    found = nearest_strategies([IPD], [as_policy(name, IPD).probabilities])
    assert name in found[0].names and found[0].distance == pytest.approx(0, abs=1e-12)
    assert all(one.distance < other.distance for one, other in pairwise(found))
    twins = [as_policy(twin, IPD).probabilities for twin in found[0].names]
    assert all(twin == pytest.approx(twins[0]) for twin in twins)


@pytest.mark.parametrize("value", SPEAKING)
def test_the_value_behind_a_logit_choice_is_found(value: str) -> None:
    found = consistent_values([IPD], logit([IPD], value, 0.7))
    assert value in found[0].names and found[0].explained == pytest.approx(1)
    if found[0].names[0] == value:
        assert found[0].steepness == pytest.approx(0.7, rel=1e-6)


@pytest.mark.parametrize("value", ["selfish", "utilitarian", "deontological", "maximin", "virtue_equality"])
def test_several_games_tell_more_values_apart(value: str) -> None:
    one, several = (consistent_values(games, logit(games, value, 1.3)) for games in ([IPD], STUDY))
    assert value in one[0].names and value in several[0].names
    assert set(several[0].names) <= set(one[0].names)


def test_values_that_cannot_be_told_apart_are_said_in_one_breath() -> None:
    # In the Prisoner's Dilemma selfishness and aggression both defect by a constant margin; Chicken parts them.
    defects = logit([IPD], "selfish", 2.0)
    assert {"selfish", "virtue_aggression"} <= set(consistent_values([IPD], defects)[0].names)
    chicken = mg.games.get("chicken")
    both = consistent_values([IPD, chicken], logit([IPD, chicken], "selfish", 2.0))[0].names
    assert "selfish" in both and "virtue_aggression" not in both


def test_a_certain_choice_is_explained_whole() -> None:
    defector = as_policy("always_defect", IPD).probabilities
    found = consistent_values([IPD], [defector], ["selfish", "utilitarian"])
    assert found[0].names == ("selfish",) and found[0].explained == pytest.approx(1)
    assert found[0].bits == pytest.approx(0, abs=1e-6) and np.isfinite(found[0].steepness)
    assert found[1].explained == 0 and found[1].bits == pytest.approx(1) and found[1].steepness == 0


def test_a_coin_is_explained_by_nothing() -> None:
    found = consistent_values(STUDY, [np.full((5, 2), 0.5)] * 5)
    assert [entry.explained for entry in found] == [0] and found[0].bits == pytest.approx(1)


def test_what_is_explained_by_hand() -> None:
    # Tit-for-tat keeps the duty after C, which explains those choices; at the start and after D the duty is silent, and
    # a silent rule is a coin: what is explained is the share of rounds after C.
    table = as_policy("tit_for_tat", IPD).probabilities
    after_c = visits(IPD, table)[[1, 3]].sum()
    (found,) = consistent_values([IPD], [table], ["deontological"])
    assert found.explained == pytest.approx(after_c) and found.bits == pytest.approx(1 - after_c)
    # A fifth of the plays begins after each state; then the random player cooperates half the time.
    assert after_c == pytest.approx((2 / 5 + 4 * 1 / 2) / 5)


@given(st.floats(0.05, 5), st.lists(st.floats(-3, 3), min_size=2, max_size=6))
def test_the_fit_finds_the_steepness(steepness: float, advantage: list[float]) -> None:
    given_ = np.array(advantage)
    found = fit_logit(expit(steepness * given_), np.ones(len(given_)), given_)
    assert expit(found * given_) == pytest.approx(expit(steepness * given_), abs=1e-6)


@given(st.integers(0, 10_000))
def test_distances_and_visits_are_shares(seed: int) -> None:
    table = np.random.default_rng(seed).dirichlet(np.ones(3), 5)[:, :2]
    share = visits(IPD, table)
    assert share.sum() == pytest.approx(1) and (share >= 1 / 25 - 1e-12).all()
    assert all(0 <= found.distance <= 1 for found in nearest_strategies([IPD], [table]))
    assert all(0 <= found.explained <= 1 for found in consistent_values([IPD], [table], ["selfish", "deontological"]))


def test_illegal_answers_are_far_from_every_strategy() -> None:
    (found,) = nearest_strategies([IPD], [np.zeros((5, 2))])
    assert found.distance == pytest.approx(1) and "tit_for_tat" in found.names


def test_strategies_that_some_game_rules_out_are_left_out() -> None:
    told = {name for found in nearest_strategies(STUDY, [np.full((5, 2), 0.5)] * 5) for name in found.names}
    assert "extortion" not in told and "tit_for_tat" in told and "grim" not in told
    values = {name for found in consistent_values(STUDY, logit(STUDY, "selfish", 1)) for name in found.names}
    assert "universalisability" not in values and "illegal" not in values


def test_bad_input() -> None:
    half = np.full((5, 2), 0.5)
    with pytest.raises(ValueError, match="one table a game is needed, got 1 games and 2 tables"):
        nearest_strategies([IPD], [half, half])
    with pytest.raises(ValueError, match="for 3 actions"):
        nearest_strategies([IPD], [np.full((10, 3), 1 / 3)])
    with pytest.raises(ValueError, match="each of two or more players has two actions"):
        consistent_values([mg.games.get("rock_paper_scissors")], [np.full((10, 3), 1 / 3)])
    with pytest.raises(ValueError, match="'grim' remembers more"):
        nearest_strategies([IPD], [half], ["grim"])
    with pytest.raises(ValueError, match="needs a symmetric game"):
        consistent_values(STUDY, [half] * 5, ["universalisability"])
