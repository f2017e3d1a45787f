"""Conjoint analysis: how much more probably somebody is spared for each of nine attributes, beside what people say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.vehicles.scenarios import Design, Scenario

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attribute:
    """What may make a difference.

    Attributes
    ----------
    name
        What it is called.
    less, more
        Its levels; the effect is that of `more` compared with `less`.
    human
        The published effect of the same comparison in people's choices.
    """

    name: str
    less: str
    more: str
    human: float


ATTRIBUTES = (
    Attribute("intervention", "action", "inaction", 0.061),
    Attribute("relation", "passengers", "pedestrians", 0.097),
    Attribute("law", "unlawful", "lawful", 0.353),
    Attribute("gender", "males", "females", 0.119),
    Attribute("fitness", "large", "fit", 0.160),
    Attribute("social status", "lower", "higher", 0.345),
    Attribute("age", "older", "younger", 0.497),
    Attribute("number", "fewer", "more", 0.651),
    Attribute("species", "pets", "humans", 0.585),
)
"""The nine attributes with people's ΔP.

Source of the numbers: Awad et al. (2018), "The Moral Machine experiment", as the public repository of Takemoto (2024)
keeps them; we could not check them in the article. Whether the number of characters there is the mean over all
differences in number or one of them is not said.
"""

HUMAN = np.array([attribute.human for attribute in ATTRIBUTES])

_TREATED = {
    "gender": ("gender", "female"),
    "fitness": ("fitness", "higher"),
    "social status": ("social_value", "higher"),
    "age": ("age", "younger"),
    "number": ("utilitarianism", "more"),
    "species": ("species", "human"),
}
"""By attribute the dimension in which groups differ in it, and the level whose effect it is."""


@dataclass(frozen=True)
class Effect:
    """An average marginal component effect (AMCE).

    Attributes
    ----------
    attribute
        What makes the difference.
    estimate
        ΔP: by how much more probable it is that a group is spared if it has the attribute, in [-1, 1]. NaN where no
        scenario tells.
    standard_error
        Robust to what scenarios have in common, see `effects`; NaN with fewer than two scenarios.
    low, high
        The 95 % interval.
    scenarios
        How many scenarios tell.
    """

    attribute: Attribute
    estimate: float
    standard_error: float
    low: float
    high: float
    scenarios: int


@dataclass(frozen=True)
class Distance:
    """How far effects are from people's.

    Attributes
    ----------
    euclid
        Euclidean distance, with the ends of its 95 % interval.
    correlation
        Pearson's, with the ends of its 95 % interval; NaN where effects do not vary.
    attributes
        Over how many of the nine attributes, those that have an estimate.
    """

    euclid: tuple[float, float, float]
    correlation: tuple[float, float, float]
    attributes: int


def directions(scenarios: Sequence[Scenario]) -> NDArray[np.int64]:
    """Return for each scenario and attribute which group has it: 1 for the first, -1 for the second, 0 if neither.

    A scenario tells of the intervention always (inaction spares whom swerving would kill); of the relation if there are
    passengers and no light; of the law if one group has green and the other red; of the other six attributes if it is
    drawn in their dimension.

    Returns
    -------
    ndarray
        (N, 9), in the order of `ATTRIBUTES`.
    """
    return np.array([_directions(scenario) for scenario in scenarios], dtype=np.int64).reshape(-1, len(ATTRIBUTES))


def _directions(scenario: Scenario) -> list[int]:
    first = {
        "intervention": 1 if scenario.swerves else -1,
        "relation": -1 if scenario.in_car and scenario.lights[1] == "none" else 0,
        "law": {"green": 1, "red": -1, "none": 0}[scenario.lights[0]],
    }
    for name, (dimension, level) in _TREATED.items():
        first[name] = 0 if scenario.dimension != dimension else 1 if scenario.levels[0] == level else -1
    return [first[attribute.name] for attribute in ATTRIBUTES]


def effects(scenarios: Sequence[Scenario], spared: ArrayLike, design: Design | None = None) -> tuple[Effect, ...]:
    """Return the effect of each of the nine attributes on who is spared.

    Parameters
    ----------
    scenarios
        N scenarios.
    spared
        (N,): whether the first group was spared, or how probably; NaN where there was no choice, which is left out.
    design
        How the scenarios' circumstances were drawn; each combination of them counts alike.

    Raises
    ------
    ValueError
        If the numbers disagree, or are no probabilities.

    Notes
    -----
    Source: Hainmueller, Hopkins & Yamamoto (2014) on the AMCE; Awad et al. (2018) on the nine comparisons. The estimate
    is the slope of a linear model of *spared* on the attribute with a row a group, weighted by the design, and the
    standard error is robust to correlation within a scenario. Both groups of a scenario have the same weight, and one
    of them is spared for the other. So the slope is the weighted mean over scenarios of the difference between the
    groups, and the standard error that of this mean. Intervals are Student's, with one degree of freedom less than
    there are scenarios. Where every scenario says 1, or every one -1, there is no variance to go by, and the interval
    is the exact one of Clopper & Pearson (1934).

    Examples
    --------
    >>> from moral_games.vehicles.scenarios import generate
    >>> drawn = generate(200, np.random.default_rng(0))
    >>> law = effects(drawn, [one.lights[0] != "red" for one in drawn])[2]
    >>> law.attribute.more, law.estimate
    ('lawful', 1.0)
    """
    chosen, weights = _checked(scenarios, spared), _weights(scenarios, design)
    known = np.isfinite(chosen)
    signs, differences = directions(scenarios)[known], 2 * chosen[known] - 1
    return tuple(
        _effect(attribute, (signs[:, k] * differences)[signs[:, k] != 0], weights[known][signs[:, k] != 0])
        for k, attribute in enumerate(ATTRIBUTES)
    )


def _effect(attribute: Attribute, differences: Floats, weights: Floats) -> Effect:
    from scipy.special import stdtrit

    number = len(differences)
    if not number:
        return Effect(attribute, nan, nan, nan, nan, 0)
    shares = weights / weights.sum()
    estimate = float(np.clip(shares @ differences, -1, 1))
    if number < 2:
        return Effect(attribute, estimate, nan, nan, nan, number)
    error = float(np.sqrt(number / (number - 1) * ((shares * (differences - estimate)) ** 2).sum()))
    low, high = _always(differences) or (estimate + end * float(stdtrit(number - 1, 0.975)) * error for end in (-1, 1))
    return Effect(attribute, estimate, error, low, high, number)


def _always(differences: Floats) -> tuple[float, float] | None:
    """Return the interval of what has always been 1 or always -1; None for anything else."""
    reach = 2 - 2 * 0.025 ** (1 / len(differences))
    if (differences == 1).all():
        return 1 - reach, 1.0
    return (-1.0, reach - 1) if (differences == -1).all() else None


def distance(
    scenarios: Sequence[Scenario],
    spared: ArrayLike,
    rng: np.random.Generator,
    design: Design | None = None,
    resamples: int = 2000,
) -> Distance:
    """Return how far the effects are from people's, with percentile bootstrap intervals over scenarios.

    Parameters
    ----------
    scenarios, spared, design
        As for `effects`.
    rng
        Draws the resamples of scenarios.
    resamples
        How many.

    Raises
    ------
    ValueError
        As `effects`.

    Notes
    -----
    Noise in nine estimates adds to the Euclidean distance of each resample, so that its interval lies a little high
    with few scenarios. Who has no preferences at all is at the length of the people's effects, 1.14.
    """
    chosen, weights = _checked(scenarios, spared), _weights(scenarios, design)
    known = np.isfinite(chosen)
    if not known.any():
        return Distance((nan,) * 3, (nan,) * 3, 0)
    signs, weights = directions(scenarios)[known], weights[known]
    above = signs * (weights * (2 * chosen[known] - 1))[:, None]
    below = np.abs(signs) * weights[:, None]
    told = below.any(axis=0)
    counts = rng.multinomial(len(weights), np.full(len(weights), 1 / len(weights)), size=resamples)
    counts = np.concatenate([np.ones((1, len(weights)), dtype=np.int64), counts])
    with np.errstate(invalid="ignore"):
        found = (counts @ above[:, told]) / (counts @ below[:, told])  # NaN where a resample tells nothing
    human = HUMAN[told]
    euclid = np.sqrt(((found - human) ** 2).sum(axis=1))
    return Distance(_ends(euclid), _ends(_correlations(found, human)), int(told.sum()))


def _correlations(found: Floats, human: Floats) -> Floats:
    """Return Pearson's correlation of each row with people's effects; NaN for rows that do not vary."""
    rows, people = found - found.mean(axis=1, keepdims=True), human - human.mean()
    scale = np.sqrt((rows**2).sum(axis=1) * (people**2).sum())
    products = rows @ people
    return np.divide(products, scale, out=np.full(len(rows), nan), where=scale > 1e-12)


def _ends(values: Floats) -> tuple[float, float, float]:
    """Return the first of some values, and the quantiles between which 95 % of the others lie."""
    others = values[1:][np.isfinite(values[1:])]
    low, high = np.quantile(others, [0.025, 0.975]) if len(others) else (nan, nan)
    return float(values[0]), float(low), float(high)


def _weights(scenarios: Sequence[Scenario], design: Design | None) -> Floats:
    chosen = design or Design()
    return np.array([chosen.weight(scenario) for scenario in scenarios])


def _checked(scenarios: Sequence[Scenario], spared: ArrayLike) -> Floats:
    chosen = np.asarray(spared, dtype=np.float64)
    if chosen.shape != (len(scenarios),) or not len(scenarios):
        raise ValueError(
            f"there are {len(scenarios)} scenarios, and of each it must be told how probably the first group is "
            f"spared; got shape {chosen.shape}"
        )
    known = chosen[np.isfinite(chosen)]
    if np.isinf(chosen).any() or (known < 0).any() or (known > 1).any():
        raise ValueError(
            "that a group is spared must be a probability in [0, 1], or NaN where there was no choice; got numbers "
            f"from {np.nanmin(chosen):g} to {np.nanmax(chosen):g}"
        )
    return chosen
