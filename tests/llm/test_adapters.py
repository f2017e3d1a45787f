"""Adapters: layers that are computed twice have the same gradient, and no adapters go onto another model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import LlamaForCausalLM

import moral_games as mg
from moral_games.llm import Finetune, TextModel, adapters, finetune, load
from moral_games.llm.finetuning import load_run
from moral_games.llm.policy import question
from moral_games.llm.scoring import log_probabilities, score, tree
from moral_games.llm.settings import Settings
from moral_games.runs import Run, read_json

ASKED = question(mg.games.get("ipd"), mg.Presentation(("Cat", "Dog")))


def fresh(folder: Path) -> TextModel:
    return adapters.add_lora(load(str(folder), device="cpu", dtype=torch.float32), rank=4, seed=0)


def gradient(model: TextModel) -> tuple[float, torch.Tensor]:
    loss = -log_probabilities(model, [tree(model, ASKED)])[0].mean()
    loss.backward()
    found = [weight.grad.flatten() for weight in adapters.trainable(model).values() if weight.grad is not None]
    return float(loss.detach()), torch.cat(found)


def kept_for_the_gradient(work: Callable[[], object]) -> int:
    """Return how many numbers are kept until the gradient is asked for."""
    kept = 0

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        nonlocal kept
        kept += tensor.numel()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        work()
    return kept


def test_layers_that_are_computed_twice_have_the_same_gradient(tiny_model_folder: Path) -> None:
    once, twice = fresh(tiny_model_folder), fresh(tiny_model_folder)
    before = adapters.copy_weights(twice)
    adapters.compute_layers_twice(twice)
    assert not twice.model.training, "nothing drops out"
    loss, expected = gradient(once)
    same, found = gradient(twice)
    assert same == loss and adapters.copy_weights(twice).keys() == before.keys()
    torch.testing.assert_close(found, expected)
    read = [tree(once, ASKED)]
    less, more = (kept_for_the_gradient(partial(log_probabilities, model, read)) for model in (twice, once))
    assert less < more
    torch.testing.assert_close(score(twice, [ASKED])[0], score(once, [ASKED])[0])


def test_layers_that_nobody_has_marked_are_refused() -> None:
    with pytest.raises(ValueError, match="layers of model 'odd' cannot be computed twice"):
        adapters.compute_layers_twice(TextModel("odd", torch.nn.Linear(2, 2), None))


def test_a_run_may_be_resumed_with_layers_computed_twice(tmp_path: Path, tiny_model_folder: Path) -> None:
    """Its definition is the same: as after memory did not suffice."""
    how = Settings(updates=2, tellings=1, validate_every=2)
    chosen = Finetune(folder=tmp_path, model=str(tiny_model_folder), test_games=(), lora_rank=2, train=how)
    run = finetune(replace(chosen, checkpoint_every=1))
    expected = load_file(run.path("adapter.safetensors"))
    run.path("metrics.json").unlink()
    for file in run.checkpoints()[-1].iterdir():
        file.unlink()
    run.checkpoints()[-1].rmdir()
    again = replace(chosen, checkpoint_every=1, resume=True, train=replace(how, gradient_checkpointing=True))
    found = load_file(finetune(again).path("adapter.safetensors"))
    for name, weight in expected.items():
        torch.testing.assert_close(found[name], weight, rtol=1e-3, atol=1e-5)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Run:
    """A run on a model of its own folder, which is then another model."""
    folder = tmp_path_factory.mktemp("changed")
    where = folder / "model"
    model = load(str(tiny_model_folder), device="cpu")
    model.model.save_pretrained(where)
    model.tokenizer.save_pretrained(where)
    how = Settings(updates=1, tellings=1)
    run = finetune(Finetune(folder=folder, model=str(where), test_games=(), lora_rank=2, train=how))
    load_run(run.folder)
    torch.manual_seed(1)
    LlamaForCausalLM(model.model.config).to(torch.bfloat16).save_pretrained(where)
    return run


def test_adapters_are_not_put_onto_another_model(finished: Run) -> None:
    with pytest.raises(ValueError, match=r"adapter\.safetensors were trained on another model than '.*model' is now"):
        load_run(finished.folder)


def test_nor_is_training_continued_on_another_model(finished: Run, tmp_path: Path) -> None:
    config = read_json(finished.path("config.json"))
    how = Settings(updates=1, tellings=1)
    chosen = Finetune(folder=tmp_path, model=config["model"], test_games=(), lora_rank=2, train=how)
    with pytest.raises(ValueError, match="trained on another model"):
        finetune(replace(chosen, start_from=str(finished.folder)))
    finished.path("metrics.json").unlink()
    with pytest.raises(ValueError, match=r"weights\.safetensors were trained on another model"):
        finetune(replace(chosen, folder=finished.folder.parent, resume=True))


def test_adapters_of_another_shape_are_refused(tiny_model_folder: Path, tmp_path: Path) -> None:
    model, path = fresh(tiny_model_folder), tmp_path / "adapter.safetensors"
    adapters.save_weights(model, path)
    adapters.load_weights(model, path)
    narrow = {name: weight[:1].contiguous() for name, weight in load_file(path).items()}
    save_file(narrow, path)
    with pytest.raises(ValueError, match="or with another rank"):
        adapters.load_weights(model, path)
    save_file({name: weight.contiguous() for name, weight in adapters.copy_weights(model).items()}, path)
    adapters.load_weights(model, path)  # of before adapters said what they were trained on


def test_a_model_is_told_from_another_and_not_from_itself(tiny_model_folder: Path, tiny_model: TextModel) -> None:
    bare = adapters.fingerprint(tiny_model)
    model = adapters.add_lora(load(str(tiny_model_folder), device="cpu"), rank=4, seed=3)
    adapters.add_other(model, 5)
    assert adapters.fingerprint(model) == bare, "whatever its adapters, and in bfloat16"
    weight = next(parameter for name, parameter in model.model.named_parameters() if "down_proj.base" in name)
    weight.data += 0.1
    assert adapters.fingerprint(model) != bare
