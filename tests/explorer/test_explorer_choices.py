"""Games and values are chosen as texts, and sliders move one number of a value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games import games, rewards
from moral_games.explorer import choices
from moral_games.explorer.choices import RANGES, game_named, game_text, moved, own_game, payoff, sliders
from moral_games.rewards.function import VALUES

payoffs = st.lists(st.integers(-1000, 1000).map(float), min_size=8, max_size=8)


@pytest.mark.parametrize("name", games.names())
def test_a_game_of_the_catalogue_is_its_name(name: str) -> None:
    assert game_named(game_text(games.get(name))) is games.get(name)


@given(payoffs)
def test_a_game_of_ones_own_is_its_payoffs(numbers: list[float]) -> None:
    again = game_named(game_text(own_game(numbers)))
    np.testing.assert_array_equal(again.payoffs.ravel(), numbers)
    assert again.kind == own_game(numbers).kind


def test_no_file_is_read_as_a_game(tmp_path: Path) -> None:
    file = tmp_path / "game.toml"
    file.write_text("x = 1")
    for name in (str(file), "../game.toml", "public_goods(players=3)", ""):
        with pytest.raises(ValueError, match="unknown game"):
            game_named(name)
    with pytest.raises(ValueError, match="eight payoffs, got 3"):
        game_named("1,2,3")


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "1e7", "-1e300", "1 2"])
def test_a_payoff_is_a_number_of_ordinary_size(text: str) -> None:
    with pytest.raises(ValueError, match="a payoff"):
        payoff(text)


@pytest.mark.parametrize("text", choices.COMMON)
def test_a_slider_moves_its_number_and_no_other(text: str) -> None:
    value = rewards.parse(text)
    for place, slider in enumerate(sliders(value)):
        number = (slider.low + slider.high) / 2 + 0.125
        after = sliders(rewards.parse(str(moved(value, slider, number))))
        for other, (was, now) in enumerate(zip(sliders(value), after, strict=True)):
            assert now.number == (number if other == place else was.number)


@pytest.mark.parametrize("name", sorted(VALUES))
def test_every_value_has_sliders_that_begin_at_its_defaults(name: str) -> None:
    for slider in sliders(rewards.get(name)):
        assert slider.parameter in RANGES and (slider.low, slider.high) == RANGES[slider.parameter]
        assert slider.low <= slider.number <= slider.high


def test_weights_move_where_there_are_several_terms() -> None:
    value = rewards.parse("selfish + 0.5 * altruistic")
    assert [(slider.parameter, slider.number) for slider in sliders(value)] == [("weight", 1), ("weight", 0.5)]
    assert str(moved(value, sliders(value)[1], -1)) == "selfish() + -1 * altruistic()"
    assert sliders(rewards.parse("selfish")) == ()
