"""Each opponent plays a written-out match; what is no opponent is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.opponents import as_policy
from moral_games.opponents.catalogue import STRATEGIES
from moral_games.opponents.machines import machine

IPD = mg.games.get("ipd")
RPS = mg.games.get("rock_paper_scissors")

MATCHES = {
    # strategy: (what the other plays, what the strategy plays meanwhile)
    "aggravater": ("CCCCDC", "DDDCCD"),
    "all_or_none_2": ("CCDDDC", "CCCDDC"),
    "alternator": ("CDDC", "CDCD"),
    "always_cooperate": ("CDDCD", "CCCCC"),
    "always_defect": ("CDDCD", "DDDDD"),
    "anti_tit_for_tat": ("CDDCDC", "CDCCDC"),
    "bully": ("CDDCDC", "DDCCDC"),
    "capri": ("CDCCDDD", "CCDCCDD"),
    "cycler_cccd": ("DDDDDDDD", "CCCDCCCD"),
    "cycler_cccdcd": ("DDDDDDDD", "CCCDCDCC"),
    "cycler_ccd": ("DDDDDD", "CCDCCD"),
    "cycler_dc": ("DDDD", "DCDC"),
    "cycler_ddc": ("CCCCCC", "DDCDDC"),
    "easy_go": ("CCDCC", "DDDCC"),
    "fool_me_once": ("DCCDCC", "CCCCDD"),
    "forgetful_grudger": ("CDCCCCCCCCCCCC", "CCDDDDDDDDDDCC"),
    "fortress_3": ("DDCCDC", "DDCCCD"),
    "fortress_4": ("DDDCCDC", "DDDCCCD"),
    "grim": ("CCDCCC", "CCCDDD"),
    "grudger_alternator": ("CDCCCC", "CCDCDC"),
    "hard_prober": ("CCCDCC", "DDCCDD"),
    "hard_tit_for_tat": ("CDCCCC", "CCDDDC"),
    "hard_tit_for_two_tats": ("CDDCCCDC", "CCCDDCCC"),
    "opposite_grudger": ("DDCDD", "DDDCC"),
    "predator": ("DDDCCDC", "CDDCCCD"),
    "prober": ("DCCDDC", "DCCDDD"),
    "prober_2": ("CDCDDD", "DCCCCC"),
    "prober_3": ("DDCDCC", "DCDCDC"),
    "punisher_1": ("CCCDDC", "DCCCDC"),
    "raider": ("CDDDCC", "DDCCDC"),
    "ripoff": ("CCCDCD", "DCDCCC"),
    "slow_tit_for_two_tats": ("DDCDCC", "CCDDDD"),
    "soft_grudger": ("CDDDDDDCC", "CCDDDDCCC"),
    "solution_b1": ("DCCCDC", "DDDCCC"),
    "solution_b5": ("CCDDCC", "DCCDDC"),
    "spiteful_cc": ("DCCC", "CCDD"),
    "suspicious_tit_for_tat": ("CDDC", "DCDD"),
    "thumper": ("CDCCC", "CCDDC"),
    "tit_for_tat": ("CDDCDC", "CCDDCD"),
    "tit_for_two_tats": ("DCDDCDDD", "CCCCDCCD"),
    "two_tits_for_tat": ("CDCCDDC", "CCDDCDD"),
    "usually_cooperates": ("CDCDDC", "CCCDCC"),
    "usually_defects": ("DCDCCD", "DDDCDD"),
    "win_shift_lose_stay": ("CDDCCD", "DCCCDC"),
    "win_stay_lose_shift": ("CDDCCD", "CCDCCC"),
}

STOCHASTIC = {
    # strategy: how likely it is to cooperate at first, and after CC, CD, DC, DD
    "desperate": (0.5, 0, 0, 0, 1),
    "extortion": (1, 6 / 7, 1 / 2, 5 / 14, 0),
    "firm_but_fair": (1, 1, 0, 1, 2 / 3),
    "generous_tit_for_tat": (1, 1, 1 / 3, 1, 1 / 3),
    "generous_zero_determinant": (1, 1, 9 / 14, 1 / 2, 1 / 7),
    "gilbert_elliott": (0.5, 0.9, 0.9, 0.1, 0.1),
    "grofman": (1, 1, 2 / 7, 2 / 7, 1),
    "hopeless": (0.5, 0, 1, 1, 1),
    "joss": (1, 0.9, 0, 0.9, 0),
    "memory_one": (0.5, 0.5, 0.5, 0.5, 0.5),
    "random": (0.5, 0.5, 0.5, 0.5, 0.5),
    "repeat": (0.6, 1, 1, 0, 0),
    "set_score": (1, 3 / 4, 1 / 2, 1 / 2, 1 / 4),
    "soft_joss": (1, 1, 0.1, 1, 0.1),
    "stochastic_cooperator": (1, 0.935, 0.229, 0.266, 0.42),
    "stochastic_win_stay_lose_shift": (1, 0.95, 0.05, 0.05, 0.95),
    "willing": (0.5, 1, 1, 1, 0),
}


def versus(opponent: str, moves: str) -> str:
    """What a deterministic opponent answers, round by round, to the given moves."""
    policy = as_policy(opponent, IPD)
    memory, answers = 0, ""
    for move in moves:
        row = policy.probabilities[memory]
        assert set(row) == {0.0, 1.0}, f"{opponent} is not deterministic"
        own = int(row.argmax())
        answers += "CD"[own]
        memory = policy.transitions[memory, 2 * own + "CD".index(move)]
    return answers


@pytest.mark.parametrize("name", MATCHES)
def test_matches(name: str) -> None:
    moves, answers = MATCHES[name]
    assert versus(name, moves) == answers


@pytest.mark.parametrize("name", STOCHASTIC)
def test_stochastic_ones_cooperate_as_often_as_published(name: str) -> None:
    assert as_policy(name, IPD).probabilities[:, 0] == pytest.approx(STOCHASTIC[name])


def test_random_tit_for_tat_copies_every_other_round() -> None:
    policy = as_policy("random_tit_for_tat", IPD)
    copied = policy.transitions[0, [0, 1]]
    assert policy.probabilities[copied, 0].tolist() == [1, 0]
    assert policy.probabilities[policy.transitions[copied, 0], 0].tolist() == [0.5, 0.5]


def test_every_opponent_is_tested() -> None:
    assert set(mg.opponents.names()) == {*MATCHES, *STOCHASTIC, "random_tit_for_tat"}


@pytest.mark.parametrize("name", mg.opponents.names())
def test_every_opponent_says_what_it_does_where_it_is_from_and_what_it_plays(name: str) -> None:
    assert "Source:" in (STRATEGIES[name].build.__doc__ or "")
    opponent = mg.opponents.get(name)
    assert opponent.summary.endswith(".") and opponent.games
    assert as_policy(name, IPD).name == name


@pytest.mark.parametrize("game_name", mg.games.names())
def test_an_opponent_plays_the_games_it_declares_and_no_others(game_name: str) -> None:
    game = mg.games.get(game_name)
    for name in mg.opponents.names():
        if name in mg.opponents.names(game):
            as_policy(name, game).check(game)
        else:
            with pytest.raises(ValueError, match=f"{name!r} plays games with .*{game.name}"):
                as_policy(name, game)


def test_opponents_of_a_game_with_many_players() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 3)))
    assert {"grim", "always_defect", "random", "cycler_ccd"} < set(mg.opponents.names(game))
    assert "tit_for_tat" not in mg.opponents.names(game)
    grim = as_policy("grim", game)  # joint actions CCC, CCD, CDC, CDD, DCC, ...
    assert grim.transitions[0].tolist() == [0, 1, 1, 1, 0, 1, 1, 1]


def test_random_draws_every_action_alike() -> None:
    assert as_policy("random", RPS).probabilities == pytest.approx(np.full((10, 3), 1 / 3))


def test_tit_for_tat_copies_in_games_of_three_actions() -> None:
    policy = as_policy("tit_for_tat", RPS)
    assert policy.probabilities[1:].argmax(1).tolist() == [0, 1, 2] * 3


def test_a_cycle_of_ones_own() -> None:
    policy = mg.opponents.cycle("CDD")(IPD)
    assert policy.probabilities[:, 0].tolist() == [1, 0, 0]
    assert policy.transitions[:, 0].tolist() == [1, 2, 0]


@pytest.mark.parametrize("after", [(0.99, 0.99), (0.8, 0), (0.2, 0.8), (0.2, 0.2), (0.8, 0.8)])
def test_gilbert_elliott_depends_on_its_own_last_action(after: tuple[float, float]) -> None:
    policy = mg.opponents.get("gilbert_elliott", after_cooperation=after[0], after_defection=after[1])(IPD)
    assert policy.probabilities[1:, 0] == pytest.approx([after[0], after[0], after[1], after[1]])


def test_parameters_are_part_of_the_name() -> None:
    assert as_policy("joss(cooperation=0.8)", IPD).name == "joss(cooperation=0.8)"


def test_an_automaton_s_memory_is_its_state_and_what_it_meant_to_play() -> None:
    policy = machine("D", "2D 1D", "2C 1D")  # reached: 1 after D, 2 after D, 2 after C
    assert policy.probabilities[:, 0].tolist() == [0, 0, 1]
    assert policy.transitions[:, [0, 1]].tolist() == [[1, 0], [2, 0], [2, 0]]


probability = st.floats(0.01, 0.99)
EXTORTIONATE = st.sampled_from([1.0, 1.5, 2.0, 3.0, 10.0])


@given(EXTORTIONATE, st.tuples(*[probability] * 5))
def test_extortion_takes_its_factor_of_the_other_s_surplus(chi: float, other: tuple) -> None:
    # Press & Dyson (2012), equation 13, in exact long-run averages, whatever the other does.
    own, its = averages(f"extortion(chi={chi})", other)
    assert own - 1 == pytest.approx(chi * (its - 1), abs=1e-6)


@given(EXTORTIONATE, st.tuples(*[probability] * 5))
def test_the_generous_bear_their_factor_of_the_loss(chi: float, other: tuple) -> None:
    own, its = averages(f"generous_zero_determinant(chi={chi})", other)
    assert 3 - own == pytest.approx(chi * (3 - its), abs=1e-6)


@given(st.floats(1, 3), st.tuples(*[probability] * 5))
def test_an_equaliser_sets_the_other_s_payoff(score: float, other: tuple) -> None:
    assert averages(f"set_score(score={score})", other)[1] == pytest.approx(score, abs=1e-6)


def averages(opponent: str, other: tuple[float, ...]) -> tuple[float, float]:
    """Return the long-run payoffs of an opponent and of a memory-one player, in (T, R, P, S) = (4, 3, 1, 0)."""
    start, cc, cd, dc, dd = other
    player = mg.opponents.get("memory_one", start=start, cc=cc, cd=cd, dc=dc, dd=dd)
    found = mg.evaluate(as_policy(opponent, IPD), player, IPD)
    return float(found.average_payoffs[0]), float(found.average_payoffs[1])


def test_extort_2_is_stewart_and_plotkin_s() -> None:
    game = mg.MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]])
    assert as_policy("extortion", game).probabilities[1:, 0] == pytest.approx([8 / 9, 1 / 2, 1 / 3, 0])
    generous = as_policy("generous_zero_determinant(phi=0.25)", game)
    assert generous.probabilities[1:, 0] == pytest.approx([1, 1 / 8, 1, 1 / 4])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mg.opponents.get("tit_for_tatt"), ValueError, r"unknown opponent 'tit_for_tatt'.*'tit_for_tat'"),
        (lambda: mg.opponents.get("generous_tit_for_tat", kindness=1), ValueError, "no parameter 'kindness'"),
        (lambda: as_policy("generous_tit_for_tat(generosity=2)", IPD), ValueError, r"generosity must lie in \[0, 1\]"),
        (lambda: as_policy("memory_one(cd=-0.1)", IPD), ValueError, r"cd must lie in \[0, 1\], got -0.1"),
        (lambda: as_policy("gilbert_elliott(after_defection=2)", IPD), ValueError, "after_defection must lie"),
        (lambda: as_policy("extortion(chi=0.5)", IPD), ValueError, "chi must be at least 1, got 0.5"),
        (lambda: as_policy("extortion(phi=0.9)", IPD), ValueError, r"phi must lie in \(0, 0.285714\]"),
        (lambda: as_policy("set_score(score=5)", IPD), ValueError, "no zero-determinant strategy with slope 0"),
        (lambda: as_policy("extortion", mg.games.get("chicken")), ValueError, "prisoner's dilemma, T > R > P > S"),
        (lambda: as_policy("grim", RPS), ValueError, "'grim' plays games with two actions each.*3 x 3 actions"),
        (lambda: as_policy("win_stay_lose_shift", RPS), ValueError, "two players and two actions each"),
        (lambda: as_policy("always_defect", RPS), ValueError, "two actions of its own"),
        (lambda: as_policy("grim grim", IPD), ValueError, "cannot read"),
        (lambda: as_policy("axlrod:Cooperator", IPD), ValueError, "unknown source of opponents 'axlrod'.*'axelrod'"),
        (lambda: mg.opponents.cycle("CXD"), ValueError, "letters C and D, got 'CXD'"),
        (lambda: mg.opponents.cycle(""), ValueError, "letters C and D"),
        (lambda: as_policy(mg.opponents.cycle("CD"), RPS), ValueError, "two actions of its own"),
        (lambda: as_policy(3, IPD), TypeError, "an opponent is"),
        (lambda: as_policy(lambda game: 3, IPD), TypeError, "an opponent is"),
    ],
)
def test_what_is_not_an_opponent_is_refused(call, error, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_an_opponent_prints_as_it_is_read() -> None:
    opponent = mg.opponents.get("generous_tit_for_tat", generosity=0.25)
    assert str(opponent) == "generous_tit_for_tat(generosity=0.25)"
    assert str(mg.opponents.get("grim")) == "grim"


def test_names_keep_every_digit() -> None:
    assert (
        str(mg.opponents.get("generous_tit_for_tat", generosity=0.123456789))
        == "generous_tit_for_tat(generosity=0.123456789)"
    )
    assert mg.opponents.as_policy("joss", IPD).name == "joss"
    assert "phi=None" in str(mg.opponents.get("extortion", phi=None))
