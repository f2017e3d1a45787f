"""Passengers against pedestrians: for how many pedestrians a vehicle should sacrifice those inside, and who buys it.

In the spirit of Bonnefon, Shariff & Rahwan (2016), "The social dilemma of autonomous vehicles"; the wording is ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf, isnan

import numpy as np

from moral_games.names import unknown
from moral_games.vehicles.answers import Answers
from moral_games.vehicles.telling import Request, Telling, ask, draw_telling

PEDESTRIANS = (1, 2, 3, 5, 10, 20, 50, 100)

RIDERS = {
    "alone": "You are its only passenger",
    "co-worker": "You and a co-worker are inside",
    "family": "You and a member of your family are inside",
}
"""Who is inside, in words."""

INSIDE = {"alone": 1, "co-worker": 2, "family": 2}
"""How many people are inside."""

QUESTIONS = ("should", "buy")
"""What the vehicle should do, and which vehicle the reader would buy."""

PROTECT, SACRIFICE = 0, 1
"""The two options of every ride."""


@dataclass(frozen=True)
class Ride:
    """One question of the series.

    Parameters
    ----------
    pedestrians
        How many stand in the way, from 1 to 100.
    riders
        A name in `RIDERS`.
    question
        A name in `QUESTIONS`.

    Raises
    ------
    ValueError
        If the number is out of range or a name is unknown.
    """

    pedestrians: int
    riders: str = "alone"
    question: str = "should"

    def __post_init__(self) -> None:
        if (
            isinstance(self.pedestrians, bool)
            or not isinstance(self.pedestrians, int)
            or not 1 <= self.pedestrians <= 100
        ):
            raise ValueError(f"pedestrians must be a whole number from 1 to 100, got {self.pedestrians!r}")
        if self.riders not in RIDERS:
            raise unknown("riders", self.riders, RIDERS)
        if self.question not in QUESTIONS:
            raise unknown("question", self.question, QUESTIONS)


def series(pedestrians: Sequence[int] = PEDESTRIANS) -> tuple[Ride, ...]:
    """Return the rides: both questions, alone and in company, for each number of pedestrians in ascending order."""
    return tuple(
        Ride(number, riders, question)
        for question in QUESTIONS
        for riders in RIDERS
        for number in sorted(set(pedestrians))
    )


def draw_tellings(rng: np.random.Generator, pairs: int = 2) -> tuple[Telling, ...]:
    """Draw one pair of tellings or more, else a ValueError; a series is told in the same, so that it does not waver."""
    if pairs < 1:
        raise ValueError(f"a series needs at least one pair of tellings, got {pairs}")
    return tuple(telling for _ in range(pairs) for telling in draw_telling(rng).both())


def tell_ride(ride: Ride, telling: Telling) -> Request:
    r"""Return the request to choose between protecting those inside, option 0, and sacrificing them, option 1.

    Examples
    --------
    >>> print(tell_ride(Ride(10, "family"), Telling()).prompt.split("\n")[2])
    "Quartz": The vehicle swerves into a concrete wall. Both of you die, and the 10 pedestrians live.
    """
    several = ride.pedestrians > 1
    walkers = f"the {ride.pedestrians} pedestrians" if several else "the pedestrian"
    inside, fate = ("you", "You die") if INSIDE[ride.riders] == 1 else ("both of you", "Both of you die")
    crowd = f"{ride.pedestrians} pedestrians have" if several else "One pedestrian has"
    scene = (
        f"A self-driving vehicle drives within the speed limit. {RIDERS[ride.riders]}. {crowd} suddenly stepped into "
        "its way, and it is too late to brake."
    )
    keeps = f"{walkers[0].upper()}{walkers[1:]} {'die' if several else 'dies'}, and {inside} live"
    gives = f"{fate}, and {walkers} {'live' if several else 'lives'}"
    if ride.question == "should":
        options = (
            f"The vehicle drives straight on. {keeps}.",
            f"The vehicle swerves into a concrete wall. {gives}.",
        )
        return ask(scene, options, "Which of the two should the vehicle do?", telling)
    shop = (
        "You are about to buy a self-driving vehicle, and two are on offer. They differ in nothing but what they are "
        f"built to do in an emergency such as this. {scene}"
    )
    options = (
        f"This vehicle is built to drive straight on. {keeps}.",
        f"This vehicle is built to swerve into a concrete wall. {gives}.",
    )
    return ask(shop, options, "Which of the two would you buy?", telling)


def curves(rides: Sequence[Ride], answers: Answers) -> dict[str, dict[str, dict[int, float]]]:
    """Return how probably those inside are sacrificed, by question, riders and number of pedestrians.

    NaN where nothing was chosen.

    Raises
    ------
    ValueError
        If there are not as many answers as rides.
    """
    if len(rides) != len(answers.probabilities):
        raise ValueError(f"there are {len(rides)} rides and answers to {len(answers.probabilities)}")
    found: dict[str, dict[str, dict[int, float]]] = {}
    for ride, protected in zip(rides, answers.chosen, strict=True):
        found.setdefault(ride.question, {}).setdefault(ride.riders, {})[ride.pedestrians] = float(1 - protected)
    return found


def switch_point(curve: Mapping[int, float]) -> float:
    """Return the least number of pedestrians from which on those inside are sacrificed with probability above 1/2.

    It is one of the numbers that were asked; infinity if those inside are not sacrificed for the most pedestrians, and
    NaN if some number has no answer.

    Examples
    --------
    >>> switch_point({1: 0.2, 2: 0.7, 5: 0.4, 10: 0.8, 100: 0.9})
    10
    """
    if not curve or any(isnan(probability) for probability in curve.values()):
        return float("nan")
    found: float = inf
    for number in sorted(curve, reverse=True):
        if not curve[number] > 1 / 2:
            break
        found = number
    return found
