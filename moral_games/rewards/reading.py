"""Rewards by name and from text."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any

from moral_games.games import MatrixGame
from moral_games.names import expression, number, unknown
from moral_games.rewards.function import VALUES, RewardFunction, Setting

Rewards = str | RewardFunction | Sequence[str | RewardFunction]
"""One value for all players, or one a player; each as itself or as text."""

EXAMPLE = "selfish + 0.5 * deontological(penalty=3)"


def names() -> tuple[str, ...]:
    """Return the names of all rewards, sorted."""
    return tuple(sorted(VALUES))


def get(name: str, **parameters: Setting) -> RewardFunction:
    """Return the reward of that name.

    Parameters
    ----------
    name
        One of `names()`.
    **parameters
        The reward's own parameters, e.g. ``penalty=3.0``.

    Raises
    ------
    ValueError
        If the name (close matches are listed) or a parameter is unknown.
    """
    return _constructor(name)(**parameters)


def parse(text: str) -> RewardFunction:
    """Read a reward from text, as it is printed: names, parameters, sums and multiples.

    Raises
    ------
    ValueError
        If the text is not such an expression, or names something unknown.

    Examples
    --------
    >>> parse("selfish + 0.5 * deontological(penalty=3)")
    selfish() + 0.5 * deontological(penalty=3)
    """
    node = expression(text)
    result = None if node is None else _build(node)
    if not isinstance(result, RewardFunction):
        raise ValueError(f"cannot read reward {text!r}; write for example {EXAMPLE!r}")
    return result


def as_reward(reward: str | RewardFunction) -> RewardFunction:
    """Return a reward given as itself or as text; a TypeError if it is neither."""
    if isinstance(reward, RewardFunction):
        return reward
    if isinstance(reward, str):
        return parse(reward)
    hint = "; decorate a function of an outcome with moral_games.rewards.value" if callable(reward) else ""
    raise TypeError(f"a reward is a RewardFunction or its text, got {reward!r}{hint}")


def one_each(game: MatrixGame, rewards: Rewards) -> tuple[RewardFunction, ...]:
    """Return the value each player of `game` holds.

    Raises
    ------
    ValueError
        If several are given, but not one a player.
    TypeError
        If something that is given is no reward.
    """
    if isinstance(rewards, str) or not isinstance(rewards, Sequence):
        return (as_reward(rewards),) * game.players
    values = tuple(as_reward(reward) for reward in rewards)
    if len(values) != game.players:
        raise ValueError(
            f"game {game.name!r} has {game.players} players, but {len(values)} rewards were given; "
            "give one for all of them, or one a player"
        )
    return values


def _constructor(name: str) -> Any:
    if name not in VALUES:
        raise unknown("reward", name, VALUES)
    return VALUES[name]


def _build(node: ast.expr) -> Any:
    match node:
        case ast.Name(id=name):
            return _constructor(name)()
        case ast.Call(func=ast.Name(id=name), args=positional, keywords=named) if all(item.arg for item in named):
            return _constructor(name)(*map(_setting, positional), **{str(k.arg): _setting(k.value) for k in named})
        case ast.Constant(value=int() | float() as found) if not isinstance(found, bool):
            return float(number(node))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_build(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum(_build(left), _build(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _sum(_build(left), -_build(right))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(_build(left), _build(right))
    raise ValueError(f"cannot read {ast.unparse(node)!r} in a reward; names, parameters, +, - and * are allowed")


def _setting(node: ast.expr) -> Setting:
    match node:
        case ast.Constant(value=str() as text):
            return text
    return number(node)


def _sum(left: Any, right: Any) -> RewardFunction:
    if not isinstance(left, RewardFunction) or not isinstance(right, RewardFunction):
        raise ValueError("a reward can only be added to a reward, not to a number")
    return left + right


def _product(left: Any, right: Any) -> Any:
    if isinstance(left, RewardFunction) and isinstance(right, RewardFunction):
        raise ValueError("a reward can be multiplied by a number, not by a reward")
    return left * right
