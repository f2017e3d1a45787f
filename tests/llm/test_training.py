"""Training: the gradient is exact, the same seed is the same run, and a killed run goes on as if it had not been."""

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

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import Finetune, adapters, finetune
from moral_games.llm.finetuning import load_run
from moral_games.llm.options import Settings
from moral_games.llm.policy import question, tables
from moral_games.llm.scoring import log_probabilities, tree
from moral_games.llm.training import Training, with_illegal
from moral_games.runs import Run, RunError, digest, read_json

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")


def training(folder: Path, seed: int = 0, **settings: Any) -> Training:
    from moral_games.llm import load

    model = adapters.add_lora(load(str(folder), device="cpu", dtype=torch.float32), rank=4, seed=seed)
    return Training(model, IPD, DUTY, "tit_for_tat", Settings(**settings), np.random.default_rng(seed))


@pytest.fixture
def fresh(tiny_model_folder: Path) -> Training:
    return training(tiny_model_folder, legality=0.0, discount=1.0)


def test_the_loss_has_the_exact_gradient_of_the_episode_reward(fresh: Training) -> None:
    """Through label log-probabilities, illegal mass included, against finite differences."""
    rng = np.random.default_rng(0)
    scores = torch.tensor(np.log(rng.uniform(0.1, 0.45, (2, 5, 2))), dtype=torch.float64, requires_grad=True)
    loss, policies = fresh._loss(scores, None)
    loss.backward()

    def reward(at: torch.Tensor) -> float:
        return sum(fresh.problem.episode_reward(policy, 5) for policy in with_illegal(at).numpy())

    assert policies.shape == (2, 5, 3) and policies.sum(-1) == pytest.approx(np.ones((2, 5)))
    for cell in np.ndindex(2, 5, 2):
        nudge = torch.zeros_like(scores)
        nudge[cell] = 1e-6
        with torch.no_grad():
            slope = (reward(scores + nudge) - reward(scores - nudge)) / 2e-6
        assert scores.grad is not None
        assert -float(scores.grad[cell]) == pytest.approx(slope, abs=1e-6)


def test_the_legality_term_is_the_log_probability_of_a_legal_answer(fresh: Training) -> None:
    scores = torch.log(torch.full((1, 5, 2), 0.25, dtype=torch.float64))
    fresh.settings = replace(fresh.settings, legality=1.0)
    with_term = fresh._loss(scores, None)[0]
    fresh.settings = replace(fresh.settings, legality=0.0)
    assert float(with_term - fresh._loss(scores, None)[0]) == pytest.approx(-np.log(0.5))


def test_the_entropy_is_that_of_legal_answers(fresh: Training) -> None:
    scores = torch.log(torch.tensor([0.1, 0.3], dtype=torch.float64)).expand(1, 5, 2)
    without = fresh._loss(scores, None)[0]
    fresh.settings = replace(fresh.settings, entropy=2.0)
    expected = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert float(without - fresh._loss(scores, None)[0]) == pytest.approx(2 * expected)


def test_the_divergence_from_the_base_model(fresh: Training) -> None:
    fresh.settings = replace(fresh.settings, kl=2.0)
    scores, base = (
        torch.log(torch.tensor(row, dtype=torch.float64)).expand(1, 5, 2) for row in ([0.5, 0.25], [0.25, 0.5])
    )
    penalised = fresh._loss(scores, base)[0] - fresh._loss(scores, None)[0]
    expected = 0.5 * np.log(2) + 0.25 * np.log(0.5)
    assert float(penalised) == pytest.approx(2 * expected, rel=1e-6)
    assert float(fresh._loss(scores, scores)[0] - fresh._loss(scores, None)[0]) == pytest.approx(0, abs=1e-9)


def test_the_base_model_is_read_without_the_adapters(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, kl=1.0, learning_rate=0.02)
    trees = [tree(learner.model, question(IPD, mg.Presentation(("Cat", "Dog"))))]

    def both() -> tuple[torch.Tensor, torch.Tensor]:
        base = learner._base_scores(trees)
        assert base is not None
        with torch.no_grad():
            return base, torch.stack(log_probabilities(learner.model, trees))

    before, same = both()
    torch.testing.assert_close(before, same)
    for _ in range(3):
        learner.update()
    after, moved = both()
    torch.testing.assert_close(after, before)
    assert (moved - before).abs().max() > 0.01


def test_accumulating_gradients_changes_nothing(tiny_model_folder: Path) -> None:
    gradients = []
    for tokens in (10**6, 1):
        learner = training(tiny_model_folder, micro_batch_tokens=tokens, tellings=3)
        learner.update()
        gradients.append(
            torch.cat([p.grad.flatten() for p in adapters.trainable(learner.model).values() if p.grad is not None])
        )
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-6)


@pytest.mark.slow
def test_the_bundled_model_learns_to_answer() -> None:
    from moral_games.llm import load

    model = adapters.add_lora(load("bundled", device="cpu"), rank=16, seed=0)
    chosen = Settings(updates=50, tellings=1, validate_every=100)
    learner = Training(model, IPD, DUTY, "tit_for_tat", chosen, np.random.default_rng(0))
    records = [learner.update() for _ in range(10)]
    assert records[0]["legal_mass"] < 0.1 and records[0]["reward"] < -5
    assert records[-1]["legal_mass"] > 0.5 and records[-1]["reward"] > -3.5


def test_what_a_record_says(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, updates=2, validate_every=1)
    record = learner.update()
    assert record["update"] == 1 and len(record["p_cooperate"]) == 5
    assert sum(record["action_types"].values()) == pytest.approx(1) or sum(record["action_types"].values()) <= 1
    assert set(record["validation"]) == {"fault", "regret", "legal_mass"}
    json.dumps(record)


def test_the_kept_weights_are_those_that_validated_best(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, updates=6, validate_every=2, learning_rate=0.02)
    found = {}
    while not learner.finished:
        record = learner.update()
        if "validation" in record:
            found[learner.done] = record["validation"]["fault"]
    learner.keep_best()
    assert found[learner.best_update] == min(found.values()) == learner.best_fault


def test_training_stops_when_validation_is_passed_twice(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, updates=50, validate_every=1, stop_fault=1.0)
    while not learner.finished:
        learner.update()
    assert learner.done == 2


def test_a_loss_that_is_no_number_stops_before_the_weights_are_touched(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder)
    learner.update()
    before = adapters.copy_weights(learner.model)
    learner._loss = lambda scores, base: ((scores * float("nan")).sum(), np.zeros((len(scores), 5, 3)))  # type: ignore[method-assign]
    with pytest.raises(FloatingPointError, match="update 2"):
        learner.update()
    assert all(torch.equal(before[name], weight) for name, weight in adapters.copy_weights(learner.model).items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"updates": 0}, "updates must be at least 1"),
        ({"discount": 1.5}, r"discount must lie in \[0, 1\]"),
        ({"averaging": 1.0}, r"averaging must lie in \[0, 1\)"),
        ({"learning_rate": -1.0}, "must not be negative"),
        ({"kl": float("nan")}, "must not be negative"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Settings(**settings)


# --- whole runs -------------------------------------------------------------------------------


def options(folder: Path, where: Path, **changed: Any) -> Finetune:
    chosen = Finetune(
        name="run",
        folder=folder,
        model=str(where),
        test_games=("ipd", "bach_or_stravinsky"),
        lora_rank=4,
        train=Settings(updates=12, tellings=1, learning_rate=0.02, validate_every=3),
        checkpoint_every=2,
    )
    return replace(chosen, **changed)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Run:
    return finetune(options(tmp_path_factory.mktemp("runs"), tiny_model_folder))


def untimed(run: Run) -> dict[str, Any]:
    return {key: value for key, value in read_json(run.path("metrics.json")).items() if key != "seconds"}


def test_what_a_run_leaves(finished: Run) -> None:
    metrics = read_json(finished.path("metrics.json"))
    assert metrics["seconds"]["train"] > 0
    for when in ("before", "after"):
        assert set(metrics[when]) == {"ipd", "bach_or_stravinsky"}
        for judged in metrics[when].values():
            assert len(judged["p_cooperate"]) == len(judged["presentation_gap"]) == 5
            assert set(judged["moral_regret"]) == {"deontological", "utilitarian"}
            assert 0 <= judged["legal_mass"] <= 1 and judged["judged_states"] == [1, 3]
    assert len(finished.history()) == metrics["training"]["updates"] == 12
    assert len(read_json(finished.path("policy.json"))["after"]["ipd"]) == 32
    assert list(finished.path("tensorboard").glob("events*"))
    assert [checkpoint.name for checkpoint in finished.checkpoints()] == ["step-000010", "step-000012"]


def test_the_kept_adapter_is_the_judged_one(finished: Run) -> None:
    from moral_games import text

    model = load_run(finished.folder)
    kept = read_json(finished.path("policy.json"))["after"]["ipd"]
    for told, table in zip(text.held_out(), tables(model, IPD, text.held_out()), strict=True):
        np.testing.assert_allclose(table, kept[str(told)], atol=2e-6)


def test_the_same_seed_is_the_same_run(finished: Run, tmp_path: Path, tiny_model_folder: Path) -> None:
    again = finetune(options(tmp_path, tiny_model_folder))
    assert untimed(again) == untimed(finished)
    other = finetune(options(tmp_path, tiny_model_folder, name="other", seed=1))
    assert untimed(other)["after"] != untimed(finished)["after"]


@pytest.mark.slow
@pytest.mark.parametrize("lines", [1, 5])
def test_a_killed_run_resumes_to_the_same_policy(
    lines: int, finished: Run, tmp_path: Path, tiny_model_folder: Path
) -> None:
    command = [
        *(sys.executable, "-m", "moral_games", "finetune", "--name", "run", "--folder", str(tmp_path)),
        *("--model", str(tiny_model_folder), "--test-games", "ipd", "bach_or_stravinsky", "--lora-rank", "4"),
        *("--train.updates", "12", "--train.tellings", "1", "--train.learning-rate", "0.02"),
        *("--train.validate-every", "3", "--checkpoint-every", "2"),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    run, patience = Run(tmp_path / "run"), time.monotonic() + 240
    while len(run.history()) < lines:
        assert process.poll() is None and time.monotonic() < patience, "ended or hung before it could be killed"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not run.path("metrics.json").exists()
    done = subprocess.run([*command, "--resume"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    assert [record["update"] for record in run.history()] == list(range(1, 13))
    assert [record["loss"] for record in run.history()] == [record["loss"] for record in finished.history()]
    assert digest(run.path("adapter.safetensors")) == digest(finished.path("adapter.safetensors"))
    assert read_json(run.path("policy.json")) == read_json(finished.path("policy.json"))
    assert untimed(run) == untimed(finished)
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
    chosen = options(tmp_path, tiny_model_folder, reward="virtue_kindness + illegal", test_games=("ipd",), train=short)
    regrets = read_json(finetune(chosen).path("metrics.json"))["after"]["ipd"]["moral_regret"]
    assert set(regrets) == {"taught", "deontological", "utilitarian"}
