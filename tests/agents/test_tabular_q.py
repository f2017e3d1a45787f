"""Q-learners end where the literature says, and at the best response by the exact measure."""

from __future__ import annotations

import numpy as np
import pytest

import moral_games as mg
from agents.judgement import judge
from agents.seats import Seats, take_seats
from agents.tabular_q import Options, QLearning


def learned(seats: Seats, settings: Options) -> QLearning:
    """Play to the end."""
    learner = QLearning([seats], settings)
    learner.play(settings.steps)
    return learner


@pytest.mark.parametrize(
    ("reward", "opponent"),
    [("selfish", "always_cooperate"), ("selfish", "tit_for_tat"), ("utilitarian", "random")],
)
def test_it_learns_the_best_response(reward: str, opponent: str) -> None:
    seats = take_seats("ipd", reward, (opponent,))
    settings = Options(steps=6_000, seeds=4, learning_rate=0.1, exploration=0.3)
    for policies in learned(seats, settings).policies():
        (found,) = judge(seats, policies, settings.discount, settings.initial)["learners"]
        assert found["measures"]["exploitability"] < 0.02


def test_it_learns_games_of_three_actions_and_of_three_players() -> None:
    settings = Options(steps=4_000, seeds=4, learning_rate=0.1)
    seats = take_seats("rock_paper_scissors", "selfish", ("always_cooperate",))
    for (policy,) in learned(seats, settings).policies():
        assert mg.evaluate(policy, "always_cooperate", seats.game, discount=0.9).average_payoffs[0] == 1
    goods = take_seats("public_goods(players=3)", "selfish")
    played = QLearning([goods], settings).play(50)
    assert set(played.rewards) == {0, 1, 2} and played.joints.max() < len(goods.game.joint_actions)


def test_a_seed_learns_the_same_whoever_learns_beside_it() -> None:
    matches = [take_seats("ipd", reward, (), ("selfish",)) for reward in ("selfish", "deontological")]
    settings = Options(steps=300, seeds=4, seed=5)
    together = QLearning(matches, settings)
    together.play(300)
    alone = learned(matches[1], Options(steps=300, seeds=1, seed=7))
    for seat in (0, 1):
        np.testing.assert_array_equal(together.learning[seat].values[:, 1, 2], alone.learning[seat].values[:, 0, 0])


def test_a_row_that_was_never_met_stays_undecided() -> None:
    learner = learned(take_seats("ipd", "selfish"), Options(steps=50, initial="random"))
    np.testing.assert_array_equal(learner.policies()[0][0].probabilities[0], [0.5, 0.5])


def test_matches_of_different_shapes_are_refused() -> None:
    matches = [take_seats("ipd", "selfish"), take_seats("rock_paper_scissors", "selfish")]
    with pytest.raises(ValueError, match="same numbers of actions"):
        QLearning(matches, Options())


def test_an_opponent_that_may_answer_illegally_is_refused() -> None:
    game = mg.games.get("ipd")
    mute = mg.PolicyTable(np.full((5, 2), 0.4), "mute")
    with pytest.raises(ValueError, match="'mute' sometimes gives an illegal answer"):
        QLearning([Seats(game, mg.rewards.one_each(game, "selfish"), {1: mute})], Options())
