"""Best replies are best replies, equilibria lie where their lines meet, and values make the games that they should."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from visiting import HOSTILE

import moral_games as mg
from moral_games.analysis import equilibria
from moral_games.explorer.best_replies import drawing, gains, in_words, reply
from moral_games.explorer.choices import COMMON, own_game
from moral_games.explorer.game_view import game_view, payoff_table, valued

two_by_two = st.lists(st.integers(-5, 5).map(float), min_size=8, max_size=8).map(own_game)


def expected(game: mg.MatrixGame, player: int, own: float, other: float) -> float:
    """The payoff of `player` if it plays its first action with probability `own`, and the other its with `other`."""
    table = game.payoffs[..., player] if player == 0 else game.payoffs[..., player].T
    return float(np.array([own, 1 - own]) @ table @ np.array([other, 1 - other]))


@given(two_by_two, st.integers(0, 1), st.floats(0, 1))
def test_nothing_is_better_than_a_point_of_the_line(game: mg.MatrixGame, player: int, along: float) -> None:
    line = reply(*gains(game, player)) or [(0.0, 0.0), (1.0, 1.0)]
    for (x1, y1), (x2, y2) in pairwise(line):
        other, own = x1 + along * (x2 - x1), y1 + along * (y2 - y1)
        best = max(expected(game, player, action, other) for action in (0.0, 1.0))
        assert expected(game, player, own, other) == pytest.approx(best, abs=1e-9)


@given(two_by_two)
def test_equilibria_lie_on_both_lines(game: mg.MatrixGame) -> None:
    for row, column in equilibria(game):
        for player, (own, other) in enumerate(((row[0], column[0]), (column[0], row[0]))):
            best = max(expected(game, player, action, other) for action in (0.0, 1.0))
            assert expected(game, player, own, other) == pytest.approx(best, abs=1e-6)


@given(
    st.lists(st.sampled_from([0.0, 1.0, -1.0, 1e6, -1e6, 1e-6, 1 / 3]), min_size=4, max_size=4), st.sampled_from(COMMON)
)
def test_whatever_is_chosen_can_be_shown(payoffs: list[float], value: str) -> None:
    r, s, t, p = payoffs
    for after in valued(own_game([r, r, s, t, t, s, p, p]), value).values():
        ElementTree.fromstring(game_view("after", after))


def test_bach_or_stravinsky_in_words() -> None:
    game = mg.games.get("bach_or_stravinsky")
    assert reply(*gains(game, 0)) == [(0, 0), (pytest.approx(0.4), 0), (pytest.approx(0.4), 1), (1, 1)]
    assert "is bach where the column player's probability of bach is above 0.40" in in_words(game, 0)
    svg = ElementTree.fromstring(drawing(game, equilibria(game)))
    assert len(svg.findall("circle")) == 3 and "Equilibria are marked: 3." in svg.attrib["aria-label"]


def test_a_player_to_whom_all_is_alike_has_a_field_of_best_replies() -> None:
    game = own_game([1.0] * 8)
    assert reply(*gains(game, 0)) is None and "all is equally good" in in_words(game, 0)
    assert len(ElementTree.fromstring(drawing(game, [])).findall("rect")) == 3


def test_names_are_text() -> None:
    game = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2)), [HOSTILE, "b"], name=HOSTILE, title=HOSTILE)
    page = game_view(HOSTILE, game)
    assert "<img" not in page and "\x1b" not in page and "\u202e" not in page and "&lt;img" in page
    ElementTree.fromstring(page)


def test_equilibria_and_best_replies_are_marked_in_the_table() -> None:
    page = payoff_table(mg.games.get("ipd"), (0, 1))
    assert page.count("●") == 1 and "<u>1</u>, <u>1</u>" in page
    assert '<span class="cell played">0, <u>4</u></span>' in page


def test_a_game_with_three_actions_has_no_drawing() -> None:
    page = game_view("as it is", mg.games.get("rock_paper_scissors"))
    assert "<svg" not in page and "0.333 rock" in page


def test_the_games_that_values_make() -> None:
    ipd = mg.games.get("ipd")
    assert {after.kind for after in valued(ipd, "inequity_aversion(alpha=0.5, beta=0.7)").values()} == {"stag_hunt"}
    after = valued(ipd, "selfish + deontological(penalty=3)")  # it forbids to defect after a cooperation
    kinds = {label: game.kind for label, game in after.items()}
    assert kinds["start"] == kinds["DD"] == "prisoners_dilemma" and kinds["CC"] == "harmony"
    assert list(kinds) == ["start", "CC", "CD", "DC", "DD"]
    np.testing.assert_array_equal(after["DC"].payoffs[1, 1], [-2, 1])  # only the row player betrays a cooperator


def test_a_value_that_one_player_holds() -> None:
    (after,) = valued(mg.games.get("ipd"), ("utilitarian", "selfish")).values()
    np.testing.assert_array_equal(after.payoffs[..., 0], [[6, 4], [4, 2]])
    np.testing.assert_array_equal(after.payoffs[..., 1], mg.games.get("ipd").payoffs[..., 1])
