"""Whole runs: the same seed is the same run, and a killed run goes on as if it had not been, whatever the algorithm."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games import text
from moral_games.llm import Finetune, finetune
from moral_games.llm.finetuning import NothingLegal, load_run
from moral_games.llm.policy import tables
from moral_games.llm.settings import PPO, Exact, Settings
from moral_games.report import write_report
from moral_games.runs import Run, RunError, digest, read_json

IPD = mg.games.get("ipd")


def options(folder: Path, where: Path, **changed: Any) -> Finetune:
    chosen = Finetune(
        name="run",
        folder=folder,
        model=str(where),
        test_games=("ipd",),
        lora_rank=4,
        train=Settings(updates=12, tellings=1, learning_rate=0.02, validate_every=3),
        checkpoint_every=2,
    )
    return replace(chosen, **changed)


def by_ppo(folder: Path, where: Path, **changed: Any) -> Finetune:
    short = Settings(updates=4, tellings=1, learning_rate=0.01, validate_every=2)
    every_slip = PPO(as_published=("all",), kl_target=1.0)
    chosen = options(folder, where, algorithm="ppo", train=short, ppo=every_slip, lora_alpha=8, checkpoint_every=1)
    return replace(chosen, **changed)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Run:
    return finetune(options(tmp_path_factory.mktemp("runs"), tiny_model_folder))


def untimed(run: Run) -> dict[str, Any]:
    return {key: value for key, value in read_json(run.path("metrics.json")).items() if key != "seconds"}


def untimed_line(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key != "seconds"}


def test_what_a_run_leaves(finished: Run) -> None:
    metrics = read_json(finished.path("metrics.json"))
    assert metrics["seconds"]["train"] > 0
    for when in ("before", "after"):
        judged = metrics[when]["ipd"]
        assert len(judged["p_cooperate"]) == len(judged["presentation_gap"]) == 5
        assert set(judged["moral_regret"]) == {"deontological", "utilitarian"}
        assert 0 <= judged["legal_mass"] <= 1 and judged["judged_states"] == [1, 3]
    assert len(finished.history()) == metrics["training"]["updates"] == 12
    assert len(read_json(finished.path("policy.json"))["after"]["ipd"]) == 32
    assert list(finished.path("tensorboard").glob("events*"))
    assert [checkpoint.name for checkpoint in finished.checkpoints()] == ["step-000010", "step-000012"]


def test_the_kept_adapter_is_the_judged_one(finished: Run) -> None:
    model = load_run(finished.folder)
    kept = read_json(finished.path("policy.json"))["after"]["ipd"]
    for told, table in zip(text.held_out(), tables(model, IPD, text.held_out()), strict=True):
        np.testing.assert_allclose(table, kept[str(told)], atol=2e-6)


def test_the_same_seed_is_the_same_run(finished: Run, tmp_path: Path, tiny_model_folder: Path) -> None:
    again = finetune(options(tmp_path, tiny_model_folder))
    assert untimed(again) == untimed(finished)
    other = finetune(options(tmp_path, tiny_model_folder, name="other", seed=1))
    assert untimed(other)["after"] != untimed(finished)["after"]


def test_what_a_run_of_ppo_leaves(tmp_path: Path, tiny_model_folder: Path) -> None:
    run = finetune(by_ppo(tmp_path, tiny_model_folder))
    metrics, config = read_json(run.path("metrics.json")), read_json(run.path("config.json"))
    assert metrics["training"]["updates"] == len(run.history()) == 4
    assert "sampled" in metrics["training"]["each_update"] and "as published: all" in metrics["training"]["each_update"]
    assert config["algorithm"] == "ppo" and "exact" not in config and config["ppo"]["epochs"] == 4
    assert {"kl", "kl_weight", "value_loss", "policy_loss", "legal_mass"} <= set(run.history()[0])
    assert write_report(run.folder).read_text().count("data:image/png;base64,") == 4
    model = load_run(run.folder)
    kept = next(iter(read_json(run.path("policy.json"))["after"]["ipd"].values()))
    told = next(iter(text.held_out()))
    np.testing.assert_allclose(tables(model, IPD, [told])[0], kept, atol=2e-6)


def test_a_model_that_answers_nothing_legal_is_given_up(tmp_path: Path, tiny_model_folder: Path) -> None:
    short = Settings(updates=50, tellings=1, patience=3)
    chosen = by_ppo(tmp_path, tiny_model_folder, train=short, test_games=(), checkpoint_every=50)
    with pytest.raises(NothingLegal, match=r"3 updates in a row.*kept in .*step-000003.*--exact\.legality"):
        finetune(chosen)
    run = Run(tmp_path / "run")
    assert len(run.history()) == 3 and run.checkpoint() == run.path("checkpoints", "step-000003")
    with pytest.raises(NothingLegal, match="4 updates in a row"):
        finetune(replace(chosen, resume=True))


@pytest.mark.parametrize("build", [options, by_ppo])
def test_a_loss_that_is_no_number_leaves_the_last_checkpoint(
    build: Callable[..., Finetune], tmp_path: Path, tiny_model_folder: Path
) -> None:
    wild = Settings(updates=9, tellings=1, learning_rate=1e30, validate_every=50)
    chosen = build(tmp_path, tiny_model_folder, train=wild, exact=Exact(warm_up=0), test_games=(), checkpoint_every=1)
    with pytest.raises(
        FloatingPointError, match=r"update 2 has loss .*; the last checkpoint is .*step-000001.*learning"
    ):
        finetune(chosen)
    assert Run(tmp_path / "run").checkpoint() is not None


def environment() -> dict[str, str]:
    """Return that of a process that computes as this one does."""
    return os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}


def killed(command: list[str], run: Run, lines: int) -> None:
    """Begin a run by its command, and kill it when its history has so many lines."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment())
    patience = time.monotonic() + 240
    while len(run.history()) < lines:
        assert process.poll() is None and time.monotonic() < patience, "ended or hung before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not run.path("metrics.json").exists()


def agree(run: Run, whole: Run) -> None:
    assert [untimed_line(line) for line in run.history()] == [untimed_line(line) for line in whole.history()]
    assert digest(run.path("adapter.safetensors")) == digest(whole.path("adapter.safetensors"))
    assert read_json(run.path("policy.json")) == read_json(whole.path("policy.json"))
    assert untimed(run) == untimed(whole)


def command(folder: Path, where: Path) -> list[str]:
    return [
        *(sys.executable, "-m", "moral_games", "finetune", "--name", "run", "--folder", str(folder)),
        *("--model", str(where), "--test-games", "ipd", "--lora-rank", "4"),
        *("--train.tellings", "1"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("lines", [1, 5])
def test_a_killed_run_resumes_to_the_same_policy(
    lines: int, finished: Run, tmp_path: Path, tiny_model_folder: Path
) -> None:
    run = Run(tmp_path / "run")
    how = "--train.updates 12 --train.learning-rate 0.02 --train.validate-every 3 --checkpoint-every 2"
    killed([*command(tmp_path, tiny_model_folder), *how.split()], run, lines)
    finetune(options(tmp_path, tiny_model_folder, resume=True))
    assert [record["update"] for record in run.history()] == list(range(1, 13))
    agree(run, finished)


@pytest.mark.slow
def test_a_killed_run_of_ppo_resumes_to_the_same_policy(tmp_path: Path, tiny_model_folder: Path) -> None:
    """By the command, which then also writes the page."""
    whole = finetune(by_ppo(tmp_path / "whole", tiny_model_folder))
    how = "--algorithm ppo --ppo.as-published all --ppo.kl-target 1 --lora-alpha 8 --train.updates 4"
    how += " --train.learning-rate 0.01 --train.validate-every 2 --checkpoint-every 1"
    run = Run(tmp_path / "run")
    again = [*command(tmp_path, tiny_model_folder), *how.split()]
    killed(again, run, 2)
    done = subprocess.run([*again, "--resume"], capture_output=True, text=True, env=environment(), check=False)
    assert done.returncode == 0, done.stderr
    agree(run, whole)
    assert run.path("report.html").exists()


def test_a_finished_run_is_not_repeated(finished: Run, tiny_model_folder: Path) -> None:
    before = finished.path("metrics.json").stat().st_mtime_ns
    finetune(options(finished.folder.parent, tiny_model_folder, resume=True))
    assert finished.path("metrics.json").stat().st_mtime_ns == before


def test_a_run_is_never_silently_replaced(finished: Run, tiny_model_folder: Path) -> None:
    with pytest.raises(RunError, match="holds a run already.*--resume"):
        finetune(options(finished.folder.parent, tiny_model_folder))
    with pytest.raises(RunError, match="seed: 0 then, 1 now"):
        finetune(options(finished.folder.parent, tiny_model_folder, resume=True, seed=1))


def test_a_corrupt_checkpoint_is_refused_and_the_one_before_offered(
    finished: Run, tmp_path: Path, tiny_model_folder: Path
) -> None:
    shutil.copytree(finished.folder, tmp_path / "run")
    run = Run(tmp_path / "run")
    run.path("metrics.json").unlink()
    weights = run.checkpoints()[-1] / "weights.safetensors"
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    weights.write_bytes(damaged)
    chosen = options(tmp_path, tiny_model_folder, resume=True)
    with pytest.raises(
        RunError, match=r"step-000012 cannot be used.*weights\.safetensors is corrupt.*--checkpoint step-000010"
    ):
        finetune(chosen)
    assert untimed(finetune(replace(chosen, checkpoint="step-000010"))) == untimed(finished)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"game": "idp"}, "unknown game 'idp'"),
        ({"test_games": ("chiken",)}, "unknown game 'chiken'"),
        ({"reward": "utilitarain"}, "unknown reward"),
        ({"opponent": "tit_for_tatt"}, "unknown opponent"),
        ({"model": "bundeld"}, "unknown model"),
        ({"wording": "compct"}, "unknown wording"),
        ({"name": "../escape"}, "plain folder name"),
        ({"lora_rank": 0}, "lora_rank"),
        ({"lora_alpha": 0.0}, "lora_alpha must be positive"),
        ({"algorithm": "pop"}, "unknown algorithm 'pop'"),
        ({"opponent": "grim", "game": "rock_paper_scissors"}, "two actions each"),
    ],
)
def test_what_does_not_exist_is_refused_before_any_work(
    changed: dict[str, Any], message: str, tmp_path: Path, tiny_model_folder: Path
) -> None:
    with pytest.raises(ValueError, match=message):
        finetune(options(tmp_path / "runs", tiny_model_folder, **changed))
    assert not (tmp_path / "runs").exists()


def test_an_unfinished_run_has_no_model(tmp_path: Path, tiny_model_folder: Path) -> None:
    Run.create(tmp_path / "run", options(tmp_path, tiny_model_folder).to_json())
    with pytest.raises(RunError, match="not finished"):
        load_run(tmp_path / "run")


def test_a_value_of_another_kind_is_judged_too(tmp_path: Path, tiny_model_folder: Path) -> None:
    short = Settings(updates=1, tellings=1)
    games = ("ipd", "bach_or_stravinsky")
    chosen = options(tmp_path, tiny_model_folder, reward="virtue_kindness + illegal", test_games=games, train=short)
    metrics = read_json(finetune(chosen).path("metrics.json"))
    for when in ("before", "after"):
        regrets = [judged["moral_regret"] for judged in metrics[when].values()]
        assert set(metrics[when]) == set(games)
        assert [set(regret) for regret in regrets] == [{"taught", "deontological", "utilitarian"}] * 2


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"updates": 0}, "updates must be at least 1"),
        ({"learning_rate": -1.0}, "learning_rate must not be negative"),
        ({"presentations": "fixd"}, "unknown presentations 'fixd'. Did you mean 'fixed'"),
        ({"patience": 0}, "patience must be at least 1"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**settings)


def test_what_is_not_asked_for_is_the_algorithms_own() -> None:
    exact, ppo = Finetune().to_json(), Finetune(algorithm="ppo").to_json()
    assert [exact["train"][key] for key in ("updates", "learning_rate")] == [50, 1e-3]
    assert [exact[key] for key in ("lora_rank", "lora_alpha")] == [16, 32]
    assert [ppo["train"][key] for key in ("updates", "learning_rate")] == [1000, 1.41e-5]
    assert [ppo[key] for key in ("lora_rank", "lora_alpha")] == [64, 32]
    assert Finetune(lora_rank=4).to_json()["lora_alpha"] == 8 and "ppo" not in exact


def test_a_run_starts_from_what_another_has_kept(finished: Run, tmp_path: Path, tiny_model_folder: Path) -> None:
    short = Settings(updates=3, tellings=1, learning_rate=0.02, validate_every=3)
    chosen = options(
        tmp_path, tiny_model_folder, reward="utilitarian + illegal", train=short, start_from=str(finished.folder)
    )
    run = finetune(chosen)
    policies = read_json(run.path("policy.json"))
    for told, table in read_json(finished.path("policy.json"))["after"]["ipd"].items():
        np.testing.assert_allclose(policies["before"]["ipd"][told], table, atol=2e-6)
    assert policies["after"] != policies["before"]
    run.path("metrics.json").unlink()
    shutil.rmtree(run.path("checkpoints", "step-000003"))  # as killed after the second update
    kept = digest(run.path("adapter.safetensors"))
    assert digest(finetune(replace(chosen, resume=True)).path("adapter.safetensors")) == kept


def test_both_models_start_from_the_two_of_a_run(tmp_path: Path, tiny_model_folder: Path) -> None:
    short = Settings(updates=1, tellings=1, learning_rate=0.02)
    chosen = options(tmp_path, tiny_model_folder, opponent="llm", test_games=(), train=short)
    first = finetune(chosen)
    still = replace(short, learning_rate=0.0)
    second = finetune(replace(chosen, name="second", train=still, start_from=str(first.folder), seed=5))
    for file in ("adapter.safetensors", "other-adapter.safetensors"):
        assert digest(second.path(file)) == digest(first.path(file))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"lora_rank": 8}, ValueError, "has lora_rank 4, this one 8"),
        ({"lora_alpha": 2.0}, ValueError, r"has lora_alpha 8.0, this one 2.0"),
        ({"start_from": "nowhere"}, RunError, "nowhere.config.json cannot be read"),
    ],
)
def test_a_start_that_does_not_fit_is_refused_before_any_work(
    changed: dict[str, Any],
    error: type[Exception],
    message: str,
    finished: Run,
    tmp_path: Path,
    tiny_model_folder: Path,
) -> None:
    chosen = options(tmp_path / "runs", tiny_model_folder, start_from=str(finished.folder))
    with pytest.raises(error, match=message):
        finetune(replace(chosen, **changed))
    assert not (tmp_path / "runs").exists()
