"""Who may ask the explorer, and what its pages may load: this machine alone."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

HOST = "127.0.0.1"

NOWHERE_ELSE = (
    "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; form-action 'none'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
"""What a page may load: nothing from other hosts."""

REPORT_ALONE = "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
"""What a report may do, whoever wrote it: show text, and the pictures that are in it."""

POLICY = b"content-security-policy"


class LoopbackOnly:
    """Refuse what other sites make a browser send here: requests under another host's name, or from another origin.

    Every answer forbids the browser to load anything from elsewhere.

    Parameters
    ----------
    app
        What answers all other requests.
    port
        Where it listens.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self.app = app
        self.hosts = {f"{host}:{port}" for host in (HOST, "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self._is_our_own(scope):
            await self.app(scope, receive, _with_policy(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await Response("the explorer answers its own pages only, on this machine", 403)(scope, receive, send)

    def _is_our_own(self, scope: Scope) -> bool:
        headers = {key.decode("latin-1"): entry.decode("latin-1") for key, entry in scope["headers"]}
        origin = headers.get("origin")
        return headers.get("host") in self.hosts and (origin is None or origin.removeprefix("http://") in self.hosts)


def _with_policy(send: Send) -> Send:
    """Return what sends an answer with the policy `NOWHERE_ELSE`, unless it has one of its own."""

    async def sending(message: Any) -> None:
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", ()), (b"referrer-policy", b"no-referrer")]
            if not any(key.lower() == POLICY for key, _ in headers):
                headers.append((POLICY, NOWHERE_ELSE.encode()))
            message = message | {"headers": headers}
        await send(message)

    return sending
