"""LoRA adapters: the part of a language model that is trained."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from moral_games.llm.models import TextModel


def add_lora(model: TextModel, rank: int, seed: int) -> TextModel:
    """Return the model with fresh low-rank adapters on all linear layers, in float32.

    Parameters
    ----------
    model
        A model without adapters.
    rank
        Rank r; the scale alpha is 2r. There is no dropout, so that a prompt has one answer.
    seed
        Seeds the adapters' first weights. Their effect is zero until they are trained.
    """
    import peft

    torch.manual_seed(seed)
    config = peft.LoraConfig(
        r=rank, lora_alpha=2 * rank, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for a name that it has since changed
        adapted = peft.get_peft_model(model.model, config)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    adapted.eval()
    return TextModel(model.name, adapted, model.tokenizer)


def trainable(model: TextModel) -> dict[str, torch.nn.Parameter]:
    """Return the trained weights by name."""
    return {name: parameter for name, parameter in model.model.named_parameters() if parameter.requires_grad}


def save_weights(model: TextModel, path: Path) -> None:
    """Write the trained weights as safetensors."""
    save_file({name: parameter.detach().cpu().contiguous() for name, parameter in trainable(model).items()}, path)


def copy_weights(model: TextModel) -> dict[str, torch.Tensor]:
    """Return a copy of the trained weights."""
    return {name: parameter.detach().clone() for name, parameter in trainable(model).items()}


def set_weights(model: TextModel, weights: dict[str, torch.Tensor]) -> None:
    """Put a copy of trained weights back, in place."""
    for name, parameter in trainable(model).items():
        parameter.data.copy_(weights[name])


def save_optimizer(optimizer: torch.optim.Optimizer, path: Path) -> None:
    """Write an optimizer's running averages as safetensors."""
    flat = {
        f"{index}/{key}": tensor
        for index, state in optimizer.state_dict()["state"].items()
        for key, tensor in state.items()
    }
    save_file(flat, path)


def load_optimizer(optimizer: torch.optim.Optimizer, path: Path) -> None:
    """Read an optimizer's running averages back, in place."""
    state: dict[int, dict[str, Any]] = {}
    for name, tensor in load_file(path).items():
        index, key = name.split("/")
        state.setdefault(int(index), {})[key] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
