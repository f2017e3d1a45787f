"""Every published value by the text's definition, and the algebra of rewards."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.rewards import value
from moral_games.rewards.function import VALUES

IPD = mg.games.get("ipd")
C, D = 0, 1


def judged(reward: str, previous: tuple[int, int], actions: tuple[int, int], game: mg.MatrixGame = IPD) -> list[float]:
    return mg.rewards.parse(reward)(mg.Outcome(game, np.array(previous), np.array(actions))).tolist()


# One row a line of the published table: reward, previous, actions, both players' rewards, by hand.
@pytest.mark.parametrize(
    ("reward", "previous", "actions", "expected"),
    [
        ("selfish", (C, C), (C, D), [0, 4]),
        ("utilitarian", (C, C), (C, D), [4, 4]),
        ("utilitarian", (C, C), (C, C), [6, 6]),
        ("altruistic", (C, C), (C, D), [4, 0]),
        ("anti_utilitarian", (C, C), (C, D), [-4, -4]),
        ("anti_altruistic", (C, C), (C, D), [-4, 0]),
        ("deontological(penalty=3)", (C, C), (D, C), [-3, 0]),
        ("deontological(penalty=3)", (D, C), (D, D), [-3, 0]),
        ("deontological(penalty=3)", (C, D), (D, D), [0, -3]),
        ("deontological(penalty=3)", (D, D), (D, D), [0, 0]),
        ("deontological(penalty=3)", (-1, -1), (D, D), [0, 0]),
        ("malicious_deontological(bonus=5)", (C, C), (D, C), [5, 0]),
        ("virtue_equality", (C, C), (C, C), [1, 1]),
        ("virtue_equality", (C, C), (C, D), [0, 0]),
        ("virtue_inequality", (C, C), (C, D), [1, 1]),
        ("virtue_kindness(bonus=5)", (D, D), (C, D), [5, 0]),
        ("virtue_aggression(bonus=5)", (D, D), (C, D), [0, 5]),
        ("virtue_mixed(equality_weight=0.5)", (C, C), (C, D), [0.5, 0]),
        ("virtue_mixed(equality_weight=0.5)", (C, C), (C, C), [1, 1]),
        ("virtue_mixed(equality_weight=0.5)", (C, C), (D, D), [0.5, 0.5]),
        ("illegal(penalty=6)", (C, C), (-1, C), [-6, 0]),
    ],
)
def test_the_published_table(reward: str, previous, actions, expected: list[float]) -> None:
    assert judged(reward, previous, actions) == expected


def test_equality_in_the_game_of_the_study_is_a_ratio() -> None:
    # |1 - 4| / (1 + 4), in the tabular study's Prisoner's Dilemma.
    assert judged("virtue_equality", (C, C), (C, D), mg.games.get("ipd_ijcai2023")) == [pytest.approx(0.4)] * 2


def test_nothing_for_everyone_is_equal() -> None:
    assert judged("virtue_equality", (C, C), (C, D), mg.games.get("bach_or_stravinsky")) == [1, 1]
    assert judged("virtue_inequality", (C, C), (C, D), mg.games.get("bach_or_stravinsky")) == [0, 0]


def test_equality_stays_in_bounds_where_payoffs_are_negative() -> None:
    game = mg.games.get("matching_pennies")
    assert judged("virtue_equality", (0, 0), (0, 1), game) == [0, 0]


@pytest.mark.parametrize("name", [name for name in mg.rewards.names() if name != "illegal"])
def test_an_illegal_answer_is_owned_by_the_legality_reward(name: str) -> None:
    alone = judged(name, (C, C), (-1, C))
    assert alone[0] == 0
    assert judged(f"{name} + illegal(penalty=6)", (C, C), (-1, C))[0] == -6


def test_a_round_with_an_illegal_answer_pays_nobody() -> None:
    assert judged("selfish", (C, C), (-1, D)) == [0, 0]
    assert judged("utilitarian", (C, C), (D, -1)) == [0, 0]


def test_three_players() -> None:
    payoffs = np.zeros((2, 2, 2, 3))
    payoffs[0, 1, 1] = [0, 3, 6]
    game = mg.MatrixGame.from_payoffs(payoffs)
    outcome = mg.Outcome(game, np.array([0, 1, 0]), np.array([0, 1, 1]))

    def reward(text: str) -> list[float]:
        return mg.rewards.parse(text)(outcome).tolist()

    assert reward("utilitarian") == [9, 9, 9]
    assert reward("altruistic") == [9, 6, 3]
    # Both others of player 1 had cooperated; one of the two others of player 2 had.
    assert reward("deontological(penalty=4)") == [0, -4, -2]
    # The Gini coefficient of (0, 3, 6) is 24 / (2 * 3 * 9) = 4/9; scaled by 3/2 it is 2/3.
    assert reward("virtue_equality") == [pytest.approx(1 / 3)] * 3


@given(st.integers(-1, 2), st.integers(-1, 2), st.integers(-1, 2), st.integers(-1, 2))
def test_every_reward_is_the_same_alone_and_in_a_batch(p: int, q: int, a: int, b: int) -> None:
    game = mg.games.get("rock_paper_scissors")
    previous, actions = np.array([[[p, q]], [[a, b]]]), np.array([[[a, b]], [[q, a]]])
    for name in mg.rewards.names():
        reward = mg.rewards.get(name)
        batch = reward(mg.Outcome(game, previous, actions))
        assert batch.shape == (2, 1, 2) and np.isfinite(batch).all()
        assert np.array_equal(batch[0, 0], reward(mg.Outcome(game, previous[0, 0], actions[0, 0])))


def test_rewards_compose() -> None:
    get = mg.rewards.get
    outcome = mg.Outcome(IPD, np.array([C, C]), np.array([D, C]))
    mixed = get("selfish") + 0.5 * get("deontological", penalty=3) - get("altruistic")
    assert mixed(outcome).tolist() == [4 - 1.5 - 0, 0 - 0 - 4]
    assert (-get("selfish"))(outcome).tolist() == [-4, 0]
    assert str(mixed) == "selfish() + 0.5 * deontological(penalty=3) + -1 * altruistic()"


def test_rewards_are_multiplied_by_finite_numbers_alone() -> None:
    with pytest.raises(TypeError, match="finite number"):
        mg.rewards.get("selfish") * float("inf")
    with pytest.raises(TypeError, match="finite number"):
        mg.rewards.get("selfish") * True


def test_a_value_of_ones_own_is_one_function() -> None:
    @value
    def leximin_worst(outcome, *, weight: float = 1.0):
        return weight * outcome.xp.min(outcome.payoffs, axis=-1)[..., None] + 0 * outcome.payoffs

    try:
        assert judged("leximin_worst(weight=2)", (C, C), (C, C)) == [6, 6]
    finally:
        VALUES.pop("leximin_worst")


def test_a_value_gives_one_number_a_player() -> None:
    @value
    def forgetful(outcome):
        return outcome.payoffs.sum(axis=-1)

    try:
        with pytest.raises(ValueError, match=r"one number a player, shape \(2,\), got \(\)"):
            judged("forgetful", (C, C), (C, C))
    finally:
        VALUES.pop("forgetful")


def test_a_value_needs_defaults_and_a_name_of_its_own() -> None:
    with pytest.raises(ValueError, match="'weight' of value 'unfinished' needs a default"):

        @value
        def unfinished(outcome, *, weight):
            return weight * outcome.payoffs

    with pytest.raises(ValueError, match="'selfish' exists already in moral_games.rewards.consequences"):

        @value
        def selfish(outcome):
            return outcome.payoffs

    assert "unfinished" not in mg.rewards.names()


def test_rewards_sum() -> None:
    total = sum([mg.rewards.get("selfish"), mg.rewards.get("utilitarian")])
    assert str(total) == "selfish() + utilitarian()"
    with pytest.raises(TypeError, match="a reward is a RewardFunction or its text, got 3"):
        mg.transform(IPD, 3)
