"""Types of choosers are found again, as many as there are, and it is said who is of which."""

from __future__ import annotations

import numpy as np
import pytest

from moral_games.analysis import Preference
from moral_games.analysis.choices import Choices, count_choices, merged, simulate_choices
from moral_games.analysis.estimation import fit
from moral_games.analysis.mixtures import fit_mixture
from moral_games.games import protocols

SELFISH, MORAL = Preference(), Preference(kappa=0.6, beta=0.3)


@pytest.fixture(scope="module")
def crowd() -> Choices:
    """Return 40 selfish people and 20 moral ones, who went four times through the protocols."""
    rng = np.random.default_rng(0)
    groups = ((SELFISH, 40), (MORAL, 20))
    return merged([simulate_choices(p, 5.0, protocols(), rng, passes=4, choosers=n) for p, n in groups])


def test_two_types_are_found_and_told_apart(crowd: Choices) -> None:
    found = fit_mixture(crowd, 2, np.random.default_rng(1), starts=2)
    assert found.shares == pytest.approx([2 / 3, 1 / 3], abs=0.02)
    for each, errors, truth in zip(found.types, found.standard_errors, (SELFISH, MORAL), strict=True):
        for name, number in vars(truth).items():
            assert abs(each.estimates[name] - number) < 4 * errors[name] < 0.6
    assert (found.memberships.argmax(axis=1) == np.repeat([0, 1], [40, 20])).mean() > 0.95
    assert np.allclose(found.memberships.sum(axis=1), 1) and found.entropy < 0.1


def test_the_criterion_finds_how_many_there_are(crowd: Choices) -> None:
    tried = [fit_mixture(crowd, types, np.random.default_rng(2), starts=2) for types in (1, 2, 3)]
    assert min(tried, key=lambda mixture: mixture.bic) is tried[1]
    reached = [mixture.log_likelihood for mixture in tried]
    assert reached == sorted(reached)
    assert [mixture.parameters for mixture in tried] == [4, 9, 14]


def test_one_type_is_the_fit_to_all_together(crowd: Choices) -> None:
    found, pooled = fit_mixture(crowd, 1, np.random.default_rng(3), starts=1), fit(crowd)
    assert found.log_likelihood == pytest.approx(pooled.log_likelihood) and found.entropy == 0
    assert list(found.types[0].estimates.values()) == pytest.approx(list(pooled.estimates.values()), rel=1e-3, abs=1e-4)


def test_few_choosers_have_types_without_standard_errors() -> None:
    few = simulate_choices(MORAL, 5.0, protocols(), np.random.default_rng(4), passes=30, choosers=4)
    found = fit_mixture(few, 2, np.random.default_rng(5), starts=2)
    assert all(np.isnan(list(errors.values())).all() for errors in found.standard_errors)


@pytest.mark.filterwarnings("error")
def test_choosers_at_random_are_of_no_type() -> None:
    """Not even a warning of numpy's is printed."""
    coins = count_choices({game: np.ones((6, 8 if game.startswith("spd") else 4)) for game in protocols()})
    found = fit_mixture(coins, 1, np.random.default_rng(0), starts=1)
    assert "not identified" in str(found.types[0]) and np.isnan(list(found.standard_errors[0].values())).all()


@pytest.mark.parametrize(
    ("types", "starts", "message"), [(0, 1, "1 to 60 types, got 0"), (61, 1, "got 61"), (2, 0, "one start")]
)
def test_numbers_that_make_no_sense_are_refused(crowd: Choices, types: int, starts: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        fit_mixture(crowd, types, np.random.default_rng(0), starts)


def test_groups_are_merged_only_if_they_were_asked_the_same() -> None:
    one, other = count_choices({"tg1": [1, 0, 0, 0]}), count_choices({"tg2": [1, 0, 0, 0]})
    with pytest.raises(ValueError, match="the same questions, got .'tg1',. and .'tg2',."):
        merged([one, other])
    with pytest.raises(ValueError, match="at least one group"):
        merged([])
