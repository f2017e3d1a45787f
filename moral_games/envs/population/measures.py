"""What rounds of a population amount to: pure functions of the recorded rounds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from moral_games.envs.population.record import Floats, Ints, Round


def cooperation(rounds: Sequence[Round]) -> Floats:
    """Return the share of cooperative actions (action 0) in each round, over both players of all games; (T,).

    Source: Tennant et al. (2024), "% cooperation".
    """
    return np.array([(played.actions == 0).mean() for played in rounds])


def cooperative_selections(rounds: Sequence[Round]) -> Floats:
    """Return in each round how often a cooperative partner was selected where there was one; (T,).

    It is the number of selections of a player whose last move was to cooperate, divided by the
    number of selectors who had such a player among the others; NaN where nobody had one.

    Raises
    ------
    ValueError
        If partners were not selected.

    Source: Tennant et al. (2024).
    """
    _need_selection(rounds)
    shares = np.full(len(rounds), np.nan)
    for t, played in enumerate(rounds):
        cooperative = played.before == 0
        had_one = (cooperative.sum() - cooperative > 0).sum()
        if had_one:
            shares[t] = cooperative[played.selected].sum() / had_one
    return shares


def selections(rounds: Sequence[Round]) -> Ints:
    """Return how often each player (row) selected each other one (column); (N, N) int.

    Raises
    ------
    ValueError
        If partners were not selected.
    """
    _need_selection(rounds)
    players = len(rounds[0].before)
    counts = np.zeros((players, players), dtype=np.int64)
    for played in rounds:
        counts[np.arange(players), played.selected] += 1
    return counts


def popularity(rounds: Sequence[Round]) -> Floats:
    """Return each player's share of all selections, its times selected / (N · rounds); (N,), summing to 1.

    Raises
    ------
    ValueError
        If partners were not selected.

    Source: Tennant et al. (2024).
    """
    counts = selections(rounds)
    return counts.sum(axis=0) / counts.sum()


def collective_payoff(rounds: Sequence[Round]) -> Floats:
    """Return the sum of all payoffs of each round; (T,). Source: Tennant et al. (2024), "collective"."""
    return np.array([played.payoffs.sum() for played in rounds])


def payoff_equality(rounds: Sequence[Round]) -> Floats:
    """Return the mean over each round's games of 1 − |R_i − R_j| / (|R_i| + |R_j|); (T,), 1 where both are 0.

    Source: Tennant et al. (2024), "gini".
    """
    return np.array([_equality(played.payoffs).mean() for played in rounds])


def minimum_payoff(rounds: Sequence[Round]) -> Floats:
    """Return the mean over each round's games of the lower payoff; (T,). Source: Tennant et al. (2024), "min"."""
    return np.array([played.payoffs.min(axis=1).mean() for played in rounds])


def _equality(payoffs: Floats) -> Floats:
    size = np.abs(payoffs).sum(axis=1)
    return 1.0 - np.abs(payoffs[:, 0] - payoffs[:, 1]) / np.where(size == 0, 1.0, size)


def _need_selection(rounds: Sequence[Round]) -> None:
    if not rounds:
        raise ValueError("selections are counted over at least one round, got none")
    if any((played.selected < 0).any() for played in rounds):
        raise ValueError("in these rounds partners were not selected; play them with matching='selection'")
