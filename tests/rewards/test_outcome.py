"""What an outcome says of a round, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import moral_games as mg

IPD = mg.games.get("ipd")
NONE = np.array([-1, -1])


def test_it_pays_what_the_table_says() -> None:
    every = IPD.joint_actions
    assert np.array_equal(mg.Outcome(IPD, every, every).payoffs, IPD.payoffs.reshape(-1, 2))


def test_it_pays_what_was_in_fact_paid() -> None:
    actions = np.array([[0, 1], [0, -1]])
    paid = np.array([[0.5, 3.5], [9.0, 9.0]])
    outcome = mg.Outcome(IPD, np.zeros_like(actions), actions, paid)
    # The second round is void: its illegal answer pays nobody.
    assert outcome.payoffs.tolist() == [[0.5, 3.5], [0, 0]]
    assert mg.rewards.utilitarian()(outcome).tolist() == [[4, 4], [0, 0]]


def test_what_was_paid_may_be_of_any_library() -> None:
    actions = torch.tensor([0, 1])
    outcome = mg.Outcome(IPD, actions, actions, torch.tensor([1.5, 2.5]))
    assert mg.rewards.altruistic()(outcome).tolist() == [2.5, 1.5]


def test_small_integers_count_as_far_as_the_table_is_long() -> None:
    payoffs = np.arange(2**9 * 9, dtype=float).reshape((2,) * 9 + (9,))
    game = mg.MatrixGame.from_payoffs(payoffs)
    last = np.ones(9, dtype=np.int8)
    assert mg.Outcome(game, last, last).payoffs.tolist() == payoffs[-1, -1, -1, -1, -1, -1, -1, -1, -1].tolist()


def test_the_others_are_seen_one_at_a_time() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3)))
    outcome = mg.Outcome(game, np.zeros(3, int), np.zeros(3, int))
    numbers = np.array([1.0, 2.0, 4.0])
    assert [seen.tolist() for seen in outcome.others(numbers)] == [[2, 4, 1], [4, 1, 2]]
    assert outcome.others_mean(numbers).tolist() == [3, 2.5, 1.5]
    assert outcome.others_mean(numbers > 1).tolist() == [1, 0.5, 0.5]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ((np.array([0, 0, 0]), np.array([0, 0, 0])), r"2 players, so expected \(..., 2\)"),
        ((np.array(0), np.array(0)), r"2 players, so expected \(..., 2\)"),
        (([0, 0], [0, 0]), "must be an array of a numpy-like library, got list"),
        ((NONE, NONE.astype(float)), "actions must be an array of integers, got float64"),
        ((NONE, np.array([[0, 0]])), r"previous must have the shape of Outcome.actions, \(1, 2\), got \(2,\)"),
        ((NONE, np.array([0, 2])), r"actions holds an action that game 'ipd' does not have; .* \(2, 2\) actions"),
        ((np.array([2, 0]), NONE), "previous holds an action that game 'ipd' does not have"),
        ((NONE, NONE, np.array([1.0])), r"paid must have the shape of Outcome.actions, \(2,\), got \(1,\)"),
        ((NONE, NONE, [1.0, 1.0]), r"paid must have the shape of Outcome.actions, \(2,\), got \(\)"),
        ((NONE, NONE, np.array([1, 1])), "paid must be an array of floats, got int64"),
    ],
)
def test_what_is_not_a_round_of_the_game_is_refused(arrays, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mg.Outcome(IPD, *arrays)
