"""What learners that are tables share: seeds that do not know of each other, resuming, run folders, refusals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from agents import actor_critic, evolution, lola, reinforce
from agents.study import Learner
from moral_games.runs import read_json

SHORT: dict[str, Any] = {
    "actor_critic": actor_critic.Options(updates=250, seeds=3),
    "lola": lola.Options(updates=250, seeds=3),
    "reinforce": reinforce.Options(updates=250, seeds=3, episodes=4, discount=0.8),
    "evolution": evolution.Options(mutants=250, seeds=3),
}
MAKE: dict[str, Callable[..., Learner]] = {
    "actor_critic": actor_critic.learner,
    "lola": lola.learner,
    "reinforce": reinforce.learner,
    "evolution": evolution.Evolution,
}
LEARN = {module.Options.agent: module.learn for module in (actor_critic, lola, reinforce, evolution)}
agents = pytest.mark.parametrize("agent", SHORT)


def tables(learner: Learner, seed: int) -> list[np.ndarray]:
    return [policy.probabilities for policy in learner.policies()[seed]]


def finished(learner: Learner) -> Learner:
    while learner.done < learner.total:
        learner.advance()
    return learner


@agents
@pytest.mark.parametrize("game", ["ipd", "bach_or_stravinsky", "rock_paper_scissors"])
def test_a_seed_learns_the_same_whoever_learns_beside_it(agent: str, game: str) -> None:
    asked = replace(SHORT[agent], game=game)
    together = finished(MAKE[agent](asked.seats(), asked))
    only = replace(asked, seeds=1, seed=2)
    alone = finished(MAKE[agent](only.seats(), only))
    np.testing.assert_array_equal(tables(together, 2), tables(alone, 0))


@agents
def test_what_is_restored_goes_on_as_if_it_had_not_stopped(agent: str) -> None:
    asked = SHORT[agent]
    first, second = (MAKE[agent](asked.seats(), asked) for _ in range(2))
    for _ in range(30):
        first.advance()
    second.restore(first.state())
    for seed in range(3):
        np.testing.assert_array_equal(tables(finished(second), seed), tables(finished(first), seed))
    assert second.done == 250


@agents
def test_a_run_leaves_tables_that_play(agent: str, tmp_path: Path) -> None:
    run = LEARN[agent](replace(SHORT[agent], folder=tmp_path, other_reward=("utilitarian",)))
    metrics = read_json(run.path("metrics.json"))
    assert metrics["learners"]["player_1"]["reward"] == "utilitarian()"
    assert len(metrics["learners"]["player_0"]["measures"]["payoff"]["by_seed"]) == 3
    policy = mg.opponents.as_policy(f"run:{run.folder}", mg.games.get(SHORT[agent].game))
    assert isinstance(policy, mg.PolicyTable) and policy.name == agent
    assert run.path("report.html").exists() and len(run.history()) == 84  # 250 in chunks of a hundredth, rounded up


@pytest.mark.parametrize(
    ("agent", "changes", "said"),
    [
        *((agent, {"seeds": 0}, "seeds must be at least 1") for agent in SHORT),
        ("actor_critic", {"updates": 0}, "updates must be at least 1"),
        ("actor_critic", {"learning_rate": 0.0}, "learning_rate must be positive"),
        ("actor_critic", {"spread": -1.0}, "spread at least 0"),
        ("lola", {"look_ahead": -1.0}, "look_ahead must be at least 0"),
        ("lola", {"opponent": ("tit_for_tat",)}, "nobody else does"),
        ("reinforce", {"episodes": 1}, "episodes must be at least 2"),
        ("evolution", {"population": 1}, "population must be at least 2"),
        ("evolution", {"mutants": 0}, "mutants must be at least 1"),
        ("evolution", {"mutation": 0.0}, r"mutation must be a probability in \(0, 1\]"),
        ("evolution", {"selection": -1.0}, "selection must be at least 0"),
        ("evolution", {"concentration": 0.0}, "concentration be positive"),
        ("evolution", {"game": "public_goods(players=7)"}, "fewer players"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(
    agent: str, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=said):
        LEARN[agent](replace(SHORT[agent], folder=tmp_path, **changes))
    assert not list(tmp_path.iterdir())
