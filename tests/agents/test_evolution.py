"""Evolution: takeover probabilities are exact, and what selection looks at decides what evolves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from agents.evolution import Evolution, Options, fixation_probabilities
from agents.judgement import judge
from moral_games.analysis import fixation_probability

matrices = arrays(np.float64, (2, 2), elements=st.floats(-3, 3))


def evolved(asked: Options) -> Evolution:
    evolution = Evolution(asked.seats(), asked)
    while evolution.done < evolution.total:
        evolution.advance()
    return evolution


def cooperation(asked: Options) -> float:
    """The mean over seeds and the second half of the history."""
    evolution = Evolution(asked.seats(), asked)
    history = []
    while evolution.done < evolution.total:
        history.append(evolution.advance()["cooperation/player_0"])
    return float(np.mean(history[len(history) // 2 :]))


@given(payoffs=matrices, population=st.integers(2, 12), selection=st.floats(0, 2))
def test_the_probability_to_take_over_is_that_of_the_imitation_chain(
    payoffs: np.ndarray, population: int, selection: float
) -> None:
    mutants = np.arange(1, population)
    others = np.stack([mutants - 1, population - mutants, mutants, population - mutants - 1])
    f, g = (payoffs[0] @ others[:2], payoffs[1] @ others[2:]) / np.float64(population - 1)
    copied = 1 / (1 + np.exp(-selection * (f - g)))  # a resident copies a mutant, rather than a mutant a resident
    chain = np.diag(copied[:-1], 1) + np.diag(1 - copied[1:], -1)
    takes_over = np.linalg.solve(np.eye(population - 1) - chain, np.append(np.zeros(population - 2), copied[-1]))
    (found,) = fixation_probabilities(payoffs[None], population, selection)
    assert found == pytest.approx(takes_over[0], rel=1e-6, abs=1e-12)


def test_the_probability_to_take_over_in_known_cases() -> None:
    payoffs = np.log([[[2.0, 2.0], [1.0, 1.0]]])  # e to the payoff is the fitness of a Moran process
    assert fixation_probabilities(payoffs, 10, 1.0) == pytest.approx(fixation_probability([[2, 2], [1, 1]], 0, 1, 10))
    assert fixation_probabilities(payoffs, 10, 0.0) == pytest.approx(1 / 10)
    assert fixation_probabilities(np.array([[[-9.0, -9.0], [9.0, 9.0]]]), 100, 1e3)[0] == 0


def test_cooperation_pays_where_its_benefit_is_large_and_otherwise_not() -> None:
    # For two players a multiplier m makes giving cost 1 - m / 2 and bring the other m / 2.
    low, high = (Options(game=f"public_goods(players=2, multiplier={m})", seeds=40, mutants=1500) for m in (1.1, 1.7))
    assert cooperation(low) < 0.2 and cooperation(high) > 0.6


def test_a_common_reward_makes_cooperation_evolve_where_payoffs_do_not() -> None:
    low = Options(game="public_goods(players=2, multiplier=1.1)", reward="utilitarian", selection=10, seeds=10)
    assert cooperation(replace(low, mutants=800)) > 0.9
    assert cooperation(replace(low, mutants=800, fitness="payoff")) < 0.2


def test_where_payoffs_decide_values_do_not() -> None:
    asked = Options(game="ipd", fitness="payoff", seeds=3, mutants=200)
    tables = [evolved(replace(asked, reward=reward)).tables for reward in ("selfish", "utilitarian")]
    np.testing.assert_array_equal(*tables)


def test_players_in_one_position_are_one_population() -> None:
    asked = Options(game="ipd", mutants=100)
    assert evolved(asked).is_one_population
    for other in (replace(asked, other_reward=("utilitarian",)), replace(asked, game="bach_or_stravinsky")):
        assert len(evolved(other).residents) == 2
    assert len(evolved(replace(asked, game="public_goods(players=3)")).residents) == 3


@pytest.mark.parametrize(("reward", "opponent"), [("selfish", "tit_for_tat"), ("utilitarian", "always_defect")])
def test_a_population_among_those_who_stay_as_they_are_breeds_the_best_response(reward: str, opponent: str) -> None:
    asked = Options(
        game="ipd", reward=reward, opponent=(opponent,), selection=1e3, mutation=0.4, seeds=3, mutants=500, discount=0.9
    )
    for policies in evolved(asked).policies():
        (found,) = judge(asked.seats(), policies, asked.discount, asked.initial)["learners"]
        assert found["measures"]["exploitability"] < 0.03
