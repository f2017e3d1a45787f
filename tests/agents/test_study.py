"""What every study keeps: run folders, resuming to the byte, policies that can play, exact measures, clear refusals."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest

import moral_games as mg
from agents import command, judgement, study, tabular_q
from agents.seats import take_seats
from agents.side_by_side import SideBySide
from moral_games.cli.command import Terminated
from moral_games.rewards.function import VALUES
from moral_games.runs import Run, RunError, read_json

RESULTS = ("config.json", "history.jsonl", "metrics.json", "policy.json", "report.html")
SHORT = tabular_q.Options(steps=200, seeds=3, reward="deontological", other_reward=("selfish",))


class Killed(Exception):
    """Stands for a process that ends at once."""


def kept(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in RESULTS}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A finished run, for reading."""
    return tabular_q.learn(replace(SHORT, folder=tmp_path_factory.mktemp("finished")))


def test_a_run_that_is_broken_off_and_resumed_is_the_same_to_the_byte(
    finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    advance = tabular_q.QLearning.advance

    def dies(self: tabular_q.QLearning) -> Any:
        if self.done == 134:
            raise Killed
        return advance(self)

    broken = replace(SHORT, folder=tmp_path / "broken")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(tabular_q.QLearning, "advance", dies)
        tabular_q.learn(broken)
    with pytest.raises(RunError, match="holds a run already"):
        tabular_q.learn(broken)
    resumed = tabular_q.learn(replace(broken, resume=True))
    assert kept(resumed.folder) == kept(finished.folder)


@pytest.mark.slow
def test_a_killed_process_goes_on_where_it_was(tmp_path: Path) -> None:
    asked = ["--steps", "6000", "--seeds", "5", "--reward", "deontological", "--checkpoint-every", "1"]
    start = [sys.executable, "-m", "agents.tabular_q", *asked, "--folder", str(tmp_path / "killed")]
    process = subprocess.Popen(start, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    checkpoints = tmp_path / "killed" / "tabular_q" / "checkpoints"
    while len(list(checkpoints.glob("step-*"))) < 2 and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (tmp_path / "killed" / "tabular_q" / "metrics.json").exists()
    assert subprocess.run([*start, "--resume"], capture_output=True, check=False).returncode == 0
    whole = tabular_q.Options(
        steps=6000, seeds=5, reward="deontological", checkpoint_every=1, folder=tmp_path / "whole"
    )
    whole_one, resumed = kept(tabular_q.learn(whole).folder), kept(tmp_path / "killed" / "tabular_q")
    assert whole_one.pop("report.html") and resumed.pop("report.html")  # they say by which command they were made
    assert whole_one == resumed


def test_what_was_learned_can_play(finished: Run) -> None:
    game = mg.games.get(SHORT.game)
    first = mg.opponents.as_policy(f"run:{finished.folder}", game)
    other = mg.opponents.as_policy(f"run:{finished.folder}/policies/seed_2_player_1.json", game.seen_by(1))
    assert isinstance(first, mg.PolicyTable) and isinstance(other, mg.PolicyTable)
    assert mg.evaluate(first, other, game).payoffs.shape == (2,)
    assert np.shape(gymnasium.make(f"moral_games/{game.env_id}-v0", opponent=f"run:{finished.folder}").reset()[0])


def test_the_measures_are_those_of_the_exact_evaluation(finished: Run) -> None:
    game, metrics = mg.games.get(SHORT.game), read_json(finished.path("metrics.json"))
    for seed in range(3):
        mine, other = (
            mg.FiniteStatePolicy.load(finished.path("policies", f"seed_{seed}_player_{seat}.json")) for seat in (0, 1)
        )
        found = mg.evaluate(mine, other, game, ["deontological", "selfish"], 0.9, "random")
        measures = metrics["learners"]["player_0"]["measures"]
        assert measures["payoff"]["by_seed"][seed] == pytest.approx(found.payoffs[0], abs=1e-6)
        assert measures["moral regret"]["by_seed"][seed] == pytest.approx(found.moral_regret, abs=1e-6)
        together = metrics["together"]["collective payoff"]["by_seed"][seed]
        assert together == pytest.approx(found.payoffs.sum(), abs=1e-6)


@pytest.mark.parametrize(
    ("policy", "opponent", "gap"),
    [("always_cooperate", "always_cooperate", 1 / 4), ("always_defect", "always_cooperate", 0.0)],
)
def test_exploitability_is_a_share_of_the_range_of_rewards(policy: str, opponent: str, gap: float) -> None:
    seats = take_seats("ipd", "selfish", (opponent,))  # pays 3 for CC, 4 for DC, 0 for CD
    (found,) = judgement.judge(seats, [mg.opponents.as_policy(policy, seats.game)], 0.9, "start")["learners"]
    assert found["measures"]["exploitability"] == pytest.approx(gap)


def test_a_policy_may_be_anything_that_has_a_table() -> None:
    class Told:
        def table(self, game: mg.MatrixGame) -> mg.FiniteStatePolicy:
            return mg.opponents.as_policy("grim", game)

    game = mg.games.get("ipd")
    assert study.as_policy(Told(), game).name == "grim"
    with pytest.raises(TypeError, match=r"table\(game\)"):
        study.as_policy("grim", game)


def test_seeds_side_by_side_are_the_seeds_by_themselves() -> None:
    seats = SHORT.seats()
    alone = [tabular_q.QLearning([seats], replace(SHORT, seeds=1, seed=seed)) for seed in range(3)]
    together, beside = tabular_q.QLearning([seats], SHORT), SideBySide(alone)
    while together.done < together.total:
        batch, listed = together.advance(), beside.advance()
        for name, entry in batch.items():
            np.testing.assert_array_equal(entry, np.ravel(listed[name]))
    for one, other in zip(together.policies(), beside.policies(), strict=True):
        np.testing.assert_array_equal(one[0].probabilities, other[0].probabilities)
    restored = SideBySide([tabular_q.QLearning([seats], replace(SHORT, seeds=1, seed=9)) for _ in range(3)])
    restored.restore(beside.state())
    assert restored.done == restored.total
    np.testing.assert_array_equal(
        restored.learners[2].policies()[0][1].probabilities, beside.policies()[2][1].probabilities
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"opponent": ("tit_for_tatt",), "other_reward": ()}, "Did you mean"),
        ({"opponent": ("tit_for_tat",)}, "give one of them"),
        ({"game": "ipdd"}, "unknown game"),
        ({"reward": "selfishh"}, "unknown reward"),
        ({"discount": 1.0}, r"discount must lie in \[0, 1\)"),
        ({"game": "rock_paper_scissors", "opponent": ("win_stay_lose_shift",), "other_reward": ()}, "two actions"),
        ({"game": "public_goods(players=4)", "other_reward": ("selfish",) * 2}, "3 other seats"),
        ({"name": "../elsewhere"}, "plain folder name"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        tabular_q.learn(replace(SHORT, folder=tmp_path, **changes))
    assert not list(tmp_path.iterdir())


def test_a_value_that_is_no_number_at_the_start_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    @mg.rewards.value
    def envious(outcome: mg.Outcome) -> Any:
        return np.where(outcome.previous < 0, np.nan, outcome.payoffs)

    try:
        with pytest.raises(ValueError, match=r"reward envious\(\) is not a finite number"):
            tabular_q.learn(replace(SHORT, folder=tmp_path, reward="envious"))
    finally:
        VALUES.pop("envious")
    assert not list(tmp_path.iterdir())


def test_other_options_and_another_runs_checkpoints_are_refused(finished: Run, tmp_path: Path) -> None:
    shutil.copytree(finished.folder, tmp_path / "tabular_q")
    with pytest.raises(RunError, match="game: 'ipd_ijcai2023' then, 'chicken' now"):
        tabular_q.learn(replace(SHORT, folder=tmp_path, game="chicken", resume=True))
    other = Run.create(tmp_path / "other", replace(SHORT, name="other", game="chicken").to_json())
    (tmp_path / "tabular_q" / "checkpoints").rename(other.folder / "checkpoints")
    with pytest.raises(RunError, match="is of another run"):
        tabular_q.learn(replace(SHORT, folder=tmp_path, name="other", game="chicken", resume=True))


def test_the_command_prints_the_measures_or_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--steps", "100", "--opponent", "tit_for_tat", "--folder", str(tmp_path)]
    assert command.command(tabular_q.Options, tabular_q.learn, asked) == 0
    assert "exploitability" in capsys.readouterr().out
    assert command.command(tabular_q.Options, tabular_q.learn, asked) == 2
    assert "holds a run already" in capsys.readouterr().err
    lines = [json.loads(line) for line in (tmp_path / "tabular_q" / "history.jsonl").read_text().splitlines()]
    assert [line["done"] for line in lines] == list(range(1, 101))
    assert list((tmp_path / "tabular_q" / "tensorboard").iterdir())


@pytest.mark.parametrize(
    ("stop", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "error: stopped; go on with --resume"),
        (Terminated(), 143, "error: stopped; go on with --resume"),
        (OSError("the disk is full"), 1, "error: the disk is full"),
        (RunError("the folder holds a run already"), 2, "error: the folder holds a run already"),
    ],
)
def test_the_command_s_status_tells_how_it_ended(
    stop: BaseException, status: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def work(options: tabular_q.Options) -> Run:
        raise stop

    assert command.command(tabular_q.Options, work, []) == status
    assert capsys.readouterr().err.strip() == said
