"""Rewards are functions of an outcome; they add, scale and mix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import signature
from math import isfinite
from typing import Any, overload

from moral_games.rewards.outcome import Array, Outcome

Formula = Callable[[Outcome], Array]

VALUES: dict[str, Callable[..., RewardFunction]] = {}
"""Every function decorated with `value`, by name."""


@dataclass(frozen=True)
class RewardFunction:
    """A value: one number per player for each outcome.

    Call it with an `Outcome` of shape (..., n) to get rewards of shape (..., n), as if every
    player held this value. Rewards compose: ``a + b``, ``2 * a``, ``-a``, ``a - b``.

    Parameters
    ----------
    terms
        Pairs (weight, value); the reward is their weighted sum.
    """

    terms: tuple[tuple[float, Value], ...]

    def __call__(self, outcome: Outcome) -> Array:
        """Return the reward of every player; shape (..., n) float64."""
        return sum(weight * value(outcome) for weight, value in self.terms)

    def __add__(self, other: RewardFunction) -> RewardFunction:
        return RewardFunction(self.terms + other.terms) if isinstance(other, RewardFunction) else NotImplemented

    def __mul__(self, factor: float) -> RewardFunction:
        if isinstance(factor, bool) or not isinstance(factor, int | float) or not isfinite(factor):
            raise TypeError(f"a reward can be multiplied by a finite number, got {factor!r}")
        return RewardFunction(tuple((factor * weight, value) for weight, value in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> RewardFunction:
        return -1 * self

    def __sub__(self, other: RewardFunction) -> RewardFunction:
        return self + (-other)

    def __str__(self) -> str:
        return " + ".join(str(value) if weight == 1 else f"{weight:g} * {value}" for weight, value in self.terms)

    __repr__ = __str__


@dataclass(frozen=True)
class Value:
    """One named formula with its parameters: a term of a `RewardFunction`."""

    name: str
    formula: Formula
    parameters: tuple[tuple[str, float], ...] = ()
    judges_illegal: bool = False

    def __call__(self, outcome: Outcome) -> Array:
        """Return the value's own number for every player; shape (..., n) float64."""
        reward = self.formula(outcome)
        if self.judges_illegal:
            return reward
        return outcome.xp.where(outcome.legal, reward, outcome.xp.zeros_like(reward))

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={number:g}' for key, number in self.parameters)})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and (self.name, self.parameters) == (other.name, other.parameters)

    def __hash__(self) -> int:
        return hash((self.name, self.parameters))


@overload
def value(formula: Callable[..., Array]) -> Callable[..., RewardFunction]: ...
@overload
def value(*, judges_illegal: bool) -> Callable[[Callable[..., Array]], Callable[..., RewardFunction]]: ...
def value(formula: Callable[..., Array] | None = None, *, judges_illegal: bool = False) -> Any:
    """Turn a formula ``f(outcome, *, parameters...)`` into a reward of that name.

    The decorated function takes the parameters and returns a `RewardFunction`; it can then be
    fetched with ``rewards.get``. An illegal action earns 0 from every value but those declared
    with ``judges_illegal=True``, so that the legality reward alone owns that case.

    Examples
    --------
    >>> @value
    ... def generous(outcome, *, weight=1.0):
    ...     return weight * outcome.others_mean(outcome.payoffs)
    >>> generous(weight=2.0)
    generous(weight=2)
    >>> _ = VALUES.pop("generous")
    """
    if formula is None:
        return lambda formula: _constructor(formula, judges_illegal)
    return _constructor(formula, judges_illegal)


def _constructor(formula: Callable[..., Array], judges_illegal: bool) -> Callable[..., RewardFunction]:
    name = formula.__name__
    known = [key for key in signature(formula).parameters if key != "outcome"]
    defaults = {key: signature(formula).parameters[key].default for key in known}

    @wraps(formula)
    def build(**parameters: float) -> RewardFunction:
        for key, number in parameters.items():
            if key not in known:
                raise ValueError(f"reward {name!r} has no parameter {key!r}; it has {known or 'none'}")
            if isinstance(number, bool) or not isinstance(number, int | float) or not isfinite(number):
                raise ValueError(f"parameter {key!r} of reward {name!r} must be a finite number, got {number!r}")
        chosen = {**defaults, **parameters}
        return RewardFunction(
            ((1.0, Value(name, lambda outcome: formula(outcome, **chosen), tuple(chosen.items()), judges_illegal)),)
        )

    VALUES[name] = build
    return build
