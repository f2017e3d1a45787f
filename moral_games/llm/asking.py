"""How a model behind a server is asked, how the server is treated, and what it took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Asking:
    """What is asked of a model behind a server. All of it is part of what an answer is kept under.

    Attributes
    ----------
    samples
        Answers to a prompt, where log-probabilities do not settle it.
    tolerance
        Log-probabilities settle a prompt if they leave no label's probability unknown by more than this.
    answer_tokens
        Most tokens of an answer.
    top_logprobs
        How many of the likeliest tokens are asked for in each place; 0 for no log-probabilities.
    seed
        Sample i is asked for with seed + i. Not every server heeds it.
    at_once
        Answers asked for in one request. More than 1 saves reading the prompt again where the server
        knows the field n.
    extra
        Further fields of every request, or other values of those that are sent; None takes a field out.
    """

    samples: int = 50
    tolerance: float = 0.01
    answer_tokens: int = 16
    top_logprobs: int = 20
    seed: int = 0
    at_once: int = 1
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, low in (("samples", 1), ("answer_tokens", 1), ("top_logprobs", 0), ("seed", 0), ("at_once", 1)):
            if getattr(self, name) < low:
                raise ValueError(f"{name} must be at least {low}, got {getattr(self, name)}")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"tolerance must lie in [0, 1), got {self.tolerance}")
        taken = sorted({"model", "messages", "n", "stream"} & set(self.extra))
        if taken:
            raise ValueError(
                f"extra may not hold {', '.join(taken)}; give model, prompts and at_once where they belong"
            )


@dataclass(frozen=True)
class Manners:
    """How a server is treated.

    Attributes
    ----------
    timeout
        Seconds that one request may take.
    tries
        How often a request is sent, if faults that may pass stand in its way.
    first_wait, longest_wait
        Seconds before the second try, and the most before any. Waits double, each shortened at random by
        up to a half. A server that asks for more patience than the longest wait gets no further request.
    per_minute
        Most requests a minute; None for no limit.
    workers
        Requests that are under way at once.
    """

    timeout: float = 60.0
    tries: int = 6
    first_wait: float = 1.0
    longest_wait: float = 60.0
    per_minute: float | None = None
    workers: int = 4

    def __post_init__(self) -> None:
        for name, value in (("timeout", self.timeout), ("per_minute", self.per_minute or 1.0)):
            if not value > 0:
                raise ValueError(f"{name} must be above 0, got {value}")
        if self.tries < 1 or self.workers < 1:
            raise ValueError(f"tries and workers must be at least 1, got {self.tries} and {self.workers}")
        if not 0 <= self.first_wait <= self.longest_wait:
            raise ValueError(f"first_wait must lie in [0, longest_wait], got {self.first_wait} and {self.longest_wait}")

    def pauses(self, rng: np.random.Generator) -> Iterator[float]:
        """Return the seconds to wait between tries, one fewer than there are tries."""
        for retry in range(self.tries - 1):
            yield min(self.first_wait * 2.0**retry, self.longest_wait) * (1 - rng.random() / 2)


@dataclass
class Usage:
    """What was asked for over the network, as far as the server counts it.

    Attributes
    ----------
    requests
        Requests that were answered.
    replayed
        Requests that needed no network, because their answer was kept.
    prompt_tokens, completion_tokens
        Tokens read and written.
    prices
        US dollars for a million tokens read, and for a million written; None if not known.
    """

    requests: int = 0
    replayed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    prices: tuple[float, float] | None = None

    @property
    def cost(self) -> float | None:
        """What the tokens cost, in US dollars; None where prices are not known."""
        if self.prices is None:
            return None
        return (self.prices[0] * self.prompt_tokens + self.prices[1] * self.completion_tokens) / 1e6

    def __str__(self) -> str:
        cost = "" if self.cost is None else f", {self.cost:.4f} US dollars"
        return (
            f"{self.requests} requests, {self.replayed} replayed; "
            f"{self.prompt_tokens} tokens read, {self.completion_tokens} written{cost}"
        )
