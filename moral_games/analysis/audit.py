"""An audit: what a policy responds to, whether it follows payoffs, and which rule it comes nearest to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from moral_games.analysis.factorial import (
    ASSIGNMENTS,
    FACTORS,
    FLOOR,
    Decomposition,
    Design,
    Floats,
    ToldPolicy,
    ask,
    by_factor,
    family,
    log_odds,
    observe,
    preference,
)
from moral_games.analysis.identification import consistent_values, nearest_strategies
from moral_games.analysis.sensitivity import SAME_AGAIN, PayoffPath, advantages, payoff_paths, predict
from moral_games.games import MatrixGame
from moral_games.repeated import state_labels
from moral_games.text import Presentation

VALUES = ("selfish", "utilitarian", "deontological", "virtue_equality", "inequity_aversion")
"""The values whose switch points are shown: the four of Tennant et al. (2023), and inequity aversion."""

LISTED = 5
"""How many strategies and values are listed."""

LEAST = 0.01
"""Values whose rule saves fewer bits a choice, compared with a coin, are not listed."""


@dataclass(frozen=True)
class AuditPlan:
    """What an audit asks.

    Parameters
    ----------
    design
        The factorial experiment.
    base
        The symmetric two-by-two game at which the paths of payoffs begin.
    values
        The texts of the values that are compared with behaviour along these paths.
    opponent, discount
        Against whom and how far ahead values judge actions; see `moral_games.analysis.sensitivity.advantages`.

    Raises
    ------
    ValueError
        If anything is unknown or does not fit.
    """

    design: Design
    base: MatrixGame
    values: tuple[str, ...] = VALUES
    opponent: str = SAME_AGAIN
    discount: float = 0.0

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("an audit needs one value or several to compare behaviour with, got none")
        payoff_paths(self.base)
        for value in self.values:
            advantages(self.base, value, self.opponent, self.discount)
        for game in self.design.games:
            advantages(game, "selfish", self.opponent, self.discount)

    @property
    def told_along_paths(self) -> tuple[Presentation, ...]:
        """How the games of the paths are told: every label set of the design under both assignments, lists in order."""
        return tuple(
            Presentation(labels, assignment, self.design.wordings[0])
            for labels in self.design.labels
            for assignment in ASSIGNMENTS
        )

    @property
    def tellings(self) -> int:
        """How many times a policy is told a game in all; each telling asks about every state."""
        points = sum(len(path.grid) for path in payoff_paths(self.base))
        return len(self.design.games) * len(self.design.presentations()) + points * len(self.told_along_paths)


def audit(policy: ToldPolicy, plan: AuditPlan) -> dict[str, Any]:
    """Ask a policy all that a plan says, and take its answers apart; nothing is sampled.

    Parameters
    ----------
    policy
        A function from a game and presentations of it to action probabilities (P, S, 2).
    plan
        What to ask.

    Returns
    -------
    dict
        JSON: ``response`` (`respond`), ``policy`` by game (`behave`), ``paths`` (`follow`, one a path) and
        ``rules`` (`identify`, over all games and by game).

    Raises
    ------
    ValueError
        If the policy gives no probabilities of that shape.
    """
    design = plan.design
    answers = observe(policy, design)
    means = list(answers.mean(axis=1))
    paths = [follow(policy, path, plan) for path in payoff_paths(plan.base)]
    rules = {"all games": identify(design.games, means, plan)}
    for game, mean in zip(design.games, means, strict=True):
        rules[game.name] = identify([game], [mean], plan)
    return {
        "response": respond(answers, design),
        "policy": {game.name: behave(game, found) for game, found in zip(design.games, answers, strict=True)},
        "paths": paths,
        "rules": rules,
    }


def respond(answers: Floats, design: Design) -> dict[str, Any]:
    """Return what the answers to a design depend on.

    Returns
    -------
    dict
        JSON: ``responds_to`` (see `Decomposition.responds_to`), the ``mean`` and ``deviation`` of the log-odds in
        nats, ``families`` (by family its ``share``, of which ``single`` factors, ``pairs`` and ``higher``
        interactions, and its share of the variance of the ``probability``), ``factors`` (by factor its ``main``
        and ``total`` share), ``pairs`` (a symmetric matrix, main shares on its diagonal), ``higher`` (the
        share of all interactions of three factors or more), ``p_first`` (the mean probability of action 0),
        ``legal_mass``, ``legal_mass_lowest`` and ``lowest_at`` (where that is).
    """
    found = Decomposition.of(by_factor(log_odds(answers), design))
    probability = Decomposition.of(by_factor(preference(answers), design)).families()
    legal = answers.sum(axis=-1)
    worst = np.unravel_index(int(legal.argmin()), legal.shape)
    game, told = design.games[worst[0]], design.presentations()[worst[1]]
    return {
        "responds_to": found.responds_to(),
        "floor": FLOOR,
        "mean": _rounded(found.mean),
        "deviation": _rounded(np.sqrt(found.variance)),
        "families": {
            name: {"share": _rounded(share), **_by_size(found, name), "probability": _rounded(probability[name])}
            for name, share in found.families().items()
        },
        "factors": {
            name: {"main": _rounded(found.main(name)), "total": _rounded(found.total(name))} for name in FACTORS
        },
        "pairs": [[_rounded(found.main(a) if a == b else found.pair(a, b)) for b in FACTORS] for a in FACTORS],
        "higher": _rounded(sum(share for term, share in found.shares.items() if len(term) > 2)),
        "levels": dict(zip(FACTORS, design.shape, strict=True)),
        "p_first": _rounded(answers[..., 0].mean()),
        "legal_mass": _rounded(legal.mean()),
        "legal_mass_lowest": _rounded(legal.min()),
        "lowest_at": f"{game.name} ({told}), state {state_labels(game)[worst[2]]}",
    }


def behave(game: MatrixGame, answers: Floats) -> dict[str, Any]:
    """Return what a policy does in each state of a game: the mean, lowest and highest probability over presentations.

    Returns
    -------
    dict
        JSON: ``states``, and one number a state each ``p_first`` with ``low`` and ``high`` (of action 0), and ``legal``
        (mean).
    """
    first, legal = answers[..., 0], answers.sum(axis=-1)
    return {
        "states": list(state_labels(game)),
        "p_first": _rounded(first.mean(axis=0)),
        "low": _rounded(first.min(axis=0)),
        "high": _rounded(first.max(axis=0)),
        "legal": _rounded(legal.mean(axis=0)),
    }


def follow(policy: ToldPolicy, path: PayoffPath, plan: AuditPlan) -> dict[str, Any]:
    """Return how a policy and the values of a plan move along a path of payoffs.

    Returns
    -------
    dict
        JSON: ``moves``, ``grid`` (N numbers), ``p_first`` (N × 5, the mean over labels and assignments),
        ``states``, and ``values``: by value its ``best`` actions (N × 5: 1 for action 0, -1 for action 1, 0 for
        either), ``switch_points`` by state, and ``agreement`` (see `Prediction.agreement`).
    """
    told = plan.told_along_paths
    answers = np.stack([ask(policy, path.game(point), told).mean(axis=0) for point in path.grid])
    states = state_labels(plan.base)
    values = {}
    for value in plan.values:
        asked = predict(path, value, plan.opponent, plan.discount)
        agreement = asked.agreement(answers)
        values[value] = {
            "best": np.sign(asked.advantages).astype(int).tolist(),
            "switch_points": {state: list(found) for state, found in zip(states, asked.switch_points, strict=True)},
            "agreement": None if agreement is None else _rounded(agreement),
        }
    return {
        "moves": path.moves,
        "grid": _rounded(path.grid),
        "states": list(states),
        "p_first": _rounded(answers[..., 0]),
        "values": values,
    }


def identify(games: Sequence[MatrixGame], tables: Sequence[Floats], plan: AuditPlan) -> dict[str, Any]:
    """Return the rules that come nearest to a policy's tables, the nearest first.

    Parameters
    ----------
    games
        G games.
    tables
        What the policy does in each, (S, A): a row for the start and one for each joint action.
    plan
        Says against whom values judge, and how much later rounds count.

    Returns
    -------
    dict
        JSON: ``strategies`` (``names`` and ``distance``) and ``values`` (``names``, share ``explained``, ``bits`` and
        ``steepness``) that save a hundredth of a bit or more; see `nearest_strategies` and `consistent_values`. Several
        names are a tie.
    """
    strategies = nearest_strategies(games, tables)[:LISTED]
    values = consistent_values(games, tables, None, plan.opponent, plan.discount)
    told = [found for found in values if 1 - found.bits >= LEAST]
    return {
        "strategies": [{"names": list(found.names), "distance": _rounded(found.distance)} for found in strategies],
        "values": [
            {
                "names": list(found.names),
                "explained": _rounded(found.explained),
                "bits": _rounded(found.bits),
                "steepness": _rounded(found.steepness),
            }
            for found in told[:LISTED]
        ],
    }


def _by_size(found: Decomposition, name: str) -> dict[str, float]:
    """Return a family's share by how many factors its terms involve."""
    sizes = dict.fromkeys(("single", "pairs", "higher"), 0.0)
    for term, share in found.shares.items():
        if family(term) == name:
            sizes[("single", "pairs", "higher")[min(len(term), 3) - 1]] += share
    return {size: _rounded(share) for size, share in sizes.items()}


def _rounded(numbers: Any) -> Any:
    """Return plain numbers, rounded to what bfloat16 arithmetic can mean."""
    return np.round(np.asarray(numbers, dtype=np.float64), 6).tolist()
