"""Servers that misbehave: what may pass is waited out, what may not is told at once, and nothing is lost."""

from __future__ import annotations

import contextlib
import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from moral_games.llm.asking import Manners
from moral_games.llm.remote import ServerModel
from moral_games.llm.scoring import Question
from moral_games.llm.server import Pace, ServerError

KEY = "sk-a-key-that-nobody-may-see"
PROMPTS = tuple(f"Prompt {number}: Cat or Dog?" for number in range(5))
QUESTION = Question(PROMPTS, ("Cat", "Dog"))

Step = Callable[[BaseHTTPRequestHandler], None]


def say(status: int, body: object, **headers: str) -> Step:
    """Answer with a status, a body and headers."""
    text = body if isinstance(body, str) else json.dumps(body)

    def step(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(text.encode()))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return step


def hang(handler: BaseHTTPRequestHandler) -> None:
    """Answer nothing for longer than anybody waits here."""
    time.sleep(1.5)


def dribble(handler: BaseHTTPRequestHandler) -> None:
    """Answer a byte now and then, each soon enough to keep a reader waiting."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(15):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def completion(text: str, listed: dict[str, float] | None = None) -> dict[str, Any]:
    """A chat completion, with the probabilities of its first token where they are given."""
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    if listed is not None:
        top = [{"token": token, "logprob": float(np.log(probability))} for token, probability in listed.items()]
        choice["logprobs"] = {"content": [{"token": text, "logprob": float(np.log(listed[text])), "top_logprobs": top}]}
    return {"choices": [choice], "usage": {"prompt_tokens": 20, "completion_tokens": 1}}


GOOD = say(200, completion("Cat", {"Cat": 0.75, "Dog": 0.25}))


class Scripted(ThreadingHTTPServer):
    """A server that takes one step of a script for each request; the last one again and again."""

    daemon_threads = True

    def __init__(self, *script: Step) -> None:
        self.script, self.seen, self.times = list(script), [], []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Taking)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def model(self, folder: Path, **settings: Any) -> ServerModel:
        """Return a model behind this server that is not patient for long."""
        settings = {"first_wait": 0.01, "tries": 3, "timeout": 10.0, "workers": 1} | settings
        settings |= {"transcripts": folder / "transcripts.sqlite"}
        return mg.llm.load(f"openai:toy@{self.url}", **settings)


class Taking(BaseHTTPRequestHandler):
    server: Scripted

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, asked))
            self.server.times.append(time.monotonic())
            step = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        step(self)

    def handle(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # whoever asked has left
            super().handle()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("MORAL_GAMES_OFFLINE", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def scripted() -> Iterator[Callable[..., Scripted]]:
    servers: list[Scripted] = []

    def start(*script: Step) -> Scripted:
        servers.append(Scripted(*script))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


Start = Callable[..., Scripted]


def time_out(fault: Step) -> float:
    """A short time-out for those who take longer, a long one for the others, however busy the machine is."""
    return 0.5 if fault in (hang, dribble) else 10.0


def test_what_is_sent(scripted: Start, tmp_path: Path) -> None:
    server = scripted(GOOD)
    server.model(tmp_path, seed=7, extra={"top_k": -1, "top_p": None}).read([Question(PROMPTS[:1], QUESTION.labels)])
    ((path, headers, asked),) = server.seen
    assert path == "/v1/chat/completions" and headers["authorization"] == f"Bearer {KEY}"
    assert asked == {
        "model": "toy",
        "messages": [{"role": "user", "content": PROMPTS[0]}],
        "temperature": 1,
        "max_tokens": 16,
        "seed": 7,
        "logprobs": True,
        "top_logprobs": 20,
        "top_k": -1,
    }


@pytest.mark.parametrize(
    "fault",
    [
        say(429, {"error": "slow down"}),
        say(500, "oops"),
        say(503, ""),
        say(500, "oops", Content_Length="5000"),
        say(200, "<html>welcome</html>"),
        say(200, '{"choices": [{"mess'),
        say(200, '{"choices": [{"mess', Content_Length="5000"),
        hang,
        dribble,
    ],
    ids=["429", "500", "503", "half of an error", "not JSON", "half the JSON", "half the body", "hangs", "dribbles"],
)
def test_a_fault_that_passes_is_waited_out(scripted: Start, tmp_path: Path, fault: Step) -> None:
    server = scripted(fault, GOOD)
    model = server.model(tmp_path, timeout=time_out(fault))
    np.testing.assert_allclose(model.probabilities([QUESTION])[0], [[0.75, 0.25]] * 5)
    assert len(server.seen) == 6 and model.usage.requests == 5


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (say(429, "slow down"), "HTTP 429: 'slow down'"),
        (say(500, "oops" * 1000), "HTTP 500: 'oopsoops.*\\.\\.\\.'$"),
        (say(200, "<html>welcome</html>"), "'<html>welcome</html>' is not JSON"),
        (say(200, '{"choices": [{"mess', Content_Length="5000"), "broke off|connection failed"),
        (hang, "nothing came for 0.5 s"),
        (dribble, "did not end within 0.5 s"),
    ],
    ids=["429", "500", "not JSON", "half the body", "hangs", "dribbles"],
)
def test_a_fault_that_stays_is_told_with_the_server_and_what_it_said(
    scripted: Start, tmp_path: Path, fault: Step, said: str
) -> None:
    server = scripted(fault)
    with pytest.raises(ServerError, match=rf"no answer from {server.url} in 2 tries; the last: .*{said}"):
        server.model(tmp_path, tries=2, timeout=time_out(fault)).read([QUESTION])
    assert len(server.seen) == 2


def test_nobody_listens(tmp_path: Path) -> None:
    with Scripted(GOOD) as server:
        url = server.url
    model = mg.llm.load(f"openai:toy@{url}", tries=1, transcripts=tmp_path / "t.sqlite")
    with pytest.raises(ServerError, match=rf"no answer from {url} in 1 try; the last: the connection failed"):
        model.read([QUESTION])


@pytest.mark.parametrize(
    ("status", "advice"),
    [(400, "too long"), (401, "OPENAI_API_KEY"), (403, "HTTP 403"), (404, "is the model's name right")],
)
def test_a_refusal_is_told_at_once(scripted: Start, tmp_path: Path, status: int, advice: str) -> None:
    server = scripted(say(status, {"error": {"message": "too long"}}))
    with pytest.raises(ServerError, match=rf"{server.url} refused with HTTP {status}: .*too long.*{advice}|{advice}"):
        server.model(tmp_path).read([QUESTION])
    assert len(server.seen) == 1


@pytest.mark.parametrize("shape", [[], {"choices": []}, {"error": {"message": "busy"}}, {"choices": [{"text": "Cat"}]}])
def test_another_shape_is_told_at_once(scripted: Start, tmp_path: Path, shape: object) -> None:
    server = scripted(say(200, shape))
    model = server.model(tmp_path)
    with pytest.raises(ServerError, match=rf"{server.url} answered with .*chat completion") as caught:
        model.read([QUESTION])
    assert json.dumps(shape) in str(caught.value)
    assert len(server.seen) == 1 and len(model.transcripts) == 0


def test_retry_after_is_honoured(scripted: Start, tmp_path: Path) -> None:
    server = scripted(say(429, "", Retry_After="1"), GOOD)
    server.model(tmp_path).read([QUESTION])
    assert server.times[1] - server.times[0] > 0.9


def test_a_server_that_asks_for_much_patience_is_left_alone(scripted: Start, tmp_path: Path) -> None:
    server = scripted(say(429, "come back tomorrow", Retry_After="86400"))
    with pytest.raises(ServerError, match="asks for patience of 86400 s, more than longest_wait=60: .*tomorrow"):
        server.model(tmp_path).read([QUESTION])
    assert len(server.seen) == 1


def test_what_was_answered_before_a_fault_is_kept(scripted: Start, tmp_path: Path) -> None:
    server = scripted(GOOD, GOOD, GOOD, say(404, "gone"), GOOD)
    model = server.model(tmp_path)
    with pytest.raises(ServerError, match="gone"):
        model.read([QUESTION])
    assert len(model.transcripts) == 3
    again = server.model(tmp_path)
    again.read([QUESTION])
    assert (again.usage.replayed, again.usage.requests) == (3, 2)


def test_one_failure_stops_all_workers(scripted: Start, tmp_path: Path) -> None:
    """A worker that waits to try again stops waiting: otherwise this test would take ten minutes."""
    server = scripted(say(500, "oops"), say(401, "no"))
    with pytest.raises(ServerError, match="HTTP 401"):
        server.model(tmp_path, workers=2, first_wait=600.0, longest_wait=600.0).read([QUESTION])
    assert len(server.seen) <= 3


def test_a_run_replays_offline(scripted: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = scripted(GOOD)
    found = server.model(tmp_path).probabilities([QUESTION])[0]
    monkeypatch.setenv("MORAL_GAMES_OFFLINE", "1")
    monkeypatch.delenv("OPENAI_API_KEY")
    offline = server.model(tmp_path)
    np.testing.assert_array_equal(offline.probabilities([QUESTION])[0], found)
    assert offline.usage.requests == 0 and offline.usage.replayed == 5 and len(server.seen) == 5
    with pytest.raises(ServerError, match="offline, and no answer of openai:toy@.* to the prompt that begins 'Fish or"):
        offline.read([Question(("Fish or fowl? " * 100,), ("Cat", "Dog"))])
    with pytest.raises(ServerError, match="offline, and no answer"):
        server.model(tmp_path, seed=1).read([QUESTION])
    assert len(server.seen) == 5


def test_the_key_is_nowhere(scripted: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = completion(f"You sent {KEY}")
    server = scripted(say(500, f"your key is {KEY}"), say(200, echo))
    model = server.model(tmp_path, samples=1)
    model.read([QUESTION])
    assert KEY.encode() not in model.transcripts.path.read_bytes() and KEY not in caplog.text
    assert KEY not in repr(vars(model)) and KEY not in repr(model.server)
    server.script[:] = [say(401, f"wrong key {KEY}")]
    with pytest.raises(ServerError, match=r"wrong key \[key\]") as caught:
        server.model(tmp_path, seed=1).read([QUESTION])
    assert caught.value.__suppress_context__ and KEY not in str(caught.value)


def test_tokens_and_cost_are_counted_once(scripted: Start, tmp_path: Path) -> None:
    server = scripted(GOOD)
    model = server.model(tmp_path, prices=(0.5, 10.0))
    model.read([QUESTION, QUESTION])
    assert (model.usage.requests, model.usage.prompt_tokens, model.usage.completion_tokens) == (5, 100, 5)
    assert model.usage.cost == pytest.approx(1e-4)
    assert str(model.usage) == "5 requests, 0 replayed; 100 tokens read, 5 written, 0.0001 US dollars"
    model.read([QUESTION])
    assert model.usage.cost == pytest.approx(1e-4) and model.usage.replayed == 5


def test_without_prices_there_is_no_cost(scripted: Start, tmp_path: Path) -> None:
    server = scripted(say(200, completion("Cat") | {"usage": {"prompt_tokens": "many"}}))
    model = server.model(tmp_path, samples=1)
    model.read([QUESTION])
    assert model.usage.cost is None and model.usage.prompt_tokens == 0


def test_requests_are_spaced() -> None:
    pace = Pace(per_minute=0.1)
    np.testing.assert_allclose([pace.turn() for _ in range(4)], [0.0, 600.0, 1200.0, 1800.0], atol=60.0)
    pace.hold(86400.0)
    np.testing.assert_allclose([pace.turn() for _ in range(2)], [86400.0, 87000.0], atol=60.0)


def test_pauses_double_and_are_drawn() -> None:
    manners = Manners(tries=8, first_wait=1.0, longest_wait=20.0)
    one, same, other = (list(manners.pauses(np.random.default_rng(seed))) for seed in (0, 0, 1))
    assert one == same != other and len(one) == 7
    most = np.minimum(2.0 ** np.arange(7), 20.0)
    assert (one <= most).all() and (one >= most / 2).all()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ({"timeout": 0}, "timeout must be above 0"),
        ({"per_minute": -1}, "per_minute must be above 0"),
        ({"tries": 0}, "tries and workers must be at least 1"),
        ({"first_wait": 5, "longest_wait": 1}, r"first_wait must lie in \[0, longest_wait\]"),
        ({"samples": 0}, "samples must be at least 1"),
        ({"tolerance": 1.0}, r"tolerance must lie in \[0, 1\)"),
        ({"extra": {"stream": True}}, "extra may not hold stream"),
        ({"sample": 3}, "unknown setting of a model behind a server 'sample'. Did you mean 'samples'"),
    ],
)
def test_settings_that_make_no_sense(setting: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mg.llm.load("openai:toy@http://localhost:1/v1", **setting)
