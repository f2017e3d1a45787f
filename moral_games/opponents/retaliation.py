"""Relatives of tit-for-tat and of grim: how long a defection is remembered, and how it is answered."""

from __future__ import annotations

import numpy as np

from moral_games.games import MatrixGame
from moral_games.opponents.catalogue import ALL_TWO_ACTIONS, TWO_BY_TWO, strategy
from moral_games.opponents.machines import machine
from moral_games.policy import FiniteStatePolicy


@strategy(TWO_BY_TWO)
def tit_for_two_tats(game: MatrixGame) -> FiniteStatePolicy:
    """Defect only after the other defected twice in a row.

    Source: Axelrod (1984), where it is shown that it would have won the first tournament.
    """
    return machine("C", "1C 2C", "1C 2D")


@strategy(TWO_BY_TWO)
def two_tits_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Answer every defection with two.

    Source: Axelrod (1984).
    """
    return machine("C", "1C 2D", "3D 2D", "1C 2D")


@strategy(TWO_BY_TWO)
def hard_tit_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Defect if the other did in any of the last three rounds.

    Source: the competition of prisoners-dilemma.com (2017).
    """
    return machine("C", "1C 2D", "3D 2D", "4D 2D", "1C 2D")


@strategy(TWO_BY_TWO)
def hard_tit_for_two_tats(game: MatrixGame) -> FiniteStatePolicy:
    """Defect if the other did twice in a row within the last three rounds.

    Source: Stewart & Plotkin (2012), "Extortion and cooperation in the Prisoner's Dilemma".
    """
    return machine("C", "1C 2C", "4C 3D", "4D 3D", "1C 2C")


@strategy(ALL_TWO_ACTIONS)
def grim(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate until anybody else first defects, then defect for ever.

    Source: Friedman (1971), "A non-cooperative equilibrium for supergames", for any number of
    players; entered by Friedman in Axelrod (1980).
    """
    defected = game.joint_actions[:, 1:].any(axis=1)
    return FiniteStatePolicy(np.eye(2), np.stack([defected, np.ones_like(defected)]))


@strategy(TWO_BY_TWO)
def spiteful_cc(game: MatrixGame) -> FiniteStatePolicy:
    """Grim that cooperates in the first two rounds in any case.

    Source: Mathieu & Delahaye (2015), "New winning strategies for the iterated prisoner's dilemma".
    """
    return machine("C", "2C 3C", "2C 3D", "3D 3D")


@strategy(TWO_BY_TWO)
def aggravater(game: MatrixGame) -> FiniteStatePolicy:
    """Grim that defects in the first three rounds in any case.

    Source: Axelrod 4.14, by Thomas Campbell.
    """
    return machine("D", "2D 4D", "3D 4D", "3C 4D", "4D 4D")


@strategy(TWO_BY_TWO)
def opposite_grudger(game: MatrixGame) -> FiniteStatePolicy:
    """Defect until the other first cooperates, then cooperate for ever.

    Source: Axelrod 4.14, by Geraint Palmer.
    """
    return machine("D", "2C 1D", "2C 2C")


@strategy(TWO_BY_TWO)
def easy_go(game: MatrixGame) -> FiniteStatePolicy:
    """Defect until the other first defects, then cooperate for ever.

    Source: the PRISON software of the LIFL, Lille (1998); "Reverse Grudger" in Li, Hingston &
    Kendall (2011).
    """
    return machine("D", "1D 2C", "2C 2C")


@strategy(TWO_BY_TWO)
def soft_grudger(game: MatrixGame) -> FiniteStatePolicy:
    """Answer a defection with D, D, D, D, C, C, whatever happens meanwhile.

    Source: Li, Hingston & Kendall (2011).
    """
    return machine("C", "1C 2D", "3D 3D", "4D 4D", "5D 5D", "6C 6C", "1C 1C")


@strategy(TWO_BY_TWO)
def forgetful_grudger(game: MatrixGame) -> FiniteStatePolicy:
    """Answer a defection with ten, whatever happens meanwhile.

    Source: Axelrod 4.14, by Geraint Palmer.
    """
    punishing = [f"{state}D {state}D" for state in range(3, 12)]
    return machine("C", "1C 2D", *punishing, "1C 2D")


@strategy(TWO_BY_TWO)
def grudger_alternator(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate until the other first defects, then alternate, beginning with a defection.

    Source: the PRISON software of the LIFL, Lille (1998), "c_then_per_dc".
    """
    alternating = [1, 1, 2, 2]
    return FiniteStatePolicy(np.eye(2)[[0, 1, 0]], np.array([[0, 1, 0, 2], alternating, alternating]))


@strategy(TWO_BY_TWO)
def fool_me_once(game: MatrixGame) -> FiniteStatePolicy:
    """Defect for ever after the other's second defection.

    Source: Axelrod 4.14, by Marc Harper.
    """
    return machine("C", "1C 2C", "2C 3D", "3D 3D")


@strategy(TWO_BY_TWO)
def random_tit_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate, then copy the other and act at random in turns.

    Source: Axelrod 4.14, by Zachary M. Taylor.
    """
    copied = [1, 2, 1, 2]
    return FiniteStatePolicy(
        np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.5, 0.5]]), np.array([copied, [3] * 4, [3] * 4, copied])
    )
