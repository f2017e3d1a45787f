"""Who is already there: fixed strategies, all of them policies with finite memory.

To add one, write one function decorated with `strategy` in ``strategies.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from inspect import signature
from typing import Any, cast

from moral_games.games import MatrixGame
from moral_games.names import call, unknown
from moral_games.opponents.actor import Actor, Player, PlayerMaker
from moral_games.opponents.strategies import STRATEGIES, strategy
from moral_games.policy import FiniteStatePolicy

__all__ = [
    "Actor",
    "AnyOpponent",
    "Opponent",
    "Player",
    "PlayerMaker",
    "as_player",
    "as_policy",
    "get",
    "names",
    "players",
    "seated",
    "strategy",
]


@dataclass(frozen=True)
class Opponent:
    """A named strategy with its parameters, not yet bound to a game."""

    name: str
    parameters: tuple[tuple[str, float], ...] = ()

    def __call__(self, game: MatrixGame) -> Player:
        """Return who plays it as player 0 of `game` (see `MatrixGame.seen_by`).

        Raises
        ------
        ValueError
            If it does not understand such a game.
        """
        return STRATEGIES[self.name](game, **dict(self.parameters))

    def __str__(self) -> str:
        listed = ", ".join(f"{key}={number:g}" for key, number in self.parameters)
        return f"{self.name}({listed})" if listed else self.name


AnyOpponent = str | Opponent | FiniteStatePolicy | PlayerMaker
"""What may be given as an opponent: a name, a strategy, any policy with finite memory, or a maker of players.

An actor is given as its maker, a function (or class) that takes the game, so that every seat has its own.
"""


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


def as_player(opponent: AnyOpponent, game: MatrixGame) -> Player:
    """Return who plays as player 0 of `game`; an actor is a new one at every call.

    Parameters
    ----------
    opponent
        A name, e.g. ``"tit_for_tat"`` or ``"generous_tit_for_tat(generosity=0.2)"``, an
        `Opponent`, any policy with finite memory, or a function from a game to a policy or an actor.

    Raises
    ------
    ValueError
        If the name is unknown, or the player does not fit the game.
    TypeError
        If it is none of these.
    """
    maker: object = _read(opponent) if isinstance(opponent, str) else opponent
    if isinstance(maker, Actor) and not isinstance(maker, type):
        raise TypeError(
            f"actor {maker.name!r} keeps the state of one seat; give what makes it, a function from the game "
            "to a new actor such as 'lambda game: MyActor()', so that every seat has its own"
        )
    player = maker(game) if callable(maker) else maker
    if isinstance(player, FiniteStatePolicy):
        player.check(game)
    elif not isinstance(player, Actor):
        raise TypeError(
            f"an opponent is a name, an Opponent, a policy table or a function that makes a player, got {opponent!r}"
        )
    return player


def as_policy(opponent: AnyOpponent, game: MatrixGame) -> FiniteStatePolicy:
    """Return what an opponent does as player 0 of `game`, as a table; see `as_player`.

    Raises
    ------
    ValueError
        If the opponent is unknown, does not fit the game, or is an actor, which has no finite table.
    """
    player = as_player(opponent, game)
    if not isinstance(player, FiniteStatePolicy):
        raise ValueError(
            f"opponent {player.name!r} has no finite table, so nothing exact can be said of it; "
            "play it in the environments or with simulate"
        )
    return player


def players(opponents: AnyOpponent | Sequence[AnyOpponent], game: MatrixGame, player: int = 0) -> list[Player]:
    """Return who sits on all seats but `player`'s, in order, each seeing the game from its own seat.

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
    return [as_player(opponent, own_game) for opponent, own_game in _seats(opponents, game, player)]


def seated(
    opponents: AnyOpponent | Sequence[AnyOpponent], game: MatrixGame, player: int = 0
) -> list[FiniteStatePolicy]:
    """Return the same as `players` where every opponent has a finite table; an actor is a ValueError."""
    return [as_policy(opponent, own_game) for opponent, own_game in _seats(opponents, game, player)]


def _seats(
    opponents: AnyOpponent | Sequence[AnyOpponent], game: MatrixGame, player: int
) -> list[tuple[AnyOpponent, MatrixGame]]:
    """Return each opponent with the game as it sees it."""
    if not 0 <= player < game.players:
        raise ValueError(f"player must be 0 to {game.players - 1} in game {game.name!r}, got {player}")
    seats = [seat for seat in range(game.players) if seat != player]
    several = isinstance(opponents, Sequence) and not isinstance(opponents, str)
    listed: Sequence[Any] = cast(Sequence[Any], opponents) if several else [opponents] * len(seats)
    if len(listed) != len(seats):
        raise ValueError(f"game {game.name!r} needs {len(seats)} opponents, got {len(listed)}")
    return [(opponent, game.seen_by(seat)) for seat, opponent in zip(seats, listed, strict=True)]


def _read(text: str) -> Opponent:
    name, parameters = call(text)
    return get(name, **parameters)
