"""Preferences as utilities over strategies: homo economicus, homo moralis, aversion to being behind and ahead.

Someone with degree of morality κ, behindness aversion α and aheadness aversion β, playing x against y, has utility

    u(x, y) = (1 − κ)·π(x, y) + κ·π(x, x) − α·E[max(0, π_j − π_i)] − β·E[max(0, π_i − π_j)].

π is the own material payoff, i oneself and j the other. In a game of different roles, a `TwoStageGame` or an
asymmetric `MatrixGame`, a strategy says what to do in each, and expectations are over both, each with probability one
half: one may be ahead in one role and behind in the other. A symmetric `MatrixGame` is taken as it is. Both morals are
those of `moral_games.rewards`: `homo_moralis` judges the game in either role, `inequity_aversion` each role by itself.

Source: Fehr & Schmidt (1999), Alger & Weibull (2013), and van Leeuwen & Alger (2024), who put them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import isfinite
from numbers import Real

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games import rewards
from moral_games.games import MatrixGame, TwoStageGame, as_game, either_role, protocol, protocols
from moral_games.rewards import Outcome, RewardFunction

Floats = NDArray[np.float64]
Interaction = str | MatrixGame | TwoStageGame
"""A game for two: itself, or the name of a protocol or of a game."""


@dataclass(frozen=True)
class Preference:
    """How much somebody minds what would happen if everyone did the same, being behind, and being ahead.

    ``Preference()`` is homo economicus, ``Preference(kappa=0.5)`` a homo moralis.

    Parameters
    ----------
    kappa
        Degree of morality in [0, 1]: 0 for homo economicus, 1 for homo kantiensis.
    alpha
        Aversion to being behind; negative for one who likes it.
    beta
        Aversion to being ahead; negative for spite.

    Raises
    ------
    ValueError
        If kappa is outside [0, 1], or one of them is not a finite number.
    """

    kappa: float = 0.0
    alpha: float = 0.0
    beta: float = 0.0

    def __post_init__(self) -> None:
        for name, number in vars(self).items():
            if isinstance(number, bool) or not isinstance(number, Real) or not isfinite(number):
                raise ValueError(f"{name} of a preference must be a finite number, got {number!r}")
        _check_kappa(self.kappa)

    def utility(self, game: Interaction) -> Floats:
        """Return the utility of each strategy against each; see `utilities`; (S, S)."""
        return utilities(game, self.kappa, self.alpha, self.beta)

    def __str__(self) -> str:
        held = ", ".join(f"{name}={number:g}" for name, number in vars(self).items() if number)
        return f"preference({held})" if held else "homo economicus"


def symmetric_game(game: Interaction) -> MatrixGame:
    """Return the symmetric game whose strategies preferences are about.

    Parameters
    ----------
    game
        A symmetric `MatrixGame` is that game already. For any other game for two it is the one in which each
        player is in either role with probability one half (`moral_games.games.either_role`).

    Raises
    ------
    ValueError
        If the game is not for two, or its name is unknown.
    """
    found = _interaction(game)
    if isinstance(found, TwoStageGame):
        return found.either_role
    return found if found.is_symmetric else either_role(found)


def utility_terms(game: Interaction) -> Floats:
    """Return what utilities are linear in: u = terms[0] + κ·terms[1] + α·terms[2] + β·terms[3].

    Parameters
    ----------
    game
        A protocol's name, a two-stage game, or a matrix game for two.

    Returns
    -------
    array
        Shape (4, S, S), read-only: the own payoff; by how much it would be more if the other did the same; minus
        how far one is behind; minus how far one is ahead. Rows are the own strategies, columns the other's.

    Raises
    ------
    ValueError
        If the game is not for two, or its name is unknown.

    Examples
    --------
    Who invests, against one who would keep, is 80 behind as the investor, which is half the time.

    >>> utility_terms("tg6")[:, 0, 3].tolist()
    [20.0, 50.0, -40.0, 0.0]
    """
    return _terms(_interaction(game))


def utilities(game: Interaction, kappa: ArrayLike = 0.0, alpha: ArrayLike = 0.0, beta: ArrayLike = 0.0) -> Floats:
    """Return the utility of each strategy against each, for one preference or for arrays of them.

    Parameters
    ----------
    game
        A protocol's name, a two-stage game, or a matrix game for two.
    kappa, alpha, beta
        Numbers, or arrays that broadcast to a shape (...).

    Returns
    -------
    array
        Shape (..., S, S); rows are the own strategies, columns the other's, in the order of the actions of
        `symmetric_game`: 8 in a sequential Prisoner's Dilemma, 4 in a mini trust or ultimatum game.

    Raises
    ------
    ValueError
        If a kappa is outside [0, 1], or a parameter is not finite.

    Examples
    --------
    >>> utilities("ipd", kappa=[0, 0.5])[..., 0, 1].tolist()
    [0.0, 1.5]
    """
    given = np.broadcast_arrays(*(np.asarray(number, dtype=np.float64) for number in (kappa, alpha, beta)))
    for name, numbers in zip(("kappa", "alpha", "beta"), given, strict=True):
        if not np.isfinite(numbers).all():
            raise ValueError(f"{name} must be finite, got {numbers[~np.isfinite(numbers)][0]}")
    _check_kappa(given[0])
    weights = np.stack([np.ones_like(given[0]), *given], axis=-1)
    return np.tensordot(weights, utility_terms(game), axes=1)


@lru_cache(maxsize=512)
def _terms(game: MatrixGame | TwoStageGame) -> Floats:
    """Return the `utility_terms` of a game."""
    roles = game.matrix if isinstance(game, TwoStageGame) else game
    symmetric = symmetric_game(game)
    own = symmetric.payoffs[..., 0]
    universal = _judged(symmetric, rewards.homo_moralis(kappa=1)).payoffs[..., 0]
    envy, guilt = (_judged(roles, rewards.inequity_aversion(alpha=a, beta=b)) for a, b in ((1, 0), (0, 1)))
    behind, ahead = ((each if roles is symmetric else either_role(each)).payoffs[..., 0] for each in (envy, guilt))
    terms = np.stack([own, universal - own, behind - own, ahead - own])
    terms.setflags(write=False)
    return terms


def _interaction(game: Interaction) -> MatrixGame | TwoStageGame:
    if isinstance(game, TwoStageGame):
        return game
    if isinstance(game, str) and game in protocols():
        return protocol(game)
    found = as_game(game)
    if found.players != 2:
        raise ValueError(f"preferences are about games for two players; game {found.name!r} has {found.players}")
    return found


def _judged(game: MatrixGame, reward: RewardFunction) -> MatrixGame:
    """Return a game with its rewards for payoffs, in no time: `moral_games.transform` asks what they amount to."""
    actions = game.joint_actions
    outcome = Outcome(game, np.full_like(actions, -1), actions)
    return MatrixGame(np.reshape(reward(outcome), game.payoffs.shape), game.actions, game.name)


def _check_kappa(kappa: ArrayLike) -> None:
    outside = np.asarray(kappa)[(np.asarray(kappa) < 0) | (np.asarray(kappa) > 1)]
    if outside.size:
        raise ValueError(f"kappa must lie in [0, 1], from homo economicus to homo kantiensis, got {outside.flat[0]:g}")
