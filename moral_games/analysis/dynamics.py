"""What becomes of a population whose types play each other: dynamics on a matrix of payoffs.

Everything here takes a payoff matrix (E, E), entry (i, j) being what type i gets from type j, such
as `TournamentResult.payoffs` or, for a population that breeds on moral rewards,
`TournamentResult.rewards`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.situations import Floats


def replicator(payoffs: ArrayLike, times: ArrayLike, shares: ArrayLike | None = None) -> Floats:
    """Return the shares of a large population's types over time, by nashpy's replicator dynamics.

    ẋ_i = x_i ((A x)_i − xᵀ A x). Source: Taylor & Jonker (1978), "Evolutionary stable strategies and
    game dynamics".

    Parameters
    ----------
    payoffs
        (E, E).
    times
        (T,) increasing; the first is when the shares are the given ones.
    shares
        (E,) the shares to begin with; equal by default.

    Returns
    -------
    ndarray
        (T, E) float64.

    Raises
    ------
    ValueError
        If a shape disagrees, or the shares are no distribution.
    """
    import nashpy

    matrix = _square(payoffs)
    first = np.full(len(matrix), 1 / len(matrix)) if shares is None else np.array(shares, dtype=np.float64)
    if first.shape != (len(matrix),) or not (first >= 0).all() or not np.isclose(first.sum(), 1):
        raise ValueError(f"shares must be {len(matrix)} numbers of at least 0 that sum to 1, got {shares!r}")
    moments = np.array(times, dtype=np.float64)
    if moments.ndim != 1 or not (np.diff(moments) > 0).all():
        raise ValueError(f"times must be an increasing list of numbers, got {times!r}")
    return nashpy.Game(matrix, matrix.T).replicator_dynamics(y0=first, timepoints=moments)


def moran(
    payoffs: ArrayLike,
    counts: ArrayLike,
    rng: np.random.Generator,
    selection: float = 1.0,
    most_births: int = 100_000,
) -> NDArray[np.int64]:
    """Return how many there are of each type after each birth of a Moran process, until one has taken over.

    In each step one is chosen to have a child, with probability proportional to its fitness, and the
    child replaces one chosen uniformly. Nashpy's function does the same, from NumPy's global generator.
    Source: Moran (1958), "Random processes in genetics"; with games, Nowak et al. (2004), "Emergence
    of cooperation and evolutionary stability in finite populations".

    Parameters
    ----------
    payoffs
        (E, E).
    counts
        (E,) int: how many there are of each type to begin with; at least two in all.
    rng
        Where every draw comes from.
    selection
        Intensity of selection w in [0, 1]: fitness is 1 − w + w times the mean payoff against the
        others.
    most_births
        When to stop if nobody has taken over.

    Returns
    -------
    ndarray
        (births + 1, E) int.

    Raises
    ------
    ValueError
        If a shape disagrees, the counts are no population, or a fitness is negative.
    """
    matrix = _square(payoffs)
    now = np.array(counts)
    if now.shape != (len(matrix),) or now.dtype.kind not in "iu" or (now < 0).any() or now.sum() < 2:
        raise ValueError(
            f"counts must be {len(matrix)} whole numbers of at least 0, two or more in all, got {counts!r}"
        )
    population = now.sum()
    history = [now]
    while now.max() < population and len(history) <= most_births:
        gained = (matrix @ now - np.diag(matrix)) / (population - 1)
        births = now * _fitness(np.where(now > 0, gained, 0.0), selection)
        child = _draw(births if births.any() else now, rng)
        gone = _draw(now, rng)
        now = now.copy()
        now[child] += 1
        now[gone] -= 1
        history.append(now)
    return np.array(history, dtype=np.int64)


def fixation_probability(
    payoffs: ArrayLike, mutant: int, resident: int, population: int, selection: float = 1.0
) -> float:
    """Return the probability that one mutant among residents takes over a Moran process; exact.

    ρ = 1 / (1 + Σ_{k=1}^{N−1} Π_{i=1}^{k} g_i / f_i), where f_i and g_i are the fitness of mutants
    and residents when there are i mutants. Source: Nowak (2006), "Evolutionary Dynamics", chapter
    7. The products are summed as logarithms, so that they do not overflow.

    Parameters
    ----------
    payoffs
        (E, E).
    mutant, resident
        Which types.
    population
        N, at least 2.
    selection
        See `moran`.

    Raises
    ------
    ValueError
        If a shape disagrees, a fitness is negative, or neither type can ever take over.

    Examples
    --------
    A mutant who is always twice as fit, (1 − 1/r) / (1 − 1/r^N) with r = 2 and N = 10:

    >>> round(fixation_probability([[2, 2], [1, 1]], mutant=0, resident=1, population=10), 6)
    0.500489
    """
    matrix = _square(payoffs)
    if not isinstance(population, int | np.integer) or population < 2:
        raise ValueError(f"population must be at least 2 and whole, got {population!r}")
    for name, chosen in (("mutant", mutant), ("resident", resident)):
        if not isinstance(chosen, int | np.integer) or not 0 <= chosen < len(matrix):
            raise ValueError(f"{name} must be a type, 0 to {len(matrix) - 1}, got {chosen!r}")
    mutants = np.arange(1, population)
    a, b = matrix[mutant, [mutant, resident]]
    c, d = matrix[resident, [mutant, resident]]
    of_mutants = _fitness((a * (mutants - 1) + b * (population - mutants)) / (population - 1), selection)
    of_residents = _fitness((c * mutants + d * (population - mutants - 1)) / (population - 1), selection)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums = np.cumsum(np.log(of_residents) - np.log(of_mutants))
    if np.isposinf(sums).any():  # mutants who have no children are lost
        return 0.0
    if np.isnan(sums).any():
        raise ValueError(
            f"types {mutant} and {resident} can both get a fitness of 0, after which neither takes over; "
            f"lower the selection intensity {selection} or raise all payoffs"
        )
    return float(np.exp(-np.logaddexp.reduce(sums, initial=0.0)))


def rare_mutation_distribution(payoffs: ArrayLike, population: int, selection: float = 1.0) -> Floats:
    """Return the share of time that a population of one type spends at each type, where mutations are rare.

    Then a mutant takes over or vanishes before the next one comes, and the population moves from type
    j to type i at the rate ρ_ij / (E − 1), with ρ_ij the fixation probability of one i among j.
    Source: Fudenberg & Imhof (2006), "Imitation processes with small mutations".

    Parameters
    ----------
    payoffs
        (E, E), at least two types.
    population
        N, at least 2.
    selection
        See `moran`.

    Returns
    -------
    ndarray
        (E,) float64, of sum 1.

    Raises
    ------
    ValueError
        As `fixation_probability`; or if there are several sets of types that no mutant can leave.

    Examples
    --------
    Two types, one twice as fit: the ratio of the shares is r^(N−1), here 2^4.

    >>> rare_mutation_distribution([[2, 2], [1, 1]], population=5) * 17
    array([16.,  1.])
    """
    matrix = _square(payoffs)
    types = len(matrix)
    rates = np.zeros((types, types))
    for resident in range(types):
        for mutant in range(types):
            if mutant != resident:
                rates[resident, mutant] = fixation_probability(matrix, mutant, resident, population, selection)
    return _stationary(rates)


def _stationary(rates: Floats) -> Floats:
    """Return the stationary distribution of a Markov chain from its (K, K) rates; the diagonal is not read.

    Without subtractions, so that shares of very different size are all accurate. Source: Grassmann,
    Taksar & Heyman (1985), "Regenerative analysis and steady state distributions for Markov chains".
    """
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(rates > 0, directed=True, connection="strong")
    leaves = (rates > 0) & (label[:, None] != label[None, :])
    closed = [np.flatnonzero(label == part) for part in range(count) if not leaves[label == part].any()]
    if len(closed) > 1:
        raise ValueError(
            f"no mutant ever takes over among types {' or '.join(str(part.tolist()) for part in closed)}, so that the "
            "share of time depends on where the population begins; lower the selection intensity or the population"
        )
    # A state that all others lead to comes first, so that no divisor below is 0.
    order = np.concatenate([closed[0], np.setdiff1d(np.arange(len(rates)), closed[0])])
    left = rates[np.ix_(order, order)].copy()
    for last in range(len(left) - 1, 0, -1):
        left[:last, last] /= left[last, :last].sum()
        left[:last, :last] += np.outer(left[:last, last], left[last, :last])
    shares = np.zeros(len(left))
    shares[0] = 1.0
    for state in range(1, len(left)):
        shares[state] = shares[:state] @ left[:state, state]
        shares /= shares.sum()
    result = np.empty_like(shares)
    result[order] = shares
    return result


def _fitness(payoffs: Floats, selection: float) -> Floats:
    if not 0 <= selection <= 1:
        raise ValueError(f"selection must be an intensity in [0, 1], got {selection}")
    fitness = 1 - selection + selection * payoffs
    if (fitness < 0).any():
        raise ValueError(
            f"fitness is 1 - w + w * payoff and must not be negative; with w = {selection} and a payoff of "
            f"{payoffs.min():g} it is {fitness.min():g}. Lower the selection intensity w or raise all payoffs"
        )
    return fitness


def _draw(weights: NDArray, rng: np.random.Generator) -> int:
    """Return an index, drawn in proportion to the weights."""
    heights = np.cumsum(weights)
    return int(np.searchsorted(heights, rng.random() * heights[-1], side="right"))


def _square(payoffs: ArrayLike) -> Floats:
    matrix = np.array(payoffs, dtype=np.float64)
    if matrix.ndim != 2 or len(set(matrix.shape)) != 1 or not matrix.size or not np.isfinite(matrix).all():
        raise ValueError(
            f"payoffs must be a finite matrix of shape (types, types), got shape {matrix.shape}"
            + ("" if np.isfinite(matrix).all() else " with NaN or infinity")
        )
    return matrix
