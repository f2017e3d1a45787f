"""Other parameters, simpler preferences and plain frequencies explain choices as well as they should."""

from __future__ import annotations

import numpy as np
import pytest

from moral_games.analysis import Preference
from moral_games.analysis.choices import Choices, count_choices, simulate_choices
from moral_games.analysis.estimation import PARAMETERS, fit
from moral_games.analysis.explanations import compare, profile, profile_interval
from moral_games.games import protocols


@pytest.fixture(scope="module")
def data() -> Choices:
    return simulate_choices(Preference(0.3, 0.1, 0.2), 5.0, protocols(), np.random.default_rng(4), passes=30)


def test_a_profile_is_highest_at_the_estimate(data: Choices) -> None:
    found = fit(data)
    for name in PARAMETERS:
        centre, step = found.estimates[name], found.standard_errors[name]
        around = profile(data, name, centre + step * np.array([-2, -1, 0, 1, 2]))
        assert around.argmax() == 2 and around[2] == pytest.approx(found.log_likelihood)
        assert found.log_likelihood - around[[1, 3]] == pytest.approx(0.5, abs=0.12)  # one standard error away


def test_intervals_of_both_kinds_agree_where_there_is_much_data() -> None:
    data = simulate_choices(Preference(0.3, 0.1, 0.2), 5.0, protocols(), np.random.default_rng(5), passes=3000)
    found = fit(data)
    for name in PARAMETERS:
        wald, ratio = found.interval(name), profile_interval(data, name)
        assert ratio == pytest.approx(wald, abs=0.1 * (wald[1] - wald[0]))


def test_of_one_who_never_wavers_some_values_are_still_rejected() -> None:
    best = {game: Preference().utility(game).mean(axis=1) for game in protocols()}
    chosen = {game: 5.0 * (utility >= utility.max() - 1e-9) for game, utility in best.items()}
    data = count_choices(chosen)
    assert not fit(data).identified
    low, high = profile_interval(data, "kappa")
    assert low < 0 < high and profile(data, "kappa", [0.0])[0] > profile(data, "kappa", [0.9])[0] + 2


def test_nothing_is_learned_about_what_does_not_matter() -> None:
    data = count_choices({"ipd": [40, 60]})
    assert profile_interval(data, "alpha") == (-np.inf, np.inf)
    assert np.ptp(profile(data, "alpha", [-1, 0, 5])) < 1e-6


def test_theories_are_ordered_as_they_are_nested(data: Choices) -> None:
    found = {each.name: each for each in compare(data)}
    order = ("random choice", "homo economicus", "homo moralis", "all preferences", "frequencies")
    reached = [found[name].log_likelihood for name in order]
    assert reached == sorted(reached)
    assert [found[name].parameters for name in order] == [0, 1, 2, 4, 6 * 7 + 12 * 3]
    assert found["random choice"].share == 0 and found["frequencies"].share == 1
    assert found["random choice"].log_likelihood == pytest.approx(-30 * (6 * np.log(8) + 12 * np.log(4)))
    assert min(found.values(), key=lambda each: each.bic).name == "all preferences"
    assert found["all preferences"].p_value < 1e-10 and np.isnan(found["homo economicus"].p_value)


def test_homo_economicus_is_not_rejected_where_it_is_true() -> None:
    rng = np.random.default_rng(6)
    tests = [
        {each.name: each for each in compare(simulate_choices(Preference(), 5.0, protocols(), rng, passes=10))}
        for _ in range(20)
    ]
    rejected = [found["all preferences"].p_value < 0.05 for found in tests]
    assert sum(rejected) <= 4  # 1 of 20 is expected; more than 4 has probability .003
    best = [min(found.values(), key=lambda each: each.bic).name for found in tests]
    assert best.count("homo economicus") >= 16


@pytest.mark.parametrize(
    ("parameter", "values", "message"),
    [
        ("kappas", [0.1], "Did you mean 'kappa'"),
        ("noise", [1.0, 0.0], "values of noise must be finite and positive"),
        ("alpha", [np.inf], "values of alpha must be finite"),
    ],
)
def test_profiles_need_a_parameter_and_numbers(data: Choices, parameter: str, values: list, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        profile(data, parameter, values)


def test_a_confidence_is_a_probability(data: Choices) -> None:
    with pytest.raises(ValueError, match=r"confidence must lie in \(0, 1\)"):
        profile_interval(data, "kappa", 0)
