"""Naive learners find the best response to who does not learn, and defect together where they could do better."""

from __future__ import annotations

import pytest

from agents import actor_critic
from agents.actor_critic import Options
from agents.judgement import judge
from agents.seats import take_seats
from agents.table_ascent import TableAscent


def learned(asked: Options) -> TableAscent:
    learner = actor_critic.learner(asked.seats(), asked)
    while learner.done < learner.total:
        learner.update()
    return learner


@pytest.mark.parametrize("game", ["ipd", "stag_hunt", "chicken"])
@pytest.mark.parametrize("reward", ["selfish", "utilitarian", "deontological"])
@pytest.mark.parametrize("opponent", ["tit_for_tat", "always_defect", "random"])
def test_it_learns_the_best_response(game: str, reward: str, opponent: str) -> None:
    asked = Options(game=game, reward=reward, opponent=(opponent,), seeds=2, updates=400)
    for policies in learned(asked).policies():
        (found,) = judge(asked.seats(), policies, asked.discount, asked.initial)["learners"]
        assert found["measures"]["exploitability"] < 0.02


def test_naive_learners_defect_in_the_prisoners_dilemma_unless_they_value_the_sum() -> None:
    selfish, utilitarian = (
        learned(Options(reward=reward, seeds=20, updates=300)) for reward in ("selfish", "utilitarian")
    )
    assert (selfish.play.measures(selfish.tables)["cooperation/player_0"] < 0.1).mean() > 0.9
    assert (utilitarian.play.measures(utilitarian.tables)["cooperation/player_0"] > 0.9).mean() > 0.9


def test_three_players_keep_their_endowments() -> None:
    learner = learned(Options(game="public_goods(players=3)", discount=0.5, seeds=3, updates=400))
    assert (learner.play.measures(learner.tables)["cooperation/player_2"] < 0.1).all()


def test_learners_of_one_value_and_seat_learn_alike_in_a_symmetric_game() -> None:
    asked = Options(seeds=2, updates=20)
    learner = actor_critic.learner(take_seats("ipd", "selfish"), asked)
    learner.logits = [learner.logits[0], learner.logits[0]]
    learner.update()
    assert learner.logits[0] == pytest.approx(learner.logits[1])
