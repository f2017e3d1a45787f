"""The fixed strategies. Each is one function: a game, seen with the strategy as player 0, to a policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps

import numpy as np

from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy, PolicyTable, uniform

STRATEGIES: dict[str, Callable[..., FiniteStatePolicy]] = {}
"""Every strategy by name: ``strategy(game, **parameters) -> FiniteStatePolicy``."""


def strategy(function: Callable[..., FiniteStatePolicy]) -> Callable[..., FiniteStatePolicy]:
    """Add a strategy to the opponents under its function's name."""

    @wraps(function)
    def build(game: MatrixGame, **parameters: float) -> FiniteStatePolicy:
        policy = function(game, **parameters)
        object.__setattr__(policy, "name", function.__name__)
        return policy

    STRATEGIES[function.__name__] = build
    return build


@strategy
def always_cooperate(game: MatrixGame) -> FiniteStatePolicy:
    """Play action 0 whatever happens. Any game. Source: Axelrod (1984), "ALL C"."""
    return _unconditional(game, 0)


@strategy
def always_defect(game: MatrixGame) -> FiniteStatePolicy:
    """Play action 1 whatever happens. Games where it has two actions. Source: Axelrod (1984), "ALL D"."""
    _need(game.shape[0] == 2, "always_defect", "two actions", game)
    return _unconditional(game, 1)


@strategy
def random(game: MatrixGame) -> FiniteStatePolicy:
    """Draw every action with equal probability. Any game. Source: Axelrod (1980), "RANDOM"."""
    return uniform(game)


@strategy
def tit_for_tat(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 0, then do what the other did. Two players with the same actions.

    Source: Rapoport's entry in Axelrod (1980), "Effective choice in the Prisoner's Dilemma".
    """
    _need_same_actions(game, "tit_for_tat")
    return PolicyTable(np.eye(game.shape[0])[[0, *game.joint_actions[:, 1]]])


@strategy
def generous_tit_for_tat(game: MatrixGame, *, generosity: float = 1 / 3) -> FiniteStatePolicy:
    """Tit-for-tat that forgives a defection with probability `generosity`. Two-by-two games.

    Source: Nowak & Sigmund (1992), "Tit for tat in heterogeneous populations"; 1/3 is the
    optimum they derive for (T, R, P, S) = (5, 3, 1, 0).
    """
    _need_two_by_two(game, "generous_tit_for_tat")
    if not 0 <= generosity <= 1:
        raise ValueError(f"generosity must lie in [0, 1], got {generosity}")
    return _memory_one(1, (1, generosity, 1, generosity))


@strategy
def win_stay_lose_shift(game: MatrixGame) -> FiniteStatePolicy:
    """Begin with action 0; repeat the own action if the other cooperated, else change it. Two-by-two games.

    Source: Nowak & Sigmund (1993), "A strategy of win-stay, lose-shift", also called Pavlov.
    """
    _need_two_by_two(game, "win_stay_lose_shift")
    return _memory_one(1, (1, 0, 0, 1))


@strategy
def grim(game: MatrixGame) -> FiniteStatePolicy:
    """Cooperate until the other first defects, then defect for ever. Two-by-two games.

    Source: Friedman (1971), "A non-cooperative equilibrium for supergames"; entered by Friedman
    in Axelrod (1980).
    """
    _need_two_by_two(game, "grim")
    return FiniteStatePolicy([[1, 0], [0, 1]], [[0, 1, 0, 1], [1, 1, 1, 1]])  # type: ignore[arg-type]


@strategy
def tit_for_two_tats(game: MatrixGame) -> FiniteStatePolicy:
    """Defect only after the other defected twice in a row. Two-by-two games.

    Source: Axelrod (1984), where it is shown that it would have won the first tournament. Memory
    state k counts the other's latest defections in a row, up to two.
    """
    _need_two_by_two(game, "tit_for_two_tats")
    after = [[0, defections, 0, defections] for defections in (1, 2, 2)]
    return FiniteStatePolicy([[1, 0], [1, 0], [0, 1]], after)  # type: ignore[arg-type]


def _unconditional(game: MatrixGame, action: int) -> PolicyTable:
    return PolicyTable(np.tile(np.eye(game.shape[0])[action], (1 + len(game.joint_actions), 1)))


def _memory_one(start: float, cooperate: Sequence[float]) -> PolicyTable:
    """Return the policy that cooperates with probability `start`, then as listed after CC, CD, DC, DD."""
    column = np.array([start, *cooperate])
    return PolicyTable(np.stack([column, 1 - column], axis=1))


def _need(condition: bool, name: str, what: str, game: MatrixGame) -> None:
    if not condition:
        raise ValueError(f"opponent {name!r} plays games with {what}; game {game.name!r} has actions {game.shape}")


def _need_same_actions(game: MatrixGame, name: str) -> None:
    _need(game.players == 2 and game.shape[0] == game.shape[1], name, "two players who have the same actions", game)


def _need_two_by_two(game: MatrixGame, name: str) -> None:
    _need(game.shape == (2, 2), name, "two players and two actions each", game)
