"""A model behind a real server answers as it does in this process: by log-probabilities, and counted."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import LLMPolicy, TextModel
from moral_games.llm.engine import answer_score
from moral_games.llm.finetuning import finetune
from moral_games.llm.models import load as load_weights
from moral_games.llm.options import Finetune
from moral_games.llm.policy import question
from moral_games.llm.readings import LOG_PROBABILITIES, SAMPLES
from moral_games.llm.remote import ServerModel
from moral_games.llm.scoring import Question, label_tokens
from moral_games.llm.server import ServerError
from moral_games.text import prompts

IPD = mg.games.get("ipd")
ONE_TOKEN, TWO_TOKENS = mg.Presentation(("Cat", "Dog")), mg.Presentation(("action3", "action4"))


@pytest.fixture(scope="module")
def talker(tiny_model: TextModel, tmp_path_factory: pytest.TempPathFactory) -> TextModel:
    """The tiny model with an output layer of its own, which makes it say the labels of this file often."""
    from transformers import GenerationConfig, LlamaForCausalLM

    told = [
        (prompt, label) for told in (ONE_TOKEN, TWO_TOKENS) for prompt in prompts(IPD, told) for label in told.labels
    ]
    begun = {tuple(tiny_model.encode(*text)[:-1]) for text in told}  # all that a label's last token may follow
    with torch.no_grad():
        ends = torch.stack([tiny_model.model.model(torch.tensor([text])).last_hidden_state[0, -1] for text in begun])
    model = LlamaForCausalLM(type(tiny_model.model.config)(**tiny_model.model.config.to_dict()))
    model.load_state_dict(tiny_model.model.state_dict())
    model.config.tie_word_embeddings = False
    weight = tiny_model.model.lm_head.weight.detach().clone()
    towards = ends.mean(dim=0) / ends.mean(dim=0).square().sum()
    labels = (*ONE_TOKEN.labels, *TWO_TOKENS.labels)
    weight[sorted({token for label in labels for token in label_tokens(tiny_model, "?", label)})] += 15.0 * towards
    model.lm_head.weight = torch.nn.Parameter(weight)
    model.generation_config = GenerationConfig(do_sample=True, top_k=0)
    folder = tmp_path_factory.mktemp("models") / "talker"
    model.save_pretrained(folder)
    tiny_model.tokenizer.save_pretrained(folder)
    return load_weights(str(folder), device="cpu", dtype=torch.float32)


class ModelServer(ThreadingHTTPServer):
    """OpenAI's chat format on loopback, answered by a real model with real log-probabilities.

    ``refuses`` holds the fields that it answers with HTTP 400, ``ignores`` those that it does not heed.
    """

    daemon_threads = True

    def __init__(self, model: TextModel, refuses: set[str], ignores: set[str]) -> None:
        self.model, self.refuses, self.ignores = model, refuses, ignores
        self.requests = 0
        self.scored: dict[tuple[int, ...], np.ndarray] = {}
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Speaking)

    def scores(self, text: list[int]) -> np.ndarray:
        """Return the log-probability of every token after a text."""
        if tuple(text) not in self.scored:
            with torch.no_grad():
                logits = self.model.model(torch.tensor([text]), logits_to_keep=1).logits[0, -1]
            self.scored[tuple(text)] = torch.log_softmax(logits.double(), dim=-1).numpy()
        return self.scored[tuple(text)]

    def connect(self, folder: Path, **settings: Any) -> ServerModel:
        return mg.llm.load(
            f"openai:talker@http://127.0.0.1:{self.server_port}/v1", transcripts=folder / "t.sqlite", **settings
        )


class Speaking(BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        refused = sorted(self.server.refuses & set(asked))
        asked = {name: value for name, value in asked.items() if name not in self.server.ignores}
        with self.server.lock:
            self.server.requests += 1
            answer = {"error": f"{refused[0]} is not supported"} if refused else self.completion(asked)
        body = json.dumps(answer).encode()
        self.send_response(400 if refused else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def completion(self, asked: dict[str, Any]) -> dict[str, Any]:
        rng = np.random.default_rng(asked["seed"])
        text = self.server.model.encode(asked["messages"][0]["content"])
        return {"choices": [self.choice(asked, list(text), rng) for _ in range(asked.get("n", 1))]}

    def choice(self, asked: dict[str, Any], text: list[int], rng: np.random.Generator) -> dict[str, Any]:
        model, begun, steps = self.server.model, len(text), []
        for _ in range(asked["max_tokens"]):
            scores = self.server.scores(text)
            drawn = rng.choice(len(scores), p=np.exp(scores)) if asked["temperature"] else scores.argmax()
            if drawn == model.tokenizer.eos_token_id:
                break
            listed = scores.argsort()[::-1][: asked.get("top_logprobs", 0)]
            top = [{"token": model.tokenizer.decode([token]), "logprob": scores[token]} for token in listed]
            token = model.tokenizer.decode([drawn])
            steps.append({"token": token, "logprob": scores[drawn], "top_logprobs": top})
            text.append(int(drawn))
        content = model.tokenizer.decode(text[begun:], skip_special_tokens=True)
        return {
            "message": {"role": "assistant", "content": content},
            "logprobs": {"content": steps} if asked.get("logprobs") else None,
        }

    def log_message(self, format: str, *args: object) -> None:
        pass


Serve = Callable[..., ModelServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[ModelServer] = []

    def start(model: TextModel, refuses: set[str] = frozenset(), ignores: set[str] = frozenset()) -> ModelServer:
        servers.append(ModelServer(model, set(refuses), set(ignores)))
        threading.Thread(target=servers[-1].serve_forever, args=(0.01,), daemon=True).start()
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in ("MORAL_GAMES_OFFLINE", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("told", [ONE_TOKEN, TWO_TOKENS], ids=str)
def test_log_probabilities_give_the_table_of_the_model_itself(
    talker: TextModel, serve: Serve, tmp_path: Path, told: mg.Presentation
) -> None:
    expected = LLMPolicy(talker, told).table(IPD).probabilities
    assert expected.sum(axis=1).min() > 0.01, "the labels are said at all"
    server = serve(talker)
    (reading,) = server.connect(tmp_path, answer_tokens=2).read([question(IPD, told)])
    assert {row.method for row in reading.rows} == {LOG_PROBABILITIES}
    unknown = np.stack([row.unknown for row in reading.rows])
    assert unknown.max() <= 0.01
    assert (reading.probabilities <= expected * 1.001).all()
    assert (expected <= (reading.probabilities + unknown) * 1.001).all()
    if told == ONE_TOKEN:
        assert server.requests == 5, "one request a state"
        np.testing.assert_allclose(reading.probabilities, expected, rtol=1e-3)


def test_what_the_model_hardly_ever_says_is_within_the_bounds(
    tiny_model: TextModel, serve: Serve, tmp_path: Path
) -> None:
    expected = LLMPolicy(tiny_model, ONE_TOKEN).table(IPD).probabilities
    (reading,) = serve(tiny_model).connect(tmp_path, answer_tokens=1).read([question(IPD, ONE_TOKEN)])
    assert not reading.probabilities.any() and {row.method for row in reading.rows} == {LOG_PROBABILITIES}
    assert (expected <= [row.unknown for row in reading.rows]).all()


def test_counted_answers_agree_within_their_error(talker: TextModel, serve: Serve, tmp_path: Path) -> None:
    server = serve(talker, ignores={"logprobs"})
    (reading,) = server.connect(tmp_path, answer_tokens=1, samples=40).read([question(IPD, ONE_TOKEN)])
    assert {(row.method, row.samples) for row in reading.rows} == {(SAMPLES, 40)} and server.requests == 200
    expected = LLMPolicy(talker, ONE_TOKEN).table(IPD).probabilities
    error = np.stack([row.standard_error for row in reading.rows])
    assert (np.abs(reading.probabilities - expected) < 4 * error).all() and error.max() < 0.08
    assert all(sum(row.illegal.values()) == round(40 * (1 - row.probabilities.sum())) for row in reading.rows)


def test_a_server_that_refuses_log_probabilities_is_counted_and_replays(
    talker: TextModel, serve: Serve, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve(talker, refuses={"logprobs"})
    settings = {"answer_tokens": 1, "samples": 10, "workers": 1}
    (reading,) = server.connect(tmp_path, **settings).read([question(IPD, ONE_TOKEN)])
    assert {row.method for row in reading.rows} == {SAMPLES} and server.requests == 51, "refused once"
    assert "tells no log-probabilities, so answers are counted: " in caplog.text
    again = server.connect(tmp_path, offline=True, **settings)
    np.testing.assert_array_equal(again.probabilities([question(IPD, ONE_TOKEN)])[0], reading.probabilities)
    assert server.requests == 51 and again.usage.replayed == 50


def test_several_answers_in_one_request(talker: TextModel, serve: Serve, tmp_path: Path) -> None:
    server = serve(talker, ignores={"logprobs"})
    (reading,) = server.connect(tmp_path, answer_tokens=1, samples=20, at_once=8).read([question(IPD, ONE_TOKEN)])
    assert {row.samples for row in reading.rows} == {24} and server.requests == 15
    knows_no_n = serve(talker, ignores={"n"})
    with pytest.raises(ServerError, match="was asked for 8 answers at once and gave 1; ask with at_once=1"):
        knows_no_n.connect(tmp_path, answer_tokens=1, at_once=8).read([question(IPD, ONE_TOKEN)])


def test_the_same_seed_draws_the_same_answers(talker: TextModel, serve: Serve, tmp_path: Path) -> None:
    server, asked = serve(talker, ignores={"logprobs"}), [Question(prompts(IPD, ONE_TOKEN)[:1], ONE_TOKEN.names)]

    def drawn(folder: str, seed: int, workers: int) -> np.ndarray:
        model = server.connect(tmp_path / folder, answer_tokens=1, samples=12, seed=seed, workers=workers)
        return model.probabilities(asked)[0]

    one = drawn("one", 0, 1)
    np.testing.assert_array_equal(drawn("same", 0, 4), one)
    assert (drawn("other", 100, 4) != one).any()


def test_it_is_a_player_like_any_other(talker: TextModel, serve: Serve, tmp_path: Path) -> None:
    model = serve(talker).connect(tmp_path, answer_tokens=1)
    policy = LLMPolicy(model, ONE_TOKEN).table(IPD)
    found, expected = (
        mg.evaluate(table, "tit_for_tat", IPD, "deontological + illegal(penalty=6)")
        for table in (policy, LLMPolicy(talker, ONE_TOKEN).table(IPD))
    )
    assert policy.name == model.name and found.moral_regret == pytest.approx(expected.moral_regret, abs=1e-3)
    prompt = prompts(IPD, ONE_TOKEN)[0]
    assert model.answer(prompt, tokens=3) == talker.answer(prompt, tokens=3)


@pytest.mark.slow
def test_transformers_serve(talker: TextModel, tmp_path: Path) -> None:
    """The server that transformers brings tells no log-probabilities: its answers are counted."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", talker.name, "--port", str(port)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--device", "cpu", "--dtype", "float32"],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait_for(port, server, tmp_path / "log")
        name = f"openai:{talker.name}@http://127.0.0.1:{port}/v1"
        model = mg.llm.load(name, answer_tokens=1, samples=60, workers=2, transcripts=tmp_path / "t.sqlite")
        (reading,) = model.read([question(IPD, ONE_TOKEN)])
        assert {(row.method, row.samples) for row in reading.rows} == {(SAMPLES, 60)}
        expected = LLMPolicy(talker, ONE_TOKEN).table(IPD).probabilities
        error = np.stack([row.standard_error for row in reading.rows])
        assert (np.abs(reading.probabilities - expected) < 4 * error).all()
        assert model.usage.requests == 300 and model.usage.completion_tokens == 300
        with pytest.raises(ServerError, match="refused with HTTP 400: .*pinned"):
            mg.llm.load(f"openai:other@http://127.0.0.1:{port}/v1", transcripts=tmp_path / "t.sqlite").answer("Hello?")
    finally:
        server.kill()
        server.wait()


def _wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(1200):
        assert server.poll() is None, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail(log.read_text())


def test_names_say_where_a_model_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert mg.llm.load("openai:owner/model:tag@https://host.example/v1/").name == (
        "openai:owner/model:tag@https://host.example/v1"
    )
    assert mg.llm.load("openai:@cf/owner/model@http://[::1]:8000/v1").model == "@cf/owner/model"
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    assert mg.llm.load("openai:model").name == "openai:model@http://127.0.0.1:9/v1"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("openai:", "write openai:MODEL, or openai:MODEL@BASE_URL"),
        ("openai:@http://localhost/v1", "write openai:MODEL"),
        ("openai:two words", "write openai:MODEL"),
        ("openai:model@localhost:8000/v1", "write openai:MODEL"),
        ("openai:model@ftp://localhost/v1", "begins with http:// or https://"),
        ("openai:model@http:///v1", "begins with http:// or https:// and a host"),
        ("openai:model@https://me:secret@host/v1", "must have no user, password"),
        ("openai:model@https://host/v1?key=secret", "must have no user, password, query"),
        ("vllm:owner/model", "needs vLLM, which is not installed"),
        ("openai", "unknown model 'openai'"),
    ],
)
def test_names_that_lead_nowhere(name: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as caught:
        mg.llm.load(name)
    assert "secret" not in str(caught.value)


def test_a_secret_in_the_environment_s_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:secret@host.example/v1")
    with pytest.raises(ValueError, match="base URL of host.example must have no user, password"):
        mg.llm.load("openai:model")


def test_without_a_key_nothing_is_sent_to_where_one_is_needed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    model = mg.llm.load("openai:model", transcripts=tmp_path / "t.sqlite")
    with pytest.raises(ServerError, match="needs a key; put it in the environment variable OPENAI_API_KEY"):
        model.answer("Hello?")
    assert "HTTP" not in caplog.text


def test_without_the_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    model = mg.llm.load("openai:model@http://127.0.0.1:9/v1", transcripts=tmp_path / "t.sqlite")
    with pytest.raises(ValueError, match=r"pip install 'moral-games\[openai\]'"):
        model.answer("Hello?")


@pytest.mark.parametrize("name", ["openai:model@http://127.0.0.1:9/v1", "vllm:owner/model"])
def test_only_weights_in_this_process_can_be_trained(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=f"model '{name}' has no weights in this process.* judged but not trained"):
        finetune(Finetune(folder=tmp_path, model=name))
    assert not list(tmp_path.iterdir())


def test_an_engine_s_scores_are_summed_along_the_label() -> None:
    class Scored:
        def __init__(self, logprob: float) -> None:
            self.logprob = logprob

    listed = [None, {5: Scored(-9.0)}, {7: Scored(-0.5), 1: Scored(-0.1)}, {8: Scored(-0.25)}]
    assert answer_score(listed, prompt=[4, 5], label=[7, 8]) == -0.75
