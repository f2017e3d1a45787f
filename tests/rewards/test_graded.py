"""Duties and virtues by degrees, in public goods games."""

from __future__ import annotations

import numpy as np
import pytest

import moral_games as mg

GRADED = [name for name in mg.rewards.names() if name.endswith("_graded")]
LEVELS = mg.MatrixGame.from_payoffs(np.ones((3, 3, 3, 3)))
ALL, HALF, NOTHING = 0, 1, 2


def judged(text: str, previous, actions) -> list[float]:
    return mg.rewards.parse(text)(mg.Outcome(LEVELS, np.array(previous), np.array(actions))).tolist()


def test_every_duty_and_virtue_of_the_action_has_a_graded_version() -> None:
    assert GRADED == [
        "deontological_graded",
        "malicious_deontological_graded",
        "virtue_aggression_graded",
        "virtue_kindness_graded",
        "virtue_mixed_graded",
    ]


@pytest.mark.parametrize("name", GRADED)
@pytest.mark.parametrize("shape", [(2, 2), (2, 2, 2, 2)])
def test_with_two_actions_it_is_the_ungraded_one(name: str, shape, rng: np.random.Generator) -> None:
    game = mg.MatrixGame.from_payoffs(rng.normal(size=(*shape, len(shape))))
    outcome = mg.Outcome(game, *rng.integers(-1, 2, (2, 200, len(shape))))
    ungraded = mg.rewards.get(name.removesuffix("_graded"))
    np.testing.assert_allclose(mg.rewards.get(name)(outcome), ungraded(outcome))


def test_half_a_betrayal() -> None:
    # Player 0 withholds half from others who gave all and half: 4 * 1/2 * 3/4. Player 1 withholds all
    # from one who gave nothing and one who gave half: 4 * 1 * 1/4. Player 2 withholds nothing.
    assert judged("deontological_graded(penalty=4)", (NOTHING, ALL, HALF), (HALF, NOTHING, ALL)) == [-1.5, -1, 0]
    assert judged("malicious_deontological_graded(bonus=4)", (NOTHING, ALL, HALF), (HALF, NOTHING, ALL)) == [1.5, 1, 0]


def test_no_duty_is_owed_to_those_who_have_not_acted() -> None:
    assert judged("deontological_graded(penalty=4)", (-1, -1, ALL), (NOTHING, NOTHING, NOTHING)) == [-2, -2, 0]


def test_virtues_by_degrees() -> None:
    assert judged("virtue_kindness_graded(bonus=4)", (-1, -1, -1), (ALL, HALF, NOTHING)) == [4, 2, 0]
    assert judged("virtue_aggression_graded(bonus=4)", (-1, -1, -1), (ALL, HALF, NOTHING)) == [0, 2, 4]
    assert judged("virtue_mixed_graded(equality_weight=0.5)", (-1, -1, -1), (ALL, HALF, NOTHING)) == [1, 0.75, 0.5]


def test_players_may_have_different_numbers_of_actions() -> None:
    game = mg.MatrixGame.from_payoffs(np.ones((2, 5, 2)))
    outcome = mg.Outcome(game, np.array([0, 1]), np.array([1, 3]))
    assert mg.rewards.parse("deontological_graded(penalty=4)")(outcome).tolist() == [-3, -3]
