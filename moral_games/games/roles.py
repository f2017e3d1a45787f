"""A game whose players have different roles, played by people who may find themselves in either."""

from __future__ import annotations

import numpy as np

from moral_games.games.families import LARGEST
from moral_games.games.game import MatrixGame


def either_role(game: MatrixGame) -> MatrixGame:
    """Return the symmetric game in which each player is in either role with probability one half.

    A strategy says what to do in each role: strategy a·A_1 + b takes action a as player 0 and action b
    as player 1. Its payoff against another is the mean over the two ways to assign the roles.

    Parameters
    ----------
    game
        A game for two, of shape (A_0, A_1).

    Returns
    -------
    MatrixGame
        Symmetric, with A_0·A_1 strategies a player, named by what is done in either role.

    Raises
    ------
    ValueError
        If the game is not for two, or the table would be too large.

    Notes
    -----
    Role and payoff are then what van Leeuwen & Alger (2024) pay their subjects by. Only in a symmetric game does
    it mean anything to ask what would happen if everyone did the same (`moral_games.rewards.homo_moralis`).

    Examples
    --------
    >>> battle = MatrixGame.from_payoffs([[[3, 2], [0, 0]], [[0, 0], [2, 3]]], ["bach", "stravinsky"])
    >>> fair = either_role(battle)
    >>> fair.actions[0]
    ('bach; bach', 'bach; stravinsky', 'stravinsky; bach', 'stravinsky; stravinsky')
    >>> fair.payoffs[0, 0].tolist()
    [2.5, 2.5]
    """
    if game.players != 2:
        raise ValueError(f"roles are exchanged between two players; game {game.name!r} has {game.players}")
    strategies = game.shape[0] * game.shape[1]
    if 2 * strategies**2 > LARGEST:
        raise ValueError(
            f"game {game.name!r} with actions {game.shape} has {strategies:,} strategies for both roles, and "
            f"a table of 2 x {strategies:,}^2 payoffs; at most {LARGEST:,} are allowed: take fewer actions"
        )
    first, second = np.divmod(np.arange(strategies), game.shape[1])
    own = game.payoffs[first[:, None], second, 0] / 2 + game.payoffs[first, second[:, None], 1] / 2
    names = tuple(f"{one}; {other}" for one in game.actions[0] for other in game.actions[1])
    title = f"{game.title}, in either role" if game.title else ""
    return MatrixGame(np.stack([own, own.T], axis=-1), (names, names), game.name, title, game.source)
