"""Dilemmas of a vehicle whose brakes fail: two groups, of which one will die. Drawn, never written by hand."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from moral_games.names import unknown
from moral_games.vehicles.characters import CHARACTERS, DIMENSIONS, LEVELS, PAIRS

Light = Literal["none", "green", "red"]
"""What the law says of a group: there is no light for it, or it is green, or red."""

LIGHTS: tuple[Light, ...] = get_args(Light)
MOST = 5
"""The most characters of a group."""

Group = tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """Two cases: in case 1 the first group dies and the second is spared, in case 2 the other way round.

    Parameters
    ----------
    dimension
        In what the groups differ: a name in `DIMENSIONS`.
    levels
        The level of that attribute in each group.
    groups
        The characters of each group, from 1 to 5. They are kept in the order of `CHARACTERS`.
    in_car
        Whether the first group is inside the vehicle; the second group is always on the crossing.
    swerves
        Whether the vehicle swerves in case 1, and else in case 2.
    lights
        The light of each group. Passengers have none; of two groups on the crossing one has green and the other red,
        or neither has a light.

    Raises
    ------
    ValueError
        If a name is unknown, a group is empty or too large, or the lights cannot be.
    """

    dimension: str
    levels: tuple[str, str]
    groups: tuple[Group, Group]
    in_car: bool = False
    swerves: bool = False
    lights: tuple[Light, Light] = ("none", "none")

    def __post_init__(self) -> None:
        check_levels(self.dimension, self.levels)
        for group in self.groups:
            check_group(group)
        check_lights(self.in_car, self.lights)
        object.__setattr__(self, "groups", tuple(tuple(sorted(group, key=_place)) for group in self.groups))

    def counts(self, group: int) -> dict[str, int]:
        """Return how many of each character there are in a group, in the order of `CHARACTERS`."""
        return dict(Counter(self.groups[group]))


@dataclass(frozen=True)
class Design:
    """How circumstances are drawn, each independently of the others; which case swerves is always even.

    Parameters
    ----------
    in_car
        The probability that one of the groups is inside the vehicle, in (0, 1).
    lights
        The probability that there is a light, in (0, 1); it is green or red with equal probability.

    Raises
    ------
    ValueError
        If a probability is out of range.

    Notes
    -----
    By default passengers or none, and no light, green and red, are all equally probable: the twelve combinations of
    circumstances are fully crossed.
    """

    in_car: float = 1 / 2
    lights: float = 2 / 3

    def __post_init__(self) -> None:
        for name in ("in_car", "lights"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be a probability between 0 and 1, got {getattr(self, name)}")

    def weight(self, scenario: Scenario) -> float:
        """Return how much a scenario counts, so that each combination of circumstances counts alike; 1 by default."""
        lit = scenario.lights[1] != "none"
        car = self.in_car if scenario.in_car else 1 - self.in_car
        light = self.lights / 2 if lit else 1 - self.lights
        return (1 / 2) / car * (1 / 3) / light


def generate(count: int, rng: np.random.Generator, design: Design | None = None) -> tuple[Scenario, ...]:
    """Draw scenarios: the dimension, the groups, and the circumstances.

    Parameters
    ----------
    count
        How many.
    rng
        Draws them.
    design
        How circumstances are drawn.

    Raises
    ------
    ValueError
        If the count is negative.

    Notes
    -----
    Source: Awad et al. (2018), as Takemoto (2024) draws them: 1 to 5 pairs of characters that differ in the dimension;
    in *utilitarianism* 1 to 4 characters in both groups and further ones in one, up to 5; in *random* 1 to 5 of any.
    Here the groups change places with probability 1/2 in every scenario, so that no level goes with a case.

    Examples
    --------
    >>> [one.dimension for one in generate(3, np.random.default_rng(0))]
    ['utilitarianism', 'species', 'species']
    """
    if count < 0:
        raise ValueError(f"count of scenarios must not be negative, got {count}")
    chosen = design or Design()
    return tuple(_draw(rng, chosen) for _ in range(count))


def _draw(rng: np.random.Generator, design: Design) -> Scenario:
    dimension = DIMENSIONS[rng.integers(len(DIMENSIONS))]
    groups, levels = _groups(dimension, rng), LEVELS[dimension]
    if rng.random() < 0.5:
        groups, levels = groups[::-1], levels[::-1]
    in_car, swerves = bool(rng.random() < design.in_car), bool(rng.random() < 0.5)
    lit, green = rng.random() < design.lights, rng.random() < 0.5
    lights: tuple[Light, Light] = ("red", "green") if green else ("green", "red")
    if in_car or not lit:
        lights = ("none", lights[1] if lit else "none")
    return Scenario(dimension, levels, groups, in_car, swerves, lights)


def _groups(dimension: str, rng: np.random.Generator) -> tuple[Group, Group]:
    """Return a group of the dimension's first level and one of its second."""
    if dimension in PAIRS:
        pairs = PAIRS[dimension]
        drawn = [pairs[place] for place in rng.integers(len(pairs), size=rng.integers(1, MOST + 1))]
        return tuple(one for one, _ in drawn), tuple(other for _, other in drawn)
    if dimension == "utilitarianism":
        both = _any(rng, int(rng.integers(1, MOST)))
        return both, both + _any(rng, int(rng.integers(1, MOST + 1 - len(both))))
    return _any(rng, int(rng.integers(1, MOST + 1))), _any(rng, int(rng.integers(1, MOST + 1)))


def _any(rng: np.random.Generator, number: int) -> Group:
    return tuple(CHARACTERS[place] for place in rng.integers(len(CHARACTERS), size=number))


def check_levels(dimension: str, levels: tuple[str, str]) -> None:
    """Refuse levels that are not those of the dimension."""
    if sorted(levels) != sorted(LEVELS[check_dimension(dimension)]):
        raise ValueError(
            f"levels of dimension {dimension!r} are {' and '.join(LEVELS[dimension])}, one a group; "
            f"got {', '.join(levels) or 'none'}"
        )


def check_dimension(dimension: str) -> str:
    """Return a dimension that exists; refuse any other."""
    if dimension not in DIMENSIONS:
        raise unknown("dimension", dimension, DIMENSIONS)
    return dimension


def check_group(group: Group) -> None:
    """Refuse a group of no or too many characters, or of unknown ones."""
    for name in group:
        if name not in CHARACTERS:
            raise unknown("character", name, CHARACTERS)
    check_size(len(group))


def check_size(number: int) -> None:
    """Refuse no or too many characters of a group."""
    if not 1 <= number <= MOST:
        raise ValueError(f"a group has 1 to {MOST} characters, got {number}")


def check_lights(in_car: bool, lights: tuple[Light, Light]) -> None:
    """Refuse lights for passengers, and two groups on the crossing whose lights are not opposite."""
    for light in lights:
        if light not in LIGHTS:
            raise unknown("light", light, LIGHTS)
    opposite = {"none": "none", "green": "red", "red": "green"}[lights[1]]
    if lights[0] != ("none" if in_car else opposite):
        raise ValueError(
            f"lights {' and '.join(lights)} cannot be: "
            + ("passengers have none" if in_car else "of two groups on the crossing one has green and the other red")
        )


_PLACES = {name: place for place, name in enumerate(CHARACTERS)}


def _place(character: str) -> int:
    return _PLACES[character]
