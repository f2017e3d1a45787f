"""LoRA adapters: the part of a language model that is trained."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch.utils.checkpoint import checkpoint

from moral_games.llm.models import TextModel

WEIGHTS, OPTIMIZER, STATE = "weights.safetensors", "optimizer.safetensors", "state.json"
"""The files of a checkpoint that every trainer writes."""

ADAPTER = "adapter.safetensors"
"""The file of a run that holds the weights that were kept."""

BASE, SOME = "base", 64
"""Where that file tells the model that the weights were trained on, and how many numbers of each weight tell it."""

OWN, OTHER = "default", "other"
"""The sets of adapters: the model's own, and those of another player on the same base."""


def add_lora(model: TextModel, rank: int, seed: int, alpha: float | None = None, dropout: float = 0.0) -> TextModel:
    """Return the model with fresh low-rank adapters on all linear layers, in float32.

    Parameters
    ----------
    model
        A model without adapters.
    rank
        Rank r.
    seed
        Seeds the adapters' first weights. Their effect is zero until they are trained.
    alpha
        Their scale is alpha / r; 2r by default.
    dropout
        How often an input of theirs drops out while the model is in training mode. It is returned in
        evaluation mode, in which a prompt has one answer.
    """
    import peft

    torch.manual_seed(seed)
    config = peft.LoraConfig(
        r=rank,
        lora_alpha=2 * rank if alpha is None else alpha,
        lora_dropout=dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft asks transformers for a name that it has since changed
        adapted = peft.get_peft_model(model.model, config)
    for parameter in adapted.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()
    adapted.eval()
    return replace(model, model=adapted, base=fingerprint(model))


def add_other(model: TextModel, seed: int) -> None:
    """Give a model with adapters a second set of the same shape, for another player; it is asleep until `acting_as`."""
    torch.manual_seed(seed)
    model.model.add_adapter(OTHER, model.model.peft_config[OWN])
    for name, parameter in model.model.named_parameters():
        if f".{OTHER}." in name:
            parameter.data = parameter.data.float()
    model.model.set_adapter(OWN)
    model.model.eval()


def compute_layers_twice(model: TextModel) -> None:
    """Let a model's layers keep nothing for the gradient but what they were given, and compute the rest again for it.

    Transformers' own way works in training mode alone, in which some models drop out.

    Raises
    ------
    ValueError
        If its layers are not marked as transformers marks them.
    """
    from transformers.modeling_layers import GradientCheckpointingLayer

    layers = [module for module in model.model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if not layers:
        raise ValueError(
            f"the layers of model {model.name!r} cannot be computed twice; leave --train.gradient-checkpointing out"
        )
    for layer in layers:
        layer.forward = partial(checkpoint, layer.forward, use_reentrant=False)


@contextmanager
def acting_as(model: TextModel, player: str) -> Iterator[None]:
    """Let a model answer and learn with the adapters of `OWN` or `OTHER`, and then with its own again."""
    model.model.set_adapter(player)
    try:
        yield
    finally:
        model.model.set_adapter(OWN)


def trainable(model: TextModel) -> dict[str, torch.nn.Parameter]:
    """Return the trained weights by name."""
    return {name: parameter for name, parameter in model.model.named_parameters() if parameter.requires_grad}


def save_weights(model: TextModel, path: Path) -> None:
    """Write the trained weights as safetensors, with what tells the model that they were trained on."""
    weights = {name: parameter.detach().cpu().contiguous() for name, parameter in trainable(model).items()}
    save_file(weights, path, {BASE: model.base} if model.base else None)


def load_weights(model: TextModel, path: Path) -> None:
    """Put weights back that `save_weights` has written.

    Raises
    ------
    ValueError
        If they were trained on another model, or belong to adapters of another shape.
    """
    with safe_open(path, "pt") as file:
        base = (file.metadata() or {}).get(BASE)
    weights = load_file(path, device=str(model.device))
    shapes = {name: parameter.shape for name, parameter in trainable(model).items()}
    if {name: weight.shape for name, weight in weights.items()} != shapes or base not in (None, model.base):
        raise ValueError(
            f"the adapters in {path} were trained on another model than {model.name!r} is now, or with another rank; "
            "give the model that they were trained on, unchanged, under the name that it had"
        )
    set_weights(model, weights)


def fingerprint(model: TextModel) -> str:
    """Return a digest that tells models apart: of some numbers from each of the weights that are not trained."""
    fixed = [weight for name, weight in model.model.named_parameters() if "lora" not in name]
    some = torch.cat([weight.detach().flatten()[:SOME].to("cpu", torch.bfloat16) for weight in fixed])
    return hashlib.sha256(some.view(torch.uint8).numpy().tobytes()).hexdigest()


def copy_weights(model: TextModel) -> dict[str, torch.Tensor]:
    """Return a copy of the trained weights."""
    return {name: parameter.detach().clone() for name, parameter in trainable(model).items()}


def set_weights(model: TextModel, weights: dict[str, torch.Tensor]) -> None:
    """Put a copy of trained weights back, in place."""
    for name, parameter in trainable(model).items():
        parameter.data.copy_(weights[name])


def save_training(model: TextModel, optimizer: torch.optim.Optimizer, folder: Path, player: str = "") -> None:
    """Write the trained weights and the optimiser's averages into a checkpoint, names beginning with the player's."""
    save_weights(model, folder / f"{player}{WEIGHTS}")
    save_optimizer(optimizer, folder / f"{player}{OPTIMIZER}")


def load_training(model: TextModel, optimizer: torch.optim.Optimizer, folder: Path, player: str = "") -> None:
    """Go back to what `save_training` has written."""
    load_weights(model, folder / f"{player}{WEIGHTS}")
    load_optimizer(optimizer, folder / f"{player}{OPTIMIZER}")


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
