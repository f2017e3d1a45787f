"""What each wording tells, and that a label stands where it stood whichever action it means."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games import text
from moral_games.text import Presentation
from moral_games.text.presentation import ORDERED

IPD = mg.games.get("ipd")
WORDINGS = tuple(text.WORDINGS)
NEW = ("unstructured", "story", "explicit")
LEVELS = {"worst": 0, "third best": 1, "second best": 2, "best": 3}


def told(game: mg.MatrixGame, wording: str, labels: tuple[str, ...] = ("Cat", "Dog"), **how: object) -> tuple[str, ...]:
    return text.prompts(game, Presentation(labels, wording=wording, **how))


@pytest.mark.parametrize("wording", NEW)
def test_what_does_not_depend_on_the_state_comes_first(wording: str) -> None:
    prompts = told(IPD, wording)
    assert len(set(prompts)) == 5
    bodies = {prompt.rsplit("\n", 1)[0] for prompt in prompts}
    assert len(bodies) == 1, "a tree of tokens reads it once"


@pytest.mark.parametrize("wording", NEW)
def test_the_last_line_tells_both_moves_own_first(wording: str) -> None:
    for joint, prompt in zip(IPD.joint_actions, told(IPD, wording)[1:], strict=True):
        last = prompt.splitlines()[-1]
        assert re.findall(r'"(\w+)"', last) == [("Cat", "Dog")[action] for action in joint]
        assert last.index("you") < last.index('"')


@given(st.integers(0, 15), st.permutations(range(3)))
def test_sentences_can_be_read_back_as_the_payoffs(order: int, assignment: list[int]) -> None:
    game = mg.MatrixGame.from_payoffs(np.random.default_rng(order).integers(-5, 9, (3, 3, 2)))
    flags = {name: bool(order >> k & 1) for k, name in enumerate(ORDERED)}
    presentation = Presentation(("Cat", "Dog", "Zip"), tuple(assignment), "unstructured", **flags)
    lines = [line for line in text.prompts(game, presentation)[0].splitlines() if line.startswith("If you pick")]
    assert len(lines) == 9
    for line in lines:
        joint = tuple(presentation.names.index(label) for label in re.findall(r'"(\w+)"', line))
        assert [float(number) for number in re.findall(r"(\S+) points?\b", line)] == game.payoffs[joint].tolist()


@given(st.permutations([0.0, 1.0, 2.0, 3.0]), st.permutations([0.0, 1.0, 2.0, 3.0]))
def test_a_story_tells_the_order_of_each_players_payoffs(own: list[float], other: list[float]) -> None:
    game = mg.MatrixGame.from_payoffs(np.stack([np.reshape(own, (2, 2)), np.reshape(other, (2, 2))], axis=-1))
    lines = [line for line in told(game, "story")[0].splitlines() if line.startswith("A weekend when")]
    for line, joint in zip(lines, game.joint_actions, strict=True):
        found = re.findall(r"the (worst|best|\w+ best) for", line)
        assert [LEVELS[standing] for standing in found] == game.payoffs[tuple(joint)].tolist()
        assert not re.search(r"\d", line)


def test_a_story_of_equal_payoffs() -> None:
    nothing_at_stake = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2)))
    assert "like any other for you" in told(nothing_at_stake, "story")[0]
    assert "the worst for you and the worst for your flatmate" in told(mg.games.get("bach_or_stravinsky"), "story")[0]


def test_the_explicit_prompt_names_the_game_and_its_actions_and_no_payoff() -> None:
    prompt = told(IPD, "explicit", assignment=(1, 0))[0]
    assert "Iterated Prisoner's Dilemma" in prompt and '"Cat" means defect; "Dog" means cooperate' in prompt
    assert not re.search(r"\d", prompt)
    assert '"Cat" means bach' in told(mg.games.get("bach_or_stravinsky"), "explicit")[0]
    uneven = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2)), [["up", "down"], ["left", "right"]], "uneven")
    assert (
        'uneven, for many rounds and with its usual payoffs. In it "Cat" means up/left' in told(uneven, "explicit")[0]
    )


@pytest.mark.parametrize("wording", NEW)
def test_orders_move_what_they_name(wording: str) -> None:
    plain = told(IPD, wording)[0]
    for order in ORDERED:
        moved = told(IPD, wording, **{order: True})[0]
        unmoved = wording == "explicit" and order == "columns"  # it has no payoffs, and so no columns
        assert (moved == plain) == unmoved
        assert sorted(re.findall(r"\w+", moved)) == sorted(re.findall(r"\w+", plain))


@pytest.mark.parametrize("wording", WORDINGS)
def test_several_players_are_all_told_of(wording: str) -> None:
    game = mg.MatrixGame.from_payoffs(np.arange(24.0).reshape(2, 2, 2, 3))
    prompts = told(game, wording)
    assert len(set(prompts)) == 9
    last = next(line for line in reversed(prompts[6].splitlines()) if line.count('"') == 6)
    assert re.findall(r'"(\w+)"', last)[:3] == ["Dog", "Cat", "Dog"]
