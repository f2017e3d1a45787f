"""Rewards are functions of an outcome; they add, scale and mix."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import Parameter, Signature, signature
from math import isfinite
from numbers import Real
from typing import Any, overload

from moral_games.rewards.outcome import Array, Outcome

Setting = float | str | Callable[..., Any]
"""What a parameter of a value may be: a number, or where its default is a text, a text or a function."""

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

    def __radd__(self, other: object) -> RewardFunction:
        return self if other == 0 else NotImplemented  # what sum() begins with

    def __mul__(self, factor: float) -> RewardFunction:
        if isinstance(factor, bool) or not isinstance(factor, Real) or not isfinite(factor):
            raise TypeError(f"a reward can be multiplied by a finite number, got {factor!r}")
        return RewardFunction(tuple((float(factor) * weight, value) for weight, value in self.terms))

    __rmul__ = __mul__

    def __neg__(self) -> RewardFunction:
        return -1 * self

    def __sub__(self, other: RewardFunction) -> RewardFunction:
        return self + (-other)

    def __str__(self) -> str:
        return " + ".join(
            str(value) if weight == 1 else f"{_written(weight)} * {value}" for weight, value in self.terms
        )

    __repr__ = __str__


@dataclass(frozen=True)
class Value:
    """One named formula with its parameters: a term of a `RewardFunction`.

    Parameters
    ----------
    constructor
        What the `value` decorator made of the formula. It is held by reference, so that a
        value is pickled and copied by the name it has in its module.
    parameters
        Pairs (name, setting).
    judges_illegal
        Whether it has a say where the own answer was illegal.
    """

    constructor: Any
    parameters: tuple[tuple[str, Setting], ...] = ()
    judges_illegal: bool = False

    @property
    def name(self) -> str:
        """The name by which ``rewards.get`` finds it."""
        return self.constructor.__name__

    def __call__(self, outcome: Outcome) -> Array:
        """Return the value's own number for every player; shape (..., n) float64."""
        reward = self.constructor.__wrapped__(outcome, **dict(self.parameters))
        if not hasattr(reward, "shape"):
            raise TypeError(f"reward {self.name!r} must give an array, one number a player, got {reward!r}")
        if tuple(reward.shape) != tuple(outcome.actions.shape):
            raise ValueError(
                f"reward {self.name!r} must give one number a player, shape {tuple(outcome.actions.shape)}, "
                f"got {tuple(reward.shape)}"
            )
        if self.judges_illegal:
            return reward
        return outcome.xp.where(outcome.legal, reward, outcome.xp.zeros_like(reward))

    def __str__(self) -> str:
        form = signature(self.constructor).parameters
        listed = [
            _written(setting) if form[key].kind is Parameter.POSITIONAL_OR_KEYWORD else f"{key}={_written(setting)}"
            for key, setting in self.parameters
            if setting != ""
        ]
        return f"{self.name}({', '.join(listed)})"


Check = Callable[..., None]
"""Called with a value's parameters when it is made; raises a ValueError for those it does not accept."""


@overload
def value(formula: Callable[..., Array]) -> Callable[..., RewardFunction]: ...
@overload
def value(
    *, judges_illegal: bool = ..., check: Check | None = ...
) -> Callable[[Callable[..., Array]], Callable[..., RewardFunction]]: ...
def value(
    formula: Callable[..., Array] | None = None, *, judges_illegal: bool = False, check: Check | None = None
) -> Any:
    """Turn a formula ``f(outcome, *, parameters...)`` into a reward of that name.

    The decorated function takes the parameters and returns a `RewardFunction`; it can then be
    fetched with ``rewards.get`` and named in the text of a reward. Every parameter needs a
    default: a number, or a text. A reward can be pickled if its function stands at the top level
    of a module.

    Parameters
    ----------
    formula
        It gets an `Outcome` of shape (..., n) and returns an array of that shape.
    judges_illegal
        An illegal action earns 0 from every value but those that set this, so that the legality
        reward alone owns that case.
    check
        Called with the parameters when the reward is made; it raises a ValueError for bad ones.
        See `between`.

    Raises
    ------
    ValueError
        If a parameter has no such default, or another module has a value of that name.

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
        return lambda formula: _constructor(formula, judges_illegal, check)
    return _constructor(formula, judges_illegal, check)


def between(low: float, high: float, parameter: str) -> Check:
    """Return a check (see `value`) that one parameter lies in [low, high]."""

    def check(**settings: Setting) -> None:
        setting = settings[parameter]
        if not (isinstance(setting, float) and low <= setting <= high):
            raise ValueError(f"{parameter} must lie in [{low:g}, {high:g}], got {_written(setting)}")

    return check


def _constructor(
    formula: Callable[..., Array], judges_illegal: bool, check: Check | None
) -> Callable[..., RewardFunction]:
    name = formula.__name__
    _, *own = signature(formula).parameters.values()
    for item in own:
        if isinstance(item.default, bool) or not isinstance(item.default, Real | str):
            raise ValueError(f"parameter {item.name!r} of value {name!r} needs a default, a number or a text")
    if name in VALUES and VALUES[name].__module__ != formula.__module__:
        raise ValueError(f"a value {name!r} exists already in {VALUES[name].__module__}; choose another name")
    form = Signature(own)

    @wraps(formula)
    def build(*positional: Setting, **named: Setting) -> RewardFunction:
        for key in named:
            if key not in form.parameters:
                known = ", ".join(form.parameters) or "none"
                raise ValueError(f"reward {name!r} has no parameter {key!r}; it has {known}")
        try:
            bound = form.bind(*positional, **named)
        except TypeError as error:
            raise ValueError(
                f"reward {name!r}: {error}; write its parameters by name: {name}{_defaults(own)}"
            ) from None
        bound.apply_defaults()
        settings = {
            key: _setting(name, key, given, form.parameters[key].default) for key, given in bound.arguments.items()
        }
        if check is not None:
            check(**settings)
        return RewardFunction(((1.0, Value(build, tuple(settings.items()), judges_illegal)),))

    vars(build)["__signature__"] = form
    VALUES[name] = build
    return build


def _setting(name: str, key: str, given: Any, default: Setting) -> Setting:
    if isinstance(default, str):
        if isinstance(given, str) or callable(given):
            return given
        raise ValueError(f"parameter {key!r} of reward {name!r} must be a text, got {given!r}")
    if isinstance(given, bool) or not isinstance(given, Real) or not isfinite(given):
        raise ValueError(f"parameter {key!r} of reward {name!r} must be a finite number, got {given!r}")
    return float(given)


def _defaults(parameters: list[Parameter]) -> str:
    return f"({', '.join(f'{item.name}={_written(item.default)}' for item in parameters)})"


def _written(setting: Setting) -> str:
    """Return a setting as `rewards.parse` reads it; a function by its name."""
    if isinstance(setting, str):
        return json.dumps(setting, ensure_ascii=False)
    if callable(setting):
        return getattr(setting, "__name__", repr(setting))
    short = f"{setting:g}"
    return short if float(short) == setting else repr(setting)
