"""The wire to a server that speaks OpenAI's chat format: patience, retries and counting; nothing about games."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any

import numpy as np

from moral_games.llm.asking import Manners

KEY = "OPENAI_API_KEY"
RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""HTTP statuses after which the same request may well succeed."""

MOST_BYTES = 64_000_000
SHOWN = 300
SECRET = 8
"""A key of at least so many characters is taken to be a secret, and cut out of everything that comes back."""


class ServerError(ConnectionError):
    """A server did not give what was asked of it; the message says which, what it said, and what to do."""


class Refused(ServerError):
    """The server will not answer this request, however often it is asked.

    Parameters
    ----------
    message
        What to tell the user.
    status
        The HTTP status.
    said
        What the server said.
    """

    def __init__(self, message: str, status: int, said: str) -> None:
        super().__init__(message)
        self.status, self.said = status, said


class _Passing(Exception):
    """A fault that may pass; `wait` is for how many seconds the server asks for patience."""

    def __init__(self, fault: str, wait: float = 0.0) -> None:
        super().__init__(fault)
        self.wait = wait


class Pace:
    """When requests may be sent: evenly spaced, and none while the server has asked for patience.

    Parameters
    ----------
    per_minute
        Most requests a minute; None for no limit.
    """

    def __init__(self, per_minute: float | None = None) -> None:
        self._spacing = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def turn(self) -> float:
        """Take the next turn; return in how many seconds it is."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._spacing
        return turn - now

    def hold(self, seconds: float) -> None:
        """Give no turn for so many seconds."""
        with self._lock:
            self._next = max(self._next, time.monotonic() + seconds)


class Server:
    """A server at an address, asked with manners.

    Parameters
    ----------
    base_url
        Where it is, e.g. ``"http://localhost:8000/v1"``; None for the default of the client, which the
        environment variable OPENAI_BASE_URL may change.
    manners
        How it is treated.
    """

    def __init__(self, base_url: str | None = None, manners: Manners | None = None) -> None:
        self._given = base_url
        self.manners = manners or Manners()
        self._pace = Pace(self.manners.per_minute)

    def __repr__(self) -> str:
        return f"Server({self.base_url!r})"

    @cached_property
    def base_url(self) -> str:
        """Where the server is, without a slash at the end."""
        return (self._given or str(self._client.base_url)).rstrip("/")

    @cached_property
    def _client(self) -> Any:
        try:
            from openai import OpenAI
        except ImportError:
            raise ValueError(
                "models behind a server need the package openai; install it with: pip install 'moral-games[openai]'"
            ) from None
        key = os.environ.get(KEY) or "none"
        return OpenAI(api_key=key, base_url=self._given, timeout=self.manners.timeout, max_retries=0)

    def post(self, request: Mapping[str, Any], rng: np.random.Generator, halt: threading.Event) -> Any:
        """Send one request for a chat completion, again if need be; return the response's JSON.

        Parameters
        ----------
        request
            The request's fields.
        rng
            Draws how long is waited between two tries.
        halt
            Once it is set, nothing is waited for or sent any more.

        Raises
        ------
        Refused
            If the server refuses the request.
        ServerError
            If it gave no answer in all tries.
        """
        if self._given is None and "OPENAI_BASE_URL" not in os.environ and not os.environ.get(KEY):
            raise Refused(f"{self.base_url} needs a key; put it in the environment variable {KEY}", 401, "")
        pauses = self.manners.pauses(rng)
        while True:
            if halt.wait(self._pace.turn()):
                raise ServerError(f"asking {self.base_url} was stopped")
            try:
                return self._once(request)
            except _Passing as fault:
                halt.wait(self._pause(fault, pauses))

    def _pause(self, fault: _Passing, pauses: Iterator[float]) -> float:
        """Return for how long to pause after a fault; raise a `ServerError` if there is no point in waiting."""
        most = self.manners.longest_wait
        pause = next(pauses, None)
        if pause is None:
            tries = f"{self.manners.tries} tries" if self.manners.tries > 1 else "1 try"
            raise ServerError(f"no answer from {self.base_url} in {tries}; the last: {fault}") from None
        if fault.wait > most:
            raise ServerError(
                f"{self.base_url} asks for patience of {fault.wait:.0f} s, more than longest_wait={most:g}: {fault}"
            ) from None
        self._pace.hold(fault.wait)
        return pause

    def _once(self, request: Mapping[str, Any]) -> Any:
        """Send a request once."""
        create = self._client.chat.completions.with_streaming_response.create  # says what to install, if need be
        from openai import APIConnectionError, APIStatusError, APITimeoutError

        fields = {name: value for name, value in request.items() if name not in ("model", "messages")}
        try:
            with create(model=request["model"], messages=request["messages"], extra_body=fields) as response:
                text = _clean(_whole(response.iter_bytes(), self.manners.timeout))
        except APIStatusError as error:
            raise self._fault(error.status_code, _clean(error.response.text), error.response.headers) from None
        except APITimeoutError:
            raise _Passing(f"nothing came for {self.manners.timeout:g} s") from None
        except APIConnectionError as error:
            raise _Passing(f"the connection failed ({_clean(str(error.__cause__ or error))})") from None
        except _Passing:
            raise
        except Exception as error:  # of whichever HTTP library this version of the client reads with
            raise _Passing(f"the answer broke off ({type(error).__name__}: {_clean(str(error))})") from None
        try:
            return json.loads(text)
        except ValueError:
            raise _Passing(f"{_shown(text)} is not JSON") from None

    def _fault(self, status: int, said: str, headers: Mapping[str, str]) -> Exception:
        """Return the error for an HTTP status."""
        told = f"HTTP {status}: {_shown(said)}"
        if status in RETRIED:
            return _Passing(told, patience(headers.get("retry-after", ""), datetime.now(UTC)))
        advice = {
            401: f"; put a valid key in the environment variable {KEY}",
            404: "; is the model's name right, and does the base URL end as the server's manual says, often in /v1?",
        }
        return Refused(f"{self.base_url} refused with {told}{advice.get(status, '')}", status, said)


def patience(header: str, now: datetime) -> float:
    """Return for how many seconds a Retry-After header asks for patience.

    Parameters
    ----------
    header
        A number of seconds, or a date (RFC 9110, section 10.2.3). What is neither counts as 0.
    now
        The time.

    Examples
    --------
    >>> patience("3", datetime.now(UTC))
    3.0
    >>> patience("Wed, 21 Oct 2026 07:28:00 GMT", datetime(2026, 10, 21, 7, 27, tzinfo=UTC))
    60.0
    """
    for read in (float, lambda date: (parsedate_to_datetime(date) - now).total_seconds()):
        try:
            seconds = read(header)
        except (TypeError, ValueError):
            continue
        return max(0.0, seconds) if np.isfinite(seconds) else 0.0
    return 0.0


def _whole(chunks: Iterable[bytes], seconds: float) -> str:
    """Return a response's text, unless it takes too long or is far too large."""
    end, size = time.monotonic() + seconds, 0
    parts: list[bytes] = []
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if time.monotonic() > end:
            raise _Passing(f"the answer did not end within {seconds:g} s; its beginning: {_shown(_text(parts))}")
        if size > MOST_BYTES:
            raise _Passing(f"the answer has more than {MOST_BYTES / 1e6:.0f} MB; its beginning: {_shown(_text(parts))}")
    return _text(parts)


def _text(parts: list[bytes]) -> str:
    return b"".join(parts).decode("utf-8", errors="replace")


def _shown(text: str) -> str:
    """Return the beginning of what a server said."""
    return repr(text[:SHOWN] + ("..." if len(text) > SHOWN else ""))


def _clean(text: str) -> str:
    """Return a text without the key."""
    key = os.environ.get(KEY, "")
    return text.replace(key, "[key]") if len(key) >= SECRET else text
