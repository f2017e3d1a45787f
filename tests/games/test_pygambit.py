"""Games to and from Gambit itself, which reads what we write; `.ci/run` installs it for this file."""

from __future__ import annotations

import io

import numpy as np
import pytest
from drawn import games, same
from hypothesis import given, settings
from hypothesis import strategies as st

import moral_games as mg
from moral_games.games import from_nfg, from_pygambit, to_nfg, to_pygambit

pygambit = pytest.importorskip("pygambit", reason="pip install 'moral-games[gambit]', which compiles for minutes")

TRUST = """EFG 2 R "trust" { "first" "second" }
""
p "" 1 1 "" { "keep" "trust" } 0
t "" 1 "kept" { 1, 1 }
p "" 2 1 "" { "return" "keep" } 0
t "" 2 "returned" { 2, 2 }
t "" 3 "taken" { 0, 3 }
"""

ascii_names = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="\\"), min_size=1)


@settings(max_examples=25)
@given(games(ascii_names, (1, 3)))
def test_gambit_reads_what_we_write(game: mg.MatrixGame) -> None:
    assert same(from_pygambit(pygambit.read_nfg(io.StringIO(to_nfg(game)))), game)


@settings(max_examples=25)
@given(games(ascii_names, (2, 3)))
def test_we_read_what_gambit_writes(game: mg.MatrixGame) -> None:
    assert same(from_nfg(to_pygambit(game).to_nfg()), game)


@settings(max_examples=25)
@given(games(ascii_names, (1, 3)))
def test_pygambit_gives_the_game_back(game: mg.MatrixGame) -> None:
    again = from_pygambit(to_pygambit(game), game.name)
    assert same(again, game) and again.title == game.title


def test_pygambit_finds_our_equilibrium() -> None:
    found = pygambit.nash.enumpure_solve(to_pygambit(mg.games.get("ipd"))).equilibria
    assert [[strategy.label for strategy, chance in profile if chance] for profile in found] == [["defect", "defect"]]


def test_a_tree_from_pygambit_becomes_its_strategic_form() -> None:
    tree = pygambit.read_efg(io.StringIO(TRUST))
    assert from_pygambit(tree).payoffs.tolist() == [[[1, 1], [1, 1]], [[2, 2], [0, 3]]]


def test_names_that_gambit_does_not_allow_are_refused() -> None:
    with pytest.raises(ValueError, match="name 'désolé' of an action"):
        to_pygambit(mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2)), ["oui", "désolé"]))
