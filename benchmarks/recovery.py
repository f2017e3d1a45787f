"""Whether preferences come back: people of known preferences choose in the 18 protocols, and are estimated.

For each of 20 preferences and noises, many people go through the protocols several times, and each is estimated alone.
Reported are the bias of the mean estimate, the spread of estimates, and how many 95 % intervals hold the truth; of
noise the logarithm, since it is a scale. Run from the repository's root; about a minute on one core::

    OMP_NUM_THREADS=1 python -m benchmarks.recovery

Each cell is kept in ``runs/NAME`` as soon as it is known, and the table printed at the end; ``--resume`` goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from numpy.typing import NDArray

from moral_games.analysis.choices import simulate_choices
from moral_games.analysis.estimation import PARAMETERS, fit
from moral_games.analysis.preferences import Preference
from moral_games.games import protocols
from moral_games.names import check_folder_name
from moral_games.runs import Run, RunError

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
    name: str = "recovery"
    """Name of the run's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        check_folder_name("study", self.name)
        for name, least in (("people", 2), ("passes", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")

    def to_json(self) -> dict[str, Any]:
        """Return what decides the numbers."""
        return {"people": self.people, "passes": self.passes, "seed": self.seed}


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


def recovery(options: Options, first: int = 0) -> Iterator[Recovered]:
    """Yield how well each preference of the grid comes back, from the first wanted on, each with draws of its own."""
    cells = list(product(PREFERENCES, NOISES))
    seeds = np.random.SeedSequence(options.seed).spawn(len(cells))
    for (preference, noise), seed in list(zip(cells, seeds, strict=True))[first:]:
        yield recover(preference, noise, options, np.random.default_rng(seed))


def measure(options: Options) -> Run:
    """Estimate everybody who is not estimated yet, and keep each cell.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used.
    """
    options.check()
    run = Run.open(options.folder / options.name, options.to_json(), options.resume)
    known = len(run.history())
    run.rewind(known)
    for found in recovery(options, known):
        run.append({name: np.asarray(numbers).tolist() for name, numbers in asdict(found).items()})
        print(f"kappa, alpha, beta, noise {found.truth.tolist()}: estimated", file=sys.stderr, flush=True)
    return run


def read(run: Run) -> list[Recovered]:
    """Return what a run's folder holds."""
    return [
        Recovered(*(np.array(line[name]) for name in ("truth", "bias", "spread", "coverage")), line["unidentified"])
        for line in run.history()
    ]


def table(results: Sequence[Recovered]) -> str:
    """Return the table as Markdown, and its worst numbers."""
    names = ("kappa", "alpha", "beta", "log noise")
    measured = (f"{what}: {name}" for what in ("bias", "spread", "coverage") for name in names)
    heads = ("kappa", "alpha", "beta", "noise", *measured)
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for found in results:
        numbers = (
            *(f"{number:g}" for number in found.truth),
            *(f"{number:+.3f}" for number in found.bias),
            *(f"{number:.3f}" for number in (*found.spread, *found.coverage)),
        )
        lines.append("| " + " | ".join(numbers) + " |")
    bias = np.abs([found.bias for found in results])
    coverage = np.array([found.coverage for found in results])
    lines.append(
        f"\nlargest bias {bias.max():.3f}; coverage from {coverage.min():.1%} to {coverage.max():.1%}, "
        f"{coverage.mean():.1%} on average; without an estimate: {sum(found.unidentified for found in results)}"
    )
    return "\n".join(lines)


def main(options: Options) -> None:
    """Estimate everybody, and print the table."""
    try:
        print(table(read(measure(options))))
    except (ValueError, RunError, OSError) as error:
        sys.exit(f"recovery: {error}")


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
