"""Strategies that try the other out, and those that look back two and three rounds."""

from __future__ import annotations

from moral_games.games import MatrixGame
from moral_games.opponents.catalogue import TWO_BY_TWO, strategy
from moral_games.opponents.machines import Rounds, machine, rule
from moral_games.policy import FiniteStatePolicy


@strategy(TWO_BY_TWO)
def prober(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with D, C, C; defect for ever if the other cooperated in rounds 2 and 3, else play tit-for-tat.

    Source: Li, Hingston & Kendall (2011).
    """
    return machine("D", "2C 2C", "3C 4C", "5D 6D", "6C 6D", "5D 5D", "6C 6D")


@strategy(TWO_BY_TWO)
def prober_2(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with D, C, C; cooperate for ever if the other then played D, C, else play tit-for-tat.

    Source: the PRISON software of the LIFL, Lille (1998).
    """
    return machine("D", "2C 2C", "3C 4C", "5C 5D", "6C 5D", "5C 5D", "6C 6C")


@strategy(TWO_BY_TWO)
def prober_3(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with D, C; defect for ever if the other cooperated in round 2, else play tit-for-tat.

    Source: the PRISON software of the LIFL, Lille (1998).
    """
    return machine("D", "2C 2C", "3D 4D", "3D 3D", "4C 4D")


@strategy(TWO_BY_TWO)
def hard_prober(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with D, D, C, C; defect for ever if the other cooperated in rounds 2 and 3, else play tit-for-tat.

    Source: the PRISON software of the LIFL, Lille (1998).
    """
    return machine("D", "2D 2D", "3C 4C", "5C 6C", "6C 6C", "7D 7D", "8C 8D", "7D 7D", "8C 8D")


@strategy(TWO_BY_TWO)
def slow_tit_for_two_tats(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate twice; then do what the other did twice in a row, else the same as before.

    Source: the PRISON software of the LIFL, Lille (1998), "Slow tit for tat".
    """
    return rule(2, _slow_cooperates)


def _slow_cooperates(rounds: Rounds) -> bool:
    if len(rounds) < 2:
        return True
    (own, other), (_, before) = rounds
    return (other if other == before else own) == 0


@strategy(TWO_BY_TWO)
def all_or_none_2(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate if both did the same in each of the last two rounds, as far as there were any.

    Source: Hilbe, Martinez-Vaquero, Chatterjee & Nowak (2017), "Memory-n strategies of direct
    reciprocity", AON2; win-stay lose-shift is their AON1. It cooperates in the first two rounds.
    """
    return rule(2, lambda rounds: len(rounds) < 2 or all(own == other for own, other in rounds))


@strategy(TWO_BY_TWO)
def capri(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate, Accept punishment, Punish, Recover, and In other cases defect: a friendly rival.

    Source: Murase & Baek (2020), "Five rules for friendly rivalry in direct reciprocity". Rounds
    before the first count as mutual cooperation.
    """
    return rule(3, _capri_cooperates)


CAPRI_COOPERATES = frozenset(
    "cc/cc/cc cc/cc/dc cc/dc/cd dc/cd/cc cd/cc/cc cc/cd/dc cd/dc/cc dc/cc/cc "
    "dd/dd/dc dd/dc/cc dd/dd/cd dd/cd/cc dd/dd/cc dd/cc/cc".split()
)
"""After which three rounds CAPRI cooperates, oldest first, own action first."""


def _capri_cooperates(rounds: Rounds) -> bool:
    told = ["cd"[own] + "cd"[other] for own, other in reversed(rounds)]
    return "/".join(["cc"] * (3 - len(told)) + told) in CAPRI_COOPERATES
