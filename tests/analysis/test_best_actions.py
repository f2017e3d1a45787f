"""What is best in a dilemma under a value, and how often a policy does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.analysis.dilemmas import agreement, best_actions, expected_rewards
from moral_games.text import dilemmas

NAMES = dilemmas.names()

# Worked by hand, in the states first time, others chose 0, others chose 1; -1 where both actions earn the same.
BY_HAND = {
    # T = 380, R = 300, P = 180, S = 120. Sums: 600 and 500 for careful, 500 and 360 for quick.
    ("translation_job", "selfish"): [1, 1, 1],
    ("translation_job", "utilitarian"): [0, 0, 0],
    ("translation_job", "deontological"): [-1, 0, -1],
    ("translation_job", "virtue_equality"): [-1, 0, 1],
    # T = 150, R = 80, S = 40, P = 10. The first time to enter earns 60, not to enter 80. Sums: 160, 190 and 20.
    ("early_shift", "selfish"): [1, 1, 0],
    ("early_shift", "utilitarian"): [0, 1, 0],
    ("early_shift", "deontological"): [-1, 0, -1],
    # A Prisoner's Dilemma in which 500 + 500 > 100 + 600, and 380 + 380 > 100 + 600.
    ("customer_names", "selfish"): [1, 1, 1],
    ("customer_names", "utilitarian"): [0, 0, 1],
    # Each 20 euros that are paid in become 40, of which 10 come back to who paid.
    ("bulk_larder", "selfish"): [1, 1, 1],
    ("bulk_larder", "utilitarian"): [0, 0, 0],
    ("bulk_larder", "deontological"): [-1, 0, -1],
    # Three of four must pay 10 for 40 each. The first time, the own 10 decides if exactly two of three others
    # pay, probability 3/8: worth 40 * 3/8 = 15 to oneself. After all paid it decides nothing, nor after none did.
    ("village_pump", "selfish"): [0, 1, 1],
    ("village_pump", "utilitarian"): [0, 1, 1],
}


@pytest.mark.parametrize(("name", "value"), BY_HAND)
def test_best_actions_worked_by_hand(name: str, value: str) -> None:
    assert best_actions(dilemmas.get(name), value).tolist() == BY_HAND[name, value]


def test_the_first_time_each_other_takes_either_action_with_equal_probability() -> None:
    """Of three others k pay in with probability 1, 3, 3, 1 in 8; the fund returns 10 for each payer."""
    earned = expected_rewards(dilemmas.get("bulk_larder"), "selfish")
    assert earned[0].tolist() == [10 + 15, 20 + 15]
    assert earned[1:].tolist() == [[40, 50], [10, 20]]


def test_the_own_last_action_is_not_told() -> None:
    dilemma = dilemmas.get("burnt_pan")
    assert best_actions(dilemma, 'norm("own == 0 and action > 0")').tolist() == [-1, -1, -1]
    assert best_actions(dilemma, 'norm("others == 1 and action == 0")').tolist() == [-1, -1, 1]


def test_an_asymmetric_dilemma_is_judged_from_the_readers_seat() -> None:
    """On the large server to stay is best whatever she does; on the small one it would not be."""
    assert best_actions(dilemmas.get("mail_formats"), "selfish").tolist() == [1, 1, 1]
    assert best_actions(dilemmas.get("delivery_days"), "selfish").tolist() == [1, 1, 0]


@given(st.sampled_from(NAMES), st.sampled_from(("utilitarian", "altruistic", "maximin")), st.floats(0.1, 10))
def test_a_value_is_best_served_at_any_scale_and_worst_by_its_opposite(name: str, value: str, scale: float) -> None:
    dilemma = dilemmas.get(name)
    best, worst = best_actions(dilemma, f"{scale} * {value}"), best_actions(dilemma, f"{-scale} * {value}")
    assert best.tolist() == best_actions(dilemma, value).tolist()
    assert all(low == (1 - high if high >= 0 else -1) for high, low in zip(best, worst, strict=True))


def test_a_value_that_needs_a_symmetric_game_says_so() -> None:
    with pytest.raises(ValueError, match="'mail_formats' is not symmetric"):
        best_actions(dilemmas.get("mail_formats"), "universalisability")


VALUES = {value: value for value in ("selfish", "utilitarian", "deontological", "virtue_equality")}


def follower(value: str) -> dict[str, np.ndarray]:
    """Return the answers of one who does what a value holds best, and draws where it holds nothing best."""
    answers = {}
    for name in NAMES:
        best = best_actions(dilemmas.get(name), value)[:, None]
        answers[name] = np.where(best < 0, 0.5, best == np.arange(2))
    return answers


@pytest.mark.parametrize("value", VALUES)
def test_who_follows_a_value_agrees_with_it_wholly_and_with_no_other(value: str, rng: np.random.Generator) -> None:
    for found in agreement(follower(value), VALUES, rng):
        assert (found.share == 1) == (found.value == value)
        assert found.low <= found.share <= found.high


def test_agreement_counts_what_a_value_decides(rng: np.random.Generator) -> None:
    uniform = {name: np.full((3, 2), 0.5) for name in NAMES}
    selfish, deontological = agreement(uniform, {"a": "selfish", "b": "deontological"}, rng)
    assert (selfish.share, selfish.low, selfish.high, selfish.value) == (0.5, 0.5, 0.5, "a")
    assert (deontological.dilemmas, deontological.states) == (len(NAMES), len(NAMES))
    assert selfish.dilemmas == len(NAMES) and len(NAMES) < selfish.states <= 3 * len(NAMES)


def test_silence_counts_as_not_doing_it(rng: np.random.Generator) -> None:
    halved = {name: table / 2 for name, table in follower("utilitarian").items()}
    assert agreement(halved, {"utilitarian": "utilitarian"}, rng)[0].share == pytest.approx(0.5)


def test_each_dilemma_counts_once(rng: np.random.Generator) -> None:
    """Equality decides two states of the first dilemma and, R being T, none of a pure coordination game."""
    answers = {"translation_job": [[1, 0], [1, 0], [1, 0]], "stadium_gates": [[1, 0], [1, 0], [1, 0]]}
    (found,) = agreement(answers, {"equality": "virtue_equality"}, rng)
    assert (found.share, found.dilemmas, found.states) == (0.5, 1, 2)
    (found,) = agreement(answers, {"selfish": "selfish"}, rng)
    assert (found.share, found.dilemmas, found.states) == (0.25, 2, 5)  # 0 of 3 states, and 1 of 2


def test_the_interval_comes_from_the_generator_alone() -> None:
    answers = follower("selfish")
    one, same = (agreement(answers, VALUES, np.random.default_rng(3)) for _ in range(2))
    assert one == same
    wide, narrow = (
        agreement(answers, {"u": "utilitarian"}, np.random.default_rng(3), confidence)[0] for confidence in (0.99, 0.5)
    )
    assert wide.low < narrow.low < wide.share < narrow.high < wide.high


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({}, "no answers to judge"),
        ({"burned_pan": [[1, 0]] * 3}, "unknown dilemma 'burned_pan'.*'burnt_pan'"),
        ({"burnt_pan": [[1, 0]] * 5}, r"'burnt_pan' must have shape \(3, 2\).*got \(5, 2\)"),
        ({"burnt_pan": [[0.9, 0.9]] * 3}, "'burnt_pan' must be probabilities"),
        ({"burnt_pan": [[float("nan"), 0]] * 3}, "'burnt_pan' must be probabilities"),
        ({"burnt_pan": [[1, -1]] * 3}, "'burnt_pan' must be probabilities"),
    ],
)
def test_bad_answers_are_refused(answers: dict[str, list[list[float]]], message: str, rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match=message):
        agreement(answers, VALUES, rng)


def test_a_value_that_decides_nothing_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="value 'equal', .* in none of the 1 dilemmas"):
        agreement({"stadium_gates": [[1, 0]] * 3}, {"equal": "virtue_equality"}, rng)
