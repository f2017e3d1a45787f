"""Homo moralis and universalisability: what if everyone did as I do?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.games.kinds import letters

C, D = 0, 1


def two_by_two(t: float, r: float, p: float, s: float) -> mg.MatrixGame:
    return mg.MatrixGame.from_payoffs([[[r, r], [s, t]], [[t, s], [p, p]]])


AXELROD = two_by_two(5, 3, 1, 0)


@pytest.mark.parametrize(
    ("kappa", "kind"),
    [
        (0, "prisoners_dilemma"),
        (0.333, "prisoners_dilemma"),
        (0.334, "chicken"),
        (0.499, "chicken"),
        (0.501, "harmony"),
        (1, "harmony"),
    ],
)
def test_homo_moralis_turns_the_prisoners_dilemma_into_chicken_and_then_harmony(kappa: float, kind: str) -> None:
    # Alger & Weibull (2013): T' = 5 - 4κ, R' = 3, P' = 1, S' = 3κ.
    after = mg.transform(AXELROD, mg.rewards.homo_moralis(kappa=kappa))
    assert letters(after) == pytest.approx((5 - 4 * kappa, 3, 1, 3 * kappa))
    assert after.kind == kind


def test_at_the_boundaries_two_payoffs_tie() -> None:
    t, r, p, s = letters(mg.transform(AXELROD, mg.rewards.homo_moralis(kappa=1 / 3)))
    assert s == p and t > r > p
    t, r, p, s = letters(mg.transform(AXELROD, mg.rewards.homo_moralis(kappa=1 / 2)))
    assert t == r and r > s > p


def test_where_temptation_and_risk_are_alike_there_is_one_threshold() -> None:
    # (T, R, P, S) = (4, 3, 1, 0): cooperation is a best reply to any belief exactly from κ = 1/3 on.
    game = two_by_two(4, 3, 1, 0)
    kinds = [mg.transform(game, mg.rewards.homo_moralis(kappa=kappa)).kind for kappa in (0.33, 0.34)]
    assert kinds == ["prisoners_dilemma", "harmony"]


@pytest.mark.parametrize(("kappa", "contributes"), [(0.49, False), (0.51, True)])
def test_homo_moralis_contributes_to_a_public_good_from_a_threshold_on(kappa: float, contributes: bool) -> None:
    # Four players, multiplier r = 1.6: contributing pays if -1 + r/4 (1 + 3κ) > 0, that is κ > 1/2.
    gives = 1 - np.indices((2,) * 4)
    payoffs = np.moveaxis(1 - gives + 1.6 / 4 * gives.sum(axis=0), 0, -1)
    after = mg.transform(mg.MatrixGame.from_payoffs(payoffs), mg.rewards.homo_moralis(kappa=kappa))
    own = after.payoffs[..., 0]
    assert (own[C] > own[D]).all() == contributes and (own[C] < own[D]).all() != contributes


@pytest.mark.parametrize(("kappa", "price"), [(0, 1.4729), (0.5, 1.7106), (1, 1.9250)])
def test_the_price_two_moral_sellers_ask(kappa: float, price: float) -> None:
    # Logit demand of Calvano et al. (2020). At κ = 0 the Nash price, at κ = 1 that of joint profit; the price
    # between solves (1 - κ) ∂π(p, q)/∂p + κ dπ(p, p)/dp = 0 at q = p.
    prices = np.arange(1.45, 1.95, 0.0025)
    attraction = np.exp((2 - prices) / 0.25)
    profit = (prices[:, None] - 1) * attraction[:, None] / (attraction[:, None] + attraction[None, :] + 1)
    game = mg.MatrixGame.from_payoffs(np.stack([profit, profit.T], axis=-1))
    joint = game.joint_actions
    rewards = mg.rewards.homo_moralis(kappa=kappa)(mg.Outcome(game, joint, joint))[:, 0].reshape(game.shape)
    chosen = prices[rewards.argmax(axis=0) == np.arange(len(prices))]
    assert len(chosen) and np.abs(chosen - price).max() < 0.005


@given(st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9), st.integers(-9, 9))
def test_its_extremes_are_selfishness_and_the_categorical_imperative(t: int, r: int, p: int, s: int) -> None:
    game = two_by_two(t, r, p, s)
    assert np.array_equal(mg.transform(game, "homo_moralis(kappa=0)").payoffs, game.payoffs)
    assert letters(mg.transform(game, "homo_moralis(kappa=1)")) == (p, r, p, r)


def test_a_void_round_leaves_what_would_be_if_everyone_did_as_i_do() -> None:
    outcome = mg.Outcome(AXELROD, np.array([C, C]), np.array([C, -1]))
    assert mg.rewards.homo_moralis(kappa=0.5)(outcome).tolist() == [1.5, 0]


def test_the_imagined_payoff_is_the_table_s_also_where_chance_pays() -> None:
    outcome = mg.Outcome(AXELROD, np.array([C, C]), np.array([C, C]), np.array([2.0, 4.0]))
    assert mg.rewards.homo_moralis(kappa=0.5)(outcome).tolist() == [2.5, 3.5]


def test_universalisability_forbids_what_one_cannot_will_everyone_to_do() -> None:
    after = mg.transform(AXELROD, "universalisability(penalty=2)")
    assert after.payoffs[..., 0].tolist() == [[0, 0], [-2, -2]]


def test_either_side_of_the_road_can_be_willed() -> None:
    assert not mg.transform(two_by_two(0, 1, 1, 0), "universalisability").payoffs.any()


def test_it_compares_common_actions_alone() -> None:
    # T + S > 2R: taking turns would pay best, and yet the duty is to cooperate.
    assert mg.transform(two_by_two(90, 45, 15, 10), "universalisability").payoffs[..., 0].tolist() == [[0, 0], [-3, -3]]


@pytest.mark.parametrize("name", ["homo_moralis", "universalisability"])
def test_an_asymmetric_game_has_no_answer(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name}.*needs a symmetric game; 'bach_or_stravinsky' is not"):
        mg.transform(mg.games.get("bach_or_stravinsky"), name)
