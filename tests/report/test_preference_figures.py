"""Estimated preferences are drawn in two planes, those that are not identified named."""

from __future__ import annotations

import numpy as np
import pytest

from moral_games.analysis import Preference
from moral_games.analysis.choices import count_choices, simulate_choices
from moral_games.analysis.estimation import fit
from moral_games.games import protocols
from moral_games.report.preference_figures import _ellipse, preferences


def test_before_and_after_are_drawn_in_both_planes() -> None:
    rng = np.random.default_rng(0)
    fits = {
        name: fit(simulate_choices(preference, 5.0, protocols(), rng, passes=30))
        for name, preference in {"before": Preference(), "after": Preference(0.5, 0.2, 0.1)}.items()
    }
    figure = preferences({**fits, "certain": fit(count_choices({"ipd": [0, 9]}))})
    for axis, parameter in zip(figure.axes, ("alpha", "beta"), strict=True):
        marks = [line.get_xydata()[0] for line in axis.get_lines() if line.get_marker() in ("o", "s")]
        expected = [[found.estimates["kappa"], found.estimates[parameter]] for found in fits.values()]
        assert np.allclose(marks, expected)
    assert figure.get_suptitle() == "not identified: certain"
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["before", "after"]


def test_nineteen_of_twenty_draws_are_in_the_region() -> None:
    covariance = np.array([[0.04, 0.01], [0.01, 0.02]])
    border = _ellipse(covariance)
    distance = np.einsum("ip,ij,jp->p", border, np.linalg.inv(covariance), border)
    draws = np.random.default_rng(1).multivariate_normal([0, 0], covariance, size=20_000)
    inside = np.einsum("ni,ij,nj->n", draws, np.linalg.inv(covariance), draws) < distance.mean()
    assert np.ptp(distance) < 1e-9 and inside.mean() == pytest.approx(0.95, abs=0.006)


def test_there_must_be_somebody_to_draw() -> None:
    with pytest.raises(ValueError, match="nothing to draw"):
        preferences({})
