"""Values and gradients of many tables at once are those of the exact evaluation, in games of any shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from agents.seats import Seats, take_seats
from agents.table_play import TablePlay, softmax
from moral_games.repeated import TooLarge

UNEVEN = mg.MatrixGame.from_payoffs(np.random.default_rng(0).integers(-3, 4, (2, 3, 2)))
MUTE = Seats(
    mg.games.get("ipd"),
    mg.rewards.one_each(mg.games.get("ipd"), "deontological + illegal(penalty=6)"),
    {0: mg.PolicyTable(np.full((5, 2), 0.3), "mute")},
)
STUDIES = {
    "two learners": take_seats("ipd", "selfish", (), ("virtue_mixed",)),
    "three actions": take_seats("rock_paper_scissors", "selfish", (), ("utilitarian",)),
    "uneven": take_seats(UNEVEN, "virtue_equality"),
    "an opponent with a memory": take_seats("ipd", "deontological", ("tit_for_two_tats",)),
    "an opponent who is sometimes illegal": MUTE,
    "three players": take_seats("public_goods(players=3)", "selfish", (), ("utilitarian", "altruistic")),
    "three players, one fixed": Seats(
        mg.games.get("public_goods(players=3)"),
        mg.rewards.one_each(mg.games.get("public_goods(players=3)"), "selfish"),
        {1: mg.opponents.as_policy("random", mg.games.get("public_goods(players=3)"))},
    ),
}
studies = pytest.mark.parametrize("seats", STUDIES.values(), ids=list(STUDIES))


def drawn_logits(seats: Seats, runs: int, seed: int) -> list[np.ndarray]:
    """A table for each learner and run."""
    rng, states = np.random.default_rng(seed), 1 + len(seats.game.joint_actions)
    return [rng.normal(scale=2, size=(runs, states, seats.game.shape[seat])) for seat in seats.learners]


def evaluated(seats: Seats, tables: Sequence[np.ndarray], discount: float, initial: str) -> mg.analysis.Evaluation:
    own, *others = seats.everybody([mg.PolicyTable(table) for table in tables])
    return mg.evaluate(own, others, seats.game, list(seats.rewards), discount, initial)


@studies
@pytest.mark.parametrize("initial", ["start", "random"])
def test_values_and_measures_are_those_of_the_exact_evaluation(seats: Seats, initial: str) -> None:
    play, logits = TablePlay(seats, 0.9, initial), drawn_logits(seats, 3, seed=1)
    tables = [softmax(each) for each in logits]
    values, measures = play.values(tables), play.measures(tables)
    for run, own in enumerate(zip(*tables, strict=True)):
        found = evaluated(seats, own, 0.9, initial)
        np.testing.assert_allclose(values[run], found.rewards / (1 - 0.9), rtol=1e-9, atol=1e-9)
        for seat in seats.learners:
            assert measures[f"reward/player_{seat}"][run] == pytest.approx(found.rewards[seat])
            assert measures[f"payoff/player_{seat}"][run] == pytest.approx(found.payoffs[seat])
        if 0 in seats.learners:
            first = mg.repeated.action_letters(seats.game)[0]
            often = sum(share for kind, share in found.action_types.items() if kind.split("|")[0] == first)
            assert measures["cooperation/player_0"][run] == pytest.approx(often)


@studies
@given(seed=st.integers(0, 10**6), discount=st.sampled_from([0.0, 0.5, 0.96]))
def test_gradients_are_those_of_finite_differences(seats: Seats, seed: int, discount: float) -> None:
    play, logits = TablePlay(seats, discount, "random"), drawn_logits(seats, 1, seed)
    rng = np.random.default_rng(seed)
    for learner, found in enumerate(play.gradients(logits)):
        direction = rng.normal(size=logits[learner].shape)
        ahead, behind = (
            play.values(
                [softmax(each + step * direction if place == learner else each) for place, each in enumerate(logits)]
            )
            for step in (1e-5, -1e-5)
        )
        slope = np.einsum("rsa,rsan->rn", direction, found)
        np.testing.assert_allclose(slope, (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-5)


def test_no_action_gains_on_a_best_response() -> None:
    seats = take_seats("ipd", "selfish", ("tit_for_tat",))
    chosen, best = mg.analysis.DecisionProblem.build(seats.facing(0), [seats.fixed[1]]).best(0.9)
    table = np.eye(2)[chosen[:5]]
    play = TablePlay(seats, 0.9, "start")
    assert play.values([table[None]])[0, 0] == pytest.approx(best[0] / 0.1)
    (slope,) = play.gradients([60 * table[None]])  # so steep that the softmax is the table
    np.testing.assert_allclose(slope, 0, atol=1e-12)


def test_defection_against_cooperation_by_hand() -> None:
    play = TablePlay(take_seats("ipd", "selfish"), 0.9, "start")  # pays T = 4 and S = 0
    defects, cooperates = (np.tile(np.eye(2)[action], (1, 5, 1)) for action in (1, 0))
    np.testing.assert_allclose(play.values([defects, cooperates]), [[40, 0]])


def test_a_chain_too_large_to_tabulate_is_refused() -> None:
    with pytest.raises(TooLarge, match=r"at most 20,000,000.*fewer players"):
        TablePlay(take_seats("public_goods(players=7)", "selfish"), 0.9, "start")
