"""A model's probabilities: the same as reading every text alone, and each text read once."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games import text
from moral_games.llm import LLMPolicy, load
from moral_games.llm.models import TextModel
from moral_games.llm.policy import question
from moral_games.llm.scoring import (
    Question,
    TokenTree,
    batches,
    check_tokens,
    label_tokens,
    log_probabilities,
    score,
    tree,
)

IPD = mg.games.get("ipd")


def alone(model: TextModel, prompt: str, label: str) -> float:
    """The probability of a label after a prompt, read by itself in the ordinary way."""
    asked, answered = model.encode(prompt), model.encode(prompt, label)
    with torch.no_grad():
        scores = torch.log_softmax(model.model(torch.tensor([answered])).logits[0].double(), dim=-1)
    return float(sum(scores[i - 1, answered[i]] for i in range(len(asked), len(answered))).exp())


@pytest.mark.parametrize("labels", [("Cat", "Dog"), ("action3", "action4"), ("gorp", "Nilt")])
@pytest.mark.parametrize("wording", tuple(text.WORDINGS))
def test_a_tree_is_every_text_read_alone(tiny_model: TextModel, labels: tuple[str, str], wording: str) -> None:
    asked = question(IPD, mg.Presentation(labels, wording=wording))
    found = score(tiny_model, [asked])[0]
    expected = [[alone(tiny_model, prompt, label) for label in asked.labels] for prompt in asked.prompts]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-3)


@pytest.mark.slow
def test_the_bundled_model_too() -> None:
    model = load("bundled", device="cpu", dtype=torch.float32)
    asked = question(IPD, mg.Presentation(("action3", "action4")))
    found = score(model, [asked])[0]
    expected = [[alone(model, prompt, label) for label in asked.labels] for prompt in asked.prompts]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-3)


def test_trees_of_different_sizes_share_a_batch(tiny_model: TextModel) -> None:
    questions = [
        question(game, mg.Presentation(("Cat", "Dog", "Zip"))) for game in (IPD, mg.games.get("rock_paper_scissors"))
    ]
    together = log_probabilities(tiny_model, [tree(tiny_model, asked) for asked in questions])
    for asked, found in zip(questions, together, strict=True):
        by_itself = log_probabilities(tiny_model, [tree(tiny_model, asked)])[0]
        torch.testing.assert_close(found, by_itself, rtol=1e-4, atol=1e-4)
    assert [found.shape for found in together] == [(5, 2), (10, 3)]


def test_a_question_asked_twice_is_read_once(tiny_model: TextModel, monkeypatch: pytest.MonkeyPatch) -> None:
    from moral_games.llm import scoring

    read: list[int] = []
    original = scoring.log_probabilities
    monkeypatch.setattr(scoring, "log_probabilities", lambda m, trees: read.append(len(trees)) or original(m, trees))
    asked = question(IPD, mg.Presentation(("Cat", "Dog")))
    found = score(tiny_model, [asked, asked, asked])
    assert sum(read) == 1 and len(found) == 3 and torch.equal(found[0], found[2])


@given(st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), min_size=1, max_size=5))
def test_a_tree_holds_every_text_and_each_beginning_once(prompts: list[list[int]]) -> None:
    labels = [[1, 2], [1, 3], [0]]
    merged = TokenTree(prompts, [labels] * len(prompts))
    ancestry = merged.ancestry()
    for prompt, state in zip(prompts, merged.paths, strict=True):
        for label, path in zip(labels, state, strict=True):
            assert [token for _, token in path] == label
            for position, (node, _) in enumerate(path):
                seen = sorted((k for k in range(len(merged)) if ancestry[node, k]), key=merged.depths.__getitem__)
                assert [merged.tokens[k] for k in seen] == prompt + label[:position]
    beginnings = {
        tuple(p[:k])
        for p in [*prompts, *(p + label[:-1] for p in prompts for label in labels)]
        for k in range(1, len(p) + 1)
    }
    assert len(merged) == len(beginnings)


def test_shared_text_makes_a_tree_small(tiny_model: TextModel) -> None:
    asked = question(IPD, mg.Presentation(("action3", "action4")))
    tokens = sum(len(tiny_model.encode(prompt, label)) for prompt in asked.prompts for label in asked.labels)
    assert len(tree(tiny_model, asked)) < tokens / 5


def test_batches_respect_the_limit() -> None:
    trees = [TokenTree([[k] * n], [[[1]]]) for k, n in enumerate((10, 30, 5, 5, 100))]
    groups = batches(trees, tokens=70)
    assert [list(group) for group in groups] == [[0, 1], [2, 3], [4]]
    assert batches([], tokens=70) == []


def test_a_language_model_is_a_policy_table(tiny_model: TextModel) -> None:
    policy = LLMPolicy(tiny_model, mg.Presentation(("Cat", "Dog"))).table(IPD)
    assert isinstance(policy, mg.PolicyTable) and policy.probabilities.shape == (5, 2)
    # A random model spreads its mass over the whole vocabulary: almost all of it is illegal, and stays so.
    assert (policy.legal_mass < 0.01).all() and (policy.with_illegal[:, -1] > 0.99).all()
    assert mg.evaluate(policy, "random", IPD, "deontological + illegal").moral_regret == 1


def test_the_second_seat_is_asked_from_its_own_side(tiny_model: TextModel) -> None:
    game = mg.games.get("bach_or_stravinsky")
    policy = LLMPolicy(tiny_model, mg.Presentation(("Cat", "Dog")))
    assert not np.array_equal(policy.table(game, player=1).probabilities, policy.table(game).probabilities)


def test_a_model_that_cannot_read_trees_reads_each_text(tiny_model: TextModel) -> None:
    """A model that ignores what it may attend to, as some architectures do: a fault made on purpose."""

    class Careless(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner, self.dtype = tiny_model.model, tiny_model.model.dtype

        def forward(self, attention_mask: object = None, position_ids: object = None, **inputs: object) -> object:
            return self.inner(**inputs)

    careless = replace(tiny_model, model=Careless(), reads_trees=None)
    asked = question(IPD, mg.Presentation(("action3", "action4")))
    np.testing.assert_allclose(score(careless, [asked])[0].numpy(), score(tiny_model, [asked])[0].numpy(), rtol=1e-3)
    assert tiny_model.reads_trees is True


def test_without_a_chat_template_the_text_is_read_plain(tiny_model: TextModel) -> None:
    from copy import deepcopy

    tokenizer = deepcopy(tiny_model.tokenizer)
    tokenizer.chat_template = None
    plain = replace_tokenizer(tiny_model, tokenizer)
    assert tokenizer.decode(plain.encode("How much?", "Cat")) == "How much?Cat"
    with pytest.raises(ValueError, match="merges with the end of the prompt"):
        label_tokens(plain, "How muc", "h")


def replace_tokenizer(model: TextModel, tokenizer: object) -> TextModel:
    return replace(model, tokenizer=tokenizer)


def test_labels_that_are_the_same_tokens_are_refused(tiny_model: TextModel) -> None:
    """A tokenizer that knows no case: a fault made on purpose."""

    def caseless(words: str, **_: object) -> SimpleNamespace:
        return SimpleNamespace(input_ids=[ord(letter) for letter in words.replace("tom", "mot")])

    model = replace_tokenizer(tiny_model, caseless)
    with pytest.raises(ValueError, match="'tom' and 'mot' as tokens .* cannot tell them apart"):
        check_tokens(model, ("tom", "mot"))


def test_a_label_inside_another_is_refused(tiny_model: TextModel) -> None:
    with pytest.raises(ValueError, match="occurs inside"):
        check_tokens(tiny_model, ("cat", "cats"))
    with pytest.raises(ValueError, match="occurs inside"):
        tree(tiny_model, Question(("?",), ("cat", "cats")))


def test_an_answer_is_text(tiny_model: TextModel) -> None:
    assert isinstance(tiny_model.answer("Cat or Dog?", tokens=3), str)
