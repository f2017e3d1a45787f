"""The likelihood of choices under logit, its derivatives, and where it is highest.

Everything is a function of w = (1, κ, α, β) / λ, in which what stands in the exponent is linear. So the log-likelihood
is concave, and minus its Hessian, the observed information, is also the expected one (McFadden 1974).
"""

from __future__ import annotations

import numpy as np

from moral_games.analysis.choices import Choices, Floats


def choice_probabilities(choices: Choices, weights: Floats) -> Floats:
    """Return how probable each strategy is in each question by logit, (Q, S).

    Parameters
    ----------
    choices
        The questions.
    weights
        w = (1, κ, α, β) / λ, (4,).
    """
    return np.exp(_log_probabilities(choices, weights))


def log_likelihood(choices: Choices, weights: Floats) -> float:
    """Return the log-likelihood of all choices under w = (1, κ, α, β) / λ, (4,)."""
    logarithms = np.where(choices.possible, _log_probabilities(choices, weights), 0)
    return float((choices.pooled * logarithms).sum())


def maximised(choices: Choices, offset: Floats, basis: Floats, start: Floats | None = None) -> Floats:
    """Return the w = offset + basis @ z of the highest likelihood; where there is none, one of nearly the highest.

    Parameters
    ----------
    choices
        What was chosen.
    offset, basis
        Shapes (4,) and (4, F), the latter's columns being independent.
    start
        A w to start from, of this form; by default the offset.
    """
    from scipy.optimize import minimize

    if not basis.shape[1]:
        return offset
    found = minimize(
        lambda z: -log_likelihood(choices, offset + basis @ z),
        np.zeros(basis.shape[1]) if start is None else np.linalg.lstsq(basis, start - offset, rcond=None)[0],
        jac=lambda z: -basis.T @ score(choices, offset + basis @ z),
        hess=lambda z: basis.T @ information(choices, offset + basis @ z) @ basis,
        method="trust-exact",
        options={"gtol": 1e-9, "maxiter": 200},
    )
    return offset + basis @ found.x


def score(choices: Choices, weights: Floats) -> Floats:
    """Return the gradient of the log-likelihood, (4,)."""
    pooled = choices.pooled
    expected = pooled.sum(axis=-1, keepdims=True) * choice_probabilities(choices, weights)
    return np.einsum("qs,qks->k", pooled - expected, choices.terms)


def information(choices: Choices, weights: Floats) -> Floats:
    """Return minus the Hessian of the log-likelihood, (4, 4): what is observed is what is expected."""
    return covariances(choices, choice_probabilities(choices, weights))


def covariances(choices: Choices, probabilities: Floats) -> Floats:
    """Return the covariances of the terms, summed over the questions with the numbers of choices, (4, 4)."""
    mean = np.einsum("qks,qs->qk", choices.terms, probabilities)
    centred = np.where(choices.possible[:, None], choices.terms - mean[..., None], 0)
    asked = choices.pooled.sum(axis=-1, keepdims=True) * probabilities
    return np.einsum("qks,qls,qs->kl", centred, centred, asked)


def _log_probabilities(choices: Choices, weights: Floats) -> Floats:
    from scipy.special import log_softmax

    utility = np.tensordot(weights, choices.terms, axes=([0], [1]))
    return log_softmax(np.where(choices.possible, utility, -np.inf), axis=-1)
