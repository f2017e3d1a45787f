"""Estimates as JSON: what cannot be told is told as such, and all that figures need comes back."""

from __future__ import annotations

import json

import numpy as np
import pytest

from moral_games.analysis import Preference
from moral_games.analysis.choices import count_choices, simulate_choices
from moral_games.analysis.estimation import PARAMETERS, fit
from moral_games.analysis.fit_summary import summarised, summary
from moral_games.games import protocols


def test_a_fit_comes_back_from_json() -> None:
    choices = simulate_choices(Preference(0.4, 0.1), 5.0, protocols(), np.random.default_rng(0), passes=20)
    found = fit(choices)
    told = summary(choices, found)
    again = summarised(json.loads(json.dumps(told, allow_nan=False)))
    assert again.estimates == pytest.approx(found.estimates, abs=1e-6)
    assert np.allclose(again.covariance, found.covariance, atol=1e-6) and np.allclose(again.weights, found.weights)
    assert again.log_likelihood == pytest.approx(found.log_likelihood, abs=1e-5) and again.identified
    for name in PARAMETERS:
        low, high = told["estimates"][name]["profile interval"]
        assert low < told["estimates"][name]["estimate"] < high


def test_what_is_not_identified_is_null_and_said() -> None:
    """One who never wavers has no noise that fits best, though profiles still reject what is too noisy."""
    choices = count_choices({game: np.eye(8 if game.startswith("spd") else 4)[0] for game in protocols()})
    told = json.loads(json.dumps(summary(choices, fit(choices)), allow_nan=False))
    assert told["estimates"]["kappa"]["estimate"] is None and told["problems"][0].startswith("not identified")
    again = summarised(told)
    assert not again.identified and again.problems == fit(choices).problems
