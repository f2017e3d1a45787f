"""RLlib learns on all seats, in processes of its own; what cannot be is refused before Ray is started."""

from __future__ import annotations

import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from agents import rllib
from agents.seats import take_seats
from moral_games.runs import read_json

SHORT = rllib.Options(iterations=2, batch=128, rounds=8, reward="utilitarian", hidden=(8,), checkpoint_every=1)


@pytest.mark.slow
def test_two_env_runners_on_one_machine_leave_a_run_like_any_other(tmp_path: Path) -> None:
    run = rllib.learn(replace(SHORT, folder=tmp_path, env_runners=2, other_reward=("deontological",)))
    learners = read_json(run.path("metrics.json"))["learners"]
    assert [learners[f"player_{seat}"]["reward"] for seat in (0, 1)] == ["utilitarian()", "deontological(penalty=3)"]
    assert len(run.path("history.jsonl").read_text().splitlines()) == 2
    assert isinstance(mg.opponents.as_policy(f"run:{run.folder}", mg.games.get("ipd")), mg.PolicyTable)


@pytest.mark.slow
def test_a_shared_policy_learns_and_is_restored() -> None:
    settings = replace(SHORT, sharing="shared", iterations=20, batch=512)
    with rllib.connected():
        learner, other = (rllib.RLlibLearner(settings.seats(), replace(settings, seed=seed)) for seed in (0, 1))
        cooperation = [learner.advance()["cooperation/player_0"] for _ in range(10)]
        assert cooperation[-1] > 0.9
        other.restore(learner.state())
        ((mine, yours),), ((restored, _),) = learner.policies(), other.policies()
        np.testing.assert_array_equal(mine.probabilities, yours.probabilities)
        np.testing.assert_array_equal(mine.probabilities, restored.probabilities)
        for name, array in learner.state()[0].items():
            np.testing.assert_array_equal(array, other.state()[0][name])
        assert other.advance()["cooperation/player_0"] > 0.9 and other.done == 11
        learner.close()
        other.close()


@pytest.mark.slow
def test_the_example_of_the_page_learns() -> None:
    page = (Path(__file__).parents[2] / "docs" / "agents.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```py\n(.*?)```", page, flags=re.DOTALL)
    found: dict[str, Any] = {"__name__": "example"}
    exec(compile(example, "agents.md", "exec"), found)
    assert found["regret"] < 0.15


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"opponent": ("tit_for_tat",)}, r"agents\.sb3"),
        ({"sharing": "shared", "other_reward": ("selfish",)}, "does not see on which it sits"),
        ({"sharing": "half"}, "independent or shared"),
        ({"iterations": 0}, "iterations must be at least 1"),
        ({"env_runners": -1}, "env_runners must be at least 0"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"learning_rate": 0.0}, "must be positive"),
        ({"address": "nowhere"}, "HOST:PORT or auto"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        rllib.learn(replace(SHORT, folder=tmp_path, **changes))
    assert not list(tmp_path.iterdir())


def test_seats_with_different_actions_share_no_policy() -> None:
    game = mg.MatrixGame(np.zeros((2, 3, 2)), (("a", "b"), ("a", "b", "c")), "uneven")
    with pytest.raises(ValueError, match=r"seats with \(2, 3\) actions"):
        rllib.check(take_seats(game, "selfish"), replace(SHORT, sharing="shared"))


def test_a_cluster_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ValueError, match=f"no Ray cluster at '{address}'"):
        rllib.learn(replace(SHORT, folder=tmp_path, address=address))
    assert not list(tmp_path.iterdir())


def test_where_a_run_is_carried_out_is_not_what_it_is() -> None:
    assert SHORT.to_json() == replace(SHORT, address="auto").to_json()
