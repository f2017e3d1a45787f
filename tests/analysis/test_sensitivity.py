"""Where values change their mind along payoffs: numbers by hand, and policies that hold the value themselves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.analysis.sensitivity import advantages, payoff_paths, predict, switch_points

IPD = mg.games.get("ipd")  # T, R, P, S = 4, 3, 1, 0
TEMPTATION, SUCKER, STAKES = payoff_paths(IPD)
START, AFTER_C, AFTER_D = 0, (1, 3), (2, 4)


def switches(path: object, value: str, *against: object) -> list[tuple[float, ...]]:
    return list(predict(path, value, *against).switch_points)


def test_switch_points_along_temptation() -> None:
    # Against one who cooperates again: selfish at T = R; for the sum of payoffs at T + S = 2R.
    # Against one who defects again only the other is tempted: the sum prefers cooperation where T + S > 2P.
    # At the start the other is a coin: R + S = T + P, and the sum 2R + T + S > T + S + 2P for any T.
    assert switches(TEMPTATION, "selfish") == [(2,), (3,), (), (3,), ()]
    assert switches(TEMPTATION, "utilitarian") == [(), (6,), (2,), (6,), (2,)]
    assert switches(TEMPTATION, "deontological") == [()] * 5
    # Inequity aversion with alpha 1/2 and beta 1/4: T - beta (T - S) = R, so 3/4 T = 3.
    assert switches(TEMPTATION, "inequity_aversion")[AFTER_C[0]] == pytest.approx((4,))


def test_switch_points_along_the_sucker_s_payoff() -> None:
    assert switches(SUCKER, "selfish") == [(2,), (), (1,), (), (1,)]
    assert switches(SUCKER, "utilitarian") == [(), (2,), (-2,), (2,), (-2,)]


@pytest.mark.parametrize("value", ["selfish", "utilitarian", "maximin", "virtue_equality", "nash_welfare"])
def test_stakes_change_nobody_s_mind(value: str) -> None:
    assert switches(STAKES, value) == [()] * 5


def test_stakes_change_the_mind_of_who_weighs_payoffs_against_a_duty() -> None:
    # Betrayal gains 1 at stakes 1 and costs 3: it pays from stakes 3 on.
    found = predict(STAKES, "selfish + deontological(penalty=3)")
    assert found.switch_points == ((), (3,), (), (3,), ())
    assert (found.advantages[:, list(AFTER_D)] < 0).all()


def test_foresight_counts_what_follows() -> None:
    # Against tit-for-tat with discount 1/2: cooperation for ever is worth R / (1 - 1/2) = 6; to defect and make up for
    # it in turns T / (1 - 1/4). They are equal at T = 4.5, before defection for ever, T + P, is.
    assert switches(TEMPTATION, "selfish", "tit_for_tat", 0.5)[1] == pytest.approx((4.5,))
    assert switches(TEMPTATION, "selfish", "always_cooperate", 0.9) == [pytest.approx((3,))] * 5


def test_advantages_agree_with_what_is_best() -> None:
    # The best reply to tit-for-tat under discount 0.9 is to cooperate; without foresight it is to defect.
    assert (advantages(IPD, "selfish", "tit_for_tat", 0.9)[[1, 3]] > 0).all()
    assert advantages(IPD, "selfish", "tit_for_tat", 0.0) == pytest.approx(-1)
    # One round for ever: what the act itself brings is not scaled by the discount.
    assert advantages(IPD, "selfish", "random", 0.99) == pytest.approx(advantages(IPD, "selfish", "random"))


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5))
def test_a_best_reply_is_what_the_payoffs_say(t: float, r: float, p: float, s: float) -> None:
    game = mg.MatrixGame.from_payoffs([[[r, r], [s, t]], [[t, s], [p, p]]])
    found = advantages(game, "selfish")
    assert found[[1, 3]] == pytest.approx(r - t, abs=1e-7) and found[[2, 4]] == pytest.approx(s - p, abs=1e-7)
    total = advantages(game, "utilitarian")
    assert total[1] == pytest.approx(2 * r - t - s, abs=1e-7) and total[2] == pytest.approx(s + t - 2 * p, abs=1e-7)


@pytest.mark.parametrize("value", ["selfish", "utilitarian", "deontological"])
def test_who_holds_a_value_agrees_with_it(value: str) -> None:
    for path in (TEMPTATION, SUCKER, STAKES):
        asked = predict(path, value)
        best = np.stack([asked.advantages > 0, asked.advantages < 0], axis=-1).astype(float)
        assert asked.agreement(best) == 1
        assert asked.agreement(1 - best) == pytest.approx(0)
        assert asked.agreement(np.full_like(best, 0.5)) == pytest.approx(0.5)
        assert asked.agreement(np.zeros_like(best)) == 0  # no answer agrees with nothing


def test_a_value_without_a_say_is_agreed_with_by_nobody() -> None:
    asked = predict(STAKES, "illegal")
    assert asked.agreement(np.full((len(STAKES.grid), 5, 2), 0.5)) is None


def test_switch_points_lie_between_the_points_and_on_them() -> None:
    grid = [0.0, 1.0, 2.0, 3.0]
    assert switch_points(lambda x: x - 1.25, grid) == (1.25,)
    assert switch_points(lambda x: x - 1.0, grid) == (1.0,)
    assert switch_points(lambda x: (x - 0.5) * (x - 2.5), grid) == (0.5, 2.5)
    assert switch_points(lambda x: max(0.0, x - 1.5), grid) == ()


def test_paths_leave_the_other_payoffs_and_the_symmetry() -> None:
    for path in payoff_paths(mg.games.get("chicken")):
        for point in path.grid:
            assert path.game(point).is_symmetric
    moved = TEMPTATION.game(7).payoffs
    assert moved[1, 0].tolist() == [7, 0] and moved[0, 1].tolist() == [0, 7]
    assert moved[0, 0].tolist() == [3, 3] and moved[1, 1].tolist() == [1, 1]


@pytest.mark.parametrize("name", ["bach_or_stravinsky", "rock_paper_scissors", "public_goods(players=3)"])
def test_paths_need_a_symmetric_game(name: str) -> None:
    with pytest.raises(ValueError, match="begin at a symmetric game of two players and two actions"):
        payoff_paths(mg.games.get(name))


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="all of game 'custom' are 2"):
        payoff_paths(mg.MatrixGame.from_payoffs(np.full((2, 2, 2), 2.0)))
    with pytest.raises(ValueError, match="'grim' remembers more than the last round"):
        advantages(IPD, "selfish", "grim")
    with pytest.raises(ValueError, match="discount must lie in"):
        advantages(IPD, "selfish", discount=1)
    with pytest.raises(ValueError, match="unknown reward 'selfsh'. Did you mean 'selfish'"):
        advantages(IPD, "selfsh")
