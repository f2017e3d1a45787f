"""Where memory does not suffice, less is read at once, and what comes out is the same."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import Finetune, TextModel, adapters, finetune, load
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import question
from moral_games.llm.ppo import PPOTrainer
from moral_games.llm.scoring import score, tree
from moral_games.llm.settings import Exact, Settings
from moral_games.llm.shortage import OutOfMemory, halving, is_shortage

IPD = mg.games.get("ipd")
LESSON = Lesson(IPD, mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)"), "tit_for_tat")


def training(folder: Path, **settings: Any) -> ExactTrainer:
    model = adapters.add_lora(load(str(folder), device="cpu", dtype=torch.float32), rank=4, seed=0)
    return ExactTrainer(model, LESSON, Settings(tellings=2, **settings), Exact(), np.random.default_rng(0))


def short_of_memory(model: TextModel, cells: int) -> list[int]:
    """Let a model fail with more tokens at once, as a graphics card does; return the list of how many it was given.

    A fault made on purpose, half-way through the layers, where part of the work is done.
    """
    given: list[int] = []

    def look(module: torch.nn.Module, _: Any, inputs: dict[str, Any]) -> None:
        given.append(inputs["input_ids"].numel())

    def fail(*_: Any) -> None:
        if given[-1] > cells:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")

    model.model.register_forward_pre_hook(look, with_kwargs=True)
    layers = next(module for module in model.model.modules() if isinstance(module, torch.nn.ModuleList))
    layers[1].register_forward_hook(fail)
    return given


def gradient(learner: ExactTrainer) -> torch.Tensor:
    found = [weight.grad.flatten() for weight in adapters.trainable(learner.model).values() if weight.grad is not None]
    return torch.cat(found)


def test_an_update_goes_on_with_half_of_the_tokens_at_once(tiny_model_folder: Path) -> None:
    whole, short = training(tiny_model_folder), training(tiny_model_folder)
    record = whole.update()
    given = short_of_memory(short.model, 500)
    with pytest.warns(UserWarning, match="memory did not suffice; from here on .* tokens are read at once"):
        same = short.update()
    assert max(given) > 500 >= given[-1] and short.settings.micro_batch_tokens < 2048
    torch.testing.assert_close(gradient(short), gradient(whole), rtol=1e-3, atol=1e-6)
    assert same["loss"] == pytest.approx(record["loss"], rel=1e-5)
    given.clear()
    short.update()
    assert max(given) <= 500, "it has learned how much is too much"


def test_judging_goes_on_too(tiny_model_folder: Path, tiny_model: TextModel) -> None:
    model = load(str(tiny_model_folder), device="cpu", dtype=torch.float32)
    asked = [question(IPD, told) for told in LESSON.validation]
    given = short_of_memory(model, 1000)
    with pytest.warns(UserWarning, match="memory did not suffice"):
        found = score(model, asked)
    for one, same in zip(found, score(tiny_model, asked), strict=True):
        torch.testing.assert_close(one, same, rtol=1e-3, atol=1e-9)
    assert max(given) > 1000 >= given[-1] and model.tokens_at_once < tiny_model.tokens_at_once


def test_what_cannot_be_divided_is_told_with_what_to_do(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder)
    widest = max(len(tree(learner.model, question(IPD, told))) for told in LESSON.validation)
    short_of_memory(learner.model, widest // 4)
    before = adapters.copy_weights(learner.model)
    with warnings.catch_warnings(), pytest.raises(OutOfMemory, match="--train.gradient-checkpointing"):
        warnings.simplefilter("ignore")
        learner.update()
    assert all(torch.equal(before[name], weight) for name, weight in adapters.copy_weights(learner.model).items())


def test_an_algorithm_that_cannot_read_less_at_once_says_what_is_left(
    tmp_path: Path, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = PPOTrainer.update

    def fail(trainer: PPOTrainer) -> dict[str, Any]:
        if trainer.done == 1:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return update(trainer)

    monkeypatch.setattr(PPOTrainer, "update", fail)
    how = Settings(updates=3, tellings=1)
    chosen = Finetune(algorithm="ppo", folder=tmp_path, model=str(tiny_model_folder), test_games=(), train=how)
    with pytest.raises(
        OutOfMemory, match="update 2 .*CUDA out of memory.*step-000001.*fewer --train.micro-batch-tokens"
    ):
        finetune(replace(chosen, checkpoint_every=1))


def test_what_counts_as_a_shortage() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(2**62, dtype=torch.uint8)
    assert is_shortage(refused.value), "what torch says on a processor"
    assert is_shortage(MemoryError()) and not is_shortage(RuntimeError("shapes do not fit"))
    with pytest.raises(RuntimeError, match="shapes do not fit"):
        halving(lambda _: (_ for _ in ()).throw(RuntimeError("shapes do not fit")), 8, 1)
