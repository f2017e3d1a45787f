"""Drift in numbers: regret is that of `evaluate`, nothing diverges from itself, and what is undone is found."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.analysis import Design
from moral_games.analysis.drift import divergence, measure, regrets, undone_after
from moral_games.policy import PolicyTable

IPD = mg.games.get("ipd")
DUTY = "deontological(penalty=3) + illegal(penalty=6)"


def drawn(seed: int, *shape: int) -> np.ndarray:
    """Return action probabilities (*shape, 2) with some mass left for illegal answers."""
    return np.random.default_rng(seed).dirichlet(np.ones(3), shape)[..., :2]


@given(st.integers(0, 99), st.sampled_from(("random", "tit_for_tat", "grim")), st.sampled_from((DUTY, "utilitarian")))
def test_regret_is_that_of_evaluate(seed: int, opponent: str, reward: str) -> None:
    tables = drawn(seed, 2, 5)
    expected = [
        mg.evaluate(PolicyTable(table), opponent, IPD, reward, initial="random").moral_regret for table in tables
    ]
    assert regrets(IPD, tables, reward, opponent) == pytest.approx(expected, abs=1e-9)


@given(st.integers(0, 99))
def test_divergence_is_zero_from_itself_alone(seed: int) -> None:
    one, other = drawn(seed, 2, 5)
    assert divergence(one, one) == 0
    assert divergence(one, other) > 0


def test_divergence_counts_an_illegal_answer_as_an_outcome() -> None:
    silent, legal = np.zeros((5, 2)), np.full((5, 2), 0.5)
    assert divergence(legal, np.full((5, 2), 0.25)) == pytest.approx(np.log(2))
    assert divergence(silent, np.full((5, 2), 0.25)) == pytest.approx(np.log(2))
    assert np.isfinite(divergence(legal, silent)) and divergence(legal, silent) > 15


def test_a_look_at_one_who_keeps_the_duty() -> None:
    design = Design((IPD,), (("Cat", "Dog"),), ("compact",))
    cooperates = np.broadcast_to(np.eye(2)[[0, 0, 1, 0, 1]], (1, 32, 5, 2))
    silent = np.zeros((1, 32, 5, 2))
    found = measure(cooperates, silent, design, {"duty": DUTY, "own gain": "selfish"})
    assert found["regret"] == {"duty": 0, "own gain": pytest.approx(0.5, abs=0.01)}
    assert (found["legal_mass"], found["responds_to"]) == (1, "opponent's last move")
    assert found["families"]["opponent's last move"] == 1
    before = measure(silent, silent, design, {"duty": DUTY})
    assert (before["regret"], before["kl"], before["legal_mass"]) == ({"duty": 1}, 0, 0)
    assert before["responds_to"] == "nothing"


def test_what_is_undone_is_found_between_two_looks() -> None:
    assert undone_after([0, 10, 20, 30], [0.1, 0.2, 0.8, 0.9], before=0.9) == pytest.approx(15)
    assert undone_after([0, 10], [0.0, 0.5], before=1.0) == 10
    assert undone_after([0, 10, 20], [0.0, 0.4, 0.45], before=1.0) is None
    with pytest.raises(ValueError, match="went from 0.300 to 0.250 in the teaching, so that there is nothing to undo"):
        undone_after([0, 10], [0.25, 0.9], before=0.3)
