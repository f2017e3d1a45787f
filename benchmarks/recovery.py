"""Whether preferences come back: people of known preferences choose in the 18 protocols, and are estimated.

For each of 20 preferences and noises, many people go through the protocols several times, and each is estimated alone.
Reported are the bias of the mean estimate, the spread of estimates, and how many 95 % intervals hold the truth; of
noise the logarithm, since it is a scale. Run from the repository's root; about a minute on one core::

    OMP_NUM_THREADS=1 python -m benchmarks.recovery

The table is printed; nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import tyro
from numpy.typing import NDArray

from moral_games.analysis.choices import simulate_choices
from moral_games.analysis.estimation import PARAMETERS, fit
from moral_games.analysis.preferences import Preference
from moral_games.games import protocols

PREFERENCES = (
    Preference(),
    Preference(kappa=0.5),
    Preference(alpha=0.4, beta=0.2),
    Preference(kappa=0.3, alpha=0.1, beta=0.2),
    Preference(kappa=0.2, alpha=0.3, beta=-0.2),
)
"""Homo economicus, homo moralis, averse to inequity, everything at once, and moral with spite."""

NOISES = (3.0, 5.0, 8.0, 12.0)


@dataclass(frozen=True)
class Options:
    """Simulate people of known preferences, estimate them, and say how near the estimates come."""

    people: int = 200
    """How many of each preference and noise."""
    passes: int = 30
    """How often each goes through the 18 protocols."""
    seed: int = 0
    """Where the draws come from."""


@dataclass(frozen=True, eq=False)
class Recovered:
    """How well one preference came back.

    Attributes
    ----------
    truth, bias, spread, coverage
        By parameter, (4,): the true numbers, the mean estimate less the truth, the standard deviation of estimates
        (both of the logarithm of noise), and the share of 95 % intervals that hold the truth.
    unidentified
        How many people had no estimate; they are left out of the rest.
    """

    truth: NDArray[np.float64]
    bias: NDArray[np.float64]
    spread: NDArray[np.float64]
    coverage: NDArray[np.float64]
    unidentified: int


def recover(preference: Preference, noise: float, options: Options, rng: np.random.Generator) -> Recovered:
    """Return how well people of one preference and noise are estimated."""
    truth = np.array([preference.kappa, preference.alpha, preference.beta, noise])
    data = simulate_choices(preference, noise, protocols(), rng, options.passes, options.people)
    fits = [fit(data.of(person)) for person in range(options.people)]
    found = [each for each in fits if each.identified]
    estimates = np.array([list(each.estimates.values()) for each in found])
    ends = np.array([[each.interval(name) for name in PARAMETERS] for each in found])
    holds = (ends[..., 0] <= truth) & (truth <= ends[..., 1])
    errors = np.column_stack([(estimates - truth)[:, :3], np.log(estimates[:, 3] / noise)])
    return Recovered(truth, errors.mean(axis=0), errors.std(axis=0, ddof=1), holds.mean(axis=0), len(fits) - len(found))


def recovery(options: Options) -> Iterator[Recovered]:
    """Yield how well each preference of the grid comes back, each with draws of its own."""
    cells = list(product(PREFERENCES, NOISES))
    for (preference, noise), seed in zip(cells, np.random.SeedSequence(options.seed).spawn(len(cells)), strict=True):
        yield recover(preference, noise, options, np.random.default_rng(seed))


def main(options: Options) -> None:
    """Print the table, a line as soon as it is known, and its worst numbers."""
    names = ("kappa", "alpha", "beta", "log noise")
    measured = (f"{what}: {name}" for what in ("bias", "spread", "coverage") for name in names)
    heads = ("kappa", "alpha", "beta", "noise", *measured)
    print("| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    results = []
    for found in recovery(options):
        results.append(found)
        numbers = (
            *(f"{number:g}" for number in found.truth),
            *(f"{number:+.3f}" for number in found.bias),
            *(f"{number:.3f}" for number in (*found.spread, *found.coverage)),
        )
        print("| " + " | ".join(numbers) + " |", flush=True)
    bias = np.abs([found.bias for found in results])
    coverage = np.array([found.coverage for found in results])
    print(
        f"\nlargest bias {bias.max():.3f}; coverage from {coverage.min():.1%} to {coverage.max():.1%}, "
        f"{coverage.mean():.1%} on average; without an estimate: {sum(found.unidentified for found in results)}"
    )


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
