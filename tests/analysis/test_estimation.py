"""Preferences are estimated from choices: near the truth, with honest intervals, or said not to be identified."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from moral_games.analysis import Preference, utilities
from moral_games.analysis.choices import Choices, count_choices, simulate_choices
from moral_games.analysis.estimation import PARAMETERS, fit
from moral_games.analysis.likelihood import choice_probabilities, information, log_likelihood, score
from moral_games.games import protocols

TRUE = {"kappa": 0.3, "alpha": 0.1, "beta": 0.2, "noise": 5.0}
TRUST, ULTIMATUM = protocols()[6:12], protocols()[12:]


def likely(preference: Preference, noise: float, games: tuple[str, ...] = protocols()) -> Choices:
    """Return what is chosen by logit, as probabilities."""
    scaled = {game: np.exp(preference.utility(game).mean(axis=1) / noise) for game in games}
    return count_choices({game: odds / odds.sum() for game, odds in scaled.items()})


@settings(max_examples=15, deadline=None)
@given(kappa=st.floats(0, 1), alpha=st.floats(-0.5, 0.5), beta=st.floats(-0.5, 0.5), noise=st.floats(2, 30))
def test_probabilities_give_back_the_preference_they_come_from(
    kappa: float, alpha: float, beta: float, noise: float
) -> None:
    found = fit(likely(Preference(kappa, alpha, beta), noise))
    assert list(found.estimates.values()) == pytest.approx([kappa, alpha, beta, noise], abs=1e-3, rel=1e-3)


def test_many_choices_are_within_four_standard_errors() -> None:
    data = simulate_choices(Preference(0.3, 0.1, 0.2), 5.0, protocols(), np.random.default_rng(1), passes=1000)
    found = fit(data)
    for name, truth in TRUE.items():
        assert abs(found.estimates[name] - truth) < 4 * found.standard_errors[name]
        low, high = found.interval(name, 0.9999)
        assert 0 < low < truth < high
    assert found.identified and found.problems == () and found.observations == 18_000


def test_standard_errors_are_those_of_one_pass_in_the_facts() -> None:
    # Simulated runs of this likelihood had standard deviations of .20, .24, .20 and 2.3 with one pass.
    errors = list(fit(likely(Preference(0.3, 0.1, 0.2), 5.0)).standard_errors.values())
    assert errors == pytest.approx([0.20, 0.24, 0.20, 2.3], rel=0.15)


@pytest.mark.parametrize(
    ("passes", "medians", "spreads"),
    [
        (1, [0.29, 0.10, 0.23, 4.7], [0.20, 0.24, 0.20, 2.3]),
        (5, [0.28, 0.09, 0.21, 4.4], [0.084, 0.085, 0.060, 1.0]),
        (30, [0.30, 0.07, 0.18, 5.0], [0.030, 0.041, 0.021, 0.18]),
    ],
)
def test_estimates_are_where_another_program_found_them(passes: int, medians: list, spreads: list) -> None:
    # Another maximiser of this likelihood, over few runs each: medians and standard deviations of all four parameters.
    truth, people = Preference(0.3, 0.1, 0.2), 40
    data = simulate_choices(truth, 5.0, protocols(), np.random.default_rng(passes), passes, people)
    fits = [fit(data.of(person)) for person in range(people)]
    found = np.array([list(each.estimates.values()) for each in fits if each.identified])
    assert len(found) > 0.9 * people
    middle = np.subtract(*np.percentile(found, [84, 16], axis=0)) / 2
    assert (np.abs(np.median(found, axis=0) - medians) < 1.5 * middle).all()
    assert (middle > 0.7 * np.array(spreads)).all() and (middle < 2.5 * np.array(spreads)).all()


def test_twice_the_choices_halve_the_variance() -> None:
    once = likely(Preference(0.3, 0.1, 0.2), 5.0)
    twice = count_choices({game: 2 * table for game, table in zip(once.games, _unpadded(once), strict=True)})
    one, two = (np.array(list(fit(data).standard_errors.values())) for data in (once, twice))
    assert np.allclose(one / two, np.sqrt(2), rtol=1e-4)


def _unpadded(data: Choices) -> list[np.ndarray]:
    return [counts[possible] for counts, possible in zip(data.pooled, data.possible, strict=True)]


def test_the_likelihood_is_that_of_the_formula() -> None:
    data = simulate_choices(Preference(), 20.0, ["spd1", "tg6"], np.random.default_rng(2), passes=5)
    by_hand = 0.0
    for game, counts in zip(data.games, _unpadded(data), strict=True):
        utility = utilities(game, 0.3, 0.1, 0.2).mean(axis=1)
        by_hand += counts @ np.log(np.exp(utility / 5) / np.exp(utility / 5).sum())
    weights = np.array([1, 0.3, 0.1, 0.2]) / 5
    assert log_likelihood(data, weights) == pytest.approx(by_hand)
    assert np.allclose(choice_probabilities(data, weights).sum(axis=-1), 1)


def test_gradient_and_information_are_the_derivatives() -> None:
    data = simulate_choices(Preference(), 20.0, ["spd1", "tg6", "ug3"], np.random.default_rng(2), passes=5)
    weights = np.array([0.05, 0.02, 0.01, -0.01])
    assert np.allclose(score(data, weights), approx_fprime(weights, lambda w: log_likelihood(data, w), 1e-7), rtol=1e-3)
    slopes = np.array([approx_fprime(weights, lambda w, k=k: score(data, w)[k], 1e-7) for k in range(4)])
    assert np.allclose(information(data, weights), -slopes, rtol=1e-3)


def test_what_is_fixed_stays_and_costs_likelihood() -> None:
    data = simulate_choices(Preference(0.3, 0.1, 0.2), 5.0, protocols(), np.random.default_rng(3), passes=20)
    full = fit(data)
    for fixed in ({"kappa": 0.0}, {"alpha": 0.5}, {"noise": 7.0}, {"kappa": 0.2, "beta": 0.1}, {"beta": 0, "noise": 4}):
        held = fit(data, **fixed)
        assert all(held.estimates[name] == number and held.standard_errors[name] == 0 for name, number in fixed.items())
        assert held.parameters == 4 - len(fixed) and held.log_likelihood < full.log_likelihood
    at_best = fit(data, **{name: full.estimates[name] for name in ("kappa", "noise")})
    assert at_best.log_likelihood == pytest.approx(full.log_likelihood)
    assert at_best.estimates["alpha"] == pytest.approx(full.estimates["alpha"], abs=1e-4)


def test_one_who_never_wavers_is_not_identified() -> None:
    always_first = count_choices({game: np.eye(8 if "spd" in game else 4)[0] for game in protocols()})
    found = fit(always_first)
    assert not found.identified and np.isnan(list(found.estimates.values())).all()
    assert "never wavers" in found.problems[0] and "not identified" in str(found)
    assert found.log_likelihood == pytest.approx(0, abs=1e-3)


@settings(max_examples=15, deadline=None)
@given(kappa=st.floats(0, 1), alpha=st.floats(-1, 1), beta=st.floats(-1, 1))
def test_whoever_maximises_any_utility_is_not_identified(kappa: float, alpha: float, beta: float) -> None:
    best = {game: Preference(kappa, alpha, beta).utility(game).mean(axis=1) for game in protocols()}
    chosen = {game: (utility >= utility.max() - 1e-9).astype(float) for game, utility in best.items()}
    assert not fit(count_choices(chosen)).identified


@pytest.mark.parametrize("noise", [0.2, 1.0, 1e4])
def test_probabilities_show_noise_however_little_or_much(noise: float) -> None:
    found = fit(likely(Preference(0.3, 0.1, 0.2), noise))
    assert found.identified
    assert list(found.estimates.values()) == pytest.approx([0.3, 0.1, 0.2, noise], rel=1e-4)


def test_an_interval_of_noise_may_be_without_bounds() -> None:
    assert fit(likely(Preference(), 1e4)).interval("noise") == (0, np.inf)


def test_flat_directions_are_named() -> None:
    one_game = fit(count_choices({"ipd": [60, 40]}))
    assert not one_game.identified and "kappa, alpha, beta, noise; changed together" in one_game.problems[0]
    # With two strategies there is one ratio of probabilities, which one parameter explains.
    economicus = fit(count_choices({"ipd": [40, 60]}), kappa=0, alpha=0, beta=0)
    assert economicus.identified and economicus.estimates["noise"] == pytest.approx(1 / np.log(1.5))


def test_what_nothing_speaks_of_is_named_alone() -> None:
    # In a game of pure coordination nobody is ever behind or ahead.
    data = count_choices({"pure_coordination": [60, 40]})
    found = fit(data, kappa=0, noise=1.0)
    assert np.isnan([found.estimates["alpha"], found.estimates["beta"]]).all() and found.estimates["kappa"] == 0


def test_one_who_runs_from_payoff_has_no_noise() -> None:
    found = fit(count_choices({"ipd": [60, 40]}), kappa=0, alpha=0, beta=0)
    assert not found.identified and "more payoff makes a strategy no more probable" in found.problems[0]
    # So it is where something else is not identified either: the other coordinates on the first action, and is missed.
    missed = fit(count_choices({"pure_coordination": [10, 90]}, {"pure_coordination": [0.9, 0.1]}), kappa=0)
    assert np.isnan(missed.estimates["noise"]) and "more payoff makes a strategy no more probable" in missed.problems[0]


def test_a_kappa_outside_its_range_is_reported_and_said() -> None:
    games = {game: np.exp(0.2 * Preference(1).utility(game).mean(axis=1)) for game in protocols()}
    payoffs = {game: np.exp(-0.06 * Preference(0).utility(game).mean(axis=1)) for game in protocols()}
    counts = {game: games[game] * payoffs[game] / (games[game] * payoffs[game]).sum() for game in games}
    found = fit(count_choices(counts))  # w = (.14, .2, 0, 0)
    assert found.estimates["kappa"] == pytest.approx(0.2 / 0.14, abs=1e-3)
    assert "outside [0, 1]" in found.problems[0] and found.identified


@pytest.mark.parametrize(
    ("fixed", "message"),
    [
        ({"kappa": 1.5}, r"kappa must lie in \[0, 1\].*got 1.5"),
        ({"alpha": float("nan")}, "alpha must be finite"),
        ({"noise": 0.0}, "noise must be positive, got 0"),
        (dict.fromkeys(PARAMETERS, 0.5), "every parameter is fixed"),
    ],
)
def test_what_cannot_be_fixed_is_refused(fixed: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit(likely(Preference(), 5.0), **fixed)


def test_too_few_observations_are_refused() -> None:
    data = count_choices({"tg1": [1, 1, 0, 0], "ug1": [0, 0, 0, 1]})
    with pytest.raises(ValueError, match="4 parameters need at least as many observations, got 3"):
        fit(data)
    assert fit(data, kappa=0, alpha=0, beta=0).parameters == 1


def test_intervals_need_a_parameter_and_a_confidence() -> None:
    found = fit(likely(Preference(), 5.0))
    with pytest.raises(ValueError, match="unknown parameter 'kapa'. Did you mean 'kappa'"):
        found.interval("kapa")
    with pytest.raises(ValueError, match=r"confidence must lie in \(0, 1\), got 95"):
        found.interval("kappa", 95)


def test_one_who_chooses_at_random_has_no_estimate() -> None:
    found = fit(count_choices({game: [1.0] * (8 if "spd" in game else 4) for game in protocols()}))
    assert not found.identified and "no more probable" in found.problems[0]
