"""How sure a mean over seeds is: the bootstrap."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2_000


class Interval(NamedTuple):
    """A mean, and the ends of its confidence interval; each of shape (...)."""

    mean: NDArray[np.float64]
    """The mean."""
    low: NDArray[np.float64]
    """The lower end."""
    high: NDArray[np.float64]
    """The upper end."""


def bootstrap(
    samples: ArrayLike, rng: np.random.Generator, confidence: float = 0.95, resamples: int = RESAMPLES
) -> Interval:
    """Return the mean of independent samples with its percentile bootstrap interval.

    Parameters
    ----------
    samples
        Shape (N, ...): along the first axis what is independent, e.g. the seeds. One sample makes an
        interval without width, which says nothing.
    rng
        Draws the resamples.
    confidence
        In (0, 1).
    resamples
        How many.

    Raises
    ------
    ValueError
        If there are no samples, or the confidence is out of range.

    Notes
    -----
    Source: Efron (1979), "Bootstrap methods: another look at the jackknife"; the percentile method.

    Examples
    --------
    >>> found = bootstrap([0.0, 1.0, 2.0, 3.0], np.random.default_rng(0))
    >>> float(found.mean), bool(found.low < found.mean < found.high)
    (1.5, True)
    """
    drawn = np.asarray(samples, dtype=np.float64)
    if drawn.ndim < 1 or len(drawn) < 1:
        raise ValueError(f"an interval needs at least one sample along the first axis, got shape {drawn.shape}")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie in (0, 1), got {confidence}")
    mean = drawn.mean(axis=0)
    if len(drawn) == 1:
        return Interval(mean, mean, mean)
    counts = rng.multinomial(len(drawn), np.full(len(drawn), 1 / len(drawn)), size=resamples)
    means = counts @ drawn.reshape(len(drawn), -1) / len(drawn)
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail], axis=0).reshape(2, *mean.shape)
    return Interval(mean, low, high)
