"""Who plays whom."""

from __future__ import annotations

import numpy as np

from moral_games.envs.population.record import Ints
from moral_games.names import unknown

MATCHINGS = ("selection", "round_robin", "random")


def games_of_a_round(matching: str, selected: Ints, rng: np.random.Generator) -> Ints:
    """Return the games of a round in the random order in which they are played; (G, 2) int.

    Parameters
    ----------
    matching
        One of `MATCHINGS`.
    selected
        (N,) int: whom each player selected; only its length counts for the other matchings.
    rng
        Where the draws come from.

    Raises
    ------
    ValueError
        If there is no such matching.
    """
    match matching:
        case "selection":
            games = with_selected(selected)
        case "round_robin":
            games = round_robin(len(selected))
        case "random":
            games = random_pairs(len(selected), rng)
        case _:
            raise unknown("matching", matching, MATCHINGS)
    return rng.permutation(games)


def other_seat(seats: Ints, choices: Ints) -> Ints:
    """Return the seat that each choice 0 to N - 2 among the others of `seats` stands for, in ascending order; (K,).

    Examples
    --------
    >>> other_seat(np.array([0, 1, 2]), np.array([0, 0, 1]))
    array([1, 0, 1])
    """
    return choices + (choices >= seats)


def with_selected(selected: Ints) -> Ints:
    """Return one game for each player, against the one it selected; (N, 2) int, selector first."""
    return np.stack([np.arange(len(selected)), selected], axis=1)


def round_robin(players: int) -> Ints:
    """Return one game for each pair; (N(N - 1) / 2, 2) int."""
    return np.stack(np.triu_indices(players, 1), axis=1)


def random_pairs(players: int, rng: np.random.Generator) -> Ints:
    """Return a uniformly random pairing, in which each plays once; (N // 2, 2) int.

    Where N is odd, one player, drawn uniformly, sits out.
    """
    return rng.permutation(players)[: players // 2 * 2].reshape(-1, 2)
