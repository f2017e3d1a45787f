"""What tests of the explorer share: a folder of runs in every state, some of them hostile."""

from __future__ import annotations

from pathlib import Path

import pytest
from visiting import HOSTILE, REPORT, add_run

from moral_games.runs import Run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Runs: ``kind`` with a hostile report, ``other``, ``sweep/seed-0``, ``begun``, ``broken``, and a hostile name."""
    home = tmp_path / "runs"
    (add_run(home, "kind", reward="utilitarian", seed=1) / "report.html").write_text(REPORT, encoding="utf-8")
    add_run(home, "other", reward="selfish", seed=1)
    add_run(home, "sweep/seed-0")
    Run.create(home / "begun", {"name": "begun", "agent": "dqn"})
    for name, config in {"broken": '{"name"', HOSTILE: "{}"}.items():
        (home / name).mkdir()
        (home / name / "config.json").write_text(config)
    (home / "notes").mkdir()
    return home
