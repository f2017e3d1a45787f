"""Inequity aversion, Charness-Rabin, social value orientation, reciprocity: numbers of their sources."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg

IPD = mg.games.get("ipd")
C, D = 0, 1
small = st.floats(-2, 2)


def utility(text: str, *payoffs: float) -> list[float]:
    """Everyone's reward where these are the payoffs."""
    n = len(payoffs)
    game = mg.MatrixGame.from_payoffs(np.array(payoffs, dtype=float).reshape((1,) * n + (n,)))
    return mg.rewards.parse(text)(mg.Outcome(game, np.zeros(n, int), np.zeros(n, int))).tolist()


@pytest.mark.parametrize("alpha", [0.5, 1, 4])
def test_the_smallest_offer_an_inequity_averse_responder_accepts(alpha: float) -> None:
    # Fehr & Schmidt (1999), proposition 1: s' = α / (1 + 2α); there it is worth as little as rejection.
    share = alpha / (1 + 2 * alpha)
    assert utility(f"inequity_aversion(alpha={alpha}, beta=0)", 1 - share, share)[1] == pytest.approx(0)


def test_who_contributes_to_a_public_good() -> None:
    # Fehr & Schmidt (1999), proposition 4: one who is averse to being ahead contributes if a + β >= 1,
    # where a = 0.4 is what a unit of the public good returns; here with four players.
    everyone, all_but_me = (1.6, 1.6, 1.6, 1.6), (2.2, 1.2, 1.2, 1.2)
    for beta, contributes in [(0.59, False), (0.61, True)]:
        text = f"inequity_aversion(alpha=1, beta={beta})"
        assert (utility(text, *everyone)[0] > utility(text, *all_but_me)[0]) is contributes


def test_inequity_aversion_among_three() -> None:
    # 4 - 1/2 (8 - 4) * 0.5 - 1/2 (4 - 1) * 0.25, and so on.
    assert utility("inequity_aversion(alpha=0.5, beta=0.25)", 4, 8, 1) == [2.625, 8 - 0.125 * 11, 1 - 0.25 * 10]


def test_guilt_turns_the_prisoners_dilemma_into_a_stag_hunt() -> None:
    # (T, R, P, S) = (5, 3, 1, 0): cooperating is a best reply to cooperation from β = (5 - 3) / 5.
    game = mg.MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]])
    assert mg.transform(game, "inequity_aversion(alpha=0.5, beta=0.39)").kind == "prisoners_dilemma"
    assert mg.transform(game, "inequity_aversion(alpha=0.5, beta=0.41)").kind == "stag_hunt"


def test_charness_rabin_s_responders() -> None:
    # Charness & Rabin (2002), game Barc2: B takes 375 for 400 if that gives A 750 for 400, and will if σ > 1/15.
    for sigma, gives in [(0.06, False), (0.07, True)]:
        text = f"charness_rabin(rho=0.4, sigma={sigma})"
        assert (utility(text, 750, 375)[1] > utility(text, 400, 400)[1]) is gives


def test_charness_rabin_weighs_the_other_by_who_is_ahead() -> None:
    assert utility("charness_rabin(rho=0.4, sigma=0.1)", 10, 0) == [pytest.approx(6), pytest.approx(1)]


def test_charness_rabin_blames_those_who_misbehaved() -> None:
    reward = mg.rewards.parse("charness_rabin(rho=0.4, sigma=0.1, theta=0.3)")
    # Ahead of one who had defected, 4 - (0.4 - 0.3) * 4; behind one who had cooperated, 0 + 0.1 * 4.
    assert reward(mg.Outcome(IPD, np.array([C, D]), np.array([D, C]))).tolist() == pytest.approx([3.6, 0.4])


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=4), small, small)
def test_inequity_aversion_is_a_case_of_charness_rabin(payoffs: list[int], alpha: float, beta: float) -> None:
    fehr_schmidt = utility(f"inequity_aversion(alpha={alpha}, beta={beta})", *payoffs)
    assert utility(f"charness_rabin(rho={beta}, sigma={-alpha})", *payoffs) == pytest.approx(fehr_schmidt)


def test_social_value_orientations() -> None:
    assert utility("social_value_orientation(angle=0)", 5, 2) == utility("selfish", 5, 2)
    assert utility("social_value_orientation(angle=90)", 5, 2) == utility("altruistic", 5, 2)
    assert utility("social_value_orientation(angle=180)", 5, 2) == [-5, -2]
    half = np.sqrt(0.5)
    assert utility("social_value_orientation(angle=45)", 5, 2) == pytest.approx([7 * half, 7 * half])
    assert utility("social_value_orientation(angle=-45)", 5, 2) == pytest.approx([3 * half, -3 * half])
    assert utility("social_value_orientation(angle=90)", 5, 2, 10) == [6, 7.5, 3.5]


def test_a_prosocial_angle_weighs_both_exactly_alike() -> None:
    assert mg.transform(IPD, "social_value_orientation(angle=45)").kind == mg.transform(IPD, "utilitarian").kind


@pytest.mark.parametrize(
    ("previous", "expected"),
    [((C, C), [3, 3]), ((C, D), [-3, 3]), ((D, D), [-3, -3]), ((-1, -1), [0, 0]), ((-1, C), [3, 0])],
)
def test_reciprocity_returns_what_was_done(previous, expected: list[float]) -> None:
    outcome = mg.Outcome(IPD, np.array(previous), np.array([C, C]))
    assert mg.rewards.reciprocity()(outcome).tolist() == expected


def test_conditional_kindness_makes_tit_for_tat_s_replies_best() -> None:
    # With (T, R, P, S) = (4, 3, 1, 0), cooperating with a cooperator pays if 3 + 3w > 4 and 4w > 1 + w: w > 1/3.
    value = mg.rewards.parse("selfish + 0.5 * reciprocity(positive=1, negative=1)")
    for theirs, now in product((C, D), (C, D)):
        rewards = [value(mg.Outcome(IPD, np.array([C, theirs]), np.array([own, now])))[0] for own in (C, D)]
        assert int(np.argmax(rewards)) == theirs
