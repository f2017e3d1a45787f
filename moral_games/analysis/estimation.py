"""What somebody prefers, estimated from choices: degree of morality, aversions to being behind and ahead, and noise.

A chooser of strategies x against a belief y takes x with probability proportional to exp(u(x, y) / λ), where u is the
utility of `moral_games.analysis.preferences`. Since u is linear in κ, α and β, what stands in the exponent is linear in

    w = (1, κ, α, β) / λ,

and the log-likelihood is concave in w: it has one maximum or none, and Newton's method finds it. Whatever is held
fixed is a linear restriction on w. Estimates and standard errors of κ, α, β and λ follow by the delta method.

Source: McFadden (1974) for the conditional logit; van Leeuwen & Alger (2024) for this likelihood of these preferences;
Albert & Anderson (1984) for when there is no maximum.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, sqrt

import numpy as np

from moral_games.analysis.choices import Choices, Floats
from moral_games.analysis.likelihood import covariances, information, log_likelihood, maximised
from moral_games.names import unknown

PARAMETERS = ("kappa", "alpha", "beta", "noise")
"""Degree of morality, behindness aversion, aheadness aversion, and λ in units of payoff."""

RANK = 1e-8
"""Directions in which utilities differ by less than this share of the widest are taken to be flat."""


@dataclass(frozen=True, eq=False)
class Fit:
    """What is estimated, and how surely.

    Parameters
    ----------
    estimates
        Of each of `PARAMETERS`; NaN where it is not identified. An estimate of κ outside [0, 1] is reported as it is.
    standard_errors
        From the observed information, as if every counted choice had been drawn; 0 for what was held fixed.
    covariance
        Of the estimates, (4, 4), in the same order.
    log_likelihood
        At the maximum, or the least upper bound where there is no maximum.
    parameters
        How many were free.
    observations
        How many choices there were.
    choosers
        Of how many people.
    problems
        What is not identified and why, in words; empty where all is well.
    weights
        w, from which utilities divided by λ are made, (4,).
    """

    estimates: Mapping[str, float]
    standard_errors: Mapping[str, float]
    covariance: Floats
    log_likelihood: float
    parameters: int
    observations: float
    choosers: int
    problems: tuple[str, ...]
    weights: Floats

    @property
    def identified(self) -> bool:
        """Whether every parameter has an estimate."""
        return not any(np.isnan(number) for number in self.estimates.values())

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with choices for the number of observations; less is better."""
        return self.parameters * float(np.log(self.observations)) - 2 * self.log_likelihood

    def interval(self, parameter: str, confidence: float = 0.95) -> tuple[float, float]:
        """Return the ends of the interval by the standard error (Wald's), that of noise by its logarithm's.

        `moral_games.analysis.explanations.profile_interval` is by likelihood ratios.

        Raises
        ------
        ValueError
            If there is no such parameter, or the confidence is not in (0, 1).
        """
        from scipy.special import ndtri

        check_parameter(parameter)
        if not 0 < confidence < 1:
            raise ValueError(f"confidence must lie in (0, 1), got {confidence}")
        reach = float(ndtri(0.5 + confidence / 2)) * self.standard_errors[parameter]
        estimate = self.estimates[parameter]
        if parameter == "noise":
            with np.errstate(over="ignore"):
                factor = float(np.exp(reach / estimate))
            return estimate / factor, estimate * factor
        return estimate - reach, estimate + reach

    def __str__(self) -> str:
        said = ", ".join(
            f"{name} {'not identified' if np.isnan(number) else f'{number:.3f} ± {self.standard_errors[name]:.3f}'}"
            for name, number in self.estimates.items()
        )
        return "; ".join((f"{said}; log-likelihood {self.log_likelihood:.2f}", *self.problems))


def fit(
    choices: Choices,
    kappa: float | None = None,
    alpha: float | None = None,
    beta: float | None = None,
    noise: float | None = None,
) -> Fit:
    """Return the preference and noise that make the choices of all choosers together most probable.

    Parameters
    ----------
    choices
        What was chosen.
    kappa, alpha, beta, noise
        What is held fixed rather than estimated. ``fit(choices, kappa=0, alpha=0, beta=0)`` is homo economicus.

    Raises
    ------
    ValueError
        If κ is fixed outside [0, 1], a fixed number is not finite or the noise not positive, all are fixed, or there
        are fewer observations than free parameters.

    Examples
    --------
    >>> from moral_games.analysis.choices import simulate_choices
    >>> from moral_games.analysis.preferences import Preference
    >>> from moral_games.games import protocols
    >>> data = simulate_choices(Preference(kappa=0.5), 5.0, protocols(), np.random.default_rng(0), passes=100)
    >>> found = fit(data)
    >>> round(found.estimates["kappa"], 1), found.standard_errors["kappa"] < 0.05
    (0.5, True)
    """
    fixed = {"kappa": kappa, "alpha": alpha, "beta": beta, "noise": noise}
    _check_fixed(fixed)
    offset, basis = restricted(fixed)
    free = basis.shape[1]
    check_observations(choices.observations, free)
    scaled, flat = directions(choices, basis)
    weights = maximised(choices, offset, scaled)
    endless = _endless(choices, scaled)
    estimates = np.append(weights[1:], 1) / weights[0] if weights[0] else np.full(4, np.nan)
    slopes = derivatives(weights)
    covariance = np.zeros((4, 4))
    if scaled.size and not endless:
        told = scaled.T @ information(choices, weights) @ scaled
        covariance = slopes @ scaled @ np.linalg.pinv(told, hermitian=True) @ scaled.T @ slopes.T
    problems, lost = _problems(fixed, weights, slopes @ flat, endless)
    for place, (name, number) in enumerate(fixed.items()):
        if number is not None:
            estimates[place] = number
            covariance[place] = covariance[:, place] = 0
        elif name in lost:
            estimates[place] = np.nan
            covariance[place] = covariance[:, place] = np.nan
    return Fit(
        dict(zip(PARAMETERS, estimates.tolist(), strict=True)),
        dict(zip(PARAMETERS, np.sqrt(np.diagonal(covariance).clip(0)).tolist(), strict=True)),
        covariance,
        log_likelihood(choices, weights),
        free,
        choices.observations,
        len(choices.choosers),
        problems,
        weights,
    )


def restricted(fixed: Mapping[str, float | None]) -> tuple[Floats, Floats]:
    """Return the offset, (4,), and the basis, (4, F), of all w in which some of `PARAMETERS` are as given."""
    known = np.array([1.0, *(fixed[name] or 0.0 for name in PARAMETERS[:3])])
    unit = known / np.linalg.norm(known)
    free = np.eye(4)[:, [place for place, name in enumerate(PARAMETERS[:3], 1) if fixed[name] is None]]
    noise = fixed["noise"]
    return (np.zeros(4), np.column_stack([unit, free])) if noise is None else (known / noise, free)


def directions(choices: Choices, basis: Floats) -> tuple[Floats, Floats]:
    """Return directions of w that choices tell apart, alike in how sharply, and those that they do not.

    Both have shape (4, …); scaled so that the information at random choice is the identity.
    """
    random = choices.possible / choices.possible.sum(axis=-1, keepdims=True)
    values, vectors = np.linalg.eigh(basis.T @ covariances(choices, random) @ basis)
    told = values > RANK * max(values.max(), RANK)
    return basis @ vectors[:, told] / np.sqrt(values[told]), basis @ vectors[:, ~told]


def _endless(choices: Choices, basis: Floats) -> bool:
    """Return whether the likelihood rises without end in some direction: no choice is against it, and one for it.

    A linear programme (Albert & Anderson 1984; Konis 2007): what was chosen is nowhere worse than what was not.
    """
    from scipy.optimize import linprog

    asked = choices.pooled.sum(axis=-1, keepdims=True)
    chosen = choices.pooled > 1e-12 * asked
    differences = choices.terms[:, :, :, None] - choices.terms[:, :, None, :]
    pairs = chosen[:, :, None] & choices.possible[:, None, :] & ~np.eye(chosen.shape[1], dtype=bool)
    better = np.unique(np.moveaxis(differences, 1, -1)[pairs] @ basis, axis=0)
    if not better.size or not np.abs(better).max():
        return False
    better = better / np.abs(better).max()
    found = linprog(-better.sum(axis=0), A_ub=-better, b_ub=np.zeros(len(better)), bounds=[(-1, 1)] * basis.shape[1])
    return found.success and -found.fun > 1e-6


def derivatives(weights: Floats) -> Floats:
    """Return the derivatives of κ, α, β and λ by w, (4, 4); where w has no λ, those at λ = 1."""
    if not weights[0]:
        weights = np.ones(4)
    noise = 1 / weights[0]
    return noise * np.hstack([-noise * np.append(weights[1:], 1)[:, None], np.vstack([np.eye(3), np.zeros(3)])])


def _problems(
    fixed: Mapping[str, float | None], weights: Floats, flat: Floats, endless: bool
) -> tuple[tuple[str, ...], set[str]]:
    """Return what keeps parameters from being estimated, in words, and which ones."""
    free = [name for name, number in fixed.items() if number is None]
    if endless:
        return (
            "not identified: less and less noise, or stronger and stronger motives, explain these choices better "
            "without end, as with one who never wavers; the likelihood has no maximum",
        ), set(free)
    moved = np.abs(flat).max(axis=1) > sqrt(RANK) * np.abs(flat).max() if flat.size else np.zeros(4, dtype=bool)
    lost = [name for name, moves in zip(PARAMETERS, moved, strict=True) if moves and name in free]
    if weights[0] <= 0 and "noise" not in lost:
        return ("not identified: more payoff makes a strategy no more probable, so that noise is not positive",), set(
            free
        )
    if lost:
        return (f"not identified: {', '.join(lost)}; changed together, they explain these choices as well",), set(lost)
    kappa = weights[1] / weights[0]
    if "kappa" in free and not 0 <= kappa <= 1:
        return (f"kappa is estimated at {kappa:.3f}, outside [0, 1]; hold it at the nearer end to see the rest",), set()
    return (), set()


def _check_fixed(fixed: Mapping[str, float | None]) -> None:
    for name, number in fixed.items():
        if number is not None and not isfinite(number):
            raise ValueError(f"{name} must be finite, got {number}")
    kappa, noise = fixed["kappa"], fixed["noise"]
    if kappa is not None and not 0 <= kappa <= 1:
        raise ValueError(f"kappa must lie in [0, 1], from homo economicus to homo kantiensis, got {kappa:g}")
    if noise is not None and noise <= 0:
        raise ValueError(f"noise must be positive, got {noise:g}")
    if None not in fixed.values():
        raise ValueError("every parameter is fixed, so that there is nothing to estimate; leave one free")


def check_observations(observations: float, free: int = len(PARAMETERS)) -> None:
    """Raise a ValueError if there are fewer observations than free parameters."""
    if observations < free:
        raise ValueError(
            f"{free} parameters need at least as many observations, got {observations:g}; "
            "hold some fixed, or observe more choices"
        )


def check_parameter(parameter: str) -> None:
    """Raise a ValueError unless it is one of `PARAMETERS`."""
    if parameter not in PARAMETERS:
        raise unknown("parameter", parameter, PARAMETERS)
