"""The exit status says how a command ended, and what is left of it is said: see ``docs/command_line.md``."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from moral_games.cli import main

READ = pytest.CaptureFixture[str]


def started(*words: str, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "moral_games", *words]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("data", "--count", "1", "--test", "1", "--folder", "file/data"), 1, "Not a directory"),
        (("show", "ipd", "--rewards", "selfish"), 2, "--reward"),
    ],
)
def test_the_status_says_how_it_ended(words: tuple[str, ...], status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    process = started(*words, folder=tmp_path)
    _, errors = process.communicate()
    assert process.returncode == status and said in errors and "Traceback" not in errors


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_command_says_so(number: signal.Signals, status: int, tmp_path: Path) -> None:
    process = started("play", "ipd", folder=tmp_path)
    assert process.stdout is not None
    while "ooperate" not in process.stdout.readline():  # it waits for an action
        assert process.poll() is None
    process.send_signal(number)
    _, errors = process.communicate()
    assert process.returncode == status
    assert errors == "moral-games: stopped; nothing of it is kept; the same command begins anew\n"


def test_a_stopped_run_says_what_goes_on(monkeypatch: pytest.MonkeyPatch, capsys: READ) -> None:
    def trade(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(60)

    monkeypatch.setitem(sys.modules, "moral_games.llm.pricing", SimpleNamespace(trade=trade))
    told = "stopped; the rounds that were played are kept; go on with: moral-games pricing a/b 1.5 --resume"
    for words in (["a/b", "1.5"], ["a/b", "1.5", "--resume"]):
        assert main(["pricing", *words]) == 143
        assert capsys.readouterr().err == f"moral-games: {told}\n"


def stops(error: BaseException) -> Callable[..., None]:
    def work(*given: object, **named: object) -> None:
        raise error

    return work


def test_work_that_fails_and_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch, capsys: READ) -> None:
    missing = ModuleNotFoundError("No module named 'torch'", name="torch")
    for error, said in (
        (OSError(28, "No space left on device"), "No space left on device"),
        (FloatingPointError("update 3 has loss nan"), "update 3 has loss nan"),
        (missing, "tournament needs torch; install it with: pip install 'moral-games[llm]'"),
    ):
        monkeypatch.setattr("moral_games.cli.tournament.tournament", stops(error))
        assert main(["tournament"]) == 1
        assert said in capsys.readouterr().err
    monkeypatch.setattr("moral_games.cli.tournament.tournament", stops(ModuleNotFoundError(name="nonsense")))
    with pytest.raises(ModuleNotFoundError):
        main(["tournament"])


def test_signals_are_left_alone_afterwards_and_in_other_threads() -> None:
    before = signal.getsignal(signal.SIGTERM)
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(main(["show", "idp"])))
    thread.start()
    thread.join()
    assert main(["show", "idp"]) == 2 and statuses == [2]
    assert signal.getsignal(signal.SIGTERM) is before
