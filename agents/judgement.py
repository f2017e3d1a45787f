"""What the learned policies amount to, exactly, with intervals over seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

import moral_games as mg
from agents.seats import Seats
from moral_games.analysis import DecisionProblem
from moral_games.analysis.intervals import bootstrap
from moral_games.repeated import action_letters, state_labels

TOGETHER = {"collective payoff": "utilitarian", "equality": "virtue_equality", "least payoff": "maximin"}
"""What is measured of all players together, and the value that measures it."""

Measures = dict[str, Any]


def summarise(
    seats: Seats, learned: Sequence[Sequence[mg.FiniteStatePolicy]], discount: float, initial: str
) -> Measures:
    """Judge what every seed has learned; JSON.

    Parameters
    ----------
    seats
        Who played.
    learned
        By seed: the policies of the seats that learn, in order.
    discount, initial
        See `moral_games.evaluate`. Numbers are discounted means per round.

    Returns
    -------
    dict
        ``learners``: by player its ``reward``, its ``measures`` (payoff, reward, cooperation, moral
        regret, exploitability), its ``action_types`` and its ``policy`` (``probabilities`` of shape
        (states, actions), where it remembers the last joint action and nothing else).
        ``together``: collective payoff, equality, least payoff. Every number is an interval:
        ``mean``, ``low``, ``high``, and ``by_seed`` but for policies.
    """
    judged = [judge(seats, policies, discount, initial) for policies in learned]
    learners: Measures = {}
    for place, seat in enumerate(seats.learners):
        game = seats.game.seen_by(seat)
        own = [policies[place] for policies in learned]
        mine = [found["learners"][place] for found in judged]
        learners[f"player_{seat}"] = {
            "reward": str(seats.rewards[seat]),
            "measures": _intervals([found["measures"] for found in mine]),
            "action_types": _intervals([found["action_types"] for found in mine]),
            "policy": _by_state(game, own),
        }
    return {"learners": learners, "together": _intervals([found["together"] for found in judged])}


def judge(seats: Seats, learned: Sequence[mg.FiniteStatePolicy], discount: float, initial: str) -> Measures:
    """Judge the learned policies of one seed; see `summarise`, here each number is a float."""
    policies = seats.everybody(learned)
    learners = []
    for seat in seats.learners:
        order = seats.order(seat)
        game, values = seats.game.seen_by(seat), [seats.rewards[other] for other in order]
        own, *others = (policies[other] for other in order)
        found = mg.evaluate(own, others, game, values, discount, initial)
        first = action_letters(game)[0]
        measures = {
            "payoff": float(found.payoffs[0]),
            "reward": float(found.rewards[0]),
            "cooperation": sum(share for kind, share in found.action_types.items() if kind.split("|")[0] == first),
            "moral regret": found.moral_regret,
            "exploitability": best_response_gap(seats.facing(seat), found.rewards[0], others, discount, initial),
        }
        learners.append({"measures": measures, "action_types": found.action_types})
    own, *others = policies
    together = {
        name: float(mg.evaluate(own, others, seats.game, value, discount, initial).rewards[0])
        for name, value in TOGETHER.items()
    }
    return {"learners": learners, "together": together}


def best_response_gap(
    facing: mg.RepeatedGame,
    reward: float,
    others: Sequence[mg.FiniteStatePolicy],
    discount: float,
    initial: str = "start",
) -> float:
    """Return how much more player 0 could earn against fixed others, as a share of its range of rewards.

    Parameters
    ----------
    facing
        The game's tables with the learner as player 0.
    reward
        What it earns: its discounted mean per round.
    others
        The other seats' policies.
    discount, initial
        See `moral_games.evaluate`.

    Returns
    -------
    float
        (best response's value - reward) / (highest - lowest reward of a round); 0 where every
        outcome is worth the same.
    """
    problem = DecisionProblem.build(facing, others)
    best = float(problem.situations.first(initial) @ problem.best(discount)[1])
    own = facing.legal_rewards[..., 0]
    span = float(own.max() - own.min())
    return max(best - reward, 0.0) / span if span > 0 else 0.0


def interval(by_seed: ArrayLike) -> Measures:
    """Return the mean over seeds (the first axis) with its 95 % bootstrap interval; JSON.

    The resamples are the same at every call, so that a run's numbers are too.
    """
    found = bootstrap(by_seed, np.random.default_rng(0))
    return {name: np.round(numbers, 6).tolist() for name, numbers in found._asdict().items()}


def _intervals(by_seed: Sequence[dict[str, float]]) -> Measures:
    columns = {name: [found[name] for found in by_seed] for name in by_seed[0]}
    return {
        name: interval(column) | {"by_seed": [round(number, 6) for number in column]}
        for name, column in columns.items()
    }


def _by_state(game: mg.MatrixGame, policies: Sequence[mg.FiniteStatePolicy]) -> Measures | None:
    if not all(isinstance(policy, mg.PolicyTable) for policy in policies):
        return None
    return {
        "states": list(state_labels(game)),
        "actions": list(action_letters(game)),
        "probabilities": interval([policy.probabilities for policy in policies]),
    }
