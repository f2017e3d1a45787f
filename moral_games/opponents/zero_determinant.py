"""Zero-determinant strategies: memory-one strategies that tie the two players' payoffs to a line."""

from __future__ import annotations

import numpy as np

from moral_games.games import MatrixGame
from moral_games.opponents.catalogue import DILEMMA, strategy
from moral_games.opponents.memory_one import vector
from moral_games.policy import FiniteStatePolicy


@strategy(DILEMMA)
def extortion(game: MatrixGame, *, chi: float = 2.0, phi: float | None = None) -> FiniteStatePolicy:
    """Take `chi` times what the other gets, both counted from the payoff P of mutual defection.

    In the long run (own − P) = chi (other − P), whatever the other does.

    Source: Press & Dyson (2012), equation 14. With (T, R, P, S) = (5, 3, 1, 0) and chi = 2 it is
    the Extort-2 of Stewart & Plotkin (2012), (8/9, 1/2, 1/3, 0).
    """
    _check_factor(chi)
    return linear_relation(game, float(game.payoffs[1, 1, 0]), 1 / chi, phi)


@strategy(DILEMMA)
def generous_zero_determinant(game: MatrixGame, *, chi: float = 2.0, phi: float | None = None) -> FiniteStatePolicy:
    """Bear `chi` times the other's loss, both counted from the payoff R of mutual cooperation.

    In the long run (R − own) = chi (R − other), whatever the other does.

    Source: Stewart & Plotkin (2012) and (2013), "From extortion to generosity, evolution in the
    Iterated Prisoner's Dilemma". With (5, 3, 1, 0), chi = 2 and phi = 1/4 it is their ZDGTFT-2,
    (1, 1/8, 1, 1/4).
    """
    _check_factor(chi)
    return linear_relation(game, float(game.payoffs[0, 0, 0]), 1 / chi, phi)


@strategy(DILEMMA)
def set_score(game: MatrixGame, *, score: float | None = None, phi: float | None = None) -> FiniteStatePolicy:
    """Fix the other's long-run payoff at `score`, whatever the other does; by default midway from P to R.

    Source: Boerlijst, Nowak & Sigmund (1997), "Equal pay for all prisoners"; Press & Dyson (2012),
    equation 9.
    """
    midway = float(game.payoffs[0, 0, 0] + game.payoffs[1, 1, 0]) / 2
    return linear_relation(game, midway if score is None else score, 0.0, phi)


def linear_relation(game: MatrixGame, baseline: float, slope: float, phi: float | None) -> FiniteStatePolicy:
    """Return the strategy that enforces slope × (own − baseline) = other − baseline in the long run.

    Parameters
    ----------
    game
        Two-by-two and symmetric, with payoffs T, R, P, S.
    baseline, slope
        The line.
    phi
        How fast it reacts; it does not change the line. By default half of the largest that is
        possible.

    Returns
    -------
    FiniteStatePolicy
        It cooperates in the first round.

    Raises
    ------
    ValueError
        If the game has no such strategy, or not with this `phi`.

    Notes
    -----
    Hilbe, Nowak & Traulsen (2013), equation 14: the probabilities of cooperation are (1, 1, 0, 0)
    − φ (other − baseline − slope (own − baseline)), outcome by outcome.
    """
    own, other = game.payoffs.reshape(4, 2).T
    repeats = np.array([1.0, 1.0, 0.0, 0.0])
    pull = slope * (own - baseline) - (other - baseline)
    towards = np.where(repeats == 1, -pull, pull)
    if (towards < -1e-12).any() or not (towards > 0).any():
        raise ValueError(
            f"game {game.name!r} has no zero-determinant strategy with slope {slope:g} through {baseline:g}; "
            "the baseline must lie between the payoffs of mutual defection and mutual cooperation, and the slope "
            "at most at 1 (chi at least 1)"
        )
    largest = 1 / float(towards.max())
    chosen = largest / 2 if phi is None else phi
    if not 0 < chosen <= largest * (1 + 1e-12):
        raise ValueError(f"phi must lie in (0, {largest:g}] in game {game.name!r}, got {chosen:g}")
    return vector(1, *np.clip(repeats + chosen * pull, 0.0, 1.0))


def _check_factor(chi: float) -> None:
    if chi < 1:
        raise ValueError(f"chi must be at least 1, got {chi:g}")
