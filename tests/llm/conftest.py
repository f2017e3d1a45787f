"""What tests of training share: a tiny model that answers in the published labels."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest

import moral_games as mg
from moral_games.llm import TextModel


@pytest.fixture(scope="session")
def first_words(tiny_model_folder: Path) -> TextModel:
    """A tiny model that gives each published label about a quarter of the time."""
    import torch

    from moral_games.llm import adapters, load
    from moral_games.llm.lesson import Lesson
    from moral_games.llm.policy import question
    from moral_games.llm.sampling import Asked
    from moral_games.llm.scoring import log_probabilities, tree

    lesson = Lesson(mg.games.get("ipd"), mg.rewards.parse("selfish"), "random", presentations="fixed")
    model = load(str(tiny_model_folder), device="cpu", dtype=torch.float32)
    labels = {token for label in Asked.of(model, question(lesson.game, lesson.published[0])).labels for token in label}
    scale = torch.full((model.model.config.vocab_size, 1), 0.2)
    scale[sorted(labels)] = 6.0
    model.model.lm_head.weight = torch.nn.Parameter(model.model.lm_head.weight.detach() * scale)
    model = adapters.add_lora(model, 4, 0, dropout=0.2)
    optimizer = torch.optim.Adam(adapters.trainable(model).values(), lr=0.02)
    trees = [tree(model, question(lesson.game, told)) for told in lesson.published]
    for _ in range(12):
        loss = -torch.stack(log_probabilities(model, trees)).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    optimizer.zero_grad()
    return model


@pytest.fixture
def speaking(first_words: TextModel) -> TextModel:
    """The same, for a test to change."""
    return replace(first_words, model=deepcopy(first_words.model))
