"""Measures of sampled episodes: they estimate what is computed exactly, and say how sure they are."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.analysis import DecisionProblem
from moral_games.analysis.episodes import action_types, attainable, estimate, measure, share
from moral_games.analysis.simulation import Episodes
from moral_games.opponents import seated

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")


def sampled(policy: mg.FiniteStatePolicy, episodes: int, rounds: int, seed: int = 0) -> Episodes:
    """Play against tit for tat after a random joint action, one step at a time."""
    rng, repeated = np.random.default_rng(seed), mg.RepeatedGame.compile(IPD, DUTY)
    state, columns = 1 + rng.integers(4, size=episodes), []
    for _ in range(rounds):
        own = (rng.random(episodes)[:, None] >= np.cumsum(policy.with_illegal[state], axis=1)[:, :-1]).sum(axis=1)
        actions = np.stack([np.where(own == 2, -1, own), (state - 1) // 2], axis=-1)
        step = repeated.step(state, actions)
        columns.append((state, actions, step.payoffs, step.rewards))
        state = step.state
    return Episodes(*(np.stack(column, axis=1) for column in zip(*columns, strict=True)))


def test_sampled_measures_agree_with_the_exact_ones() -> None:
    policy = mg.PolicyTable([[0.5, 0.4], [0.6, 0.3], [0.2, 0.8], [0.5, 0.2], [0.1, 0.7]])
    found = measure(sampled(policy, 4000, 5), IPD, {"duty": DUTY}, "tit_for_tat")
    problem = DecisionProblem.build(mg.RepeatedGame.compile(IPD, DUTY), seated("tit_for_tat", IPD))
    reward = problem.episode_reward(policy.with_illegal, 5)
    exact = mg.evaluate(policy, "tit_for_tat", IPD, DUTY, initial="random")
    assert exact.published_regret == pytest.approx(-reward)
    for name, expected in (("reward", reward), ("published regret", exact.published_regret)):
        judged = found[name]["duty"]
        assert judged["mean"] == pytest.approx(expected, abs=4 * judged["standard_error"])
    worst, best = attainable(problem, 5)
    judged = found["moral regret"]["duty"]
    assert judged["mean"] == pytest.approx(min(1.0, (best - reward) / (best - worst)), abs=4 * judged["standard_error"])
    assert sum(kind["mean"] for kind in found["action types"].values()) == pytest.approx(1, abs=1e-5)
    assert set(found["action types"]) == {kind for kind in exact.action_types if "start" not in kind}


def test_what_is_attainable_is_found_by_trying_everything() -> None:
    problem = DecisionProblem.build(mg.RepeatedGame.compile(IPD, "selfish"), seated("tit_for_tat", IPD))
    earned = []
    for start in range(1, 5):
        totals = []
        for own in product(range(2), repeat=3):
            other, total = (start - 1) // 2, 0.0
            for action in own:
                total += IPD.payoffs[action, other, 0]
                other = action
            totals.append(total / 3)
        earned.append((min(totals), max(totals)))
    assert attainable(problem, 3) == pytest.approx(tuple(np.mean(earned, axis=0)))


def test_an_action_type_is_told_from_each_players_seat() -> None:
    played = Episodes(np.array([[2]]), np.array([[[0, -1]]]), np.zeros((1, 1, 2)), np.zeros((1, 1, 2)))
    assert action_types(played, IPD)["C|D"].mean == 1  # the state is CD
    assert action_types(played, IPD, player=1)["illegal|C"].mean == 1


@given(arrays(np.bool_, (7, 3)), arrays(np.bool_, (7, 3)))
def test_a_share_is_of_what_can_be(hits: np.ndarray, among: np.ndarray) -> None:
    found = share(hits, among)
    assert np.isnan(found.mean) if not among.any() else found.mean == pytest.approx(hits[among].mean())
    everywhere = share(hits, np.ones_like(hits))
    assert everywhere.standard_error == pytest.approx(estimate(hits.mean(axis=1)).standard_error)


def test_one_episode_has_no_known_error() -> None:
    assert estimate([2.0]).to_json() == {"mean": 2.0, "standard_error": None}
