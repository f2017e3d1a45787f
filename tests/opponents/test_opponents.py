"""Each opponent plays a written-out match."""

from __future__ import annotations

import numpy as np
import pytest

import moral_games as mg
from moral_games.opponents import as_policy

IPD = mg.games.get("ipd")


def replies(name: str, moves: str) -> str:
    """What a deterministic opponent answers, round by round, to the given moves."""
    policy = as_policy(name, IPD)
    memory, answers = 0, ""
    for move in moves:
        row = policy.probabilities[memory]
        assert set(row) == {0.0, 1.0}, f"{name} is not deterministic"
        own = int(row.argmax())
        answers += "CD"[own]
        memory = policy.transitions[memory, 2 * own + "CD".index(move)]
    return answers


@pytest.mark.parametrize(
    ("name", "moves", "expected"),
    [
        ("always_cooperate", "CDDCD", "CCCCC"),
        ("always_defect", "CDDCD", "DDDDD"),
        ("tit_for_tat", "CDDCDC", "CCDDCD"),
        ("tit_for_two_tats", "DCDDCDDD", "CCCCDCCD"),
        ("grim", "CCDCCC", "CCCDDD"),
        ("win_stay_lose_shift", "CDDCCD", "CCDCCC"),
    ],
)
def test_matches(name: str, moves: str, expected: str) -> None:
    assert replies(name, moves) == expected


def test_every_opponent_has_a_match_or_is_random() -> None:
    written = {"always_cooperate", "always_defect", "tit_for_tat", "tit_for_two_tats", "grim", "win_stay_lose_shift"}
    assert set(mg.opponents.names()) == written | {"random", "generous_tit_for_tat"}


def test_generous_tit_for_tat_forgives_with_the_given_probability() -> None:
    assert as_policy("generous_tit_for_tat(generosity=0.2)", IPD).probabilities[:, 0] == pytest.approx(
        [1, 1, 0.2, 1, 0.2]
    )


def test_random_draws_every_action_alike() -> None:
    assert as_policy("random", mg.games.get("rock_paper_scissors")).probabilities == pytest.approx(
        np.full((10, 3), 1 / 3)
    )


def test_tit_for_tat_copies_in_games_of_three_actions() -> None:
    policy = as_policy("tit_for_tat", mg.games.get("rock_paper_scissors"))
    assert policy.probabilities[1:].argmax(1).tolist() == [0, 1, 2] * 3


def test_opponents_cite_their_source() -> None:
    from moral_games.opponents.strategies import STRATEGIES

    for name, strategy in STRATEGIES.items():
        assert "Source:" in (strategy.__doc__ or ""), name


def test_a_policy_of_ones_own_is_an_opponent() -> None:
    policy = mg.PolicyTable([[1, 0]] * 5)
    assert as_policy(policy, IPD) is policy


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mg.opponents.get("tit_for_tatt"), ValueError, r"unknown opponent 'tit_for_tatt'.*'tit_for_tat'"),
        (lambda: mg.opponents.get("generous_tit_for_tat", kindness=1), ValueError, "no parameter 'kindness'"),
        (lambda: as_policy("generous_tit_for_tat(generosity=2)", IPD), ValueError, r"\[0, 1\]"),
        (lambda: as_policy("grim", mg.games.get("rock_paper_scissors")), ValueError, "two players and two actions"),
        (lambda: as_policy("always_defect", mg.games.get("rock_paper_scissors")), ValueError, "two actions"),
        (lambda: as_policy("grim grim", IPD), ValueError, "cannot read"),
        (lambda: as_policy(3, IPD), TypeError, "an opponent is"),
    ],
)
def test_what_is_not_an_opponent_is_refused(call, error, message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_an_opponent_prints_as_it_is_read() -> None:
    opponent = mg.opponents.get("generous_tit_for_tat", generosity=0.25)
    assert str(opponent) == "generous_tit_for_tat(generosity=0.25)"
    assert str(mg.opponents.get("grim")) == "grim"
