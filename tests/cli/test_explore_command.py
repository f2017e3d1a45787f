"""The command that serves the explorer: where it listens, what it refuses, and how it ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from moral_games.cli import main
from moral_games.cli.command import Terminated

READ = pytest.CaptureFixture[str]


def test_a_port_that_is_taken_is_an_error(capsys: READ, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert main(["explore", "--folder", str(tmp_path), "--port", port, "--no-browser"]) == 2
    assert f"port {port} is in use or not allowed; choose another --port" in capsys.readouterr().err


def test_a_folder_that_is_a_file_is_an_error(capsys: READ, tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    assert main(["explore", "--folder", str(tmp_path / "runs"), "--no-browser"]) == 2
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize(("stop", "status"), [(KeyboardInterrupt, 0), (Terminated, 143)])
def test_how_it_ends(stop: type[BaseException], status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def serve(*given: object) -> None:
        raise stop

    monkeypatch.setattr("moral_games.explorer.server.serve", serve)
    assert main(["explore", "--folder", str(tmp_path), "--no-browser"]) == status


def test_without_its_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: READ) -> None:
    monkeypatch.delitem(sys.modules, "moral_games.explorer.server", raising=False)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert main(["explore", "--no-browser"]) == 1
    assert "explore needs uvicorn; install it with: pip install 'moral-games[explore]'" in capsys.readouterr().err


def test_it_says_where_it_is_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    command = [sys.executable, "-u", "-m", "moral_games", "explore", "--no-browser"]
    environment = {key: entry for key, entry in os.environ.items() if not key.startswith(("PYTEST", "NICEGUI"))}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        page = urllib.request.urlopen(f"{found[0]}/runs", timeout=60)  # it waits until it is answered
        assert page.status == 200 and "frame-ancestors 'none'" in page.headers["content-security-policy"]
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=30)
        assert process.returncode == 0 and complaints == ""
    assert list(tmp_path.iterdir()) == []  # nothing is kept
