"""Policy tables, compiled games and the pure step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.policy import uniform
from moral_games.repeated import state_labels

IPD = mg.games.get("ipd")


def test_states_are_start_then_joint_actions_row_major() -> None:
    assert state_labels(IPD) == ("start", "CC", "CD", "DC", "DD")
    assert mg.RepeatedGame.compile(IPD).previous.tolist() == [[-1, -1], [0, 0], [0, 1], [1, 0], [1, 1]]
    assert state_labels(mg.games.get("rock_paper_scissors"))[:4] == ("start", "RR", "RP", "RS")


def test_the_other_player_sees_its_own_action_first() -> None:
    assert mg.RepeatedGame.compile(IPD).seen_by(1).tolist() == [0, 1, 3, 2, 4]


@given(st.integers(0, 4), st.integers(-1, 1), st.integers(-1, 1))
def test_the_step_is_the_game_and_the_reward(state: int, a: int, b: int) -> None:
    repeated = mg.RepeatedGame.compile(IPD, ("selfish", "deontological(penalty=3) + illegal(penalty=6)"))
    step = repeated.step(np.array(state), np.array([a, b]))
    legal = a >= 0 and b >= 0
    assert step.payoffs.tolist() == (IPD.payoffs[a, b].tolist() if legal else [0, 0])
    previous = repeated.previous[state]
    assert step.rewards[0] == step.payoffs[0]
    assert step.rewards[1] == (-6 if b < 0 else -3 if b == 1 and previous[0] == 0 else 0)
    kept = [now if now >= 0 else before for now, before in zip((a, b), previous, strict=True)]
    expected = 1 + 2 * kept[0] + kept[1] if min(kept) >= 0 else 0
    assert step.state == expected


def test_a_batch_of_steps_is_each_step_alone(rng: np.random.Generator) -> None:
    repeated = mg.RepeatedGame.compile(mg.games.get("rock_paper_scissors"), "utilitarian + illegal")
    states, actions = rng.integers(0, 10, (6, 4)), rng.integers(-1, 3, (6, 4, 2))
    batch = repeated.step(states, actions)
    for cell in np.ndindex(6, 4):
        alone = repeated.step(states[cell], actions[cell])
        assert all(np.array_equal(one[cell], other) for one, other in zip(batch, alone, strict=True))


def test_the_tables_agree_with_the_reward_function(rng: np.random.Generator) -> None:
    for name in mg.rewards.names():
        repeated = mg.RepeatedGame.compile(IPD, name)
        states, actions = rng.integers(0, 5, 50), rng.integers(-1, 2, (50, 2))
        expected = mg.rewards.get(name)(mg.Outcome(IPD, repeated.previous[states], actions))
        assert np.array_equal(repeated.step(states, actions).rewards, expected), name


def test_one_value_a_player() -> None:
    with pytest.raises(ValueError, match="2 players, but 3 rewards"):
        mg.RepeatedGame.compile(IPD, ("selfish",) * 3)


def test_a_game_too_large_for_a_table_is_refused() -> None:
    payoffs = np.zeros((2,) * 12 + (12,))
    with pytest.raises(ValueError, match="at most 20,000,000"):
        mg.RepeatedGame.compile(mg.MatrixGame.from_payoffs(payoffs))


def test_a_policy_table_keeps_illegal_mass_apart() -> None:
    policy = mg.PolicyTable([[0.5, 0.4]] * 5)
    assert policy.legal_mass == pytest.approx([0.9] * 5)
    assert policy.with_illegal[0] == pytest.approx([0.5, 0.4, 0.1])
    assert policy.transitions[3].tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "rows", [[[0.5, 0.6]] * 5, [[-0.1, 0.5]] * 5, [[float("nan"), 0.5]] * 5, [0.5, 0.5], [[0.5, 0.5]]]
)
def test_what_is_not_a_distribution_is_refused(rows) -> None:
    with pytest.raises(ValueError, match=r"probabilities|shape"):
        mg.PolicyTable(rows)


def test_transitions_are_checked() -> None:
    with pytest.raises(ValueError, match="memory states 0 to 1"):
        mg.FiniteStatePolicy(np.full((2, 2), 0.5), np.full((2, 4), 7))
    with pytest.raises(ValueError, match="transitions of shape"):
        mg.FiniteStatePolicy(np.full((2, 2), 0.5), np.zeros((3, 4)))


def test_a_policy_of_another_game_is_refused() -> None:
    with pytest.raises(ValueError, match="3 actions and 9 joint actions; game 'ipd' has 2 and 4"):
        uniform(mg.games.get("rock_paper_scissors")).check(IPD)
