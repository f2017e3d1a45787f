"""LOLA: the second-order term is what it says, and it finds reciprocity where naive learners defect."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents import lola
from agents.actor_critic import own_gradients
from agents.lola import Options, shaping_gradients
from agents.seats import Seats, take_seats
from agents.table_ascent import TableAscent
from agents.table_play import TablePlay

STUDIES = (
    take_seats("ipd", "selfish", (), ("deontological",)),
    take_seats("rock_paper_scissors", "selfish", (), ("virtue_equality",)),
    take_seats("public_goods(players=3)", "selfish", (), ("utilitarian", "altruistic")),
)


def learned(asked: Options) -> TableAscent:
    learner = lola.learner(asked.seats(), asked)
    while learner.done < learner.total:
        learner.update()
    return learner


def drawn_logits(seats: Seats, seed: int) -> list[np.ndarray]:
    rng, states = np.random.default_rng(seed), 1 + len(seats.game.joint_actions)
    return [rng.normal(size=(2, states, count)) for count in seats.game.shape]


@pytest.mark.parametrize("seats", STUDIES, ids=lambda seats: seats.game.name)
@given(seed=st.integers(0, 10**6))
def test_the_term_is_how_the_gain_from_the_others_steps_changes(seats: Seats, seed: int) -> None:
    play, logits = TablePlay(seats, 0.8, "start"), drawn_logits(seats, seed)
    wished = [found[..., 0] for found in play.gradients(logits)]  # what player 0 would have everybody do

    def gain(own: np.ndarray) -> np.ndarray:
        steps = own_gradients(play, [own, *logits[1:]])
        return sum((wish * step).sum(axis=(1, 2)) for wish, step in zip(wished[1:], steps[1:], strict=True))

    direction = np.random.default_rng(seed).normal(size=logits[0].shape)
    slope = (gain(logits[0] + 1e-5 * direction) - gain(logits[0] - 1e-5 * direction)) / 2e-5
    term = shaping_gradients(play, logits, look_ahead=1.0)[0] - own_gradients(play, logits)[0]
    np.testing.assert_allclose((term * direction).sum(axis=(1, 2)), slope, rtol=1e-5, atol=1e-5)


def test_without_looking_ahead_learners_are_naive() -> None:
    play, logits = TablePlay(STUDIES[0], 0.96, "start"), drawn_logits(STUDIES[0], seed=0)
    np.testing.assert_array_equal(shaping_gradients(play, logits, look_ahead=0.0), own_gradients(play, logits))


def test_it_finds_reciprocity_where_naive_learners_defect() -> None:
    shaped, naive = (learned(Options(seeds=40, updates=200, look_ahead=look_ahead)) for look_ahead in (1.0, 0.0))
    shares = [
        (learner.play.measures(learner.tables)["cooperation/player_0"] > 0.9).mean() for learner in (shaped, naive)
    ]
    assert shares[0] > 0.8 and shares[1] == 0
    after_cc, after_cd = (np.concatenate(shaped.tables)[:, state, 0] for state in (1, 2))
    assert ((after_cc > 0.5) & (after_cd < 0.5)).mean() > 0.8


def test_it_finds_the_equilibrium_of_matching_pennies_that_naive_learners_circle() -> None:
    asked = Options(game="matching_pennies", learning_rate=0.1, look_ahead=10.0, discount=0.9, seeds=5, updates=300)
    np.testing.assert_allclose(learned(asked).tables, 0.5, atol=1e-3)
    naive = learned(Options(**(vars(asked) | {"look_ahead": 0.0})))
    assert abs(np.array(naive.tables) - 0.5).max() > 0.3


def test_nobody_to_shape_is_refused() -> None:
    asked = Options(opponent=("tit_for_tat",))
    with pytest.raises(ValueError, match=r"nobody else does.*agents\.actor_critic"):
        lola.learner(asked.seats(), asked)
