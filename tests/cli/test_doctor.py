"""What the doctor says: what is there, what is missing with what installs it, and who is at work."""

from __future__ import annotations

import json
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from moral_games.cli import doctor, main
from moral_games.runs import Run


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Return the exit status and the JSON."""
    try:
        status = main(["doctor", "--json", *arguments])
    except SystemExit as end:
        status = int(str(end.code))
    return status, json.loads(capsys.readouterr().out)


def test_a_machine_on_which_everything_is_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = Run.create(tmp_path / "mine", {})
    status, found = told(capsys, "--folder", str(tmp_path))
    assert status == 0 and found["problems"] == []
    assert found["packages"]["numpy"]["version"] == metadata.version("numpy")
    assert found["extras"]["llm"]["installed"] and found["bundled_model"].endswith(".gguf")
    assert found["machine"]["threads"] >= 1 and found["machine"]["free_disk"] > 0
    assert found["runs"]["writable"] and set(found["runs"]["at_work"]) == {"mine"}
    assert run.folder.exists()


def test_what_is_missing_is_said_with_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = ["numpy>=999", "no-such-package-here>=2", 'nor-this>=1.0; extra == "rl"', 'rich>=999; extra == "llm"']
    monkeypatch.setattr(metadata, "requires", lambda _: needs)
    (tmp_path / "file").write_text("")
    status, found = told(capsys, "--folder", str(tmp_path / "file" / "runs"))
    assert status == 1
    assert [problem.split(";")[0] for problem in found["problems"]] == [
        f"numpy is {metadata.version('numpy')}, and 999 is needed",
        "no-such-package-here is missing, and 2 is needed",
        "rich of extra 'llm' too old",
        f"{tmp_path / 'file' / 'runs'} cannot be written",
    ]
    assert not found["extras"]["rl"]["installed"]
    with pytest.raises(SystemExit):
        main(["doctor", "--folder", str(tmp_path / "file" / "runs")])
    shown = capsys.readouterr().out
    assert "pip install 'moral-games[rl]'" in shown and "to do: numpy" in shown


@pytest.mark.parametrize(
    ("version", "needed", "enough"), [("1.10.0", "1.9", True), ("2.0rc1", "2", True), ("1.8.9+cpu", "1.9", False)]
)
def test_versions_are_numbers(version: str, needed: str, enough: bool) -> None:
    assert (doctor._numbers(version) >= doctor._numbers(needed)) == enough
