"""The catalogue, and what a game is."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.games import kinds, read

GOOD = """
title = "T"
id = "T"
kind = "prisoners_dilemma"
source = "S"
actions = ["cooperate", "defect"]
payoffs = [[[3, 3], [0, 5]], [[5, 0], [1, 1]]]
"""

# The payoffs of the study's tables, cells CC, CD, DC, DD; typed here a second time on purpose.
PUBLISHED = {
    "ipd": [(3, 3), (0, 4), (4, 0), (1, 1)],
    "stag_hunt": [(4, 4), (0, 3), (3, 0), (1, 1)],
    "chicken": [(2, 2), (1, 4), (4, 1), (0, 0)],
    "bach_or_stravinsky": [(3, 2), (0, 0), (0, 0), (2, 3)],
    "defective_coordination": [(1, 1), (0, 0), (0, 0), (4, 4)],
    "ipd_ijcai2023": [(3, 3), (1, 4), (4, 1), (2, 2)],
    "volunteers_dilemma_ijcai2023": [(4, 4), (2, 5), (5, 2), (1, 1)],
    "stag_hunt_ijcai2023": [(5, 5), (1, 4), (4, 1), (2, 2)],
    "ipd_aies2024": [(3, 3), (0, 4), (4, 0), (1, 1)],
    "volunteers_dilemma": [(3, 3), (1, 4), (4, 1), (0, 0)],
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_payoffs_are_the_published_ones(name: str) -> None:
    assert mg.games.get(name).payoffs.reshape(4, 2).tolist() == [list(map(float, cell)) for cell in PUBLISHED[name]]


@pytest.mark.parametrize("name", mg.games.names())
def test_every_file_claims_the_kind_that_its_payoffs_have(name: str) -> None:
    game = mg.games.get(name)
    assert kinds.classify(game) == kinds.ALSO.get(game.kind, game.kind)
    assert game.title and game.source


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        ("ipd", lambda t, r, p, s: t > r > p > s and 2 * r > t + s),
        ("stag_hunt", lambda t, r, p, s: r > t > p > s),
        ("chicken", lambda t, r, p, s: t > r > s > p),
        ("volunteers_dilemma", lambda t, r, p, s: t > r > s > p),
        ("harmony", lambda t, r, p, s: r > s > t > p),
        ("deadlock", lambda t, r, p, s: t > p > r > s),
        ("pure_coordination", lambda t, r, p, s: r == p > t == s),
        ("defective_coordination", lambda t, r, p, s: p > r > t == s),
    ],
)
def test_orders_of_the_payoffs(name: str, holds) -> None:
    assert holds(*kinds.letters(mg.games.get(name)))


def test_kinds_exclude_one_another_in_the_catalogue() -> None:
    for name in mg.games.names():
        game = mg.games.get(name)
        special = kinds.KINDS.keys() - set(kinds.BROAD)
        found = kinds.classify(game)
        expected = [] if found in kinds.BROAD else [found]
        assert [kind for kind in special if kinds.is_kind(game, kind)] == expected, name


@given(arrays(np.float64, (3, 2, 2), elements=st.floats(-10, 10)), st.integers(0, 1))
def test_seen_by_keeps_what_everyone_is_paid(payoffs: np.ndarray, player: int) -> None:
    game = mg.MatrixGame.from_payoffs(payoffs)
    seen = game.seen_by(player)
    for a, b in game.joint_actions:
        own, other = (a, b) if player == 0 else (b, a)
        assert seen.payoffs[own, other, 0] == payoffs[a, b, player]
        assert seen.payoffs[own, other, 1] == payoffs[a, b, 1 - player]


def test_joint_actions_are_row_major() -> None:
    assert mg.MatrixGame.from_payoffs(np.zeros((2, 3, 2))).joint_actions.tolist() == [
        [0, 0],
        [0, 1],
        [0, 2],
        [1, 0],
        [1, 1],
        [1, 2],
    ]


def test_seen_by_in_three_players() -> None:
    payoffs = np.arange(24.0).reshape(2, 2, 2, 3)
    seen = mg.MatrixGame.from_payoffs(payoffs).seen_by(1)
    assert seen.payoffs[1, 0, 1].tolist() == payoffs[0, 1, 1][[1, 0, 2]].tolist()


def test_symmetry() -> None:
    assert mg.games.get("ipd").is_symmetric
    assert not mg.games.get("bach_or_stravinsky").is_symmetric
    contributions = np.indices((2, 2, 2)).sum(0)
    symmetric = np.stack([contributions - 2.0 * np.indices((2, 2, 2))[i] for i in range(3)], axis=-1)
    assert mg.MatrixGame.from_payoffs(symmetric).is_symmetric


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.integers(2, 3), st.booleans())
def test_symmetry_is_that_under_every_order_of_the_players(seed: int, n: int, actions: int, symmetric: bool) -> None:
    payoffs = np.random.default_rng(seed).integers(0, 3, (*[actions] * n, n)).astype(float)
    orders = list(permutations(range(n)))
    if symmetric:
        payoffs = np.sum([np.transpose(payoffs, (*order, n))[..., list(order)] for order in orders], axis=0)
    under_every_order = all(
        np.array_equal(payoffs, np.transpose(payoffs, (*order, n))[..., list(order)]) for order in orders
    )
    assert mg.MatrixGame.from_payoffs(payoffs).is_symmetric == under_every_order
    assert under_every_order or not symmetric


def test_a_symmetry_of_some_players_is_not_enough() -> None:
    payoffs = np.zeros((2, 2, 2, 3))
    payoffs[0, 0, 1], payoffs[0, 0, 0] = 1, 2
    assert not mg.MatrixGame.from_payoffs(payoffs).is_symmetric  # only players 0 and 1 can be exchanged


def test_payoffs_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        mg.games.get("ipd").payoffs[0, 0, 0] = 9


def test_unknown_game_lists_close_matches() -> None:
    with pytest.raises(ValueError, match=r"unknown game 'stag_hunts'.*'stag_hunt'"):
        mg.games.get("stag_hunts")


@pytest.mark.parametrize(
    ("payoffs", "message"),
    [
        ([[1, 2], [3, 4]], "one axis for each player"),
        ([[[1, 1], [2, 2]], [[1, 1]]], "full array"),
        ([[[1, float("nan")]]], "finite"),
        ([[[1, float("inf")]]], "finite"),
    ],
)
def test_bad_payoffs_are_refused(payoffs, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mg.MatrixGame.from_payoffs(payoffs)


def test_bad_actions_are_refused() -> None:
    payoffs = mg.games.get("ipd").payoffs
    with pytest.raises(ValueError, match="name .* actions a player"):
        mg.MatrixGame.from_payoffs(payoffs, ["a", "b", "c"])
    with pytest.raises(ValueError, match="one list of names, or one list a player"):
        mg.MatrixGame.from_payoffs(payoffs, [1, 2])
    with pytest.raises(ValueError, match="texts for names"):
        mg.MatrixGame.from_payoffs(payoffs, [[1, 2], [1, 2]])
    with pytest.raises(ValueError, match="different names"):
        mg.MatrixGame.from_payoffs(payoffs, ["a", "a"])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('source = "S"\n', "", r"bad\.toml: field 'source' is missing"),
        ('source = "S"', 'source = ""', r"bad\.toml: field 'source'"),
        ('title = "T"', 'tittle = "T"', r"bad\.toml: field 'title' is missing"),
        ("[[3, 3], [0, 5]]", "[[3, 3]]", r"bad\.toml: field 'payoffs'"),
        ("[3, 3]", "[9, 9]", r"bad\.toml: field 'kind'.*T > R > P > S"),
        ("prisoners_dilemma", "prisoner_dilemma", r"bad\.toml: field 'kind'.*'prisoners_dilemma'"),
        ('"defect"]', '"defect", "x"]', r"bad\.toml: field 'payoffs' or 'actions'"),
        ('id = "T"', 'id = "T"\nextra = 1', r"bad\.toml: field 'extra'"),
        ("actions =", "actions", r"bad\.toml: not valid TOML"),
    ],
)
def test_a_bad_game_file_is_refused_naming_file_and_field(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    (tmp_path / "bad.toml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "bad.toml")


def test_a_good_game_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(GOOD)
    assert read(tmp_path / "mine.toml").name == "mine"
