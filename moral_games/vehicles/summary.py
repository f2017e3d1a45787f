"""What is known of somebody who was asked, as plain numbers: what is printed, kept and drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moral_games.analysis.fit_summary import number
from moral_games.vehicles.answers import Answers
from moral_games.vehicles.conjoint import distance, effects
from moral_games.vehicles.passengers import INSIDE, Ride, curves, switch_point
from moral_games.vehicles.scenarios import Design, Scenario
from moral_games.vehicles.survival import moral_switch_point

CARE = {"alone": 0.0, "co-worker": 0.0, "family": 1.0}
"""How much theory takes a passenger to care for who rides along: our assumption, not an estimate."""


def conjoint_summary(
    scenarios: Sequence[Scenario], answers: Answers, rng: np.random.Generator, design: Design | None = None
) -> dict[str, Any]:
    """Return the effects of the nine attributes beside people's, and what else there is to know about the answers.

    Parameters
    ----------
    scenarios
        What was asked.
    answers
        To it; option 0 is case 1, in which the first group dies.
    rng
        Draws the bootstrap's resamples.
    design
        How the scenarios' circumstances were drawn.

    Returns
    -------
    dict
        JSON. What is not known is None.
    """
    spared = 1 - answers.chosen
    far = distance(scenarios, spared, rng, design)
    return {
        "scenarios": len(scenarios),
        **_about(answers, rng),
        "effects": [
            {
                "attribute": effect.attribute.name,
                "less": effect.attribute.less,
                "more": effect.attribute.more,
                "estimate": number(effect.estimate),
                "standard_error": number(effect.standard_error),
                "interval": [number(effect.low), number(effect.high)],
                "scenarios": effect.scenarios,
                "human": effect.attribute.human,
            }
            for effect in effects(scenarios, spared, design)
        ],
        "distance": {
            "attributes": far.attributes,
            "euclid": list(map(number, far.euclid)),
            "correlation": list(map(number, far.correlation)),
        },
    }


def passenger_summary(
    rides: Sequence[Ride], answers: Answers, rng: np.random.Generator, kappa: float = 0.5
) -> dict[str, Any]:
    """Return the curves of passengers against pedestrians with their switch points, beside those of three values.

    Parameters
    ----------
    rides
        What was asked.
    answers
        To it; option 0 is to protect those inside.
    rng
        Draws the bootstrap's resamples.
    kappa
        The degree of morality of homo moralis, in [0, 1].

    Returns
    -------
    dict
        JSON. What is not known is None; a switch that never comes is at "infinity".
    """
    found = curves(rides, answers)
    return {
        **_about(answers, rng),
        "curves": {
            question: {riders: _curve(curve) for riders, curve in by_riders.items()}
            for question, by_riders in found.items()
        },
        "theory": {
            riders: {
                "homo economicus": "infinity",
                f"homo moralis, kappa {kappa:g}": number(moral_switch_point(inside, kappa, CARE[riders])),
                "utilitarian": inside,
            }
            for riders, inside in INSIDE.items()
        },
    }


def _about(answers: Answers, rng: np.random.Generator) -> dict[str, Any]:
    told = answers.first_told(rng)
    return {
        "answered": int(np.isfinite(answers.chosen).sum()),
        "kinds": {kind: number(share) for kind, share in answers.kinds.items()},
        "first_told": [number(float(end)) for end in told],
        "reads_place": bool(told.low > 1 / 2 or told.high < 1 / 2),
        "gap": number(answers.gap),
    }


def _curve(curve: Mapping[int, float]) -> dict[str, Any]:
    return {
        "pedestrians": list(curve),
        "sacrifice": [number(probability) for probability in curve.values()],
        "switch": number(switch_point(curve)),
    }
