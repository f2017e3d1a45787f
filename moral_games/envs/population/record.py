"""What happened in a round of a population, as arrays and as each player saw it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Round(NamedTuple):
    """One round of a population of N players: G games, in the order in which they were played.

    Attributes
    ----------
    before, after
        (N,) int: each player's last move, in whichever game it was, before and after the round.
    selected
        (N,) int: whom each player selected; -1 where partners are not selected.
    games
        (G, 2) int: who played; where partners are selected, the selector first.
    actions
        (G, 2) int, -1 for an illegal answer.
    payoffs, rewards
        (G, 2) float64.
    """

    before: Ints
    selected: Ints
    games: Ints
    actions: Ints
    payoffs: Floats
    rewards: Floats
    after: Ints


class PlayedGame(NamedTuple):
    """One game of a round, as one of its two players saw it.

    Attributes
    ----------
    opponent
        The other's seat.
    selector
        Whether this player selected the other for this game.
    action, opponent_action
        What was played, -1 for an illegal answer.
    opponent_last_move
        What the other had played last, against anyone, before the round: the state of the game.
    payoff, reward
        What this player was paid, and what its value makes of the game.
    """

    opponent: int
    selector: bool
    action: int
    opponent_action: int
    opponent_last_move: int
    payoff: float
    reward: float


def games_by_player(played: Round) -> list[list[PlayedGame]]:
    """Return the games of a round as each player saw them, in the order in which they were played."""
    seen: list[list[PlayedGame]] = [[] for _ in played.before]
    before, selects = played.before.tolist(), bool((played.selected >= 0).all())
    listed = (array.tolist() for array in (played.games, played.actions, played.payoffs, played.rewards))
    for (i, j), (one, other), (paid_i, paid_j), (reward_i, reward_j) in zip(*listed, strict=True):
        seen[i].append(PlayedGame(j, selects, one, other, before[j], paid_i, reward_i))
        seen[j].append(PlayedGame(i, False, other, one, before[i], paid_j, reward_j))
    return seen


def last_moves(before: Ints, games: Ints, actions: Ints) -> Ints:
    """Return each player's last legal move after some games were played in order; (N,) int.

    Parameters
    ----------
    before
        (N,) int: the last moves until then, kept by those who did not play.
    games, actions
        (G, 2) int: who played, and what.
    """
    after, legal = before.copy(), actions >= 0
    after[games[legal]] = actions[legal]
    return after
