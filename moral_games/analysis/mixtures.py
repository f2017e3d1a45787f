"""Types of people: a finite mixture of preferences, estimated from the choices of many by expectation-maximisation.

Each chooser is of one of K types, type k with probability φ_k; given the type, all choices are independent logits. The
likelihood is Σ_i ln Σ_k φ_k f(choices of i | type k). It has many local maxima, so the best of several starts is kept.

Source: Dempster, Laird & Rubin (1977) for the algorithm; van Leeuwen & Alger (2024) for mixtures of these preferences.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from moral_games.analysis.choices import Choices, Floats
from moral_games.analysis.estimation import PARAMETERS, Fit, derivatives, directions, fit
from moral_games.analysis.likelihood import choice_probabilities, maximised

MOST_ROUNDS = 500
"""After so many rounds expectation-maximisation stops, wherever it is."""


@dataclass(frozen=True, eq=False)
class Mixture:
    """Types of choosers, the most frequent first.

    Parameters
    ----------
    types
        The fit of each type, K of them; its standard errors take it as known who is of the type.
    shares
        Of all choosers, (K,).
    memberships
        How probably each chooser is of each type, (I, K).
    standard_errors
        For each type, of `moral_games.analysis.estimation.PARAMETERS`, with types unknown; from the outer product of
        the choosers' scores. NaN where there are fewer choosers than parameters, and large where hardly more.
    log_likelihood
        At the best maximum that was found.
    """

    types: tuple[Fit, ...]
    shares: Floats
    memberships: Floats
    standard_errors: tuple[Mapping[str, float], ...]
    log_likelihood: float

    @property
    def parameters(self) -> int:
        """How many numbers are estimated: four a type, and the shares."""
        return 5 * len(self.types) - 1

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with choosers for the number of observations; less is better."""
        return self.parameters * float(np.log(len(self.memberships))) - 2 * self.log_likelihood

    @property
    def entropy(self) -> float:
        """How unclear it is who is of which type: 0 where it is certain, 1 where nothing is known."""
        from scipy.special import entr

        if len(self.types) == 1:
            return 0.0
        return float(entr(self.memberships).sum() / (len(self.memberships) * np.log(len(self.types))))


class _State(NamedTuple):
    """Where expectation-maximisation stands."""

    weights: Floats
    shares: Floats
    memberships: Floats
    log_likelihood: float


def fit_mixture(choices: Choices, types: int, rng: np.random.Generator, starts: int = 5) -> Mixture:
    """Return the types whose mixture makes the choices most probable, of those found from several random starts.

    Parameters
    ----------
    choices
        Of at least as many choosers as there are types, best many.
    types
        How many; compare the BIC of several numbers.
    rng
        Draws the starts.
    starts
        How many.

    Raises
    ------
    ValueError
        If there are fewer choosers than types, no start, or from every start some type is left without choosers.

    Examples
    --------
    >>> from moral_games.analysis.choices import merged, simulate_choices
    >>> from moral_games.analysis.preferences import Preference
    >>> from moral_games.games import protocols
    >>> rng = np.random.default_rng(0)
    >>> egoists = simulate_choices(Preference(), 5.0, protocols(), rng, passes=4, choosers=15)
    >>> kantians = simulate_choices(Preference(kappa=0.8), 5.0, protocols(), rng, passes=4, choosers=10)
    >>> found = fit_mixture(merged([egoists, kantians]), 2, rng, starts=2)
    >>> [each.estimates["kappa"] > 0.5 for each in found.types], found.shares.round(2).tolist()
    ([False, True], [0.6, 0.4])
    """
    people = len(choices.choosers)
    if not 1 <= types <= people:
        raise ValueError(f"{people} choosers can be of 1 to {people} types, got {types}")
    if starts < 1:
        raise ValueError(f"a mixture needs at least one start, got {starts}")
    drawn = [rng.dirichlet(np.full(types, 0.3), size=people) for _ in range(starts)]
    found = [state for memberships in drawn if (state := _climbed(choices, memberships)) is not None]
    if not found:
        raise ValueError(f"from no start were there choosers of all {types} types; ask for fewer types")
    best = max(found, key=lambda state: state.log_likelihood)
    order = np.argsort(-best.shares, kind="stable")
    best = _State(best.weights[order], best.shares[order], best.memberships[:, order], best.log_likelihood)
    fits = tuple(fit(_weighted(choices, memberships)) for memberships in best.memberships.T)
    return Mixture(fits, best.shares, best.memberships, _standard_errors(choices, best, fits), best.log_likelihood)


def _climbed(choices: Choices, memberships: Floats) -> _State | None:
    """Return where expectation-maximisation ends; None where a type loses its choosers."""
    basis, _ = directions(choices, np.eye(4))
    weights: list[Floats | None] = [None] * memberships.shape[1]
    before = -np.inf
    for _ in range(MOST_ROUNDS):
        counts = [_weighted(choices, belonging) for belonging in memberships.T]
        if min(each.observations for each in counts) < len(PARAMETERS):
            return None
        weights = [maximised(each, np.zeros(4), basis, start) for each, start in zip(counts, weights, strict=True)]
        shares = memberships.mean(axis=0)
        state = _expected(choices, np.array(weights), shares)
        if state.log_likelihood - before < 1e-7 * abs(state.log_likelihood):
            break
        memberships, before = state.memberships, state.log_likelihood
    return state


def _expected(choices: Choices, weights: Floats, shares: Floats) -> _State:
    """Return how probably each chooser is of each type, and the likelihood."""
    from scipy.special import logsumexp, xlogy

    likelihoods = np.stack(
        [xlogy(choices.counts, choice_probabilities(choices, each)).sum(axis=(1, 2)) for each in weights], axis=1
    )
    joint = likelihoods + np.log(shares)
    each = logsumexp(joint, axis=1, keepdims=True)
    return _State(weights, shares, np.exp(joint - each), float(each.sum()))


def _weighted(choices: Choices, belonging: Floats) -> Choices:
    return replace(choices, counts=choices.counts * belonging[:, None, None])


def _standard_errors(choices: Choices, state: _State, fits: tuple[Fit, ...]) -> tuple[Mapping[str, float], ...]:
    """Return standard errors from the outer product of the choosers' scores (Berndt, Hall, Hall & Hausman 1974)."""
    scores = []
    for weights, belonging in zip(state.weights, state.memberships.T, strict=True):
        asked = choices.counts.sum(axis=-1, keepdims=True)
        surprise = choices.counts - asked * choice_probabilities(choices, weights)
        scores.append(np.einsum("iqs,qks->ik", surprise, choices.terms) * belonging[:, None])
    ratios = state.memberships / state.shares
    together = np.hstack([*scores, ratios[:, :-1] - ratios[:, -1:]])
    people, parameters = together.shape
    if people < parameters:
        return tuple(dict.fromkeys(PARAMETERS, np.nan) for _ in fits)
    covariance = np.linalg.pinv(together.T @ together, hermitian=True)
    errors = []
    for place, (found, weights) in enumerate(zip(fits, state.weights, strict=True)):
        block = slice(4 * place, 4 * place + 4)
        variances = np.diagonal(derivatives(weights) @ covariance[block, block] @ derivatives(weights).T)
        known = [np.nan if np.isnan(number) else 1.0 for number in found.estimates.values()]
        errors.append(dict(zip(PARAMETERS, (np.sqrt(variances.clip(0)) * known).tolist(), strict=True)))
    return tuple(errors)
