"""Games come from elsewhere and go elsewhere unchanged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from drawn import games, same, texts
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.games import (
    from_nashpy,
    from_nfg,
    from_toml,
    read,
    to_nashpy,
    to_nfg,
    to_toml,
    write,
)

PAYOFF_VERSION = """NFG 1 R "Selten (IJGT, 75), Figure 2, normal form" { "Player 1" "Player 2" }
{ { "1" "2" "3" } { "left" "right" } }
"a comment"

1 1 0 2 0 2
1 1 0 3 2 0
"""
OUTCOME_VERSION = """NFG 1 D "outcomes" { "A" "B" }
{ 2 2 }
{
{ "both" 3.5, 1/2 }
{ "" -1 .25 }
}
1 0 2 1
"""


@given(games(texts))
def test_toml_gives_the_game_back(game: mg.MatrixGame) -> None:
    again = from_toml(to_toml(game), game.name)
    assert same(again, game) and again.name == game.name
    assert again.title == (game.title.strip() or game.name)


@pytest.mark.parametrize("name", (*mg.games.names(), *mg.games.families()))
def test_toml_keeps_everything_of_our_own_games(name: str) -> None:
    game = mg.games.get(name)
    again = from_toml(to_toml(game), name)
    assert same(again, game)
    for field in ("name", "title", "source", "kind", "env_id"):
        assert getattr(again, field) == getattr(game, field)


@given(games(texts.filter(bool)))
def test_nfg_gives_the_game_back(game: mg.MatrixGame) -> None:
    again = from_nfg(to_nfg(game), game.name)
    assert same(again, game) and again.title == game.title


@given(games(texts, (2, 2)))
def test_nashpy_gives_the_payoffs_back(game: mg.MatrixGame) -> None:
    assert same(from_nashpy(to_nashpy(game), game.actions), game)


def test_nashpy_has_two_players_only() -> None:
    with pytest.raises(ValueError, match="two players; game 'public_goods' has 4"):
        to_nashpy(mg.games.public_goods())


def test_nashpy_computes_with_our_game() -> None:
    game = to_nashpy(mg.games.get("matching_pennies"))
    assert [row.tolist() for row in next(iter(game.support_enumeration()))] == [[0.5, 0.5], [0.5, 0.5]]


def test_games_from_elsewhere_are_classified() -> None:
    for name in ("ipd", "stag_hunt", "rock_paper_scissors"):
        game = mg.games.get(name)
        assert from_nashpy(to_nashpy(game)).kind == from_nfg(to_nfg(game)).kind == game.kind


def test_player_0_s_action_runs_fastest_in_the_payoff_version() -> None:
    game = from_nfg(PAYOFF_VERSION, "selten")
    assert game.payoffs.tolist() == [[[1, 1], [1, 1]], [[0, 2], [0, 3]], [[0, 2], [2, 0]]]
    assert game.actions == (("1", "2", "3"), ("left", "right"))
    assert game.name == "selten" and game.title.startswith("Selten")


def test_the_outcome_version_with_fractions_and_decimals() -> None:
    game = from_nfg(OUTCOME_VERSION)
    assert game.payoffs.tolist() == [[[3.5, 0.5], [-1, 0.25]], [[0, 0], [3.5, 0.5]]]
    assert game.actions == (("1", "2"), ("1", "2"))


def test_quotation_marks_and_backslashes_are_escaped() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 1, 2)), [['say "no"', "C:\\"], ["\\\\"]], title='a "b" \\ c')
    assert r'"say \"no\"" "C:\\"' in to_nfg(game)
    assert same(from_nfg(to_nfg(game)), game) and from_nfg(to_nfg(game)).title == game.title


@pytest.mark.parametrize("version", [PAYOFF_VERSION, OUTCOME_VERSION])
@given(data=st.data())
def test_a_file_cut_short_anywhere_is_refused(version: str, data: st.DataObject) -> None:
    whole = version.rstrip()
    kept = whole[: data.draw(st.integers(0, len(whole) - 1))]
    last_digit_lost = len(kept.split()) == len(whole.split())
    if last_digit_lost:
        return
    with pytest.raises(ValueError, match=r"mine\.nfg: (cut short: )?expected"):
        from_nfg(kept, "mine")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1 1 0 3 2 0\n", "1 1 0\n", r"mine\.nfg: cut short: expected 12 payoffs \(6 joint actions x 2 .*found 9"),
        ("1 1 0 3 2 0\n", "1 1 0 3 2 0 7\n", r"mine\.nfg: expected 12 payoffs .* found 13"),
        ("1 1 0 3 2 0\n", "1 1 0 3 2 x\n", r"found 'x', which is no decimal or fraction"),
        ("1 1 0 3 2 0\n", "1 1 0 3 2 1/0\n", r"found '1/0'"),
        ("1 1 0 3 2 0\n", "1 1 0 3 2 nan\n", r"mine\.nfg: payoffs .* finite"),
        ("1 1 0 3 2 0\n", "1 1 0 3 2 1e999\n", r"mine\.nfg: payoffs .* finite"),
        ('"left"', '"left', r"mine\.nfg: "),
        ("NFG", "EFG", r"mine\.nfg: expected 'NFG'.*found 'EFG'"),
        ("NFG 1", "NFG 2", r"expected '1'.*found '2'"),
        (' "Player 2"', "", r"1 players are named, and strategies are given for 2"),
        ('{ "left" "right" }', "{ }", r"every player needs at least one"),
        ('{ "left" "right" }', "-2", r"expected a number of strategies, found '-2'"),
        ('{ "left" "right" }', "999999", r"cut short: expected 5,999,994 payoffs"),
        ('{ "left" "right" }', '{ "left" "left" }', r"mine\.nfg: actions .* different names"),
        ('"a comment"\n\n1', '"a comment"\n\n}', r"expected payoffs .* found '}'"),
    ],
)
def test_a_bad_nfg_file_is_refused_naming_file_and_trouble(old: str, new: str, message: str) -> None:
    assert old in PAYOFF_VERSION
    with pytest.raises(ValueError, match=message):
        from_nfg(PAYOFF_VERSION.replace(old, new, 1), "mine")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1 0 2 1\n", "1 0 2\n", r"cut short: expected 4 outcome numbers.* found 3"),
        ("1 0 2 1\n", "1 0 2 3\n", r"there is no outcome 3; they are 1 to 2"),
        ("1 0 2 1\n", "1 0 2 0.5\n", r"there is no outcome 0.5"),
        ("-1 .25", "-1", r"outcome 2 has 1 payoffs; expected 2"),
    ],
)
def test_bad_outcomes_are_refused(old: str, new: str, message: str) -> None:
    assert old in OUTCOME_VERSION
    with pytest.raises(ValueError, match=message):
        from_nfg(OUTCOME_VERSION.replace(old, new, 1), "mine")


@pytest.mark.parametrize("suffix", [".toml", ".nfg"])
def test_files_are_written_and_read(tmp_path: Path, suffix: str) -> None:
    game = mg.games.threshold_public_goods(players=3)
    write(game, tmp_path / f"mine{suffix}")
    again = read(tmp_path / f"mine{suffix}")
    assert same(again, game) and again.name == "mine" and again.kind == game.kind


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"unknown type of game file '\.efg'.*\.nfg"):
        read(tmp_path / "game.efg")
    with pytest.raises(ValueError, match=r"unknown type of game file '\.json'"):
        write(mg.games.get("ipd"), tmp_path / "game.json")
    assert not (tmp_path / "game.json").exists()
    (tmp_path / "game.nfg").write_bytes(b"NFG 1 R \xff")
    with pytest.raises(ValueError, match=r"game\.nfg: not a text in UTF-8"):
        read(tmp_path / "game.nfg")
