"""What else would explain the choices: other parameters, simpler preferences, and no theory at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, inf, isfinite, log, nan

import numpy as np
from numpy.typing import ArrayLike

from moral_games.analysis.choices import Choices, Floats
from moral_games.analysis.estimation import (
    PARAMETERS,
    check_parameter,
    directions,
    fit,
    restricted,
)
from moral_games.analysis.likelihood import log_likelihood, maximised

HOMO_MORALIS, FREQUENCIES = "homo moralis", "frequencies"
"""Names of explanations: the preference without aversions, and no theory at all."""

FURTHEST = 1e3
"""How far from the estimate the ends of an interval are looked for; beyond, there is none."""


@dataclass(frozen=True)
class Explanation:
    """How well a theory explains choices.

    Parameters
    ----------
    name
        Which theory.
    parameters
        How many numbers it takes from the data.
    log_likelihood
        At its best.
    bic
        Schwarz's criterion; less is better.
    share
        Of what observed frequencies explain beyond random choice, in [0, 1].
    statistic, p_value
        Of the likelihood ratio test against homo economicus; NaN for what does not contain it.
    """

    name: str
    parameters: int
    log_likelihood: float
    bic: float
    share: float
    statistic: float = nan
    p_value: float = nan


def profile(choices: Choices, parameter: str, values: ArrayLike) -> Floats:
    """Return the highest log-likelihood for each value of one parameter, the others being the best for it.

    Parameters
    ----------
    choices
        What was chosen.
    parameter
        One of `moral_games.analysis.estimation.PARAMETERS`.
    values
        Shape (V,). A κ may lie outside [0, 1] here, to show how the likelihood goes on.

    Returns
    -------
    array
        Shape (V,); flat where the choices do not tell.

    Raises
    ------
    ValueError
        If there is no such parameter, or a value is not finite, or a noise not positive.
    """
    check_parameter(parameter)
    numbers = np.atleast_1d(np.asarray(values, dtype=np.float64))
    if not np.isfinite(numbers).all() or (parameter == "noise" and (numbers <= 0).any()):
        raise ValueError(
            f"values of {parameter} must be finite{' and positive' * (parameter == 'noise')}, got {values!r}"
        )
    return np.array([_highest(choices, parameter, number) for number in numbers])


def profile_interval(choices: Choices, parameter: str, confidence: float = 0.95) -> tuple[float, float]:
    """Return the values of one parameter that a likelihood ratio test does not reject.

    Parameters
    ----------
    choices
        What was chosen.
    parameter
        One of `moral_games.analysis.estimation.PARAMETERS`.
    confidence
        In (0, 1).

    Returns
    -------
    tuple
        The two ends; infinite (for noise, 0) where no value on that side is rejected. So it says something even of one
        who never wavers, whose noise is somewhere between 0 and the upper end. NaN where noise is not positive.

    Raises
    ------
    ValueError
        If there is no such parameter, or the confidence is out of range.
    """
    from scipy.special import chdtri

    check_parameter(parameter)
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie in (0, 1), got {confidence}")
    best = fit(choices)
    if best.weights[0] <= 0:
        return nan, nan
    least = best.log_likelihood - float(chdtri(1, 1 - confidence)) / 2
    if parameter == "noise":
        low, high = _ends(
            lambda x: _highest(choices, parameter, exp(x)) - least, -log(best.weights[0]), 0.1, log(FURTHEST)
        )
        return exp(low), exp(high) if isfinite(high) else inf
    centre = float(best.weights[PARAMETERS.index(parameter) + 1] / best.weights[0])
    return _ends(lambda x: _highest(choices, parameter, x) - least, centre, 0.05, FURTHEST)


def compare(choices: Choices) -> tuple[Explanation, ...]:
    """Return how well simpler and richer theories explain the choices of all choosers together.

    Random choice; homo economicus with noise; homo moralis; inequity aversion; all preferences at once; and the
    frequencies themselves, which explain as much as any theory can that does not tell choosers apart.

    Raises
    ------
    ValueError
        If there are fewer than four observations.

    Notes
    -----
    Statistics are asymptotically χ² with as many degrees of freedom as there are parameters more (Wilks 1938), if each
    counted choice was drawn. For probabilities, which were not, read the shares.
    """
    from scipy.special import chdtrc

    fits = {
        "homo economicus": fit(choices, kappa=0, alpha=0, beta=0),
        HOMO_MORALIS: fit(choices, alpha=0, beta=0),
        "inequity aversion": fit(choices, kappa=0),
        "all preferences": fit(choices),
    }
    random, most, cells = _bounds(choices)
    reached = {"random choice": (0, random)}
    reached |= {name: (found.parameters, found.log_likelihood) for name, found in fits.items()}
    reached[FREQUENCIES] = (cells, most)
    simple, base = reached["homo economicus"]
    explained = []
    for name, (parameters, likelihood) in reached.items():
        bic = parameters * log(choices.observations) - 2 * likelihood
        share = (likelihood - random) / (most - random) if most > random else 1.0
        test = (nan, nan)
        if parameters > simple:
            statistic = max(2 * (likelihood - base), 0.0)
            test = statistic, float(chdtrc(parameters - simple, statistic))
        explained.append(Explanation(name, parameters, likelihood, bic, share, *test))
    return tuple(explained)


def _highest(choices: Choices, parameter: str, value: float) -> float:
    offset, basis = restricted({name: value if name == parameter else None for name in PARAMETERS})
    return log_likelihood(choices, maximised(choices, offset, directions(choices, basis)[0]))


def _ends(excess: Callable[[float], float], centre: float, step: float, furthest: float) -> tuple[float, float]:
    """Return where a function of one peak falls below zero on both sides of a point near the peak."""
    from scipy.optimize import brentq

    found = []
    for side in (-1, 1):
        inside, reach = centre, step
        while reach <= furthest and excess(centre + side * reach) > 0:
            inside, reach = centre + side * reach, 2 * reach
        found.append(side * inf if reach > furthest else brentq(excess, inside, centre + side * reach, xtol=1e-6))
    return found[0], found[1]


def _bounds(choices: Choices) -> tuple[float, float, int]:
    """Return the log-likelihoods of random choice and of the frequencies, and how many frequencies are free."""
    from scipy.special import xlogy

    pooled = choices.pooled
    asked = pooled.sum(axis=-1, keepdims=True)
    strategies = choices.possible.sum(axis=-1)
    random = -float((asked[:, 0] * np.log(strategies)).sum())
    return random, float(xlogy(pooled, pooled / asked).sum()), int((strategies - 1).sum())
