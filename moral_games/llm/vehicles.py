"""A language model in dilemmas of autonomous vehicles: asked for its labels' probabilities, or in its own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain

import numpy as np

from moral_games.llm.policy import LanguageModel, Question
from moral_games.progress import Show
from moral_games.vehicles.answers import Answers, ask_text, from_probabilities
from moral_games.vehicles.telling import Request

AT_ONCE = 8
"""How many questions are asked between two looks at the progress."""


def ask_labels(model: LanguageModel, requests: Sequence[Sequence[Request]], show: Show[range] = iter) -> Answers:
    """Ask how probable each label is; what is missing to 1 is no choice.

    Parameters
    ----------
    model
        Who is asked. One that works its answers out first does so.
    requests
        For each question the requests in its tellings, in the order that `Answers` needs.
    show
        Wraps the groups of questions that are asked at once, to tell how far it is.

    Raises
    ------
    ValueError
        If there is nothing to ask, or the model cannot tell labels apart.
    """
    if not requests:
        raise ValueError("there is nothing to ask; give at least one question")
    groups = [range(begin, min(begin + AT_ONCE, len(requests))) for begin in range(0, len(requests), AT_ONCE)]
    found: list[np.ndarray] = []
    for group in show(groups):
        asked = chain.from_iterable(requests[place] for place in group)
        found += model.probabilities([Question((request.prompt,), request.labels) for request in asked])
    tellings = [len(row) for row in requests]
    if len(set(tellings)) > 1:
        raise ValueError(f"every question needs equally many tellings, got {min(tellings)} to {max(tellings)}")
    return from_probabilities(np.concatenate(found).reshape(len(requests), tellings[0], 2).clip(0, 1))


def ask_words(
    model: LanguageModel,
    requests: Sequence[Sequence[Request]],
    show: Show[Sequence[Request]] = iter,
    tokens: int = 64,
) -> Answers:
    """Ask for an answer in words, the most probable one, and classify it; see `moral_games.vehicles.answers.classify`.

    Parameters
    ----------
    model, requests
        As for `ask_labels`. Answers of a model behind a server are kept, and not asked for again.
    show
        Wraps the questions, to tell how far it is.
    tokens
        The longest answer. What is cut off before it says its label is a parse error.

    Raises
    ------
    ValueError
        If there is nothing to ask, or the model only tells probabilities.
    """
    return ask_text(writer(model, tokens), requests, show)


def writer(model: LanguageModel, tokens: int = 64) -> Callable[[str], str]:
    """Return what a model answers in words.

    Raises
    ------
    ValueError
        If it only tells probabilities, or no token is allowed.
    """
    if tokens < 1:
        raise ValueError(f"an answer needs at least one token, got {tokens}")
    answer = getattr(model, "answer", None)
    if answer is None:
        raise ValueError(f"model {model.name!r} tells the probabilities of labels only; ask for labels, not for text")
    return lambda prompt: str(answer(prompt, tokens))
