"""Any strategy of the Axelrod library as an actor; the library is imported when one sits down at a game."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from moral_games.games import MatrixGame
from moral_games.names import unknown
from moral_games.opponents.catalogue import TWO_BY_TWO

OPEN_BOOKS = ("inspects_source", "manipulates_source", "manipulates_state")


@dataclass(frozen=True)
class AxelrodStrategy:
    """A strategy of Axelrod (https://axelrod.readthedocs.io), not yet bound to a game.

    Parameters
    ----------
    name
        The name of its class, e.g. ``"ZDExtort2"``.
    parameters
        What its class is given.
    length
        How many rounds it is told that a match has; None where it is not to know.
    noise
        How much noise it is told that a match has.
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    length: int | None = None
    noise: float = 0.0

    @classmethod
    def read(cls, name: str, parameters: Mapping[str, float]) -> AxelrodStrategy:
        """Return the strategy of a text such as ``axelrod:BackStabber(length=200, noise=0.05)``."""
        given = dict(parameters)
        length, noise = given.pop("length", None), given.pop("noise", 0.0)
        return cls(name, given, None if length is None else int(length), noise)

    def __call__(self, game: MatrixGame) -> AxelrodActor:
        """Return a new player for player 0 of `game`.

        Raises
        ------
        ValueError
            If Axelrod is not installed or has no such strategy, it does not take the parameters, it
            reads its opponent's code, or it does not understand the game.
        """
        return AxelrodActor(self, game)

    def __str__(self) -> str:
        told = {"length": self.length, "noise": self.noise or None}
        given = {**self.parameters, **{key: value for key, value in told.items() if value is not None}}
        listed = ", ".join(f"{key}={value}" for key, value in given.items())
        return f"axelrod:{self.name}({listed})" if listed else f"axelrod:{self.name}"


class AxelrodActor:
    """A player of Axelrod at a two-by-two game.

    It is told its own four payoffs as Axelrod's (R, S, T, P), and behaves under noise as in Axelrod:
    its history holds what was played, not what it meant.

    Parameters
    ----------
    strategy
        The strategy, its parameters, and what it is told about the match.
    game
        The game, seen with this player as player 0.
    """

    def __init__(self, strategy: AxelrodStrategy, game: MatrixGame) -> None:
        self.name = str(strategy)
        if not TWO_BY_TWO.include(game):
            raise ValueError(
                f"opponent {self.name!r} plays games with {TWO_BY_TWO.words}; "
                f"game {game.name!r} has {' x '.join(map(str, game.shape))} actions"
            )
        try:
            import axelrod
        except ImportError:
            raise ValueError(
                f"opponent {self.name!r} needs Axelrod; install it with: pip install 'moral-games[axelrod]'"
            ) from None
        (reward, sucker), (temptation, punishment) = game.payoffs[..., 0].tolist()
        self._match = {
            "length": float("inf") if strategy.length is None else strategy.length,
            "game": axelrod.Game(r=reward, s=sucker, t=temptation, p=punishment),
            "noise": strategy.noise,
        }
        self._actions = (axelrod.Action.C, axelrod.Action.D)
        self._other = axelrod.MockPlayer()
        known = {found.__name__: found for found in axelrod.all_strategies}
        if strategy.name not in known:
            raise unknown("strategy of Axelrod", strategy.name, known)
        try:
            self._player = known[strategy.name](**strategy.parameters)
            self._player.set_match_attributes(**self._match)
        except Exception as error:  # whatever a strategy raises, it does not take these parameters or this game
            reason = f": {error}" if str(error) else ""
            raise ValueError(f"opponent {self.name!r} cannot play game {game.name!r}{reason}") from error
        if any(axelrod.Classifiers[habit](self._player) for habit in OPEN_BOOKS):
            raise ValueError(
                f"opponent {self.name!r} reads or changes its opponent's code, which only Axelrod's players have; "
                "choose another strategy"
            )

    def begin(self, rng: np.random.Generator) -> None:
        """Begin a new match; the player's seed is drawn from `rng`."""
        self._player.reset()
        self._player.set_match_attributes(**self._match)
        self._player.set_seed(int(rng.integers(2**32)))
        self._other.reset()

    def act(self) -> int:
        """Return what the strategy plays: 0 to cooperate, 1 to defect."""
        return self._actions.index(self._player.strategy(self._other))

    def see(self, actions: Sequence[int]) -> None:
        """Write what was played into both histories."""
        own, other = (self._actions[action] for action in actions)
        self._player.update_history(own, other)
        self._other.update_history(other, own)
