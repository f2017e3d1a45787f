"""What a value makes of a game, worked out in words."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games import games, text
from moral_games.games.random_games import drawn_game
from moral_games.repeated import RepeatedGame
from moral_games.text import Presentation
from moral_games.text.reckoning import ANSWER, RECKONINGS, work_out

seeds = st.integers(0, 2**32 - 1)


@given(seeds, st.sampled_from(sorted(RECKONINGS)), st.integers(0, 1))
def test_the_number_is_what_the_value_gives_and_the_best_action_what_it_calls_for(seed: int, value: str, expected: int):
    rng = np.random.default_rng(seed)
    game, told = drawn_game(rng), text.draw(rng, 2, "worked")
    rewards = RepeatedGame.compile(game, value).legal_rewards[0, ..., 0].reshape(game.shape)[:, expected]
    worked = work_out(game, told, expected, value)
    numbers = dict(re.findall(r'"([^"]+)": [^.]*?(\d+)\.', worked.text))
    assert {told.names[action]: reward for action, reward in enumerate(rewards)} == {
        name: float(number) for name, number in numbers.items()
    }
    assert worked.best == (None if rewards[0] == rewards[1] else int(rewards.argmax()))
    assert worked.text.endswith(f"Most: {rewards.max():g}. {ANSWER}")


def test_rows_and_columns_are_gone_through_as_the_table_lists_them():
    told = Presentation(("left", "right"), wording="worked", rows=True, columns=True)
    worked = work_out(games.get("ipd"), told, expected=1, value="utilitarian")
    assert worked.text == f'They do "right", column 1. "right": 1 + 1 = 2. "left": 0 + 4 = 4. Most: 4. {ANSWER}'
    assert worked.best == 0


def test_values_that_cannot_be_worked_out_are_refused():
    with pytest.raises(ValueError, match="utilitarian"):
        work_out(games.get("ipd"), Presentation(("left", "right")), 0, "utilitarain")


@given(seeds)
def test_lessons_and_exam_share_no_game(seed: int):
    rng = np.random.default_rng(seed)
    lessons = {drawn_game(rng, highest=1).payoffs.tobytes() for _ in range(20)}
    exam = {drawn_game(rng, exam=True, highest=1).payoffs.tobytes() for _ in range(20)}
    assert not lessons & exam
