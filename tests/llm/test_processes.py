"""A run in several processes is the run in one, but for rounding."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from moral_games.llm import Finetune, finetune
from moral_games.llm.processes import ALONE, SHARED, Team, check_team, interleaved, joined
from moral_games.llm.settings import Settings
from moral_games.runs import Run, RunError, read_json


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def options(folder: Path, where: Path, opponent: str) -> Finetune:
    # One telling is read at a time: so the model reads the same batches in one process and in two.
    how = Settings(updates=4, tellings=2, learning_rate=0.02, validate_every=2, micro_batch_tokens=1)
    return Finetune(
        name="run",
        folder=folder,
        model=str(where),
        opponent=opponent,
        test_games=("ipd",),
        lora_rank=4,
        train=how,
        checkpoint_every=2,
    )


def command(folder: Path, where: Path, opponent: str, way: str) -> list[str]:
    chosen = options(folder, where, opponent)
    return [
        *(sys.executable, "-m", "accelerate.commands.launch", way, "--num_processes", "2"),
        *("--main_process_port", str(free_port()), "-m", "moral_games", "finetune", "--resume"),
        *("--name", "run", "--folder", str(folder), "--model", str(where), "--opponent", opponent),
        *("--test-games", "ipd", "--lora-rank", "4", "--checkpoint-every", "2"),
        *("--train.updates", "4", "--train.tellings", "2", "--train.learning-rate", "0.02"),
        *("--train.validate-every", "2", "--train.micro-batch-tokens", str(chosen.train.micro_batch_tokens)),
    ]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Callable[[str], Run]:
    """The run of one process against an opponent, for reading."""
    return cache(lambda opponent: finetune(options(tmp_path_factory.mktemp("one"), tiny_model_folder, opponent)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("opponent", "begun", "way"),
    [("tit_for_tat", False, "--multi_gpu"), ("llm", True, "--multi_gpu"), ("llm", False, "--use_fsdp")],
)
def test_two_processes_make_the_run_of_one(
    opponent: str, begun: bool, way: str, alone: Callable[[str], Run], tmp_path: Path, tiny_model_folder: Path
) -> None:
    """Launched as a user does; the second run was begun by one process, and two go on with it."""
    one, two = alone(opponent), Run(tmp_path / "run")
    if begun:
        shutil.copytree(one.folder, two.folder)
        for file in ("metrics.json", "judged-after.json"):
            two.path(file).unlink()
        shutil.rmtree(two.path("checkpoints", "step-000004"))
    done = subprocess.run(
        command(two.folder.parent, tiny_model_folder, opponent, way), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("trained in") == 1, "only the first process prints"
    assert two.path("report.html").exists() and len(list(two.path("tensorboard").glob("events*"))) == 1 + begun
    assert read_json(two.path("metrics.json"))["machine"]["processes"] == 2
    for line, same in zip(two.history(), one.history(), strict=True):
        for key in ("loss", "reward", "gradient_norm", "legal_mass", "p_cooperate"):
            np.testing.assert_allclose(line[key], same[key], rtol=1e-3, atol=1e-6)
    last = [run.checkpoints()[-1] for run in (one, two)]
    drawn = [read_json(folder / "state.json")["rng"] for folder in last]
    assert drawn[0] == drawn[1], "both drew the same"
    weights, same_weights = (load_file(folder / "weights.safetensors") for folder in last)
    for name, weight in weights.items():
        np.testing.assert_allclose(weight, same_weights[name], atol=2e-3)
    kept = load_file(two.path("adapter.safetensors"))
    assert kept.keys() == weights.keys()


TOGETHER = """
import os, sys, torch
from moral_games.llm.processes import joined
with joined() as team:
    weights = {name: torch.nn.Parameter(torch.zeros(2, 3)) for name in "ab"}
    weights["a"].grad = torch.full((2, 3), team.rank + 1.0)
    if team.first:
        weights["b"].grad = torch.ones(2, 3)
    team.add_up(weights)
    assert (weights["a"].grad == 3).all() and (weights["b"].grad == 1).all()
    assert team.once(lambda: f"from {team.rank}") == "from 0"
    assert team.everyones(team.rank) == [0, 1]
    assert team.gathered([item * 2 for item in team.share(range(5))]) == [0, 2, 4, 6, 8]
    print("all is well", flush=True)
    if not team.first:
        os._exit(3)
    team.once(lambda: None)
    team.everyones(0)
"""


def said_by_two(script: str, **environment: str) -> list[tuple[str, str]]:
    """Run a script in two processes; return what each printed, and what it had to complain of."""
    meeting = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "WORLD_SIZE": "2"} | environment
    started = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            env=os.environ | meeting | {"RANK": str(rank)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    return [process.communicate(timeout=240) for process in started]


@pytest.mark.slow
def test_what_processes_tell_each_other_and_that_one_has_ended() -> None:
    said = said_by_two(TOGETHER)
    assert all("all is well" in out for out, _ in said), said
    assert "ProcessLost: another process of this run has ended" in said[0][1] and "--resume" in said[0][1]


SHARDED = """
import torch
from moral_games.llm.processes import joined
class Model(torch.nn.Linear):
    def get_base_model(self):
        return self
with joined() as team:
    torch.manual_seed(0)
    model = Model(8, 6, bias=True)
    asked, expected = torch.ones(2, 8), model(torch.ones(2, 8)).detach()
    team.hold(model, [model.bias])
    assert model.weight.to_local().numel() == 24 and model.bias.numel() == 6
    assert torch.equal(model(asked), expected) and team.share([1, 2, 3]) == [1, 2, 3]
    assert team.once(lambda: f"from {team.rank}") == "from 0"
    print("all is well", flush=True)
"""


@pytest.mark.slow
def test_processes_may_hold_one_model_together() -> None:
    said = said_by_two(SHARDED, ACCELERATE_USE_FSDP="true")
    assert all("all is well" in out for out, _ in said), said


@given(st.lists(st.integers(), max_size=12), st.integers(1, 5))
def test_shares_make_up_the_whole(items: Sequence[int], size: int) -> None:
    shares = [Team(rank, size).share(items) for rank in range(size)]
    assert interleaved(shares) == items
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_one_process_asks_nobody() -> None:
    with joined() as team:
        assert team is ALONE and team.first
        assert team.once(lambda: 5) == 5 and team.gathered([1, 2]) == [1, 2] and team.everyones(3) == [3]


def test_sampled_updates_are_not_shared(tmp_path: Path, tiny_model_folder: Path) -> None:
    chosen = replace(options(tmp_path, tiny_model_folder, "tit_for_tat"), algorithm="ppo")
    with pytest.raises(ValueError, match="2 processes cannot share the updates of algorithm 'ppo'.*exact or sft"):
        finetune(chosen, Team(0, 2))
    assert not list(tmp_path.iterdir())
    for algorithm in SHARED:
        check_team(replace(chosen, algorithm=algorithm), Team(0, 2))  # type: ignore[arg-type]
    check_team(chosen, ALONE)


def test_processes_that_cannot_meet_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(RunError, match="WORLD_SIZE is 2.*accelerate launch --multi_gpu"), joined():
        pass
    monkeypatch.setenv("ACCELERATE_USE_DEEPSPEED", "true")
    with pytest.raises(RunError, match="DeepSpeed is not supported; .*--use_fsdp"), joined():
        pass
