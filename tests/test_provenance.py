"""Where numbers come from is said as one would repeat it, without paths of one's own machine."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import moral_games
from moral_games.provenance import ROOT, command, commit, provenance


def test_it_names_command_code_packages_and_machine() -> None:
    found = provenance()
    assert json.loads(json.dumps(found)) == found
    assert found["versions"]["python"] == sys.version.split()[0]
    assert found["versions"]["moral-games"] == moral_games.__version__
    assert found["machine"]["cores"] >= 1 and found["machine"]["processor"]


def test_a_command_holds_no_path_into_the_folder_where_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = [str(ROOT / "benchmarks" / "env_speed" / "__main__.py"), "--json", str(tmp_path / "speed.json"), "--quick"]
    assert command(given) == "python -m benchmarks.env_speed --json speed.json --quick"


def test_a_commit_is_named_and_what_was_changed_since_is_said(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        return subprocess.run(
            ["git", "-C", str(tmp_path), *who, *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()

    asked = commit.__wrapped__
    assert asked(tmp_path) is None
    git("init", "-q")
    (tmp_path / "code.py").write_text("1")
    git("add", "code.py")
    git("commit", "-q", "-m", "one")
    assert asked(tmp_path) == git("rev-parse", "--short=12", "HEAD")
    (tmp_path / "code.py").write_text("2")
    assert asked(tmp_path) == git("rev-parse", "--short=12", "HEAD") + "-dirty"
