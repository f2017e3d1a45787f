"""How much of a card's arithmetic a language model of Gemma 2's 2B shape uses, with random weights.

Nothing is downloaded. Run from the repository's root on a machine with a CUDA device, about a minute::

    python -m benchmarks.gpu_check

The peak is what the same run gets out of one large product of matrices. What a model computes is counted by hand: its
linear layers and its attention, two operations for each product that is summed up.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import torch
import tyro

NO_CARD = "torch finds no CUDA device: the model of Gemma 2's 2B shape was not measured"

FORWARD, BACKWARD = "forward", "forward and backward"


@dataclass(frozen=True)
class Options:
    """Measure a randomly initialised model of Gemma 2's 2B shape in bfloat16 on a CUDA device."""

    batch: int = 8
    """Texts that are read at once."""
    length: int = 512
    """Tokens of a text."""
    answers: int = 8
    """Last tokens of a text whose next token is predicted, as in training, which asks for labels alone."""
    matrix: int = 8192
    """Rows and columns of the matrices whose product tells the peak."""
    turns: int = 10
    """Turns of each measurement; the median counts."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        for name in ("batch", "answers", "matrix", "turns"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        if self.length < self.answers:
            raise ValueError(f"a text has at least as many tokens as answers ({self.answers}), got {self.length}")


@dataclass(frozen=True)
class Throughput:
    """What a model and a product of matrices get out of a device.

    Attributes
    ----------
    peak
        Operations a second in one large product of matrices.
    tokens
        Tokens a second, by what is done with them.
    share
        Operations a second over the peak, likewise.
    parameters
        How many weights the model has.
    """

    peak: float
    tokens: dict[str, float]
    share: dict[str, float]
    parameters: int


def matrix_peak(device: torch.device, dtype: torch.dtype, size: int, turns: int) -> float:
    """Return the operations a second of a product of two square matrices."""
    one, other = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    return 2 * size**3 / seconds(lambda: one @ other, device, turns)


def operations(model: Any, length: int, answers: int) -> float:
    """Return the operations of reading one text, forward.

    Each weight of a linear layer is used once a token, that of the output layer once an answer; each token attends to
    those before it.

    Parameters
    ----------
    model
        A causal language model of transformers.
    length
        Tokens of the text.
    answers
        How many of them have their next token predicted.
    """
    config, head = model.config, model.get_output_embeddings()
    layers = [module for module in model.modules() if isinstance(module, torch.nn.Linear) and module is not head]
    products = length * sum(layer.weight.numel() for layer in layers) + answers * head.weight.numel()
    attention = config.num_hidden_layers * config.num_attention_heads * config.head_dim * length * (length + 1)
    return float(2 * (products + attention))


def measure(model: Any, asked: Options) -> Throughput:
    """Measure a causal language model where its weights are; all of them get gradients in the backward pass."""
    weight = next(model.parameters())
    peak = matrix_peak(weight.device, weight.dtype, asked.matrix, asked.turns)
    texts = torch.randint(model.config.vocab_size, (asked.batch, asked.length), device=weight.device)

    def forward() -> torch.Tensor:
        logits: torch.Tensor = model(input_ids=texts, use_cache=False, logits_to_keep=asked.answers).logits
        return logits

    def backward() -> None:
        model.zero_grad()
        torch.log_softmax(forward().float(), dim=-1)[..., 0].mean().backward()

    with torch.no_grad():
        taken = {FORWARD: seconds(forward, weight.device, asked.turns)}
    taken[BACKWARD] = seconds(backward, weight.device, asked.turns)
    work = asked.batch * operations(model, asked.length, asked.answers)
    passes = {FORWARD: 1, BACKWARD: 3}
    return Throughput(
        peak,
        {name: texts.numel() / time for name, time in taken.items()},
        {name: passes[name] * work / time / peak for name, time in taken.items()},
        sum(parameter.numel() for parameter in model.parameters()),
    )


def seconds(run: Callable[[], object], device: torch.device, turns: int) -> float:
    """Return the median seconds of a turn after a warm-up, the device's work waited for."""
    taken = []
    for _ in range(turns + 1):
        _wait(device)
        begun = perf_counter()
        run()
        _wait(device)
        taken.append(perf_counter() - begun)
    return median(taken[1:])


def on_card(asked: Options) -> Throughput:
    """Measure a model of Gemma 2's 2B shape with random weights in bfloat16 on the CUDA device."""
    from transformers import AutoModelForCausalLM, Gemma2Config

    with torch.device("cuda"):  # the configuration's defaults are the 2B model's
        model = AutoModelForCausalLM.from_config(Gemma2Config(), dtype=torch.bfloat16).eval()
    return measure(model, asked)


def table(found: Throughput, asked: Options) -> str:
    """Return the measurement as Markdown."""
    lines = [
        f"Random weights of Gemma 2's 2B shape ({found.parameters / 1e9:.2f}e9), bfloat16, {asked.batch} texts of "
        f"{asked.length} tokens at once, {asked.answers} next tokens predicted of each; peak {found.peak / 1e12:.0f} "
        f"TFLOP/s, measured with {asked.matrix} x {asked.matrix} matrices.",
        "",
        "| what | tokens/s | share of the peak |",
        "|---|--:|--:|",
    ]
    return "\n".join(
        [*lines, *(f"| {name} | {tokens:,.0f} | {found.share[name]:.0%} |" for name, tokens in found.tokens.items())]
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure, and print the table; without a CUDA device say so."""
    asked = tyro.cli(Options, args=arguments)
    try:
        asked.check()
    except ValueError as error:
        sys.exit(f"gpu_check: {error}")
    if not torch.cuda.is_available():
        print(NO_CARD)
        return
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}\n\n{table(on_card(asked), asked)}")


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main()
