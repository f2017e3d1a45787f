"""Our strategies, tournaments and fingerprints are as Axelrod's, and Axelrod's own strategies play through the adapter.

All that needs the Axelrod library is tested here, and only when a test begins is it imported: that takes many seconds,
and every process of a test run reads every file.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest
from scipy.stats import chi2

import moral_games as mg
from moral_games.analysis.fingerprint import fingerprint
from moral_games.analysis.tournament import tournament
from moral_games.opponents import Actor, as_player, as_policy

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("axelrod") is None, reason="needs the Axelrod library: pip install axelrod"),
]

IPD = mg.MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]], name="axelrod's")
"""(T, R, P, S) = (5, 3, 1, 0), as in Axelrod."""

DETERMINISTIC = {
    "aggravater": "Aggravater",
    "all_or_none_2": "AON2",
    "alternator": "Alternator",
    "always_cooperate": "Cooperator",
    "always_defect": "Defector",
    "anti_tit_for_tat": "AntiTitForTat",
    "bully": "Bully",
    "capri": "Capri",
    "cycler_cccd": "CyclerCCCD",
    "cycler_cccdcd": "CyclerCCCDCD",
    "cycler_ccd": "CyclerCCD",
    "cycler_dc": "CyclerDC",
    "cycler_ddc": "CyclerDDC",
    "easy_go": "EasyGo",
    "fool_me_once": "FoolMeOnce",
    "forgetful_grudger": "ForgetfulGrudger",
    "fortress_3": "Fortress3",
    "fortress_4": "Fortress4",
    "grim": "Grudger",
    "grudger_alternator": "GrudgerAlternator",
    "hard_prober": "HardProber",
    "hard_tit_for_tat": "HardTitForTat",
    "hard_tit_for_two_tats": "HardTitFor2Tats",
    "opposite_grudger": "OppositeGrudger",
    "predator": "Predator",
    "prober": "Prober",
    "prober_2": "Prober2",
    "prober_3": "Prober3",
    "punisher_1": "Pun1",
    "raider": "Raider",
    "ripoff": "Ripoff",
    "slow_tit_for_two_tats": "SlowTitForTwoTats2",
    "soft_grudger": "SoftGrudger",
    "solution_b1": "SolutionB1",
    "solution_b5": "SolutionB5",
    "spiteful_cc": "SpitefulCC",
    "suspicious_tit_for_tat": "SuspiciousTitForTat",
    "thumper": "Thumper",
    "tit_for_tat": "TitForTat",
    "tit_for_two_tats": "TitFor2Tats",
    "two_tits_for_tat": "TwoTitsForTat",
    "usually_cooperates": "UsuallyCooperates",
    "usually_defects": "UsuallyDefects",
    "win_shift_lose_stay": "WinShiftLoseStay",
    "win_stay_lose_shift": "WinStayLoseShift",
}
"""Ours, and the class of Axelrod that is the same strategy."""

OPPONENTS = (
    "TitForTat",
    "Cooperator",
    "Defector",
    "Grudger",
    "WinStayLoseShift",
    "CyclerCCCDCD",
    "ThueMorse",
    "OmegaTFT",
    "Gradual",
    "Random",
)
"""Nine deterministic opponents, four of them without a finite table of ours, and a seeded one."""

MEMORY_ONE = {
    "firm_but_fair": "FirmButFair",
    "generous_tit_for_tat": "GTFT",
    "joss": "FirstByJoss",
    "soft_joss": "SoftJoss",
    "stochastic_cooperator": "StochasticCooperator",
    "stochastic_win_stay_lose_shift": "StochasticWSLS",
    "extortion(chi=2)": "ZDExtort2",
    "extortion(chi=3,phi=0.11538461538461539)": "ZDExtort3",
    "extortion(chi=4,phi=0.23529411764705882)": "ZDExtort4",
    "generous_zero_determinant(chi=2,phi=0.25)": "ZDGTFT2",
    "generous_zero_determinant(chi=2,phi=0.125)": "ZDGen2",
    "set_score(score=2,phi=0.25)": "ZDSet2",
}
"""Ours, and Axelrod's class with the same four probabilities."""

IN_DISTRIBUTION = {
    "desperate": "Desperate",
    "grofman": "FirstByGrofman",
    "hopeless": "Hopeless",
    "random": "Random",
    "random_tit_for_tat": "RandomTitForTat",
    "repeat": "ALLCorALLD",
    "willing": "Willing",
}
"""Stochastic ones whose probabilities Axelrod does not tell."""


@pytest.fixture(scope="module", autouse=True)
def with_axelrod() -> None:
    global axelrod
    import axelrod


def ours_against(name: str, theirs: Callable, rounds: int = 200, flips: np.ndarray | None = None) -> str:
    """What our table plays against a player of Axelrod; `flips` (rounds, 2) says which actions slip."""
    policy, other, us = as_policy(name, IPD), theirs(), axelrod.MockPlayer()
    other.set_match_attributes(length=rounds, game=axelrod.DefaultGame, noise=0)
    other.set_seed(7)
    actions = (axelrod.Action.C, axelrod.Action.D)
    memory, played = 0, ""
    for t in range(rounds):
        row = policy.probabilities[memory]
        assert set(row) == {0.0, 1.0}, f"{name} is not deterministic"
        own, its = int(row.argmax()), actions.index(other.strategy(us))
        if flips is not None:
            own, its = own ^ int(flips[t, 0]), its ^ int(flips[t, 1])
        other.update_history(actions[its], actions[own])
        us.update_history(actions[own], actions[its])
        memory, played = int(policy.transitions[memory, 2 * own + its]), played + "CD"[own]
    return played


def axelrod_against(name: str, theirs: Callable, rounds: int = 200, flips: np.ndarray | None = None) -> str:
    """What Axelrod's class plays in the same match."""
    player, other = getattr(axelrod, name)(), theirs()
    for each in (player, other):
        each.set_match_attributes(length=rounds, game=axelrod.DefaultGame, noise=0)
        each.set_seed(7)
    played = ""
    for t in range(rounds):
        moves = [player.strategy(other), other.strategy(player)]
        if flips is not None:
            moves = [move.flip() if flip else move for move, flip in zip(moves, flips[t], strict=True)]
        player.update_history(*moves)
        other.update_history(*reversed(moves))
        played += str(moves[0])
    return played


def adapter_match(name: str, other: str, rounds: int = 200) -> list[tuple[str, str]]:
    """Play two actors against each other, each seeing its own action first."""
    seats = [as_player(f"axelrod:{each}(length={rounds})", IPD) for each in (name, other)]
    assert all(isinstance(seat, Actor) for seat in seats)
    for seat in seats:
        seat.begin(np.random.default_rng(0))
    match = []
    for _ in range(rounds):
        joint = [seat.act() for seat in seats]
        seats[0].see(joint)
        seats[1].see(joint[::-1])
        match.append(("CD"[joint[0]], "CD"[joint[1]]))
    return match


def test_there_are_enough_strategies_to_compare() -> None:
    assert len(DETERMINISTIC) >= 25 and len(OPPONENTS) == 10
    assert set(DETERMINISTIC) <= set(mg.opponents.names())


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_matches_of_200_rounds_are_axelrod_s(name: str) -> None:
    for other in OPPONENTS:
        theirs = getattr(axelrod, other)
        assert ours_against(name, theirs) == axelrod_against(DETERMINISTIC[name], theirs), other


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_our_side_of_the_comparison_is_axelrod_s_own_match(name: str) -> None:
    for other in OPPONENTS[:-1]:
        players = getattr(axelrod, DETERMINISTIC[name])(), getattr(axelrod, other)()
        match = axelrod.Match(players, turns=200, seed=1).play()
        assert ours_against(name, getattr(axelrod, other)) == "".join(str(own) for own, _ in match), other


@pytest.mark.parametrize("name", DETERMINISTIC)
def test_noisy_matches_are_axelrod_s(name: str, rng: np.random.Generator) -> None:
    for other in OPPONENTS:
        flips, theirs = rng.random((200, 2)) < 0.1, getattr(axelrod, other)
        ours = ours_against(name, theirs, flips=flips)
        assert ours == axelrod_against(DETERMINISTIC[name], theirs, flips=flips), other


def test_tournaments_of_deterministic_strategies_are_axelrod_s() -> None:
    ours = ("tit_for_tat", "always_cooperate", "always_defect", "grim", "win_stay_lose_shift")
    theirs = [axelrod.TitForTat, axelrod.Cooperator, axelrod.Defector, axelrod.Grudger, axelrod.WinStayLoseShift]
    result = tournament(ours, IPD)
    for i, one in enumerate(theirs):
        for j, other in enumerate(theirs):
            match = axelrod.Match((one(), other()), turns=200)
            match.play()
            assert result.payoffs[i, j] == pytest.approx(match.final_score_per_turn()[0], abs=1e-12)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("win_stay_lose_shift", "WinStayLoseShift"), ("tit_for_two_tats", "TitFor2Tats")]
)
def test_fingerprints_are_those_that_axelrod_samples(ours: str, theirs: str) -> None:
    exact = fingerprint(ours, IPD, points=5)
    sampler = axelrod.AshlockFingerprint(getattr(axelrod, theirs), axelrod.TitForTat)
    sampled = sampler.fingerprint(turns=200, repetitions=5, step=0.25, progress_bar=False, seed=1)
    # 1000 rounds a point, of a standard deviation of at most 2.1 and correlated over some rounds.
    for (x, y), value in sampled.items():
        if 0 < x < 1 and 0 < y < 1:
            assert exact[round(4 * x), round(4 * y)] == pytest.approx(value, abs=0.3), (x, y)


@pytest.mark.parametrize("name", MEMORY_ONE)
def test_memory_one_probabilities_are_axelrod_s(name: str) -> None:
    player = getattr(axelrod, MEMORY_ONE[name])()
    player.set_match_attributes(game=axelrod.DefaultGame)
    expected = [1 - player._initial.value, *player._four_vector.values()]
    assert as_policy(name, IPD).probabilities[:, 0] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", IN_DISTRIBUTION)
def test_the_others_act_as_often_as_axelrod_s(name: str) -> None:
    # The outcomes of four rounds against alternation, 2000 times each: chi-squared at 0.1 %.
    ours, theirs = np.zeros(16), np.zeros(16)
    policy, rng = as_policy(name, IPD), np.random.default_rng(1)
    moves = [0, 1, 1, 0]
    for _ in range(2000):
        memory, word = 0, 0
        for move in moves:
            own = int(rng.random() >= policy.probabilities[memory, 0])
            word, memory = 2 * word + own, int(policy.transitions[memory, 2 * own + move])
        ours[word] += 1
    for seed in range(2000):
        player, other, word = getattr(axelrod, IN_DISTRIBUTION[name])(), axelrod.MockPlayer(), 0
        player.set_seed(seed)
        for move in moves:
            own, its = player.strategy(other), (axelrod.Action.C, axelrod.Action.D)[move]
            player.update_history(own, its)
            other.update_history(its, own)
            word = 2 * word + own.value
        theirs[word] += 1
    seen = ours + theirs > 0
    statistic = (((ours - theirs) ** 2)[seen] / (ours + theirs)[seen]).sum()
    assert statistic < chi2.ppf(0.999, max(int(seen.sum()) - 1, 1))


@pytest.mark.parametrize(
    "name", ["TitForTat", "Gradual", "OmegaTFT", "BackStabber", "EvolvedLookerUp2_2_2", "Punisher"]
)
def test_the_adapter_plays_axelrod_s_matches(name: str) -> None:
    for other in ("Alternator", "Grudger", "SneakyTitForTat", "Defector"):
        match = axelrod.Match((getattr(axelrod, name)(), getattr(axelrod, other)()), turns=200, seed=3).play()
        assert adapter_match(name, other) == [(str(own), str(its)) for own, its in match], other


def test_every_strategy_of_axelrod_sits_down_but_the_one_that_reads_code(rng: np.random.Generator) -> None:
    refused = []
    for found in axelrod.all_strategies:
        try:
            actor = as_player(f"axelrod:{found.__name__}", IPD)
        except ValueError as error:
            refused.append(found.__name__)
            assert "opponent's code" in str(error)
            continue
        actor.begin(rng)
        for other in () if found.classifier["long_run_time"] else (0, 1, 1, 0):
            own = actor.act()
            assert own in (0, 1), found.__name__
            actor.see([own, other])
    assert refused == ["Darwin"]


def test_an_axelrod_actor_draws_from_the_generator_it_is_given() -> None:
    def actions(seed: int) -> list[int]:
        actor = as_player("axelrod:Random(p=0.3)", IPD)
        actor.begin(np.random.default_rng(seed))
        drawn = []
        for _ in range(50):
            drawn.append(actor.act())
            actor.see([drawn[-1], 0])
        return drawn

    assert actions(0) == actions(0) != actions(1)
    assert actions(0).count(0) < 25


def test_a_new_episode_forgets_the_last() -> None:
    actor = as_player("axelrod:Grudger", IPD)
    for _ in range(2):
        actor.begin(np.random.default_rng(0))
        assert actor.act() == 0
        actor.see([0, 1])
        assert actor.act() == 1


def test_an_axelrod_strategy_knows_the_game_s_payoffs() -> None:
    actor = as_player("axelrod:ZDExtort2", mg.games.get("ipd"))
    assert actor._player.match_attributes["game"].RPST() == (3, 1, 0, 4)
    expected = as_policy("extortion(phi=0.1111111111111111)", mg.games.get("ipd")).probabilities[1:, 0]
    assert list(actor._player._four_vector.values()) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("opponent", "game", "message"),
    [
        ("axelrod:TitForTatt", IPD, "unknown strategy of Axelrod 'TitForTatt'.*'TitForTat'"),
        ("axelrod:TitForTat(kindness=1)", IPD, r"'axelrod:TitForTat\(kindness=1\)' cannot play"),
        ("axelrod:ZDExtort2(s=2)", mg.games.get("ipd"), r"'axelrod:ZDExtort2\(s=2\)' cannot play game 'ipd'"),
        ("axelrod:TitForTat", mg.games.get("rock_paper_scissors"), "two players and two actions each.*3 x 3"),
        ("axelrod:Darwin", IPD, "reads or changes its opponent's code"),
    ],
)
def test_what_axelrod_cannot_play_is_refused(opponent: str, game: mg.MatrixGame, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_player(opponent, game)


def test_an_axelrod_strategy_has_no_table() -> None:
    with pytest.raises(ValueError, match=r"'axelrod:Gradual' has no finite table"):
        as_policy("axelrod:Gradual", IPD)
