"""Who is already there: fixed strategies, saved policies, strategies of Axelrod, a human, or whoever can act.

To add a strategy, write one function decorated with `strategy` in the module it belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast

from moral_games.games import MatrixGame
from moral_games.names import call, unknown
from moral_games.opponents import evolved, memory_one, probing, retaliation, unconditional, zero_determinant  # noqa: F401
from moral_games.opponents.actor import Actor, Player, PlayerMaker
from moral_games.opponents.axelrod import AxelrodStrategy
from moral_games.opponents.catalogue import Games, Opponent, get, names, strategy
from moral_games.opponents.human import Human
from moral_games.opponents.saved import saved
from moral_games.opponents.unconditional import cycle
from moral_games.policy import FiniteStatePolicy

__all__ = [
    "Actor",
    "AnyOpponent",
    "AxelrodStrategy",
    "Games",
    "Human",
    "Opponent",
    "Player",
    "PlayerMaker",
    "as_player",
    "as_policy",
    "cycle",
    "get",
    "names",
    "players",
    "saved",
    "seated",
    "strategy",
]


AnyOpponent = str | Path | Opponent | FiniteStatePolicy | PlayerMaker
"""What may be given as an opponent: a text, a saved policy's path, a strategy, a policy, or a maker of players.

An actor is given as its maker, a function (or class) that takes the game, so that every seat has its own.
"""


def as_player(opponent: AnyOpponent, game: MatrixGame) -> Player:
    """Return who plays as player 0 of `game`; an actor is a new one at every call.

    Parameters
    ----------
    opponent
        A text: the name of a strategy, e.g. ``"tit_for_tat"`` or
        ``"generous_tit_for_tat(generosity=0.2)"``; ``"human"``; ``"axelrod:ZDExtort2"`` for a strategy
        of Axelrod; ``"run:runs/demo"`` for what a run has learned. Or a path to a saved policy, an
        `Opponent`, any policy with finite memory, or a function from a game to a policy or an actor.
    game
        What is played, as the player sees it.

    Raises
    ------
    ValueError
        If the name is unknown, or the player does not fit the game.
    TypeError
        If it is none of these.
    """
    maker: object = opponent
    if isinstance(opponent, str):
        maker = _read(opponent)
    elif isinstance(opponent, Path):
        maker = partial(saved, opponent)
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
            f"an opponent is a name, a path, an Opponent, a policy or a function that makes a player, got {opponent!r}"
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
            "play it in the environments or in a tournament"
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


def _read(text: str) -> PlayerMaker:
    """Return who is meant by a text."""
    source, colon, rest = text.partition(":")
    match source.strip() if colon else text.strip():
        case "human":
            return Human
        case "run" if colon:
            return partial(saved, Path(rest))
        case "axelrod" if colon:
            name, parameters = call(rest)
            return AxelrodStrategy.read(name, parameters)
        case other if colon:
            raise unknown("source of opponents", other, ("axelrod", "run"))
    name, parameters = call(text)
    return get(name, **parameters)
