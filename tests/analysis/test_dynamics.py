"""Dynamics: against closed forms, and against nashpy's simulations."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.analysis.dynamics import fixation_probability, moran, rare_mutation_distribution, replicator
from moral_games.analysis.tournament import tournament

# Always defect against tit-for-tat over ten rounds of (T, R, P, S) = (5, 3, 1, 0): totals.
TEN_ROUNDS = np.array([[10.0, 14.0], [9.0, 30.0]])
HAWK_DOVE = np.array([[-1.0, 2.0], [0.0, 1.0]])

matrices = arrays(np.float64, (3, 3), elements=st.floats(0.1, 5))


def test_hawks_and_doves_settle_at_their_mixed_equilibrium() -> None:
    shares = replicator(HAWK_DOVE, np.linspace(0, 100, 11), shares=[0.1, 0.9])
    assert shares.shape == (11, 2) and shares[0] == pytest.approx([0.1, 0.9])
    assert shares[-1] == pytest.approx([0.5, 0.5], abs=1e-5)


def test_one_type_grows_logistically() -> None:
    # ẋ = x (1 - x) where one type is always paid 1 more.
    times = np.linspace(0, 5, 6)
    shares = replicator([[1, 1], [0, 0]], times, shares=[0.1, 0.9])
    assert shares[:, 0] == pytest.approx(1 / (1 + 9 * np.exp(-times)), abs=1e-6)


@given(matrices, st.floats(0.5, 3))
def test_shares_stay_shares_and_payoffs_may_all_be_raised(payoffs: np.ndarray, more: float) -> None:
    times = np.linspace(0, 3, 4)
    shares = replicator(payoffs, times)
    assert shares.sum(axis=1) == pytest.approx(np.ones(4), abs=1e-5) and shares.min() > -1e-6
    assert replicator(payoffs + more, times) == pytest.approx(shares, abs=1e-4)


@pytest.mark.parametrize("population", [2, 10, 1000])
@pytest.mark.parametrize("r", [0.5, 0.99, 1.0, 1.1, 3.0])
def test_fixation_at_a_constant_fitness(population: int, r: float) -> None:
    # Nowak (2006), chapter 6: (1 - 1/r) / (1 - 1/r^N), 1/N where neutral.
    expected = 1 / population if r == 1 else (1 - 1 / r) / -np.expm1(-population * np.log(r))
    found = fixation_probability([[r, r], [1, 1]], mutant=0, resident=1, population=population)
    assert found == pytest.approx(expected, rel=1e-9)


def test_fixation_by_hand() -> None:
    # N = 3, one tit-for-tat among two defectors: f = (9, 19.5), g = (12, 14); 1 / (1 + 12/9 + 12/9 * 14/19.5).
    found = fixation_probability(TEN_ROUNDS, mutant=1, resident=0, population=3)
    assert found == pytest.approx(1 / (1 + 12 / 9 + 12 / 9 * 14 / 19.5))


def test_the_one_third_law() -> None:
    # Nowak et al. (2004): under weak selection in a large population a type is favoured if it is the
    # fitter one at a share of 1/3. Here f - g is 0 where x (a - b - c + d) = d - b.
    for temptation, favoured in ((19.0, True), (21.0, False)):
        payoffs = np.array([[30.0, 0.0], [temptation, 5.0]])  # equal at x = 5 / (35 - temptation): 0.31, 0.36
        found = fixation_probability(payoffs, mutant=0, resident=1, population=2000, selection=1e-6)
        assert (found > 1 / 2000) is favoured


@given(matrices, st.integers(2, 30), st.floats(0.01, 1))
def test_fixation_agrees_with_the_plain_formula(payoffs: np.ndarray, population: int, selection: float) -> None:
    ratios = []
    for i in range(1, population):
        of_mutants = (payoffs[0, 0] * (i - 1) + payoffs[0, 2] * (population - i)) / (population - 1)
        of_residents = (payoffs[2, 0] * i + payoffs[2, 2] * (population - i - 1)) / (population - 1)
        ratios.append((1 - selection + selection * of_residents) / (1 - selection + selection * of_mutants))
    found = fixation_probability(payoffs, mutant=0, resident=2, population=population, selection=selection)
    assert found == pytest.approx(1 / (1 + np.cumprod(ratios).sum()), rel=1e-9)


def test_a_mutant_without_fitness_vanishes() -> None:
    payoffs = np.array([[3.0, 0.0], [5.0, 1.0]])
    assert fixation_probability(payoffs, mutant=0, resident=1, population=10) == 0
    assert rare_mutation_distribution(payoffs, population=10) == pytest.approx([0, 1])


def test_the_moran_process_fixes_as_often_as_the_formula_says(rng: np.random.Generator) -> None:
    payoffs, population, runs = TEN_ROUNDS, 5, 2000
    fixed = 0
    for _ in range(runs):
        history = moran(payoffs, [population - 1, 1], rng)
        assert (history.sum(axis=1) == population).all() and (np.abs(np.diff(history, axis=0)) <= 1).all()
        fixed += history[-1, 1] == population
    expected = fixation_probability(payoffs, mutant=1, resident=0, population=population)
    assert fixed / runs == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / runs))


def test_nashpy_s_moran_process_fixes_as_often() -> None:
    from nashpy.egt.moran_process import fixation_probabilities

    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    try:
        runs = 400
        found = fixation_probabilities(TEN_ROUNDS, np.array([0, 0, 0, 1]), runs)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    expected = fixation_probability(TEN_ROUNDS, mutant=1, resident=0, population=4)
    assert found[(1, 1, 1, 1)] == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / runs))


def test_a_moran_process_stops_and_repeats() -> None:
    assert moran(TEN_ROUNDS, [0, 7], np.random.default_rng(0)).tolist() == [[0, 7]]
    assert len(moran(TEN_ROUNDS, [500, 500], np.random.default_rng(0), most_births=10)) == 11
    one, other = (moran(TEN_ROUNDS, [5, 5], np.random.default_rng(4)) for _ in range(2))
    assert (one == other).all()


def test_two_types_of_constant_fitness_share_the_time_as_r_to_the_power_of_the_others() -> None:
    # ρ(r) / ρ(1/r) = r^(N-1), here 1.1^999: forty digits apart, and both accurate.
    found = rare_mutation_distribution([[1.1, 1.1], [1, 1]], population=1000)
    assert found[1] == pytest.approx(1.1**-999, rel=1e-6) and found.sum() == pytest.approx(1)


def test_rock_paper_scissors_is_even() -> None:
    payoffs = 2 + np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    assert rare_mutation_distribution(payoffs, population=20) == pytest.approx([1 / 3] * 3)


@given(matrices, st.integers(2, 10), st.permutations([0, 1, 2]))
def test_the_distribution_is_stationary_and_types_have_no_order(
    payoffs: np.ndarray, population: int, order: list[int]
) -> None:
    found = rare_mutation_distribution(payoffs, population)
    rates = np.array(
        [[0 if i == j else fixation_probability(payoffs, j, i, population) for j in range(3)] for i in range(3)]
    )
    assert found @ rates == pytest.approx(found * rates.sum(axis=1), rel=1e-7)
    assert rare_mutation_distribution(payoffs[np.ix_(order, order)], population) == pytest.approx(found[order])


def test_small_populations_of_reciprocators_drift_to_cooperation() -> None:
    # The three types of Imhof, Fudenberg & Nowak (2005), without their cost of complexity: where games
    # are long, most of the time is spent at tit-for-tat, though only defectors are a strict equilibrium.
    entrants = ["always_cooperate", "always_defect", "tit_for_tat"]
    game = mg.MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]])
    long, short = (
        rare_mutation_distribution(tournament(entrants, game, rounds=rounds).payoffs, population=50, selection=0.1)
        for rounds in (100, 2)
    )
    assert long.argmax() == 2 and short.argmax() == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: replicator([[1, 2]], [0, 1]), r"shape \(types, types\), got shape \(1, 2\)"),
        (lambda: replicator([[np.nan]], [0, 1]), "NaN or infinity"),
        (lambda: replicator(HAWK_DOVE, [0, 1], shares=[0.5, 0.6]), "shares must be 2 numbers"),
        (lambda: replicator(HAWK_DOVE, [1, 0]), "times must be an increasing"),
        (lambda: moran(HAWK_DOVE, [1, 0], np.random.default_rng(0)), "two or more in all"),
        (lambda: moran(HAWK_DOVE, [5, 5], np.random.default_rng(0), selection=2), "selection must be"),
        (lambda: moran(HAWK_DOVE, [9, 1], np.random.default_rng(0)), "must not be negative"),
        (lambda: fixation_probability(HAWK_DOVE, 0, 1, population=1), "population must be at least 2"),
        (lambda: fixation_probability([[0, 0], [0, 0]], 0, 1, population=5), "neither takes over"),
        (lambda: rare_mutation_distribution([[9, 0], [0, 9]], population=5), "no mutant ever takes over"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
