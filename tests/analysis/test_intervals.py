"""The interval of a mean covers it as often as it says, and is never wider than the samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moral_games.analysis import intervals


@given(arrays(np.float64, (7, 3), elements=st.floats(-1e3, 1e3)))
def test_the_interval_lies_among_the_samples_around_their_mean(samples: np.ndarray) -> None:
    mean, low, high = intervals.bootstrap(samples, np.random.default_rng(0), resamples=50)
    np.testing.assert_allclose(mean, samples.mean(axis=0))
    assert (low >= samples.min(axis=0) - 1e-9).all() and (high <= samples.max(axis=0) + 1e-9).all()
    assert (low <= high).all()


def test_it_covers_the_mean_of_a_normal_distribution_nearly_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    _, low, high = intervals.bootstrap(rng.normal(2.0, 1.0, (60, 400)), rng, resamples=500)
    assert 0.90 < np.mean((low < 2.0) & (high > 2.0)) < 0.98


def test_one_sample_has_no_width() -> None:
    assert intervals.bootstrap([3.0], np.random.default_rng(0)) == (3.0, 3.0, 3.0)


@pytest.mark.parametrize("samples", [[], 3.0])
def test_without_samples_there_is_no_interval(samples: object) -> None:
    with pytest.raises(ValueError, match="at least one sample"):
        intervals.bootstrap(samples, np.random.default_rng(0))


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_a_confidence_is_a_probability(confidence: float) -> None:
    with pytest.raises(ValueError, match=r"confidence must lie in \(0, 1\)"):
        intervals.bootstrap([1.0, 2.0], np.random.default_rng(0), confidence)
