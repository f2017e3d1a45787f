"""How many prompts a second a language model answers: each text in full, each text once, each beginning once.

The work is that of sampled play, whose rounds ask the same few prompts over and over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.llm import TextModel
from moral_games.llm.policy import question
from moral_games.llm.sampling import Asked, Tokens, read
from moral_games.llm.scoring import TOKENS_AT_ONCE, Question, batches, score
from moral_games.text import Presentation

Answer = tuple[Tokens, Tokens]
"""The tokens of a prompt and of a label after it."""

IN_FULL, ONCE, TREE = "every prompt with every label, in full", "each distinct text once", "a tree of tokens"


@dataclass(frozen=True)
class Reading:
    """How fast prompts are answered in one way.

    Attributes
    ----------
    prompts
        How many were asked.
    seconds
        How long it took.
    off
        The largest difference of a label's probability from that of reading every text in full.
    """

    prompts: int
    seconds: float
    off: float


def read_in_each_way(
    model: TextModel, game: MatrixGame, told: Sequence[Presentation], repeats: int
) -> dict[str, Reading]:
    """Time the ways of asking every state's prompt under every presentation so many times; by what is done."""
    questions = [question(game, presentation) for presentation in told]
    ways: Mapping[str, Callable[[], NDArray[np.float64]]] = {
        IN_FULL: partial(in_full, model, questions, repeats),
        ONCE: partial(in_full, model, questions, 1),
        TREE: lambda: np.stack([table.numpy() for table in score(model, questions)]),
    }
    asked = len(questions) * len(questions[0].prompts) * repeats
    score(model, questions[:1])  # finds out whether the model reads trees
    found: dict[str, tuple[float, NDArray[np.float64]]] = {}
    for name, way in ways.items():
        begun = perf_counter()
        probabilities = way()
        found[name] = perf_counter() - begun, probabilities
    full = found[IN_FULL][1]
    return {name: Reading(asked, taken, float(np.abs(table - full).max())) for name, (taken, table) in found.items()}


def in_full(model: TextModel, questions: Sequence[Question], repeats: int) -> NDArray[np.float64]:
    """Return the probability of every label after every prompt, (Q, S, A), each text read so many times by itself."""
    asked = [Asked.of(model, entry) for entry in questions]
    texts = [(prompt, label) for entry in asked for prompt in entry.prompts for label in entry.labels]
    many = texts * repeats
    together = batches([prompt + label for prompt, label in many], TOKENS_AT_ONCE)
    chances = [_together(model, [many[k] for k in group]) for group in together]
    return np.concatenate(chances)[: len(texts)].reshape(len(asked), -1, len(asked[0].labels))


def table(found: Mapping[str, Reading]) -> str:
    """Return the timings as Markdown."""
    full = found[IN_FULL].seconds
    lines = ["| what is read | prompts | s | prompts/s | times the first | largest difference |", "|---|" + "--:|" * 5]
    for name, each in found.items():
        speed = f"{each.seconds:.2f} | {each.prompts / each.seconds:,.1f} | {full / each.seconds:.1f}"
        lines.append(f"| {name} | {each.prompts} | {speed} | {each.off:.4f} |")
    return "\n".join(lines)


def _together(model: TextModel, texts: Sequence[Answer]) -> NDArray[np.float64]:
    """Return the probability of each answer after its prompt, all read at once."""
    longest = max(len(label) for _, label in texts)
    positions = [[len(prompt) - 1 + min(step, len(label) - 1) for step in range(longest)] for prompt, label in texts]
    said = torch.tensor([[*label, *[0] * (longest - len(label))] for _, label in texts], device=model.device)
    counted = torch.tensor([[step < len(label) for step in range(longest)] for _, label in texts], device=model.device)
    with torch.no_grad():
        logits, _ = read(model, [prompt + label for prompt, label in texts], positions)
        steps = torch.log_softmax(logits, dim=-1).gather(2, said[..., None])[..., 0]
    return (steps * counted).sum(dim=1).double().exp().cpu().numpy()
