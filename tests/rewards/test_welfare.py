"""The worst off, and Nash's product."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg


def rewards_of(payoffs, text: str) -> np.ndarray:
    """Every joint action's reward to player 0."""
    game = mg.MatrixGame.from_payoffs(payoffs)
    outcome = mg.Outcome(game, np.full_like(game.joint_actions, -1), game.joint_actions)
    return mg.rewards.parse(text)(outcome)[:, 0].reshape(game.shape)


def test_maximin_chooses_the_third_decision_of_rawls_table() -> None:
    # A Theory of Justice, section 26: three decisions, and what each brings in three positions.
    table = np.array([[-7, 8, 12], [-8, 7, 14], [5, 6, 8]])
    assert rewards_of(table[:, None, None, :], "maximin")[:, 0, 0].tolist() == [-7, -8, 5]


def test_nash_welfare_finds_the_trade_of_the_bargaining_problem() -> None:
    # Nash (1950): Bill may give book, whip, ball, bat and box to Jack for his pen, toy, knife and hat;
    # for each thing what it is worth to Bill and to Jack.
    bill = [(2, 4), (2, 2), (2, 1), (2, 2), (4, 1)]
    jack = [(10, 1), (4, 1), (6, 2), (2, 2)]
    given_by_bill, given_by_jack = list(product((0, 1), repeat=5)), list(product((0, 1), repeat=4))
    gains = [
        [np.array(theirs) @ jack * [1, -1] - np.array(his) @ bill * [1, -1] for theirs in given_by_jack]
        for his in given_by_bill
    ]
    welfare = rewards_of(gains, "nash_welfare")
    best = np.argwhere(np.isclose(welfare, welfare.max()))
    assert [(given_by_bill[b], given_by_jack[j]) for b, j in best] == [((1, 1, 1, 1, 0), (1, 1, 1, 0))]
    assert np.isclose(welfare.max() ** 2, 12 * 5)


def test_nash_welfare_is_nothing_as_soon_as_one_gains_nothing() -> None:
    assert rewards_of([[[4, 9], [-4, -9]], [[4, 0], [4, -1]]], "nash_welfare").tolist() == [[6, 0], [0, 0]]
    assert rewards_of([[[4, 9]]], "nash_welfare(disagreement=4)").tolist() == [[0]]
    assert np.allclose(rewards_of([[[4, 9]]], "nash_welfare(disagreement=-7)"), np.sqrt(11 * 16))


@given(st.lists(st.floats(0, 100), min_size=3, max_size=3))
def test_the_worst_off_have_at_most_nash_s_mean_and_that_at_most_the_average(payoffs: list[float]) -> None:
    worst, nash, average = (
        rewards_of(np.array(payoffs)[None, None, None], text).item()
        for text in ("maximin", "nash_welfare", f"{1 / 3} * utilitarian")
    )
    assert worst <= nash + 1e-9 and nash <= average + 1e-9
