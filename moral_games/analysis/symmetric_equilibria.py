"""Best replies to beliefs, and what everyone with the same utility can do together: symmetric equilibria.

In a symmetric equilibrium each plays x and has no better reply to x. Utilities are tables of pure strategies, (S, S),
of which chance takes the expectation; `moral_games.analysis.moral_equilibria` is about those that judge the chances.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

RESOLUTION = 1e-9
"""Utilities that differ by less than this share of the largest are taken to be equal."""

MOST_STRATEGIES = 12
"""The most strategies of which every combination is tried: 4,095 of them."""


def best_replies(utility: ArrayLike, belief: ArrayLike) -> NDArray[np.bool_]:
    """Return which strategies are best against what the other is believed to do.

    Parameters
    ----------
    utility
        Shape (..., S, S); see `moral_games.analysis.preferences.utilities`.
    belief
        Probabilities of the other's strategies, (..., S).

    Returns
    -------
    array
        Shape (..., S) bool; more than one is True where several are as good.

    Raises
    ------
    ValueError
        If shapes disagree, or a belief is not a probability distribution.
    """
    table, believed = _table(utility), np.asarray(belief, dtype=np.float64)
    if believed.ndim < 1 or believed.shape[-1] != table.shape[-1]:
        raise ValueError(f"a belief is about {table.shape[-1]} strategies, got shape {believed.shape}")
    if not (believed >= 0).all() or not np.allclose(believed.sum(axis=-1), 1):
        raise ValueError(f"a belief needs probabilities that sum to 1, got {believed.tolist()}")
    expected = np.einsum("...xy,...y->...x", table, believed)
    slack = RESOLUTION * np.abs(table).max(axis=(-2, -1))[..., None]
    return expected >= expected.max(axis=-1, keepdims=True) - slack


def pure_equilibria(utility: ArrayLike) -> NDArray[np.bool_]:
    """Return which strategies are best replies to themselves; (..., S, S) to (..., S) bool.

    Only deviations to pure strategies are looked at; see `randomised_equilibria` for all.

    Examples
    --------
    >>> from moral_games.analysis.preferences import utilities
    >>> pure_equilibria(utilities("tg6", kappa=[0, 0.25, 0.5])).astype(int).tolist()
    [[0, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]
    """
    table = _table(utility)
    slack = RESOLUTION * np.abs(table).max(axis=(-2, -1))[..., None]
    return np.diagonal(table, axis1=-2, axis2=-1) >= table.max(axis=-2) - slack


def symmetric_equilibria(utility: ArrayLike) -> list[Floats]:
    """Return the symmetric equilibria that mix the fewest strategies: the pure ones, where there are any.

    Parameters
    ----------
    utility
        Shape (S, S), of at most 12 strategies.

    Returns
    -------
    list
        Probabilities (S,), at least one: for each smallest set of strategies an equilibrium that mixes them. (In
        a degenerate game a set may have infinitely many; then one of them.) Others may mix more.

    Raises
    ------
    ValueError
        If the utility is not a square matrix of finite numbers, or too large.

    Notes
    -----
    nashpy's support enumeration, which `moral_games.analysis.equilibria` uses, tries all pairs of supports. For
    symmetric equilibria there are but 2^S - 1 to try, by a linear programme, which degenerate games do not mislead.

    Examples
    --------
    >>> [x.round(3).tolist() for x in symmetric_equilibria([[0, 3], [1, 2]])]
    [[0.5, 0.5]]
    """
    table = one_table(utility)
    for size in range(1, len(table) + 1):
        found = list(mixing(table, size))
        if found:
            return found
    raise ArithmeticError(f"no symmetric equilibrium was found, and there is one (Nash 1951): {table.tolist()}")


def mixing(table: Floats, size: int) -> Iterator[Floats]:
    """Yield symmetric equilibria of a square table that mix exactly so many strategies; one a set of strategies."""
    count, scale = len(table), np.abs(table).max() or 1.0
    if size == 1:
        yield from np.eye(count)[pure_equilibria(table)]
        return
    for support in map(np.array, combinations(range(count), size)):
        x = _indifferent(table / scale, support)
        if x is not None and (x[support] > 1e-10).all():
            yield x


def _indifferent(table: Floats, support: NDArray[np.int64]) -> Floats | None:
    """Return probabilities on a set of strategies against which these are all best, or None if there are none."""
    from scipy.optimize import linprog

    others = np.setdiff1d(np.arange(len(table)), support)
    size = len(support)
    column = np.ones((size, 1))
    equal = np.block([[table[np.ix_(support, support)], -column], [column.T, np.zeros((1, 1))]])
    found = linprog(
        np.zeros(size + 1),
        A_ub=np.hstack([table[np.ix_(others, support)], -np.ones((len(others), 1))]),
        b_ub=np.zeros(len(others)),
        A_eq=equal,
        b_eq=np.append(np.zeros(size), 1.0),
        bounds=[(0, None)] * size + [(None, None)],
    )
    if not found.success:
        return None
    x = np.zeros(len(table))
    x[support] = found.x[:size]
    return x / x.sum()


def _table(utility: ArrayLike) -> Floats:
    table = np.asarray(utility, dtype=np.float64)
    if table.ndim < 2 or table.shape[-1] != table.shape[-2] or not table.size:
        raise ValueError(f"a utility has one row and one column a strategy, (..., S, S), got shape {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError(f"utilities must be finite numbers, without NaN or infinity, got {table.tolist()}")
    return table


def one_table(utility: ArrayLike) -> Floats:
    """Return a utility as one square table, (S, S).

    Raises
    ------
    ValueError
        If it is none, or larger than `MOST_STRATEGIES`.
    """
    table = _table(utility)
    if table.ndim != 2 or len(table) > MOST_STRATEGIES:
        raise ValueError(
            f"mixed equilibria are found of one matrix of at most {MOST_STRATEGIES} strategies, got {table.shape}"
        )
    return table
