"""A language model behind a server, as a model like any other: asked once a prompt, and never twice."""

from __future__ import annotations

import json
import logging
import os
import re
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from moral_games.llm.asking import Asking, Manners, Usage
from moral_games.llm.readings import Reading, Reply, read, replies, settled
from moral_games.llm.server import Refused, Server, ServerError
from moral_games.llm.transcripts import Transcripts, key
from moral_games.names import unknown

if TYPE_CHECKING:
    from moral_games.llm.policy import Question

ROUNDS = (1, 8)
"""After how many requests for a prompt it is looked whether log-probabilities settle it."""

log = logging.getLogger(__name__)

OFFLINE = "MORAL_GAMES_OFFLINE"
"""Environment variable: unless it is empty or 0, no server is asked."""


class ServerModel:
    """A model behind a server that speaks OpenAI's chat format.

    Parameters
    ----------
    model
        What the server calls it.
    base_url
        Where the server is; None for the client's default. A key is read from OPENAI_API_KEY only.
    asking
        What is asked.
    manners
        How the server is treated.
    prices
        US dollars for a million tokens read, and for a million written.
    transcripts
        Where answers are kept; by default in the cache folder.
    offline
        Answer from what is kept only. By default as the environment variable MORAL_GAMES_OFFLINE says.

    Attributes
    ----------
    name
        ``openai:MODEL@BASE_URL``.
    usage
        What it took so far.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        asking: Asking | None = None,
        manners: Manners | None = None,
        prices: tuple[float, float] | None = None,
        transcripts: str | Path | None = None,
        offline: bool | None = None,
    ) -> None:
        self.server = Server(base_url, manners)
        check_url(self.server.base_url)
        self.model = model
        self.asking = asking or Asking()
        self.transcripts = Transcripts(transcripts)
        self.offline = os.environ.get(OFFLINE, "0") not in ("", "0") if offline is None else offline
        self.usage = Usage(prices=prices)
        self.name = f"openai:{model}@{self.server.base_url}"
        self._tells_probabilities = self.asking.top_logprobs > 0
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"ServerModel({self.name!r})"

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        """Return the probability of every label after every prompt; one array (S, A) a question."""
        return [reading.probabilities for reading in self.read(questions)]

    def read(self, questions: Sequence[Question]) -> list[Reading]:
        """Return what the model answers, and how well that is known.

        Each distinct prompt is asked once, with log-probabilities. Where these do not settle how
        probable the labels are, more answers are drawn, whose log-probabilities tell about other
        beginnings of answers; where counting the answers then says more, they are counted.

        Raises
        ------
        ServerError
            If the server cannot be asked, or, offline, an answer is missing. Every answer that came
            before is kept, so that asking again continues.
        """
        tolerance, most = self.asking.tolerance, -(-self.asking.samples // self.asking.at_once)
        given: dict[str, list[Reply]] = {prompt: [] for question in questions for prompt in question.prompts}
        for begin, end in pairwise((0, *(count for count in ROUNDS if count < most), most)):
            unsettled = dict.fromkeys(
                prompt
                for question in questions
                for prompt in question.prompts
                if not settled(given[prompt], question.labels, tolerance)
            )
            for prompt, found in self._ask([(p, number) for p in unsettled for number in range(begin, end)]):
                given[prompt] += found
        return [
            Reading(tuple(read(given[prompt], question.labels, tolerance) for prompt in question.prompts))
            for question in questions
        ]

    def answer(self, prompt: str, tokens: int = 16) -> str:
        """Return the most probable answer to a prompt, up to a number of tokens.

        Raises
        ------
        ServerError
            If the server cannot be asked, or, offline, the answer is missing.
        """
        request = self._request(prompt, {"temperature": 0, "max_tokens": tokens, "seed": self.asking.seed})
        return self._answered(request, threading.Event())[0].text

    def _request(self, prompt: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
        """Return a request's fields; what `Asking.extra` says comes last."""
        asked = {"model": self.model, "messages": [{"role": "user", "content": prompt}], **chosen, **self.asking.extra}
        return {name: value for name, value in asked.items() if value is not None}

    def _draw(self, prompt: str, number: int) -> dict[str, Any]:
        """Return the request of that number for answers to a prompt."""
        asking = self.asking
        return self._request(
            prompt,
            {
                "temperature": 1,
                "top_p": 1,
                "max_tokens": asking.answer_tokens,
                "seed": asking.seed + number * asking.at_once,
                "n": asking.at_once if asking.at_once > 1 else None,
                "logprobs": True if asking.top_logprobs else None,
                "top_logprobs": asking.top_logprobs or None,
            },
        )

    def _ask(self, wanted: Sequence[tuple[str, int]]) -> list[tuple[str, list[Reply]]]:
        """Return prompts with what is answered to a request of that number; several are under way at once."""
        halt = threading.Event()
        failures: list[Exception] = []

        def ask(one: tuple[str, int]) -> list[Reply]:
            try:
                return self._answered(self._draw(*one), halt)
            except Exception as failure:
                failures.append(failure)  # before the others stop, which then fail as well
                halt.set()
                raise

        pool = ThreadPoolExecutor(self.server.manners.workers)
        try:
            asked = [pool.submit(ask, one) for one in wanted]
            wait(asked, return_when=FIRST_EXCEPTION)
            if failures:
                raise failures[0]
            return [(prompt, answers.result()) for (prompt, _), answers in zip(wanted, asked, strict=True)]
        finally:
            halt.set()
            pool.shutdown(cancel_futures=True)

    def _answered(self, request: dict[str, Any], halt: threading.Event) -> list[Reply]:
        """Return the answers to a request: those that are kept, else those that the server gives."""
        asked = {"base_url": self.server.base_url, **request}
        kept = self.transcripts.find(asked)
        if kept is not None:
            with self._lock:
                self.usage.replayed += 1
            return replies(json.loads(kept))
        if self.offline:
            settings = {name: value for name, value in request.items() if name not in ("model", "messages")}
            raise ServerError(
                f"offline, and no answer of {self.name} is kept in {self.transcripts.path} to the prompt that begins "
                f"{request['messages'][0]['content'][:80]!r}, asked with {settings}"
            )
        answer = self._post(request, np.random.default_rng(int(key(asked)[:16], 16)), halt)
        self._count(answer)
        self._check(answer, request)
        return replies(json.loads(self.transcripts.keep(asked, json.dumps(answer, ensure_ascii=False))))

    def _post(self, request: dict[str, Any], rng: np.random.Generator, halt: threading.Event) -> Any:
        """Ask the server, without log-probabilities if it refuses to tell them."""
        plain = {name: value for name, value in request.items() if name not in ("logprobs", "top_logprobs")}
        if self._tells_probabilities:
            try:
                return self.server.post(request, rng, halt)
            except Refused as refusal:
                if "logprob" not in refusal.said.lower():
                    raise
                self._tells_probabilities = False
                log.warning("%s tells no log-probabilities, so answers are counted: %s", self.name, refusal)
        return self.server.post(plain, rng, halt)

    def _check(self, answer: Any, request: Mapping[str, Any]) -> None:
        """Refuse what is no answer to the request."""
        try:
            found = replies(answer)
        except ValueError as error:
            said = json.dumps(answer, ensure_ascii=False)[:300]
            raise ServerError(f"{self.server.base_url} answered with {error}: {said}") from None
        if len(found) != request.get("n", 1):
            raise ServerError(
                f"{self.server.base_url} was asked for {request.get('n', 1)} answers at once and gave {len(found)}; "
                "ask with at_once=1"
            )

    def _count(self, answer: Any) -> None:
        told = answer.get("usage") if isinstance(answer, dict) else None
        told = told if isinstance(told, dict) else {}
        read, written = (told.get(name) for name in ("prompt_tokens", "completion_tokens"))
        with self._lock:
            self.usage.requests += 1
            self.usage.prompt_tokens += read if isinstance(read, int) else 0
            self.usage.completion_tokens += written if isinstance(written, int) else 0


def connect(where: str, **settings: Any) -> ServerModel:
    """Return the model that ``openai:`` with ``MODEL`` or ``MODEL@BASE_URL`` after it names.

    Parameters
    ----------
    where
        What follows ``openai:``.
    **settings
        Fields of `Asking` and of `Manners`, and parameters of `ServerModel`.

    Raises
    ------
    ValueError
        If no model is named, the address is none, or a setting does not exist.
    """
    found = re.fullmatch(r"(?P<model>(?:(?!@\w+://)\S)+)(?:@(?P<url>\w+://\S*))?", where)
    if not found or re.search(r".@[^@]*[:/]", found["model"]):  # an address without http:// is no model's name
        raise ValueError(
            f"cannot read 'openai:{where}'; write openai:MODEL, or openai:MODEL@BASE_URL as in "
            "'openai:my-model@http://localhost:8000/v1'"
        )
    asking, manners = ({one.name for one in fields(kind)} for kind in (Asking, Manners))
    own = {"prices", "transcripts", "offline"}
    for name in settings.keys() - asking - manners - own:
        raise unknown("setting of a model behind a server", name, asking | manners | own)
    return ServerModel(
        found["model"],
        found["url"],
        Asking(**{name: settings[name] for name in settings.keys() & asking}),
        Manners(**{name: settings[name] for name in settings.keys() & manners}),
        **{name: settings[name] for name in settings.keys() & own},
    )


def check_url(base_url: str) -> None:
    """Refuse an address that is none, or that holds a secret: it becomes part of names and of what is kept.

    Raises
    ------
    ValueError
        If it is not http or https with a host, or has a user, a password, a query or a fragment.
    """
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"a base URL begins with http:// or https:// and a host, got {base_url!r}")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError(
            f"the base URL of {parts.hostname} must have no user, password, query or fragment; "
            "the key belongs in the environment variable OPENAI_API_KEY"
        )
