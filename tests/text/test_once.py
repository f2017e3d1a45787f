"""Games that are played once: what is said, and what strategies for both roles are called."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import moral_games as mg
from moral_games.games import either_role, protocol, protocols
from moral_games.text import Presentation
from moral_games.text.once import ALIKE, end, plan, strategies, told_at_once, told_in_roles


@pytest.mark.parametrize("name", (*protocols(), "bach_or_stravinsky"))
def test_strategies_and_ends_are_those_of_the_game_in_either_role(name: str) -> None:
    game = protocol(name) if name in protocols() else mg.games.get(name)
    whole = either_role(game.matrix if name in protocols() else game)
    known = strategies(game)
    assert len(known) == whole.shape[0] == len({plan(game, each) for each in known})
    own = np.array([[(end(game, x, y)[1] + end(game, y, x)[2]) / 2 for y in known] for x in known])
    assert np.array_equal(own, whole.payoffs[..., 0])


def test_labels_stand_for_plans_and_lists_have_their_orders() -> None:
    told = Presentation(("A", "B", "C", "D"), assignment=(2, 0, 3, 1), rows=True)
    text = told_in_roles(mg.games.get("bach_or_stravinsky"), told, [0])
    assert 'move if second):\n"D": 1; 2\n"C": 2; 2\n"B": 1; 1\n"A": 2; 1\nThey' in text
    assert 'They are going to choose "B".' in text
    assert text.endswith('Answer "A", "B", "C" or "D".')
    assert told_in_roles(protocol("ug1"), replace(told, answers=True), [1]).endswith('Answer "D", "C", "B" or "A".')


def test_what_is_expected_may_be_uncertain_or_unsaid() -> None:
    told = Presentation(("A", "B"))
    game = mg.games.get("ipd")
    assert 'They are going to choose "A" or "B", each as likely.' in told_at_once(game, told, [0, 1])
    assert ALIKE in told_at_once(game, told)


def test_every_end_of_a_tree_is_told_once() -> None:
    text = told_in_roles(protocol("ug6"), Presentation(("A", "B", "C", "D")), [0])
    assert "1: 50, 50\n2-1: 85, 15\n2-2: 10, 10\nPlans" in text
