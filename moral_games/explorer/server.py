"""The server of the explorer: three pages and the reports."""

from __future__ import annotations

import os
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, Response
from nicegui import app as pages
from nicegui import ui

from moral_games.explorer import shelf
from moral_games.explorer.frame import PAGES, frame, html
from moral_games.explorer.game_page import GamePage
from moral_games.explorer.guard import HOST, POLICY, REPORT_ALONE, LoopbackOnly
from moral_games.explorer.markup import shown
from moral_games.explorer.play_page import PlayPage
from moral_games.explorer.runs_page import runs_page
from moral_games.runs import RunError

PORT = 8080
PORTS_TRIED = 20
SECONDS_TO_BUILD = 60.0
SECONDS_TO_END = 1


def listening(port: int | None) -> socket.socket:
    """Return a socket on this machine's own address.

    Parameters
    ----------
    port
        Where; None for `PORT` or the first free one after it.

    Raises
    ------
    ValueError
        If there is no such port, or it cannot be had.
    """
    if port is None:
        free = (found for tried in range(PORT, PORT + PORTS_TRIED) if (found := _bound(tried)) is not None)
        found = next(free, None)
        if found is None:
            raise ValueError(f"ports {PORT} to {PORT + PORTS_TRIED - 1} are all in use; choose another with --port")
        return found
    if not 1 <= port <= 65535:
        raise ValueError(f"a port is a whole number from 1 to 65535, got {port}")
    found = _bound(port)
    if found is None:
        raise ValueError(
            f"port {port} is in use or not allowed; choose another --port, or leave it out and a free one is taken"
        )
    return found


def serve(folder: Path, at: socket.socket, browser: bool) -> None:
    """Answer the browser until the process is interrupted.

    Parameters
    ----------
    folder
        Where runs are kept.
    at
        Where to listen (see `listening`).
    browser
        Whether to open the page in a browser.
    """
    port = at.getsockname()[1]
    register(folder)

    @asynccontextmanager
    async def opening(_: FastAPI) -> AsyncIterator[None]:
        if browser:
            threading.Thread(target=webbrowser.open, args=(f"http://{HOST}:{port}",), daemon=True).start()
        yield

    outer = FastAPI(openapi_url=None, lifespan=opening)
    ui.run_with(outer, title="Moral Games", language="en-US", tailwind=False, show_welcome_message=False)
    config = uvicorn.Config(
        LoopbackOnly(outer, port), log_level="warning", timeout_graceful_shutdown=SECONDS_TO_END, server_header=False
    )
    uvicorn.Server(config).run(sockets=[at])


def register(folder: Path) -> None:
    """Put the explorer's pages on the app of NiceGUI."""

    @ui.page("/", title=_title("/"))
    def show_game(game: str = "ipd", value: str = "homo_moralis(kappa=0.5)") -> None:
        _show("/", lambda: GamePage(game, value))

    @ui.page("/play", title=_title("/play"))
    def show_match(game: str = "ipd", value: str = "selfish", opponent: str = "tit_for_tat", seed: str = "0") -> None:
        _show("/play", lambda: PlayPage(folder, game, value, opponent, seed))

    @ui.page("/runs", title=_title("/runs"), response_timeout=SECONDS_TO_BUILD)
    async def show_runs(run: str = "", beside: str = "") -> None:
        try:
            await runs_page(folder, run, beside)
        except (ValueError, RunError) as error:
            _refuse("/runs", error)

    @pages.get("/runs/{name:path}/report.html")
    def send_report(name: str) -> Response:
        headers = {POLICY.decode(): REPORT_ALONE}
        try:
            return Response(shelf.report_page(folder, name), media_type="text/html", headers=headers)
        except (ValueError, RunError, OSError) as error:
            return Response(shown(error), 404, media_type="text/html", headers=headers)


def _show(path: str, place: Callable[[], object]) -> None:
    try:
        place()
    except (ValueError, RunError) as error:
        _refuse(path, error)


def _refuse(path: str, error: Exception) -> None:
    """Say why a page cannot be shown."""
    with frame(path, "What the address asks for is not there."):
        html(shown(error), "p").classes("wrong").props("role=alert")
        html(f'<p><a href="{path}">{PAGES[path]}, from the beginning</a></p>')


def _title(path: str) -> str:
    return f"{PAGES[path]}: Moral Games"


def _bound(port: int) -> socket.socket | None:
    """Return a socket that listens there, None where that cannot be."""
    found = socket.socket()
    if os.name == "posix":  # elsewhere it would share a port that is taken
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
        found.listen()
    except OSError:
        found.close()
        return None
    return found
