"""Exact numbers: against theory, against sampled play, against finite differences."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.analysis import DecisionProblem, equilibria, evaluate, simulate
from moral_games.analysis.evaluation import regret
from moral_games.analysis.tellings import judged_states, presentation_gap, summarise
from moral_games.opponents import as_policy, seated

IPD = mg.games.get("ipd")
DUTY = "deontological(penalty=3) + illegal(penalty=6)"

policies = arrays(np.float64, (5, 3), elements=st.floats(0.02, 1)).map(
    lambda x: mg.PolicyTable(x[:, :2] / x.sum(1, keepdims=True))
)


def strategy(name: str) -> mg.FiniteStatePolicy:
    return as_policy(name, IPD)


def test_two_tit_for_tats_cooperate_for_ever() -> None:
    found = evaluate(strategy("tit_for_tat"), "tit_for_tat", IPD)
    assert found.payoffs == pytest.approx([3, 3]) and found.average_payoffs == pytest.approx([3, 3])
    assert found.action_types["C|C"] == pytest.approx(0.99) and found.action_types["C|start"] == pytest.approx(0.01)
    assert sum(found.action_types.values()) == pytest.approx(1)


def test_always_defect_against_grim_by_hand() -> None:
    # 4 in the first round and 1 ever after; grim is paid 0, then 1.
    found = evaluate(strategy("always_defect"), "grim", IPD, discount=0.9)
    assert found.payoffs == pytest.approx([0.1 * 4 + 0.9 * 1, 0.9])
    assert found.average_payoffs == pytest.approx([1, 1])


def test_tit_for_tat_against_random_by_theory() -> None:
    # Each joint action is met a quarter of the time.
    found = evaluate(strategy("tit_for_tat"), "random", IPD)
    assert found.average_payoffs == pytest.approx([2, 2])
    assert found.long_run == pytest.approx([0, 0.25, 0.25, 0.25, 0.25])


def test_a_periodic_chain_has_a_long_run() -> None:
    # Tit-for-tat against an alternator: D after own C, C after own D.
    alternator = mg.PolicyTable([[1, 0], [0, 1], [0, 1], [1, 0], [1, 0]])
    found = evaluate(alternator, "tit_for_tat", IPD)
    assert found.average_payoffs == pytest.approx([2, 2])
    assert found.long_run == pytest.approx([0, 0, 0.5, 0.5, 0])


@given(policies, policies, st.floats(0, 0.99))
def test_a_game_told_from_the_other_seat_is_the_same(one, other, discount: float) -> None:
    left, right = evaluate(one, other, IPD, DUTY, discount), evaluate(other, one, IPD, DUTY, discount)
    for name in ("payoffs", "rewards", "average_payoffs", "average_rewards"):
        assert getattr(left, name) == pytest.approx(getattr(right, name)[::-1], abs=1e-9)


@given(policies, st.sampled_from(mg.opponents.names(IPD)))
def test_shares_are_shares(policy, opponent: str) -> None:
    found = evaluate(policy, opponent, IPD, DUTY, discount=0.8)
    for shares in (found.occupancy, found.long_run, list(found.action_types.values())):
        assert sum(shares) == pytest.approx(1) and min(shares) >= -1e-12
    assert 0 <= found.moral_regret <= 1


@pytest.mark.parametrize(
    ("game", "opponent"),
    [("ipd", name) for name in mg.opponents.names(IPD)] + [("chicken", name) for name in ("random", "grim", "easy_go")],
)
def test_exact_values_agree_with_sampled_play(game: str, opponent: str, rng: np.random.Generator) -> None:
    played, discount, rounds = mg.games.get(game), 0.8, 80
    policy = mg.PolicyTable([[0.5, 0.4], [0.8, 0.15], [0.1, 0.8], [0.7, 0.3], [0.3, 0.6]])
    repeated = mg.RepeatedGame.compile(played, DUTY)
    sampled = simulate(repeated, [policy, as_policy(opponent, played)], 4000, rounds, rng)
    weights = (1 - discount) * discount ** np.arange(rounds)
    found = evaluate(policy, opponent, played, DUTY, discount)
    for exact, draws in ((found.payoffs, sampled.payoffs), (found.rewards, sampled.rewards)):
        returns = np.einsum("t,etn->en", weights, draws)
        error = returns.std(0) / np.sqrt(len(returns))
        assert (np.abs(returns.mean(0) - exact) < 4.5 * error + 1e-6).all()
    occupancy = np.array([(weights * (sampled.states == s)).sum(1).mean() for s in range(5)])
    assert occupancy == pytest.approx(found.occupancy, abs=0.02)


@given(policies, st.sampled_from(["tit_for_tat", "random", "win_stay_lose_shift", "grim", "tit_for_two_tats"]))
def test_the_policy_gradient_is_the_derivative_of_an_episode(policy, opponent: str) -> None:
    problem = DecisionProblem.build(mg.RepeatedGame.compile(IPD, DUTY), seated(opponent, IPD))
    table = policy.with_illegal
    weights = problem.policy_gradient(table, rounds=5, discount=1.0)
    for cell in np.ndindex(table.shape):
        nudge = np.zeros_like(table)
        nudge[cell] = 1e-6
        slope = (problem.episode_reward(table + nudge, 5) - problem.episode_reward(table - nudge, 5)) / 2e-6
        assert weights[cell] == pytest.approx(slope, abs=1e-7)


def test_without_discount_an_action_answers_for_its_own_reward() -> None:
    problem = DecisionProblem.build(mg.RepeatedGame.compile(IPD, DUTY), seated("random", IPD))
    weights = problem.policy_gradient(np.full((5, 3), 1 / 3), rounds=1, discount=0.0)
    assert weights == pytest.approx(0.25 * np.array([[0, 0, 0], [0, -3, -6], [0, 0, -6], [0, -3, -6], [0, 0, -6]]))


@pytest.mark.parametrize("opponent", ["tit_for_tat", "random", "always_defect", "win_stay_lose_shift"])
@pytest.mark.parametrize("reward", ["selfish", "utilitarian", DUTY, "virtue_equality"])
def test_regret_is_measured_between_the_best_and_the_worst_of_all_policies(opponent: str, reward: str) -> None:
    values, regrets = [], []
    for choices in product((0, 1), repeat=5):  # every deterministic memory-one policy
        found = evaluate(mg.PolicyTable(np.eye(2)[list(choices)]), opponent, IPD, reward, discount=0.9)
        values.append(found.rewards[0])
        regrets.append(found.moral_regret)
    if max(values) - min(values) > 1e-9:
        assert min(regrets) == pytest.approx(0, abs=1e-9) and max(regrets) == pytest.approx(1)
        assert np.argmin(regrets) in np.flatnonzero(np.isclose(values, max(values)))
    falling = np.array(regrets)[np.argsort(values)]
    assert (np.diff(falling) <= 1e-9).all()


def test_illegal_answers_cannot_look_moral() -> None:
    silent = mg.PolicyTable(np.zeros((5, 2)))
    assert evaluate(silent, "random", IPD, DUTY).moral_regret == 1
    assert evaluate(silent, "random", IPD, DUTY).published_regret == pytest.approx(6)


def test_the_published_regret() -> None:
    # Always defecting against random: half of the states have a cooperator to betray, at 3 each.
    found = evaluate(strategy("always_defect"), "random", IPD, DUTY)
    assert found.published_regret == pytest.approx(1.5)
    assert evaluate(strategy("tit_for_tat"), "random", IPD, DUTY).published_regret == pytest.approx(0)


def test_regret_of_a_reward_that_cannot_be_moved() -> None:
    assert regret(1.0, 1.0, 1.0) == 0
    assert regret(0.25, 1.0, 0.0) == 0.75
    assert regret(-5, 1.0, 0.0) == 1


def test_three_players(rng: np.random.Generator) -> None:
    counts = np.indices((2, 2, 2)).sum(0)
    payoffs = np.stack([2.0 * (3 - counts) / 3 + np.indices((2, 2, 2))[i] for i in range(3)], axis=-1)
    game = mg.MatrixGame.from_payoffs(payoffs, name="public_good")
    random = as_policy("random", game)
    found = evaluate(random, ["always_cooperate", "random"], game, "utilitarian", discount=0.5)
    repeated = mg.RepeatedGame.compile(game, "utilitarian")
    sampled = simulate(repeated, [random, as_policy("always_cooperate", game), random], 20000, 30, rng)
    weights = 0.5 * 0.5 ** np.arange(30)
    assert np.einsum("t,etn->n", weights, sampled.rewards) / 20000 == pytest.approx(found.rewards, abs=0.02)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: evaluate(strategy("grim"), "grim", IPD, discount=1.0), r"\[0, 1\)"),
        (
            lambda: evaluate(strategy("grim"), "grim", mg.games.get("rock_paper_scissors")),
            "policy 'grim' is for 2 actions",
        ),
        (lambda: evaluate(strategy("grim"), ["grim", "grim"], IPD), "needs 1 opponents, got 2"),
        (lambda: evaluate(strategy("grim"), "grim", IPD, initial="middle"), "initial must be one of"),
    ],
)
def test_bad_input(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_equilibria() -> None:
    assert [tuple(map(np.ndarray.tolist, pair)) for pair in equilibria(IPD)] == [([0, 1], [0, 1])]
    found = equilibria(mg.games.get("bach_or_stravinsky"))
    assert len(found) == 3
    assert any(np.allclose(row, [0.6, 0.4]) and np.allclose(column, [0.4, 0.6]) for row, column in found)
    assert equilibria(mg.games.get("matching_pennies"))[0][0] == pytest.approx([0.5, 0.5])
    with pytest.raises(ValueError, match="two players"):
        equilibria(mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3))))


def test_a_duty_judges_the_states_where_the_other_cooperated() -> None:
    assert judged_states(IPD, DUTY).tolist() == [1, 3]
    assert judged_states(IPD, "utilitarian").tolist() == [0, 1, 2, 3, 4]


def test_the_gap_is_the_largest_difference_between_two_tellings() -> None:
    tables = np.array([[[1.0, 0.0]] * 5, [[0.7, 0.3]] * 5, [[0.9, 0.05]] * 5])
    assert presentation_gap(tables) == pytest.approx([0.3] * 5)


def test_a_summary_of_tellings() -> None:
    keeps, breaks = np.eye(2)[[0, 0, 1, 0, 1]], np.eye(2)[[0, 1, 1, 1, 1]]
    found = summarise(IPD, np.stack([keeps, breaks]), DUTY, {"deontological": DUTY}, "random")
    assert found["p_cooperate"] == [1, 0.5, 0, 0.5, 0]
    assert found["presentation_gap"] == [0, 1, 0, 1, 0] and found["presentation_gap_judged"] == 1
    assert found["moral_regret"]["deontological"] == pytest.approx(0.5)
    assert found["moral_regret_highest"]["deontological"] == pytest.approx(1)
    assert found["legal_mass"] == found["legal_mass_lowest"] == 1


def test_sampling_is_repeatable() -> None:
    repeated = mg.RepeatedGame.compile(IPD)
    both = [as_policy("random", IPD)] * 2
    runs = [simulate(repeated, both, 10, 10, np.random.default_rng(seed)).actions for seed in (0, 0, 1)]
    assert [np.array_equal(one, other) for one, other in pairwise(runs)] == [True, False]


def test_a_strategy_is_judged_by_name() -> None:
    assert evaluate("tit_for_tat", "grim", IPD).payoffs == pytest.approx([3, 3])


def test_memories_that_are_too_long_are_refused_before_memory_runs_out() -> None:
    long = mg.FiniteStatePolicy.from_windows(np.full((sum(4**k for k in range(8)), 2), 0.5), 4)
    with pytest.raises(ValueError, match="at most 20,000,000 are allowed. Take players that remember less"):
        evaluate(long, "random", IPD)


def test_action_types_of_many_actions_stay_apart() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 12, 12, 3)), [["left", "right"], *[list(map(str, range(12)))] * 2])
    assert len(evaluate("random", "random", game).action_types) == 3 * (1 + 12**2)
    labels = mg.repeated.state_labels(mg.games.get("travelers_dilemma(highest=14)"))
    assert len(set(labels)) == len(labels)


def test_simulate_refuses_policies_that_do_not_fit(rng: np.random.Generator) -> None:
    repeated = mg.RepeatedGame.compile(mg.games.get("rock_paper_scissors"))
    with pytest.raises(ValueError, match="has 2 players, but 1 policies were given"):
        simulate(repeated, [strategy("grim")], 1, 1, rng)
    with pytest.raises(ValueError, match="is for 2 actions"):
        simulate(repeated, [strategy("grim")] * 2, 1, 1, rng)


def test_players_who_hardly_ever_answer_are_judged_by_where_they_end_up() -> None:
    table = np.full((5, 2), 1e-20)
    table[1] = 1.0, 0.0  # once both have cooperated they go on
    silent = mg.PolicyTable(table)
    judged = mg.evaluate(silent, silent, mg.games.get("ipd"), "selfish")
    np.testing.assert_allclose(judged.average_payoffs, [3.0, 3.0])
