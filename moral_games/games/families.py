"""Families of games: functions of a few numbers that return a game.

To add a family, write one function decorated with `family` in the module it belongs to; it can
then be named in text, as in ``games.get("public_goods(players=5)")``, and has an environment id.
Action 0 is always the most cooperative one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from inspect import signature
from math import isfinite, log2
from typing import Any, ParamSpec

import numpy as np
from numpy.typing import NDArray

from moral_games.games.game import MatrixGame
from moral_games.games.kinds import classify
from moral_games.names import unknown

P = ParamSpec("P")

FAMILIES: dict[str, Callable[..., MatrixGame]] = {}
"""Every function decorated with `family`, by name."""

LARGEST = 2**24
"""The most payoffs that a family's table may hold (128 MiB)."""


def family(title: str, source: str, env_id: str) -> Callable[[Callable[P, MatrixGame]], Callable[P, MatrixGame]]:
    """Turn a function of numbers into a family of games of that name.

    Every parameter needs a default. One whose default is a whole number takes whole numbers
    only, written as ``4`` or as ``4.0``. The game is named by the text that makes it again:
    the family and those parameters that are not the default. Its kind is proved from its payoffs.

    Parameters
    ----------
    title, source, env_id
        As in `MatrixGame`; a title that the function gives to its game itself is kept.
    """

    def decorate(build: Callable[P, MatrixGame]) -> Callable[P, MatrixGame]:
        name, expected = build.__name__, signature(build)
        defaults = {key: parameter.default for key, parameter in expected.parameters.items()}

        @wraps(build)
        def make(*args: P.args, **kwargs: P.kwargs) -> MatrixGame:
            for key in kwargs.keys() - defaults.keys():
                raise unknown(f"parameter of family {name!r}", key, defaults)
            given = expected.bind(*args, **kwargs).arguments
            chosen = defaults | {key: _number(name, key, value, defaults[key]) for key, value in given.items()}
            game = build(**chosen)  # type: ignore[call-arg]
            return replace(
                game,
                name=_text(name, chosen, defaults),
                title=game.title or title,
                source=source,
                kind=classify(game),
                env_id=env_id,
            )

        FAMILIES[name] = make
        return make

    return decorate


def require(family: str, holds: bool, requirement: str, **given: float) -> None:
    """Refuse parameters that make no game of the family.

    Raises
    ------
    ValueError
        If the requirement does not hold; it says what was given.
    """
    if not holds:
        raise ValueError(f"family {family!r} needs {requirement}, got {_listed(given)}")


def everyone(family: str, players: int, actions: int) -> NDArray[np.int64]:
    """Return what each player plays in each joint action of a game in which all have as many actions.

    Returns
    -------
    array
        Shape (n, A, ..., A), int: entry [i, a_0, ..., a_{n-1}] is a_i.

    Raises
    ------
    ValueError
        If there are fewer than two players or actions, or the payoffs would not fit `LARGEST`.
    """
    require(family, players >= 2, "two players or more", players=players)
    require(family, actions >= 2, "two actions or more", actions=actions)
    if players * log2(actions) + log2(players) > log2(LARGEST):
        raise ValueError(
            f"family {family!r} with {players:,} players and {actions:,} actions each has a payoff table of "
            f"{players:,} x {actions:,}^{players:,} numbers; at most {LARGEST:,} are allowed: take fewer of either"
        )
    return np.indices((actions,) * players, dtype=np.int64)


def table(own: NDArray[Any], actions: tuple[str, ...] | None = None) -> MatrixGame:
    """Return the game of an array of shape (n, A, ..., A): entry [i, a_0, ..., a_{n-1}] is what player i is paid."""
    return MatrixGame.from_payoffs(np.moveaxis(own, 0, -1), actions)


def _number(family: str, key: str, value: object, default: float) -> float:
    whole = isinstance(default, int)
    number = value.item() if isinstance(value, np.generic) else value
    if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
        kind = "whole" if whole else "finite"
        raise ValueError(f"parameter {key!r} of family {family!r} must be a {kind} number, got {value!r}")
    if not whole:
        return float(number)
    if number != int(number):
        raise ValueError(f"parameter {key!r} of family {family!r} must be a whole number, got {value!r}")
    return int(number)


def _text(name: str, chosen: dict[str, float], defaults: dict[str, float]) -> str:
    special = {key: value for key, value in chosen.items() if value != defaults[key]}
    return f"{name}({_listed(special)})" if special else name


def _listed(parameters: dict[str, float]) -> str:
    return ", ".join(f"{key}={_shortest(value)}" for key, value in parameters.items())


def _shortest(value: float) -> str:
    return repr(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
