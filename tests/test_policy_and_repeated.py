"""Policy tables, compiled games and the pure step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.policy import remembering, trembling, uniform, window_count, windows
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


@given(st.integers(1, 9), st.integers(0, 3), st.data())
def test_a_window_is_followed_by_the_one_with_what_was_played(joint_actions: int, memory: int, data) -> None:
    seen, after = windows(joint_actions, memory), remembering(joint_actions, memory)
    assert seen.shape == (window_count(joint_actions, memory), memory)
    state = data.draw(st.integers(0, len(seen) - 1))
    played = data.draw(st.integers(0, joint_actions - 1))
    assert seen[after[state, played]].tolist() == [played, *seen[state]][:memory]


@given(st.lists(st.integers(0, 3), max_size=8))
def test_a_policy_with_memory_two_knows_the_last_two_rounds(played: list[int]) -> None:
    # It cooperates with a probability that tells the window: w_0 + 5 w_1 of 25.
    chances = np.array([sum((w + 1) * 5**i for i, w in enumerate(window)) / 25 for window in windows(4, 2)])
    policy = mg.FiniteStatePolicy.from_windows(np.stack([chances, 1 - chances], axis=1), 4)
    memory = 0
    for joint in played:
        memory = policy.transitions[memory, joint]
    last = [*(1 + joint for joint in reversed(played)), 0, 0]
    assert policy.probabilities[memory, 0] == pytest.approx((last[0] + 5 * last[1]) / 25)


def test_memory_one_is_the_policy_table(rng: np.random.Generator) -> None:
    rows = rng.dirichlet([1, 1], 5)
    assert np.array_equal(mg.FiniteStatePolicy.from_windows(rows, 4).transitions, mg.PolicyTable(rows).transitions)


def test_a_policy_table_of_a_large_game_takes_no_more_than_its_probabilities() -> None:
    policy = mg.PolicyTable(np.full((1 + 4096, 2), 0.5))
    assert policy.transitions.shape == (4097, 4096) and policy.transitions.strides[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        policy.transitions[0, 0] = 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: windows(4, 12), "memory 12 over 4 joint actions has 89,478,484 transitions; at most 20,000,000"),
        (lambda: remembering(4, 12), "at most 20,000,000"),
        (lambda: windows(0, 1), "joint_actions >= 1"),
        (lambda: remembering(4, -1), "memory >= 0, got 4 and -1"),
        (
            lambda: mg.FiniteStatePolicy.from_windows([[1, 0]] * 6, 4),
            r"6 rows; with 4 joint actions it needs 5 \(memory 1\) or 21 \(memory 2\)",
        ),
        (lambda: mg.FiniteStatePolicy.from_windows([[1, 0]] * 6, 0), "joint_actions >= 1"),
        (lambda: trembling(uniform(IPD), 1.5), r"noise must lie in \[0, 1\], got 1.5"),
        (lambda: trembling(uniform(IPD), float("nan")), "noise must lie in"),
    ],
)
def test_memories_and_noise_out_of_range_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@given(st.floats(0, 1), st.integers(2, 4), st.integers(0, 2**32 - 1))
def test_a_trembling_hand_plays_another_action_that_often(noise: float, actions: int, seed: int) -> None:
    meant = np.random.default_rng(seed).dirichlet(np.ones(actions + 1), 1 + actions**2)[:, :-1]  # some of it illegal
    played = trembling(mg.PolicyTable(meant), noise)
    slip = np.full((actions, actions), noise / (actions - 1))
    np.fill_diagonal(slip, 1 - noise)
    assert played.probabilities == pytest.approx(meant @ slip)
    assert played.legal_mass == pytest.approx(meant.sum(axis=1))


def test_noise_one_does_the_opposite_and_noise_zero_nothing() -> None:
    policy = mg.opponents.as_policy("tit_for_tat", IPD)
    assert trembling(policy, 0) is policy
    assert trembling(policy, 1).probabilities.tolist() == policy.probabilities[:, ::-1].tolist()
    assert trembling(policy, 0.1).name == "tit_for_tat"


def test_a_policy_comes_back_from_its_file(tmp_path: Path, rng: np.random.Generator) -> None:
    for policy in (
        mg.PolicyTable(rng.dirichlet([1, 1], 5), "learner"),
        mg.FiniteStatePolicy.from_windows(rng.dirichlet([1, 1], 21), 4, "longer"),
    ):
        policy.save(tmp_path / "policy.json")
        back = mg.FiniteStatePolicy.load(tmp_path / "policy.json")
        assert (type(back), back.name) == (type(policy), policy.name)
        assert np.array_equal(back.probabilities, policy.probabilities)
        assert np.array_equal(back.transitions, policy.transitions)


def test_a_file_without_a_policy_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"nobody.json holds no policy"):
        mg.FiniteStatePolicy.load(tmp_path / "nobody.json")


def test_a_policy_under_another_name_is_the_same() -> None:
    policy = uniform(IPD)
    other = policy.named("somebody")
    assert (policy.name, other.name, type(other)) == ("uniform", "somebody", mg.PolicyTable)
    assert other.probabilities is policy.probabilities
