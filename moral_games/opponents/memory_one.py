"""Strategies of two-by-two games that look at the last round and nothing else."""

from __future__ import annotations

import numpy as np

from moral_games.games import MatrixGame
from moral_games.opponents.catalogue import SAME_ACTIONS, TWO_BY_TWO, check_probabilities, strategy
from moral_games.policy import FiniteStatePolicy, PolicyTable


@strategy(TWO_BY_TWO)
def memory_one(
    game: MatrixGame, *, start: float = 0.5, cc: float = 0.5, cd: float = 0.5, dc: float = 0.5, dd: float = 0.5
) -> FiniteStatePolicy:
    """Cooperate with probability `start` at first, then as listed after each outcome, own action first.

    Source: Nowak & Sigmund (1990), "The evolution of stochastic strategies in the Prisoner's
    Dilemma"; the vector (p_CC, p_CD, p_DC, p_DD) of Press & Dyson (2012).
    """
    check_probabilities(start=start, cc=cc, cd=cd, dc=dc, dd=dd)
    return vector(start, cc, cd, dc, dd)


def vector(start: float, cc: float, cd: float, dc: float, dd: float) -> PolicyTable:
    """Return the memory-one policy with these probabilities of cooperation."""
    column = np.array([start, cc, cd, dc, dd], dtype=np.float64)
    return PolicyTable(np.stack([column, 1 - column], axis=1))


@strategy(SAME_ACTIONS)
def tit_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 0, then do what the other did.

    Source: Rapoport's entry in Axelrod (1980), "Effective choice in the Prisoner's Dilemma".
    """
    return PolicyTable(np.eye(game.shape[0])[[0, *game.joint_actions[:, 1]]])


@strategy(TWO_BY_TWO)
def suspicious_tit_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 1, then do what the other did.

    Source: Boyd & Lorberbaum (1987), "No pure strategy is evolutionarily stable in the repeated
    Prisoner's Dilemma game"; "Mistrust" in Beaufils, Delahaye & Mathieu (1997).
    """
    return vector(0, 1, 0, 1, 0)


@strategy(TWO_BY_TWO)
def anti_tit_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 0, then do what the other did not do.

    Source: Hilbe, Nowak & Traulsen (2013); "Psycho" in Ashlock, Kim & Ashlock (2009).
    """
    return vector(1, 0, 1, 0, 1)


@strategy(TWO_BY_TWO)
def bully(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 1, then do what the other did not do.

    Source: Nachbar (1992), "Evolution in the finitely repeated prisoner's dilemma".
    """
    return vector(0, 0, 1, 0, 1)


@strategy(TWO_BY_TWO)
def generous_tit_for_tat(game: MatrixGame, *, generosity: float = 1 / 3) -> FiniteStatePolicy:
    """Tit-for-tat that forgives a defection with probability `generosity`.

    Source: Nowak & Sigmund (1992), "Tit for tat in heterogeneous populations"; 1/3 is the
    optimum they derive for (T, R, P, S) = (5, 3, 1, 0).
    """
    check_probabilities(generosity=generosity)
    return vector(1, 1, generosity, 1, generosity)


@strategy(TWO_BY_TWO)
def win_stay_lose_shift(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 0; repeat the own action if the other cooperated, else change it.

    Source: Nowak & Sigmund (1993), "A strategy of win-stay, lose-shift", also called Pavlov.
    """
    return vector(1, 1, 0, 0, 1)


@strategy(TWO_BY_TWO)
def stochastic_win_stay_lose_shift(game: MatrixGame, *, error: float = 0.05) -> FiniteStatePolicy:
    """Win-stay, lose-shift that does the opposite with probability `error`; it begins with action 0.

    Source: Axelrod 4.14, "Stochastic WSLS".
    """
    check_probabilities(error=error)
    return vector(1, 1 - error, error, error, 1 - error)


@strategy(TWO_BY_TWO)
def win_shift_lose_stay(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 1; change the own action if the other cooperated, else repeat it.

    Source: Li, Hingston & Kendall (2011), "Engineering design of strategies for winning iterated
    prisoner's dilemma competitions", reverse Pavlov.
    """
    return vector(0, 0, 1, 1, 0)


@strategy(TWO_BY_TWO)
def firm_but_fair(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate except after being exploited, and with probability 2/3 after mutual defection.

    Source: Frean (1994), "The Prisoner's Dilemma without synchrony".
    """
    return vector(1, 1, 0, 1, 2 / 3)


@strategy(TWO_BY_TWO)
def grofman(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate, but only with probability 2/7 after the two did different things.

    Source: Grofman's entry in Axelrod (1980).
    """
    return vector(1, 1, 2 / 7, 2 / 7, 1)


@strategy(TWO_BY_TWO)
def joss(game: MatrixGame, *, cooperation: float = 0.9) -> FiniteStatePolicy:
    """Tit-for-tat that answers cooperation with cooperation only with probability `cooperation`.

    Source: Joss's entry in Axelrod (1980).
    """
    check_probabilities(cooperation=cooperation)
    return vector(1, cooperation, 0, cooperation, 0)


@strategy(TWO_BY_TWO)
def soft_joss(game: MatrixGame, *, retaliation: float = 0.9) -> FiniteStatePolicy:
    """Tit-for-tat that answers defection with defection only with probability `retaliation`.

    Source: the PRISON software of the LIFL, Lille (1998).
    """
    check_probabilities(retaliation=retaliation)
    return vector(1, 1, 1 - retaliation, 1, 1 - retaliation)


@strategy(TWO_BY_TWO)
def stochastic_cooperator(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate with the probabilities 0.935, 0.229, 0.266 and 0.42 after CC, CD, DC and DD.

    Source: Adami & Hintze (2013), "Evolutionary instability of zero-determinant strategies
    demonstrates that winning is not everything".
    """
    return vector(1, 0.935, 0.229, 0.266, 0.42)


@strategy(TWO_BY_TWO)
def desperate(game: MatrixGame) -> FiniteStatePolicy:
    """Begin at random, then cooperate only after mutual defection.

    Source: van den Berg & Weissing (2015), "The importance of mechanisms for the evolution of
    cooperation".
    """
    return vector(0.5, 0, 0, 0, 1)


@strategy(TWO_BY_TWO)
def hopeless(game: MatrixGame) -> FiniteStatePolicy:
    """Begin at random, then defect only after mutual cooperation.

    Source: van den Berg & Weissing (2015).
    """
    return vector(0.5, 0, 1, 1, 1)


@strategy(TWO_BY_TWO)
def willing(game: MatrixGame) -> FiniteStatePolicy:
    """Begin at random, then defect only after mutual defection.

    Source: van den Berg & Weissing (2015).
    """
    return vector(0.5, 1, 1, 1, 0)
