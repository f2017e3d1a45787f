"""A language model in vLLM's offline engine, for machines that have one.

vLLM needs a graphics card and pins its own torch, so that it is not part of our tests: this module
has never been run with the real engine. It keeps to what vLLM documents: `LLM.generate` on token
ids, and `SamplingParams.prompt_logprobs`, which tells the log-probability of every token of a prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moral_games.llm.models import TextModel
from moral_games.llm.scoring import Question, check_tokens, label_tokens


class EngineModel:
    """A model in vLLM's offline engine.

    Parameters
    ----------
    model
        What vLLM is to load: a folder or a Hugging Face id.
    **settings
        Further arguments of ``vllm.LLM``, e.g. ``gpu_memory_utilization``.

    Raises
    ------
    ValueError
        If vLLM is not installed.
    """

    def __init__(self, model: str, **settings: Any) -> None:
        if find_spec("vllm") is None:
            raise ValueError(
                f"model 'vllm:{model}' needs vLLM, which is not installed; on a machine with a graphics card "
                "install it with: pip install vllm, or serve the model and load 'openai:MODEL@BASE_URL'"
            )
        vllm = import_module("vllm")
        self.name = f"vllm:{model}"
        self._engine = vllm.LLM(model=model, **settings)
        self._sampling = vllm.SamplingParams(max_tokens=1, prompt_logprobs=0)
        self._reader = TextModel(self.name, None, self._engine.get_tokenizer())

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        """Return the probability of every label after every prompt; one array (S, A) a question."""
        for question in questions:
            check_tokens(self._reader, question.labels)
        asked = [
            (self._reader.encode(prompt), label_tokens(self._reader, prompt, label))
            for question in questions
            for prompt in question.prompts
            for label in question.labels
        ]
        texts = [{"prompt_token_ids": prompt + label} for prompt, label in asked]
        given = self._engine.generate(texts, self._sampling)
        scores = iter([answer_score(one.prompt_logprobs, *text) for one, text in zip(given, asked, strict=True)])
        return [np.exp([[next(scores) for _ in question.labels] for _ in question.prompts]) for question in questions]


def answer_score(listed: Sequence[Any], prompt: Sequence[int], label: Sequence[int]) -> float:
    """Return the log-probability of a label's tokens after a prompt's.

    Parameters
    ----------
    listed
        By place in prompt and label: None, or by token id an object with `logprob`.
    prompt, label
        Their tokens.
    """
    return float(sum(listed[len(prompt) + place][token].logprob for place, token in enumerate(label)))
