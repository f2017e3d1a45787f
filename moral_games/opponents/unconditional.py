"""Strategies that do not look at what the others do."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from moral_games.games import MatrixGame
from moral_games.opponents.catalogue import ANY_GAME, TWO_ACTIONS, check_probabilities, strategy
from moral_games.policy import FiniteStatePolicy, PolicyTable


@strategy(ANY_GAME)
def always_cooperate(game: MatrixGame) -> FiniteStatePolicy:
    """Play action 0 whatever happens.

    Source: Axelrod (1984), "ALL C".
    """
    return _after_own([1.0, *[0.0] * (game.shape[0] - 1)], game)


@strategy(TWO_ACTIONS)
def always_defect(game: MatrixGame) -> FiniteStatePolicy:
    """Play action 1 whatever happens.

    Source: Axelrod (1984), "ALL D".
    """
    return _after_own([0.0, 1.0], game)


@strategy(ANY_GAME)
def random(game: MatrixGame) -> FiniteStatePolicy:
    """Draw every action with equal probability.

    Source: Axelrod (1980), "RANDOM".
    """
    return _after_own([1.0 / game.shape[0]] * game.shape[0], game)


@strategy(TWO_ACTIONS)
def alternator(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 0, then play the action it did not play last.

    Source: Axelrod (1984). A hand that trembled shifts it for good; `cycler_dc` keeps its rhythm.
    """
    return _by_own_last(1, 0, 1, game)


@strategy(TWO_ACTIONS)
def repeat(game: MatrixGame, *, start: float = 0.6) -> FiniteStatePolicy:
    """Cooperate at first with probability `start`, then do again what it did.

    Source: Akin (2015), "Repeat", the strategy that zero-determinant ones tend to as phi -> 0. No
    source says how it begins; 0.6 is what Axelrod 4.14 does ("ALLCorALLD").
    """
    return _by_own_last(start, 1, 0, game)


@strategy(TWO_ACTIONS)
def gilbert_elliott(
    game: MatrixGame, *, after_cooperation: float = 0.9, after_defection: float = 0.1
) -> FiniteStatePolicy:
    """Cooperate in runs: with one probability after its own cooperation, with another after its own defection.

    Before the first round either is equally likely to have been its last action. The opponents GEa
    to GEe of the partner-selection study are (0.99, 0.99), (0.8, 0), (0.2, 0.8), (0.2, 0.2) and
    (0.8, 0.8).

    Source: Gilbert (1960) and Elliott (1963), the two-state channel; Tennant, Hailes & Musolesi
    (2024), "Dynamics of moral behavior in heterogeneous populations", as opponents (from its code).
    """
    check_probabilities(after_cooperation=after_cooperation, after_defection=after_defection)
    return _by_own_last((after_cooperation + after_defection) / 2, after_cooperation, after_defection, game)


def cycle(actions: str) -> Callable[[MatrixGame], FiniteStatePolicy]:
    """Return the opponent that plays a sequence of C and D again and again, whatever happens.

    Parameters
    ----------
    actions
        E.g. ``"CCD"``.

    Raises
    ------
    ValueError
        If it is empty or has other letters.
    """
    if not actions or set(actions) - set("CD"):
        raise ValueError(f"a cycle is made of the letters C and D, got {actions!r}")

    def build(game: MatrixGame) -> FiniteStatePolicy:
        if not TWO_ACTIONS.include(game):
            raise ValueError(f"a cycle of C and D needs {TWO_ACTIONS.words}; game {game.name!r} has {game.shape[0]}")
        after = np.roll(np.arange(len(actions)), -1)
        transitions = np.broadcast_to(after[:, None], (len(actions), len(game.joint_actions)))
        return FiniteStatePolicy(np.eye(2)[["CD".index(action) for action in actions]], transitions, f"cycle {actions}")

    return build


@strategy(TWO_ACTIONS)
def cycler_dc(game: MatrixGame) -> FiniteStatePolicy:
    """Play D, C again and again.

    Source: Axelrod 4.14, "Cycler DC".
    """
    return cycle("DC")(game)


@strategy(TWO_ACTIONS)
def cycler_ccd(game: MatrixGame) -> FiniteStatePolicy:
    """Play C, C, D again and again.

    Source: Mittal & Deb (2009), "Optimal strategies of the iterated prisoner's dilemma problem for
    multiple conflicting objectives", periodic player CCD.
    """
    return cycle("CCD")(game)


@strategy(TWO_ACTIONS)
def cycler_ddc(game: MatrixGame) -> FiniteStatePolicy:
    """Play D, D, C again and again.

    Source: Mittal & Deb (2009), periodic player DDC.
    """
    return cycle("DDC")(game)


@strategy(TWO_ACTIONS)
def cycler_cccd(game: MatrixGame) -> FiniteStatePolicy:
    """Play C, C, C, D again and again.

    Source: Axelrod 4.14, "Cycler CCCD".
    """
    return cycle("CCCD")(game)


@strategy(TWO_ACTIONS)
def cycler_cccdcd(game: MatrixGame) -> FiniteStatePolicy:
    """Play C, C, C, D, C, D again and again.

    Source: Axelrod 4.14, "Cycler CCCDCD".
    """
    return cycle("CCCDCD")(game)


def _after_own(row: list[float], game: MatrixGame) -> PolicyTable:
    return PolicyTable(np.broadcast_to(row, (1 + len(game.joint_actions), len(row))))


def _by_own_last(start: float, after_cooperation: float, after_defection: float, game: MatrixGame) -> PolicyTable:
    """Return the policy that looks at its own last action only; numbers are probabilities of action 0."""
    check_probabilities(start=start, after_cooperation=after_cooperation, after_defection=after_defection)
    after = np.array([after_cooperation, after_defection])[game.joint_actions[:, 0]]
    column = np.concatenate([[start], after])
    return PolicyTable(np.stack([column, 1 - column], axis=1))
