"""A run's folder: nothing half-written, nothing lost, nothing overwritten."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import signal
import socket
import subprocess
import sys
from collections import namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from moral_games import locks
from moral_games.runs import KEPT_CHECKPOINTS, LOCK, Run, RunError, as_written, read_json, whole_file, write_json


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"a": 1})
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "a.json") as partial:
        partial.write_text("half")
        raise ZeroDivisionError
    assert read_json(tmp_path / "a.json") == {"a": 1}
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]


def test_nothing_is_left_of_a_writer_that_was_killed_once_its_file_is_written(tmp_path: Path) -> None:
    """Safetensors writes beside the file first, under a name of its own."""

    def written_and_killed(path: Path) -> None:
        with whole_file(path) as partial:
            (partial.parent / ".tmpXy").write_text("half")
            os._exit(0)

    process = multiprocessing.get_context("fork").Process(target=written_and_killed, args=(tmp_path / "a.json",))
    process.start()
    process.join()
    assert not (tmp_path / "a.json").exists()
    write_json(tmp_path / "a.json", {"a": 1})
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]

    run = Run.create(tmp_path / "run", {})
    run.path("checkpoints", ".writing", "half").mkdir(parents=True)
    run.save_checkpoint(1, lambda folder: write_json(folder / "a.json", {}))
    assert [entry.name for entry in run.path("checkpoints").iterdir()] == ["step-000001"]


def test_a_run_keeps_where_it_comes_from_even_when_it_is_resumed(tmp_path: Path) -> None:
    begun = read_json(Run.create(tmp_path / "run", {"seed": 1}).path("provenance.json"))
    assert {"begun", "command", "commit", "machine", "versions"} == set(begun)
    assert read_json(Run.resume(tmp_path / "run", {"seed": 1}).path("provenance.json")) == begun


def test_what_is_not_json_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "a.json", float("nan"))
    assert not list(tmp_path.iterdir())


def test_a_torn_last_line_of_the_history_is_left_out(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", {})
    for k in range(3):
        run.append({"update": k})
    with run.path("history.jsonl").open("a") as history:
        history.write('{"upd')
    assert [record["update"] for record in run.history()] == [0, 1, 2]
    run.rewind(2)
    run.append({"update": 9})
    assert [record["update"] for record in run.history()] == [0, 1, 9]


def test_the_newest_checkpoints_are_kept(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", {})
    assert run.checkpoint() is None
    for step in (1, 2, 3):
        run.save_checkpoint(step, lambda folder: (folder / "data").write_text("x") and None)
    assert [folder.name for folder in run.checkpoints()] == ["step-000002", "step-000003"][-KEPT_CHECKPOINTS:]
    newest = run.checkpoint()
    assert newest is not None and newest.name == "step-000003"


def test_a_checkpoint_that_fails_leaves_nothing(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", {})

    def fails(folder: Path) -> None:
        (folder / "data").write_text("x")
        raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        run.save_checkpoint(1, fails)
    assert not list(run.path("checkpoints").iterdir())


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda folder: (folder / "data").write_text("y"), "data is corrupt"),
        (lambda folder: (folder / "data").unlink(), "data is missing"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "manifest is corrupt"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest is missing"),
    ],
)
def test_a_damaged_checkpoint_is_refused(tmp_path: Path, damage, reason: str) -> None:
    run = Run.create(tmp_path / "run", {})
    for step in (1, 2):
        run.save_checkpoint(step, lambda folder: (folder / "data").write_text("x") and None)
    damage(run.checkpoints()[-1])
    with pytest.raises(RunError, match=f"{reason}.*--checkpoint step-000001"):
        run.checkpoint()
    damage(run.checkpoints()[0])
    with pytest.raises(RunError, match="no other is left"):
        run.checkpoint()


def test_a_folder_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be written"):
        Run.create(tmp_path / "file" / "run", {})


def test_a_full_disk_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10, 9, 1))
    with pytest.raises(RunError, match="0 MB free, and this run may write 100 MB"):
        Run.create(tmp_path / "run", {}, needs=100_000_000)
    assert not (tmp_path / "run" / "config.json").exists()


def test_resuming_what_was_never_begun_begins_it(tmp_path: Path) -> None:
    assert Run.resume(tmp_path / "run", {"seed": 1}).config() == {"seed": 1}


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="cannot be read"):
        read_json(tmp_path / "nothing.json")


def test_as_many_checkpoints_are_kept_as_are_asked_for(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", {})
    for step in range(1, 7):
        run.save_checkpoint(step, lambda folder: (folder / "data").write_text("x") and None, keep=4)
    assert [folder.name for folder in run.checkpoints()] == [f"step-{step:06d}" for step in (3, 4, 5, 6)]


@pytest.mark.parametrize("content", ['{"format": 99}', '{"format": "x"}', "[1, 2]", "null"])
def test_a_folder_of_another_version_or_program_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunError, match=r"is in format .*reads format 1; use the version that wrote it"):
        Run.resume(tmp_path, {})
    assert [file.name for file in tmp_path.iterdir()] == ["config.json"]


def test_a_folder_from_before_formats_were_numbered_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "config.json", {"seed": 1})
    assert Run.resume(tmp_path, {"seed": 1}).config() == {"seed": 1}


def test_files_that_lack_something_are_said_to_be_of_another_version(tmp_path: Path) -> None:
    said = r"not as this version .*KeyError: 'reward'.*use the version"
    with pytest.raises(RunError, match=said), as_written(tmp_path):
        _ = {}["reward"]


def test_a_history_that_is_no_json_is_said(tmp_path: Path) -> None:
    (tmp_path / "history.jsonl").write_bytes(b'{"update": 1}\n\xff\n')
    with pytest.raises(RunError, match=r"history\.jsonl cannot be read"):
        Run(tmp_path).history()


@pytest.mark.parametrize("name", ["../checkpoints/step-000001", "/tmp", "step\n"])
def test_a_checkpoint_is_one_of_the_run(tmp_path: Path, name: str) -> None:
    run = Run.create(tmp_path / "run", {})
    run.save_checkpoint(1, lambda folder: (folder / "data").write_text("x") and None)
    with pytest.raises(ValueError, match="a checkpoint's name is a plain folder name"):
        run.checkpoint(name)


# One process at a time.

HOLDS = """
import sys, time
from moral_games.runs import Run
run = Run.open(sys.argv[1], {"seed": 1}, resume=True)
run.append({"update": 1})
print("working", flush=True)
time.sleep(60)
"""


@contextmanager
def another_process(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process that works in a run's folder."""
    with subprocess.Popen([sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == "working\n"
            yield process
        finally:
            process.kill()


def test_a_folder_in_which_another_process_works_is_refused_until_that_is_dead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with another_process(tmp_path / "run") as process:
        said = rf"process {process.pid} on .* is at work in"
        with monkeypatch.context() as patch, pytest.raises(RunError, match=said):
            patch.setattr(locks, "PATIENCE", 0.0)
            Run.resume(tmp_path / "run", {"seed": 1})
        process.send_signal(signal.SIGKILL)  # the next one waits for its end
        run = Run.resume(tmp_path / "run", {"seed": 1})
    assert [record["update"] for record in run.history()] == [1]


def test_a_run_is_given_back_when_it_is_no_longer_used(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", {"seed": 1})
    lock = run.path(LOCK)
    again = Run.resume(tmp_path / "run", {"seed": 1})
    copy = pickle.loads(pickle.dumps(run))
    assert locks.holder(lock) == f"process {os.getpid()} on {socket.gethostname()}"
    del run, again
    assert locks.holder(lock) is None and copy.folder == tmp_path / "run"
