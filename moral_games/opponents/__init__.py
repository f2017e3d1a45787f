"""Who is already there: fixed strategies, all of them policies with finite memory.

To add one, write one function decorated with `strategy` in ``strategies.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature

from moral_games.games import MatrixGame
from moral_games.names import call, unknown
from moral_games.opponents.strategies import STRATEGIES, strategy
from moral_games.policy import FiniteStatePolicy

__all__ = ["AnyOpponent", "Opponent", "as_policy", "get", "names", "seated", "strategy"]


@dataclass(frozen=True)
class Opponent:
    """A named strategy with its parameters, not yet bound to a game."""

    name: str
    parameters: tuple[tuple[str, float], ...] = ()

    def policy(self, game: MatrixGame) -> FiniteStatePolicy:
        """Return what it does as player 0 of `game` (see `MatrixGame.seen_by`).

        Raises
        ------
        ValueError
            If it does not understand such a game.
        """
        return STRATEGIES[self.name](game, **dict(self.parameters))

    def __str__(self) -> str:
        listed = ", ".join(f"{key}={number:g}" for key, number in self.parameters)
        return f"{self.name}({listed})" if listed else self.name


AnyOpponent = str | Opponent | FiniteStatePolicy
"""What may be given as an opponent: a name, a strategy, or any policy with finite memory."""


def names() -> tuple[str, ...]:
    """Return the names of all opponents, sorted."""
    return tuple(sorted(STRATEGIES))


def get(name: str, **parameters: float) -> Opponent:
    """Return the opponent of that name, e.g. ``get("generous_tit_for_tat", generosity=0.2)``.

    Raises
    ------
    ValueError
        If the name (close matches are listed) or a parameter is unknown.
    """
    if name not in STRATEGIES:
        raise unknown("opponent", name, STRATEGIES)
    known = [key for key in signature(STRATEGIES[name]).parameters if key != "game"]
    for key in parameters:
        if key not in known:
            raise ValueError(f"opponent {name!r} has no parameter {key!r}; it has {known or 'none'}")
    return Opponent(name, tuple(parameters.items()))


def as_policy(opponent: AnyOpponent, game: MatrixGame) -> FiniteStatePolicy:
    """Return what an opponent does as player 0 of `game`.

    Parameters
    ----------
    opponent
        A name, e.g. ``"tit_for_tat"`` or ``"generous_tit_for_tat(generosity=0.2)"``, an
        `Opponent`, or any policy with finite memory.

    Raises
    ------
    ValueError
        If the name is unknown, or the policy does not fit the game.
    """
    if isinstance(opponent, str):
        name, parameters = call(opponent)
        opponent = get(name, **parameters)
    policy = opponent.policy(game) if isinstance(opponent, Opponent) else opponent
    if not isinstance(policy, FiniteStatePolicy):
        raise TypeError(f"an opponent is a name, an Opponent or a policy table, got {opponent!r}")
    policy.check(game)
    return policy


def seated(
    opponents: AnyOpponent | Sequence[AnyOpponent], game: MatrixGame, player: int = 0
) -> list[FiniteStatePolicy]:
    """Return the policies of all seats but `player`'s, in order, each seen from its own seat.

    Parameters
    ----------
    opponents
        One for all those seats, or one for each.
    game
        The game.
    player
        The seat that is left out.

    Raises
    ------
    ValueError
        If there is no such seat, the number of opponents does not fit, or one does not understand
        the game.
    """
    if not 0 <= player < game.players:
        raise ValueError(f"player must be 0 to {game.players - 1} in game {game.name!r}, got {player}")
    seats = [seat for seat in range(game.players) if seat != player]
    listed = [opponents] * len(seats) if isinstance(opponents, AnyOpponent) else list(opponents)
    if len(listed) != len(seats):
        raise ValueError(f"game {game.name!r} needs {len(seats)} opponents, got {len(listed)}")
    return [as_policy(opponent, game.seen_by(seat)) for seat, opponent in zip(seats, listed, strict=True)]
