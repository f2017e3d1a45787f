"""The explorer answers this machine alone, and its pages load nothing from elsewhere."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from nicegui.testing import User
from visiting import REPORT, visit

from moral_games.explorer import server
from moral_games.explorer.guard import HOST, NOWHERE_ELSE, REPORT_ALONE, LoopbackOnly


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


def answer(headers: dict[str, str], kind: str = "http") -> list[dict[str, Any]]:
    """Return what is sent back to a request with these headers."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "headers": [(key.encode(), entry.encode()) for key, entry in headers.items()]}
    asyncio.run(LoopbackOnly(hello, 8080)(scope, None, send))  # type: ignore[arg-type]
    return sent


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080"])
def test_this_machine_is_answered(host: str) -> None:
    for headers in ({"host": host}, {"host": host, "origin": f"http://{host}"}):
        start, body = answer(headers)
        assert body["body"] == b"hello"
        assert (b"content-security-policy", NOWHERE_ELSE.encode()) in start["headers"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "evil.example:8080"},
        {"host": "127.0.0.1:9090"},
        {"host": "127.0.0.1:8080", "origin": "http://evil.example"},
        {"host": "127.0.0.1:8080", "origin": "null"},
        {"host": "127.0.0.1:8080", "origin": "https://127.0.0.1:8080"},
    ],
)
def test_other_names_and_other_sites_are_refused(headers: dict[str, str]) -> None:
    assert answer(headers)[0]["status"] == 403
    assert answer(headers, "websocket") == [{"type": "websocket.close", "code": 1008}]


def test_a_report_is_sent_as_something_that_can_do_nothing(folder: Path) -> None:
    (folder.parent / "report.html").write_text("secret")

    answers: dict[str, httpx.Response] = {}

    async def asking(user: User) -> None:
        for path in ("kind", "other", "..", "%2e%2e", "kind/..%2f..", "sweep%2f..%2fkind", "/etc", "<b>"):
            answers[path] = await user.http_client.get(f"/runs/{path}/report.html")

    visit(folder, asking)
    report = answers.pop("kind")
    assert report.text == REPORT and report.headers["content-security-policy"] == REPORT_ALONE
    assert "sandbox" in REPORT_ALONE and "script-src" not in REPORT_ALONE
    for path, refused in answers.items():
        assert refused.status_code == 404 and "secret" not in refused.text and "<b>" not in refused.text, path


def test_a_port_of_ones_own_that_is_taken_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        with pytest.raises(ValueError, match=r"port \d+ is in use or not allowed; choose another --port, or leave it"):
            server.listening(taken.getsockname()[1])
    for port in (0, -1, 65536):
        with pytest.raises(ValueError, match="from 1 to 65535"):
            server.listening(port)


def test_without_a_port_the_next_free_one_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        monkeypatch.setattr(server, "PORT", taken.getsockname()[1])
        with server.listening(None) as found:
            host, port = found.getsockname()
            assert host == "127.0.0.1" and server.PORT < port < server.PORT + server.PORTS_TRIED
        monkeypatch.setattr(server, "PORTS_TRIED", 1)
        with pytest.raises(ValueError, match="are all in use; choose another with --port"):
            server.listening(None)
