"""Round robins: exact where they can be, and sampled alike where not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.analysis.tournament import TournamentResult, tournament

AXELROD = mg.MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]], name="axelrod")
"""The payoffs of Axelrod (1980): (T, R, P, S) = (5, 3, 1, 0)."""

NAMES = ("tit_for_tat", "always_cooperate", "always_defect", "grim", "win_stay_lose_shift", "random")
DUTY = "deontological(penalty=3)"


class Copycat:
    """Tit-for-tat as an actor."""

    name = "copycat"

    def begin(self, rng: np.random.Generator) -> None:
        self.seen = 0

    def act(self) -> int:
        return self.seen

    def see(self, actions: Sequence[int]) -> None:
        self.seen = actions[1]


class Coin(Copycat):
    """Random as an actor."""

    name = "coin"

    def begin(self, rng: np.random.Generator) -> None:
        self.rng = rng

    def act(self) -> int:
        return int(self.rng.integers(2))


def copycat(game: mg.MatrixGame) -> Copycat:
    return Copycat()


def coin(game: mg.MatrixGame) -> Coin:
    return Coin()


def matrices(result: TournamentResult) -> dict[tuple[str, str], list[float]]:
    """Every number by the pair it is about."""
    shown = (result.payoffs, result.rewards, result.cooperation, result.payoff_errors, result.exact)
    return {
        (one, other): [float(matrix[i, j]) for matrix in shown]
        for i, one in enumerate(result.names)
        for j, other in enumerate(result.names)
    }


def test_two_hundred_rounds_by_hand() -> None:
    result = tournament(NAMES, AXELROD)
    by_hand = [
        # against TFT, ALLC, ALLD, grim and win-stay lose-shift
        [3, 3, 199 / 200, 3, 3],
        [3, 3, 0, 3, 3],
        [(5 + 199) / 200, 5, 1, (5 + 199) / 200, (100 * 5 + 100) / 200],
        [3, 3, 199 / 200, 3, 3],
        [3, 3, 100 * 1 / 200, 3, 3],
    ]
    assert result.payoffs[:5, :5] == pytest.approx(np.array(by_hand), abs=1e-12)
    assert result.exact.all() and not result.payoff_errors.any()
    # Random plays C half of the time, whatever comes.
    assert result.payoffs[1, 5] == pytest.approx(1.5) and result.payoffs[5, 2] == pytest.approx(0.5)
    # Tit-for-tat is one round behind: C once, then like random.
    assert result.payoffs[0, 5] == pytest.approx((1.5 + 199 * 2.25) / 200)


def test_moral_rewards_and_cooperation_are_counted_beside_payoffs() -> None:
    result = tournament(["always_cooperate", "always_defect"], AXELROD, DUTY, rounds=10)
    # The duty is not to defect against someone who has just cooperated: broken from the second round on.
    assert result.rewards == pytest.approx(np.array([[0, 0], [-2.7, 0]]))
    assert result.cooperation == pytest.approx(np.array([[1, 1], [0, 0]]))
    assert [standing.name for standing in result.ranking()] == ["always_defect", "always_cooperate"]
    assert [standing.name for standing in result.ranking("reward")] == ["always_cooperate", "always_defect"]


def test_the_twin_counts_or_does_not() -> None:
    result = tournament(["always_cooperate", "always_defect"], AXELROD)
    assert [standing.payoff for standing in result.ranking()] == [3, 1.5]
    assert [standing.payoff for standing in result.ranking(self_play=False)] == [5, 0]


def test_equals_are_ranked_by_name() -> None:
    result = tournament(["win_stay_lose_shift", "tit_for_tat", "grim", "always_cooperate"], AXELROD)
    assert [standing.name for standing in result.ranking()] == sorted(result.names)


@given(st.permutations([*NAMES, "copycat"]), st.integers(1, 7))
def test_nothing_depends_on_the_order_of_entry_or_on_who_else_entered(order: list[str], size: int) -> None:
    everyone = {**{name: name for name in NAMES}, "copycat": copycat}

    def play(names: list[str]) -> TournamentResult:
        entrants = {name: everyone[name] for name in names}
        rng = np.random.default_rng(3)
        return tournament(entrants, AXELROD, DUTY, rounds=4, noise=0.2, repetitions=3, rng=rng)

    whole, part = play(list(everyone)), play(order[:size])
    reference = matrices(whole)
    assert all(reference[pair] == numbers for pair, numbers in matrices(part).items())
    if size == len(everyone):
        assert [s.name for s in part.ranking()] == [s.name for s in whole.ranking()]


def test_sampled_matches_agree_with_the_exact_ones() -> None:
    rng = np.random.default_rng(1)
    options = {"rounds": 20, "noise": 0.1}
    exact = tournament({"a": "tit_for_tat", "b": "random", "c": "win_stay_lose_shift"}, AXELROD, DUTY, **options)
    sampled = tournament(
        {"a": copycat, "b": coin, "c": "win_stay_lose_shift"}, AXELROD, DUTY, **options, repetitions=400, rng=rng
    )
    assert not sampled.exact[:2].any() and sampled.exact[2, 2]
    for name in ("payoffs", "rewards", "cooperation"):
        errors = getattr(sampled, name.removesuffix("s") + "_errors")
        away = np.abs(getattr(sampled, name) - getattr(exact, name))
        assert (away <= 4 * errors + 1e-12).all(), name
    assert sampled.payoff_errors[0, 1] == pytest.approx(0.05, abs=0.04)


def test_what_is_deterministic_is_sampled_without_error() -> None:
    result = tournament([copycat, "always_defect"], AXELROD, rounds=5, rng=np.random.default_rng(0))
    assert result.payoffs == pytest.approx(np.array([[3, 0.8], [1.8, 1]]))
    assert result.exact.tolist() == [[False, False], [False, True]]
    assert result.payoff_errors == pytest.approx(np.zeros((2, 2)), abs=1e-12)


def test_a_game_that_is_not_symmetric_is_played_from_both_seats() -> None:
    game = mg.MatrixGame.from_payoffs([[[1, 10], [2, 20]], [[3, 30], [4, 40]]], name="uneven")
    result = tournament(["always_cooperate", "always_defect"], game, rounds=3)
    # The second player gets ten times what the first would.
    assert result.payoffs == pytest.approx(np.array([[5.5, (2 + 30) / 2], [(3 + 20) / 2, 22]]))
    sampled = tournament(
        {"c": "always_cooperate", "copy": copycat}, game, rounds=3, repetitions=2, rng=np.random.default_rng(0)
    )
    assert sampled.payoffs == pytest.approx(np.full((2, 2), 5.5))


def test_a_discount_weighs_the_rounds() -> None:
    result = tournament(["tit_for_tat", "always_defect"], AXELROD, discount=0.9)
    assert result.payoffs[1, 0] == pytest.approx(0.1 * 5 + 0.9 * 1)
    sampled = tournament([copycat, "always_defect"], AXELROD, discount=0.9, rng=np.random.default_rng(0))
    assert sampled.payoffs[1, 0] == pytest.approx(0.1 * 5 + 0.9 * 1, abs=1e-5)


def test_trembling_hands_cost_tit_for_tat_its_cooperation() -> None:
    # A slip echoes until the next one: in the long run each joint action is as frequent as the others.
    result = tournament(["tit_for_tat"], AXELROD, rounds=20_000, noise=0.05)
    assert result.payoffs[0, 0] == pytest.approx(2.25, abs=0.01)
    assert result.cooperation[0, 0] == pytest.approx(0.5, abs=0.01)


def test_policies_enter_under_their_names() -> None:
    table = mg.PolicyTable([[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]], name="mine")
    result = tournament([table, "tit_for_tat", mg.opponents.get("generous_tit_for_tat", generosity=0.2)], AXELROD)
    assert result.names == ("mine", "tit_for_tat", "generous_tit_for_tat(generosity=0.2)")
    assert result.payoffs[0, 2] == pytest.approx(result.payoffs[1, 2])


def test_illegal_answers_pay_nobody() -> None:
    mute = mg.PolicyTable(np.zeros((5, 2)), name="mute")
    result = tournament([mute, "always_cooperate"], AXELROD, "illegal(penalty=2)", rounds=4)
    assert not result.payoffs[0].any() and result.rewards[0].tolist() == [-2, -2] and result.rewards[1, 0] == 0


@pytest.mark.parametrize(
    ("entrants", "options", "message"),
    [
        ([], {}, "at least one entrant"),
        (["grim", "grim"], {}, "more than one entrant is called 'grim'"),
        (["gimr"], {}, "unknown opponent 'gimr'. Did you mean 'grim'"),
        ([copycat], {}, "'copycat' have no finite table"),
        (["grim"], {"rounds": 0}, "rounds must be"),
        (["grim"], {"rounds": 5, "discount": 0.9}, "either rounds or a discount"),
        (["grim"], {"discount": 1.0}, r"discount must lie in \[0, 1\)"),
        (["grim"], {"noise": 1.5}, "noise must be a probability"),
        (["grim"], {"repetitions": 1}, "repetitions must be at least 2"),
        (["grim"], {"rewards": "kantian"}, "unknown reward 'kantian'"),
    ],
)
def test_bad_input(entrants: list, options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        tournament(entrants, AXELROD, **options)


def test_a_single_text_is_no_list_of_entrants() -> None:
    with pytest.raises(TypeError, match="got the text 'grim'"):
        tournament("grim", AXELROD)


def test_more_than_two_players_do_not_meet_in_pairs() -> None:
    three = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3)), name="three")
    with pytest.raises(ValueError, match="game 'three' has 3"):
        tournament(["always_cooperate"], three)


def test_bad_rankings() -> None:
    result = tournament(["grim"], AXELROD)
    with pytest.raises(ValueError, match="unknown measure 'payof'. Did you mean 'payoff'"):
        result.ranking("payof")
    with pytest.raises(ValueError, match="nobody to play but itself"):
        result.ranking(self_play=False)
