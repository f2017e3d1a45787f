"""Indices of social dilemmas, solution concepts, and the kinds that rest on them."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.games import (
    dilemma,
    dilemma_strength,
    dominant_actions,
    fear,
    greed,
    hughes,
    k_index,
    kinds,
    macy_flache,
    nash_set,
    pareto_set,
    price_of_anarchy,
    schelling,
)

small = arrays(np.float64, st.sampled_from([(2, 2, 2), (3, 2, 2), (2, 2, 2, 3)]), elements=st.integers(0, 3))


def two_by_two(t: float, r: float, p: float, s: float) -> mg.MatrixGame:
    return mg.MatrixGame.from_payoffs([[[r, r], [s, t]], [[t, s], [p, p]]])


# (T, R, P, S) in the three orders that Macy & Flache (2002) single out.
@pytest.mark.parametrize(
    ("name", "payoffs", "greedy", "fearful"),
    [
        ("prisoners_dilemma", (4, 3, 1, 0), True, True),
        ("chicken", (4, 3, 0, 1), True, False),
        ("stag_hunt", (3, 4, 1, 0), False, True),
    ],
)
def test_the_three_dilemmas_of_macy_and_flache(name: str, payoffs, greedy: bool, fearful: bool) -> None:
    game = two_by_two(*payoffs)
    assert kinds.is_kind(game, name)
    assert (greed(game) > 0, fear(game) > 0) == (greedy, fearful)
    assert all(macy_flache(game).values()) and dilemma(game).is_social_dilemma


@pytest.mark.parametrize(
    ("payoffs", "broken"),
    [
        ((2, 3, 0, 1), "T > R or P > S"),
        ((7, 3, 1, 0), "2R > T + S"),
        ((4, 2, 3, 0), "R > P"),
        ((0, 2, 1, 3), "R > S"),
    ],
)
def test_conditions_that_do_not_hold(payoffs, broken: str) -> None:
    game = two_by_two(*payoffs)
    assert not macy_flache(game)[broken] and not dilemma(game).is_social_dilemma


@given(st.tuples(*[st.integers(-5, 5)] * 4))
def test_indices_by_their_formulas(payoffs: tuple[int, int, int, int]) -> None:
    t, r, p, s = payoffs
    game = two_by_two(*payoffs)
    assert (greed(game), fear(game)) == (t - r, p - s)
    assert k_index(game) == (None if t == s else (r - p) / (t - s))
    assert dilemma_strength(game) == (((t - r) / (r - p), (p - s) / (r - p)) if r > p else None)


def test_the_strength_of_a_donation_game_is_the_same_for_greed_and_fear() -> None:
    """With benefit b and cost c both are c / (b - c) (Wang et al. 2015)."""
    assert dilemma_strength(two_by_two(5, 3, 0, -2)) == pytest.approx((2 / 3, 2 / 3))


def test_k_index_of_rapoport() -> None:
    """Axelrod's payoffs 5, 3, 1, 0 have K = 2/5; K falls when the temptation grows."""
    assert k_index(two_by_two(5, 3, 1, 0)) == pytest.approx(0.4)
    assert k_index(two_by_two(9, 3, 1, 0)) == pytest.approx(2 / 9)


def test_the_schelling_diagram_of_public_goods_is_two_parallel_lines() -> None:
    cooperators, defectors = schelling(mg.games.public_goods(players=4, multiplier=2))
    assert cooperators.tolist() == [0.5, 1, 1.5, 2] and defectors.tolist() == [1, 1.5, 2, 2.5]


def test_greed_and_fear_of_many_players() -> None:
    goods = mg.games.public_goods(players=4, multiplier=2)
    assert greed(goods) == fear(goods) == 0.5
    chicken, hunt = mg.games.n_player_chicken(), mg.games.n_player_stag_hunt()
    assert greed(chicken) == 0.25 and fear(chicken) == -1
    assert greed(hunt) == -2 and fear(hunt) == 1
    assert all(all(hughes(game).values()) for game in (goods, chicken, hunt))
    assert hughes(mg.games.public_goods(multiplier=5)) == {
        "C(n-1) > D(0)": True,
        "C(n-1) > C(0)": True,
        "D(n-1) > C(n-1) or D(0) > C(0)": False,
    }


def test_two_players_are_a_special_case() -> None:
    game = mg.games.get("ipd")
    t, r, p, s = kinds.letters(game)
    cooperators, defectors = schelling(game)
    assert cooperators.tolist() == [s, r] and defectors.tolist() == [p, t]


@pytest.mark.parametrize("index", [greed, fear, hughes])
def test_greed_needs_symmetry_and_two_actions(index) -> None:
    for game in (mg.games.get("bach_or_stravinsky"), mg.games.coordination(), mg.MatrixGame.from_payoffs([[1], [0]])):
        with pytest.raises(ValueError, match=f"game '{game.name}' has no greed and fear"):
            index(game)


@pytest.mark.parametrize("index", [k_index, macy_flache, dilemma_strength])
def test_the_letters_need_two_by_two(index) -> None:
    with pytest.raises(ValueError, match="game 'public_goods' has no T, R, P and S"):
        index(mg.games.public_goods())


@given(small)
def test_no_player_gains_by_leaving_an_equilibrium_alone(payoffs: np.ndarray) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    for cell in np.ndindex(*game.shape):
        gains = [
            payoffs[(*cell[:i], other, *cell[i + 1 :], i)] > payoffs[(*cell, i)]
            for i in range(game.players)
            for other in range(game.shape[i])
        ]
        assert (cell in nash_set(game)) == (not any(gains))


@given(small)
def test_an_efficient_outcome_cannot_be_bettered(payoffs: np.ndarray) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    outcomes = payoffs.reshape(-1, game.players)
    for cell in np.ndindex(*game.shape):
        here = payoffs[cell]
        bettered = ((outcomes >= here).all(axis=1) & (outcomes > here).any(axis=1)).any()
        assert (cell in pareto_set(game)) == (not bettered)


@given(small)
def test_dominant_actions_are_played_in_every_equilibrium(payoffs: np.ndarray) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    dominant = dominant_actions(game)
    for cell in nash_set(game):
        assert all(best in (None, played) for best, played in zip(dominant, cell, strict=True))
    if None not in dominant:
        assert nash_set(game) == (dominant,)


def test_dominance_in_known_games() -> None:
    assert dominant_actions(mg.games.get("ipd")) == (1, 1)
    assert dominant_actions(mg.games.get("chicken")) == (None, None)
    assert dominant_actions(mg.games.public_goods(players=3, levels=3)) == (2, 2, 2)


def test_price_of_anarchy() -> None:
    assert price_of_anarchy(mg.games.public_goods(players=5, multiplier=3)) == pytest.approx(3)
    assert (
        price_of_anarchy(mg.games.coordination(players=3)) == inf
    )  # three different choices: nobody can mend it alone
    assert price_of_anarchy(mg.games.get("harmony")) == 1
    assert price_of_anarchy(mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2)))) == 1


def test_price_of_anarchy_is_undefined_for_losses_and_without_pure_equilibria() -> None:
    assert price_of_anarchy(mg.games.get("rock_paper_scissors")) is None
    assert price_of_anarchy(mg.games.ordinal(70)) is None


@given(small)
def test_every_game_can_be_described(payoffs: np.ndarray) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    found = dilemma(game)
    assert found.nash_set == nash_set(game) and found.pareto_set == pareto_set(game)
    assert (found.greed is None) == (schelling(game) is None) == (found.is_social_dilemma is None)
    assert str(found).count("\n") == 8


def test_a_long_list_is_counted_when_printed() -> None:
    assert "nash set: 9 joint actions" in str(dilemma(mg.games.n_player_volunteers_dilemma(players=9)))


@pytest.mark.parametrize(
    ("game", "kind"),
    [
        (two_by_two(7, 3, 1, 0), "social_dilemma"),
        (mg.games.public_goods(players=3, levels=3), "social_dilemma"),
        (mg.games.public_goods(players=2), "prisoners_dilemma"),
        (mg.MatrixGame.from_payoffs([[[3, 30], [0, 40]], [[5, 0], [1, 10]]]), "social_dilemma"),
        (mg.games.n_player_stag_hunt(players=3, threshold=3), "n_player_stag_hunt"),
        (mg.games.n_player_stag_hunt(players=2, threshold=2), "stag_hunt"),
        (mg.games.n_player_volunteers_dilemma(), "n_player_chicken"),
        (mg.games.threshold_public_goods(), "deficient_equilibrium"),
        (mg.games.coordination(players=3, options=4), "pure_coordination"),
        (mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2))), "unclassified"),
        (mg.MatrixGame.from_payoffs([[2], [1]]), "unclassified"),
    ],
)
def test_kinds_are_proved_from_payoffs(game: mg.MatrixGame, kind: str) -> None:
    assert kinds.classify(game) == kind


@given(small)
def test_a_social_dilemma_has_a_deficient_equilibrium(payoffs: np.ndarray) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    if kinds.is_kind(game, "social_dilemma"):
        assert kinds.is_kind(game, "deficient_equilibrium")


def test_rounding_does_not_decide_what_is_an_equilibrium() -> None:
    """With a marginal return of 1 every joint action is an equilibrium, and values keep a symmetric game symmetric."""
    assert len(mg.games.nash_set(mg.games.get("public_goods(players=3, multiplier=3, levels=4)"))) == 4**3
    goods = mg.games.get("public_goods(players=5)")
    for value in ("utilitarian", "altruistic", "virtue_equality", "nash_welfare"):
        assert mg.transform(goods, value).is_symmetric
    assert mg.games.nash_set(mg.MatrixGame.from_payoffs([[[1, 1], [0, 0]], [[1 + 1e-9, 0], [0, 0]]]))[0] != (0, 0)
