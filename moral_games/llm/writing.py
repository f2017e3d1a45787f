"""Free text of a language model, wherever it is: drawn at temperature 1, from a seed for each text."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from moral_games.llm.engine import EngineModel
    from moral_games.llm.models import TextModel
    from moral_games.llm.policy import LanguageModel
    from moral_games.llm.remote import ServerModel

AT_ONCE = 16
"""Texts that a model in this process writes side by side."""


@runtime_checkable
class Writer(Protocol):
    """Who answers in free text."""

    def write(self, prompts: Sequence[str], seeds: Sequence[int], tokens: int) -> list[str]:
        """Return an answer to each prompt, of at most so many tokens, drawn from the prompt's seed."""
        ...


@dataclass(frozen=True, eq=False)
class WriterHere:
    """A model in this process that writes; texts do not depend on what is written beside them.

    Parameters
    ----------
    model
        The model.
    """

    model: TextModel

    def write(self, prompts: Sequence[str], seeds: Sequence[int], tokens: int) -> list[str]:
        """Return an answer to each prompt; see `Writer`."""
        from moral_games.llm.talking import Phrases, Speaker

        phrases, written = Phrases(self.model), []
        for start in range(0, len(prompts), AT_ONCE):
            part = prompts[start : start + AT_ONCE]
            streams = [np.random.default_rng(seed) for seed in seeds[start : start + AT_ONCE]]
            speaker = Speaker(phrases, None, [(row, 0) for row in range(len(part))], [()] * len(part), streams)
            for row, prompt in enumerate(part):
                speaker.hear(row, prompt)
            written += speaker.speak(0, tokens)
        return written


@dataclass(frozen=True, eq=False)
class WriterElsewhere:
    """A model behind a server that writes; its answers are kept like all that servers answer, and asked for once.

    Parameters
    ----------
    model
        The model. Not every server heeds seeds; what it has answered is replayed.
    """

    model: ServerModel

    def write(self, prompts: Sequence[str], seeds: Sequence[int], tokens: int) -> list[str]:
        """Return an answer to each prompt; see `Writer`. Several requests are under way at once."""

        def one(prompt: str, seed: int) -> str:
            drawing = copy.copy(self.model)
            extra = {"temperature": 1, **self.model.asking.extra}
            drawing.asking = replace(self.model.asking, seed=seed, extra=extra)
            return drawing.answer(prompt, tokens)

        pool = ThreadPoolExecutor(self.model.server.manners.workers)
        try:
            asked = [pool.submit(one, prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]
            wait(asked, return_when=FIRST_EXCEPTION)
            for answer in asked:
                if answer.done() and not answer.cancelled():
                    answer.result()  # a failure is raised before the others are waited for
            return [answer.result() for answer in asked]
        finally:
            pool.shutdown(cancel_futures=True)


@dataclass(frozen=True, eq=False)
class WriterInEngine:
    """A model in vLLM's offline engine that writes; never run with the real engine, like `EngineModel`.

    Parameters
    ----------
    model
        The model.
    """

    model: EngineModel

    def write(self, prompts: Sequence[str], seeds: Sequence[int], tokens: int) -> list[str]:
        """Return an answer to each prompt; see `Writer`."""
        vllm = import_module("vllm")
        texts = [{"prompt_token_ids": self.model._reader.encode(prompt)} for prompt in prompts]
        how = [vllm.SamplingParams(temperature=1.0, max_tokens=tokens, seed=seed) for seed in seeds]
        return [str(given.outputs[0].text) for given in self.model._engine.generate(texts, how)]


def as_writer(model: LanguageModel) -> Writer:
    """Return a language model as one that writes.

    Raises
    ------
    ValueError
        If it can only be asked how probable labels are.
    """
    if isinstance(model, Writer):
        return model
    from moral_games.llm.engine import EngineModel
    from moral_games.llm.models import TextModel
    from moral_games.llm.remote import ServerModel

    if isinstance(model, TextModel):
        return WriterHere(model)
    if isinstance(model, ServerModel):
        return WriterElsewhere(model)
    if isinstance(model, EngineModel):
        return WriterInEngine(model)
    raise ValueError(f"model {model.name!r} gives labels and no free text; let it choose from a grid: --answers grid")


def check_room(model: LanguageModel, prompt: str, tokens: int, advice: str) -> None:
    """Refuse prompts that a model in this process has no room for.

    Parameters
    ----------
    model
        The model; of one elsewhere nothing is known.
    prompt
        The longest that it may be asked.
    tokens
        What may be added to it: notes, and the answer.
    advice
        What may be done about it, beside telling fewer rounds.

    Raises
    ------
    ValueError
        If it does not fit into the model's context.
    """
    from moral_games.llm.models import TextModel

    room = getattr(model.model.config, "max_position_embeddings", None) if isinstance(model, TextModel) else None
    if room is not None and isinstance(model, TextModel):
        needed = len(model.encode(prompt)) + tokens
        if needed > room:
            raise ValueError(
                f"model {model.name!r} reads and writes at most {room} tokens, and up to {needed} are needed; "
                f"tell fewer rounds (--told), or {advice}"
            )
