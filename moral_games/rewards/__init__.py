"""The values: pure functions of an outcome.

To add a value, write one function decorated with `value` in the module it belongs to; it can
then be fetched by name, composed, and used by every environment, solver and trainer.
"""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from moral_games.games import MatrixGame
from moral_games.names import call, unknown
from moral_games.rewards.consequences import altruistic, anti_altruistic, anti_utilitarian, selfish, utilitarian
from moral_games.rewards.duties import deontological, malicious_deontological
from moral_games.rewards.function import VALUES, RewardFunction, Value, value
from moral_games.rewards.legality import illegal
from moral_games.rewards.outcome import Outcome
from moral_games.rewards.virtues import (
    virtue_aggression,
    virtue_equality,
    virtue_inequality,
    virtue_kindness,
    virtue_mixed,
)

__all__ = [
    "Outcome",
    "RewardFunction",
    "Value",
    "altruistic",
    "anti_altruistic",
    "anti_utilitarian",
    "as_reward",
    "deontological",
    "get",
    "illegal",
    "malicious_deontological",
    "names",
    "parse",
    "selfish",
    "transform",
    "utilitarian",
    "value",
    "virtue_aggression",
    "virtue_equality",
    "virtue_inequality",
    "virtue_kindness",
    "virtue_mixed",
]


def names() -> tuple[str, ...]:
    """Return the names of all rewards, sorted."""
    return tuple(sorted(VALUES))


def get(name: str, **parameters: float) -> RewardFunction:
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
    if name not in VALUES:
        raise unknown("reward", name, VALUES)
    return VALUES[name](**parameters)


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
    try:
        result = _build(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError:
        result = None
    if not isinstance(result, RewardFunction):
        raise ValueError(f"cannot read reward {text!r}; write for example 'selfish + 0.5 * deontological(penalty=3)'")
    return result


def as_reward(reward: str | RewardFunction) -> RewardFunction:
    """Return a reward given as itself or as text."""
    if isinstance(reward, RewardFunction):
        return reward
    if isinstance(reward, str):
        return parse(reward)
    raise TypeError(f"a reward is a RewardFunction or its text, got {reward!r}")


def _build(node: ast.expr) -> Any:
    match node:
        case ast.Name() | ast.Call():
            name, parameters = call(ast.unparse(node))
            return get(name, **parameters)
        case ast.Constant(value=int() | float() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_build(operand)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _sum(_build(left), _build(right))
        case ast.BinOp(left=left, op=ast.Sub(), right=right):
            return _sum(_build(left), -_build(right))
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _product(_build(left), _build(right))
    raise ValueError(f"cannot read {ast.unparse(node)!r} in a reward; names, parameters, +, - and * are allowed")


def _sum(left: Any, right: Any) -> RewardFunction:
    if not isinstance(left, RewardFunction) or not isinstance(right, RewardFunction):
        raise ValueError("a reward can only be added to a reward, not to a number")
    return left + right


def _product(left: Any, right: Any) -> Any:
    if isinstance(left, RewardFunction) and isinstance(right, RewardFunction):
        raise ValueError("a reward can be multiplied by a number, not by a reward")
    return left * right


def transform(game: MatrixGame, reward: str | RewardFunction) -> MatrixGame:
    """Return the game that a value makes of a game: its rewards as payoffs.

    Parameters
    ----------
    game
        Any game.
    reward
        A memoryless reward: one that does not look at the round before.

    Raises
    ------
    TypeError
        If the reward depends on the round before, so that no single payoff table holds it.
    """
    reward = as_reward(reward)
    joint = game.joint_actions
    before = np.concatenate([np.full((1, game.players), -1), joint])
    previous, actions = np.broadcast_arrays(before[:, None], joint[None, :])
    rewards = np.asarray(reward(Outcome(game, previous, actions)))
    if not np.allclose(rewards, rewards[:1]):
        raise TypeError(
            f"reward {reward} looks at the round before, so it is not a payoff table of {game.name!r}; "
            "compile it with moral_games.RepeatedGame, or transform with a memoryless reward"
        )
    return MatrixGame(
        rewards[0].reshape(game.payoffs.shape), game.actions, f"{game.name} under {reward}", source=game.source
    )
