"""More than the last round: earlier rounds stand behind it, in every wording."""

from __future__ import annotations

import numpy as np
import pytest

import moral_games as mg
from moral_games import text
from moral_games.policy import windows
from moral_games.text import Presentation
from moral_games.text.histories import tell

IPD = mg.games.get("ipd")
TOLD = Presentation(("Cat", "Dog"))


@pytest.mark.parametrize("wording", text.WORDINGS)
def test_there_is_a_prompt_for_each_window_of_rounds(wording: str) -> None:
    told = Presentation(("Cat", "Dog"), wording=wording)
    short, long = text.prompts(IPD, told), text.prompts(IPD, told, memory=2)
    assert long[:5] == short and len(set(long)) == len(windows(4, 2)) == 21
    for (latest, before), prompt in zip(windows(4, 2)[5:], long[5:], strict=True):
        own, other = (told.names[action] for action in IPD.joint_actions[before])
        line = next(line for line in prompt.splitlines() if "Before that" in line)
        assert line.endswith(f'Before that: you "{own}", they "{other}".')
        assert prompt.replace(line, line.partition(" Before that")[0]) == short[1 + latest]


def test_the_latest_round_comes_first() -> None:
    prompt = tell(text.WORDINGS["compact"], IPD, TOLD, [(0, 1), (1, 1), (1, 0)])
    assert prompt.endswith(
        '\nLast round: you "Cat", they "Dog". Before that: you "Dog", they "Dog". Before that: you "Dog", they "Cat".'
    )


def test_more_than_two_players_are_told_too() -> None:
    game = mg.MatrixGame.from_payoffs(np.arange(24.0).reshape(2, 2, 2, 3))
    prompts = text.prompts(game, TOLD, memory=2)
    assert len(prompts) == 73 and prompts[-1].endswith('Before that: you "Dog", they "Dog", "Dog".')


def test_a_wording_that_tells_no_round_cannot_tell_two() -> None:
    with pytest.raises(ValueError, match="does not tell the last round"):
        tell(lambda game, telling, previous: "Choose!", IPD, TOLD, [(0, 0), (0, 0)])
    with pytest.raises(ValueError, match="memory must be at least 1, got 0"):
        text.prompts(IPD, TOLD, memory=0)
