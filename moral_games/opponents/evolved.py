"""Published finite automata, most of them evolved; all react to the other's actions only."""

from __future__ import annotations

from moral_games.games import MatrixGame
from moral_games.opponents.catalogue import TWO_BY_TWO, strategy
from moral_games.opponents.machines import machine
from moral_games.policy import FiniteStatePolicy


@strategy(TWO_BY_TWO)
def fortress_3(game: MatrixGame) -> FiniteStatePolicy:
    """Defect; cooperate once the other has defected twice in a row, and for as long as it then cooperates.

    Source: W. Ashlock & D. Ashlock (2006), "Changes in prisoner's dilemma strategies over
    evolutionary time with different population sizes".
    """
    return machine("D", "1D 2D", "1D 3C", "3C 1D")


@strategy(TWO_BY_TWO)
def fortress_4(game: MatrixGame) -> FiniteStatePolicy:
    """Defect; cooperate once the other has defected three times in a row, and for as long as it then cooperates.

    Source: W. Ashlock & D. Ashlock (2006).
    """
    return machine("D", "1D 2D", "1D 3D", "1D 4C", "4C 1D")


@strategy(TWO_BY_TWO)
def predator(game: MatrixGame) -> FiniteStatePolicy:
    """Follow an automaton of nine states that evolution found.

    Source: W. Ashlock & D. Ashlock (2006).
    """
    return machine("C", "1D 2D", "3D 4D", "5C 4D", "6D 5C", "3C 7D", "8D 4D", "8C 8D", "9D 8D", "9D 7D")


@strategy(TWO_BY_TWO)
def punisher_1(game: MatrixGame) -> FiniteStatePolicy:
    """Defect, cooperate, then answer as an automaton of two states.

    Source: D. Ashlock, Kim & Leahy (2006), "Understanding representational sensitivity in the
    iterated prisoner's dilemma with fingerprints", Pun1.
    """
    return machine("D", "2C 2C", "1C 1D")


@strategy(TWO_BY_TWO)
def raider(game: MatrixGame) -> FiniteStatePolicy:
    """Exploit the other until it defends itself, and then play tit-for-tat.

    Source: W. Ashlock, Tsang & D. Ashlock (2014), "The evolution of exploitation".
    """
    return machine("D", "3D 3D", "2C 2D", "1D 4C", "1D 2C")


@strategy(TWO_BY_TWO)
def ripoff(game: MatrixGame) -> FiniteStatePolicy:
    """Defect now and then while the other lets it, and play tit-for-tat once it does not.

    Source: D. Ashlock & Kim (2008), "Fingerprinting: visualization and automatic analysis of
    prisoner's dilemma strategies".
    """
    return machine("D", "2C 3C", "1D 3C", "3C 3D")


@strategy(TWO_BY_TWO)
def usually_cooperates(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate, except once after the other played D and then C.

    Source: D. Ashlock, Kim & W. Ashlock (2009), "Fingerprint analysis of the noisy prisoner's
    dilemma using a finite-state representation".
    """
    return machine("C", "1C 2C", "1D 1C")


@strategy(TWO_BY_TWO)
def usually_defects(game: MatrixGame) -> FiniteStatePolicy:
    """Defect, except once after the other played C and then D.

    Source: D. Ashlock, Kim & W. Ashlock (2009).
    """
    return machine("D", "2D 1D", "1D 1C")


@strategy(TWO_BY_TWO)
def solution_b1(game: MatrixGame) -> FiniteStatePolicy:
    """Defect until the other cooperates, defect once more, then cooperate for ever.

    Source: D. Ashlock, Brown & Hingston (2015), "Multiple opponent optimization of prisoner's
    dilemma playing agents".
    """
    return machine("D", "2D 1D", "2C 3C", "3C 3C")


@strategy(TWO_BY_TWO)
def solution_b5(game: MatrixGame) -> FiniteStatePolicy:
    """Follow an automaton of six states that was optimised against many opponents.

    Source: D. Ashlock, Brown & Hingston (2015).
    """
    return machine("D", "2C 6D", "2C 3D", "6C 1D", "3C 6D", "5D 4D", "3C 5D")


@strategy(TWO_BY_TWO)
def thumper(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate until the other defects, then defect twice, whatever happens meanwhile.

    Source: D. Ashlock & Kim (2008).
    """
    return machine("C", "1C 2D", "1D 1D")
