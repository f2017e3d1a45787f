"""A language model that works its answer out before it gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.llm.models import TextModel, autocast
from moral_games.llm.policy import LanguageModel, Question
from moral_games.llm.scoring import TokenTree, batches, check_tokens, label_tokens, log_probabilities
from moral_games.text.reckoning import ANSWER

Tokens = list[int]

AT_ONCE = 24
"""Prompts that are worked out at the same time."""


@dataclass(eq=False)
class Reasoner:
    """A language model that writes the most probable calculation, and is then asked how probable each label is.

    So its play is a table, like that of a model that answers at once. Where a calculation does not come to the
    word that announces an answer, no label has been given: the whole row is illegal mass.

    Parameters
    ----------
    model
        The model that writes.
    longest
        The most tokens of a calculation.
    """

    model: TextModel
    longest: int = 80
    name: str = field(init=False)
    """The model's name."""

    def __post_init__(self) -> None:
        self.name = self.model.name

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        """Return the probability of every label after every prompt's calculation; one array (S, A) a question."""
        distinct = list(dict.fromkeys(questions))
        worked = self.work_out([prompt for question in distinct for prompt in question.prompts])
        found = [np.zeros((len(question.prompts), len(question.labels))) for question in distinct]
        asked = []
        for question, table in zip(distinct, found, strict=True):
            check_tokens(self.model, question.labels)
            labels = [label_tokens(self.model, question.prompts[0], label) for label in question.labels]
            texts = {state: worked[prompt] for state, prompt in enumerate(question.prompts) if worked[prompt]}
            if texts:
                asked.append((table, list(texts), TokenTree(list(texts.values()), [labels] * len(texts))))
        with torch.no_grad():
            for group in batches([entry for *_, entry in asked]):
                part = asked[group.start : group.stop]
                for (table, states, _), scores in zip(
                    part, log_probabilities(self.model, [entry for *_, entry in part]), strict=True
                ):
                    table[states] = scores.double().exp().cpu().numpy()
        answers = dict(zip(distinct, found, strict=True))
        return [answers[question] for question in questions]

    def work_out(self, prompts: Sequence[str]) -> dict[str, Tokens]:
        """Return by prompt its tokens with those of its calculation, up to the label; none if it comes to no label."""
        distinct = list(dict.fromkeys(prompts))
        written: list[Tokens] = []
        for start in range(0, len(distinct), AT_ONCE):
            written += self._write([self.model.encode(prompt) for prompt in distinct[start : start + AT_ONCE]])
        return dict(zip(distinct, written, strict=True))

    def _write(self, texts: Sequence[Tokens]) -> list[Tokens]:
        """Continue texts by what is most probable, up to the end of the announcement of an answer."""
        model, width = self.model, max(map(len, texts))
        tokens = torch.zeros(len(texts), width, dtype=torch.long)
        said = torch.zeros_like(tokens)
        for row, text in enumerate(texts):  # padded on the left, where nothing is attended to
            tokens[row, width - len(text) :] = torch.tensor(text)
            said[row, width - len(text) :] = 1
        with torch.no_grad(), autocast(model):
            written = model.model.generate(
                tokens.to(model.device),
                attention_mask=said.to(model.device),
                max_new_tokens=self.longest,
                do_sample=False,
                stopping_criteria=[self._answered],
                pad_token_id=model.tokenizer.eos_token_id,
            )
        added = [self._up_to_answer(row) for row in written[:, width:].tolist()]
        return [[*text, *more] if more else [] for text, more in zip(texts, added, strict=True)]

    def _answered(self, tokens: torch.Tensor, *_: object) -> torch.Tensor:
        """Tell which rows have just announced an answer; (N,) bool."""
        ends = self.model.tokenizer.batch_decode(tokens[:, -len(ANSWER) :])
        return torch.tensor([end.endswith(ANSWER) for end in ends], device=tokens.device)

    def _up_to_answer(self, tokens: Tokens) -> Tokens:
        decode = self.model.tokenizer.decode
        ends = (end for end in range(1, len(tokens) + 1) if ANSWER in decode(tokens[:end]))
        return tokens[: next(ends, 0)] if ANSWER in decode(tokens) else []


@dataclass(eq=False)
class AtOnce(Reasoner):
    """A language model that is asked for the label right after what announces it, without a calculation."""

    def work_out(self, prompts: Sequence[str]) -> dict[str, Tokens]:
        """Return by prompt its tokens with those of the announcement."""
        return {prompt: self.model.encode(prompt, ANSWER) for prompt in prompts}


def reasoner(model: LanguageModel, longest: int) -> Reasoner:
    """Return a model as one that works its answers out; see `Reasoner`.

    Raises
    ------
    ValueError
        If the model is not in this process.
    """
    if not isinstance(model, TextModel):
        raise ValueError(f"only a model in this process can be read after its calculation; {model.name!r} is not")
    return Reasoner(model, longest)


def as_taught(model: LanguageModel, config: Mapping[str, Any]) -> LanguageModel:
    """Return a run's model as the player that the run has taught: one that works answers out, if it was taught to.

    Parameters
    ----------
    model
        The model, with the weights that the run has kept.
    config
        What the run was asked for.
    """
    if config.get("worked", {}).get("before") == "calculation":
        return reasoner(model, config["worked"]["longest"])
    if config.get("data", {}).get("reasons"):
        return reasoner(model, config["examples"]["longest"])
    return model
