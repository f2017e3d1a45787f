"""REINFORCE: episodes have the discounted value for their mean, and the estimate the exact gradient for its own."""

from __future__ import annotations

import numpy as np
import pytest

import moral_games as mg
from agents import reinforce
from agents.actor_critic import own_gradients
from agents.judgement import judge
from agents.reinforce import MOST_HASHES, Options, estimate, sample
from agents.seats import Seats, take_seats
from agents.table_play import TablePlay, softmax
from moral_games import chance

RUNS, EPISODES = 200, 50
STUDIES = {
    "two learners": take_seats("ipd", "selfish", (), ("utilitarian",)),
    "an opponent with a memory": take_seats("ipd", "deontological", ("grim",)),
    "an opponent who is sometimes illegal": Seats(
        mg.games.get("ipd"),
        mg.rewards.one_each(mg.games.get("ipd"), "selfish"),
        {1: mg.PolicyTable(np.full((5, 2), 0.4), "mute")},
    ),
    "three players": take_seats("public_goods(players=3)", "selfish", (), ("utilitarian", "altruistic")),
}
studies = pytest.mark.parametrize("seats", STUDIES.values(), ids=list(STUDIES))


def drawn_logits(seats: Seats) -> list[np.ndarray]:
    """The same tables in every run."""
    rng, states = np.random.default_rng(0), 1 + len(seats.game.joint_actions)
    return [np.repeat(rng.normal(size=(1, states, seats.game.shape[seat])), RUNS, axis=0) for seat in seats.learners]


def streams() -> chance.Positions:
    first = chance.positions_from(0, RUNS)
    return np.stack([chance.advanced(first, number * MOST_HASHES) for number in range(EPISODES)], axis=1)


def deviations(estimates: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How many standard errors the mean over runs lies off; where nothing varies, 0 if it is exact."""
    errors = estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))
    off = np.abs(estimates.mean(axis=0) - exact)
    return np.where(off < 1e-9, 0, off / np.maximum(errors, 1e-12))


@studies
@pytest.mark.parametrize("initial", ["start", "random"])
def test_the_mean_estimate_is_the_exact_gradient(seats: Seats, initial: str) -> None:
    play, logits = TablePlay(seats, 0.7, initial), drawn_logits(seats)
    for found, exact in zip(estimate(play, logits, streams()), own_gradients(play, logits), strict=True):
        assert deviations(found, exact[0]).max() < 4


@studies
def test_an_episodes_rewards_have_the_discounted_value_for_their_mean(seats: Seats) -> None:
    play, tables = TablePlay(seats, 0.7, "start"), [softmax(each) for each in drawn_logits(seats)]
    played = sample(play, tables, streams())
    firsts = np.sort(np.unique(played.episode, return_index=True)[1])
    assert len(firsts) == RUNS * EPISODES
    assert deviations(played.returns[firsts], play.values(tables)[0]).max() < 4
    assert len(played.episode) / len(firsts) == pytest.approx(1 / 0.3, rel=0.05)


def test_without_a_future_an_episode_is_one_round() -> None:
    seats = STUDIES["two learners"]
    tables = [softmax(each) for each in drawn_logits(seats)]
    assert len(sample(TablePlay(seats, 0.0, "start"), tables, streams()).episode) == RUNS * EPISODES


@pytest.mark.parametrize(("reward", "opponent"), [("selfish", "always_cooperate"), ("utilitarian", "tit_for_tat")])
def test_it_learns_the_best_response(reward: str, opponent: str) -> None:
    asked = Options(game="ipd", reward=reward, opponent=(opponent,), discount=0.9, seeds=4, updates=150, episodes=32)
    learner = reinforce.learner(asked.seats(), asked)
    while learner.done < learner.total:
        learner.update()
    for policies in learner.policies():
        (found,) = judge(asked.seats(), policies, asked.discount, asked.initial)["learners"]
        assert found["measures"]["exploitability"] < 0.05
