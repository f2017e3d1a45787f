"""The command that asks whom a vehicle should spare, from a model to tables, JSON, a figure and a page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from moral_games.cli import main
from moral_games.vehicles import records
from moral_games.vehicles.scenarios import generate

READ = pytest.CaptureFixture[str]


@pytest.mark.slow
def test_a_model_is_asked_and_everything_is_kept(tiny_model_folder: Path, tmp_path: Path, capsys: READ) -> None:
    figure = tmp_path / "vehicles.svg"
    kept = ["--folder", str(tmp_path), "--name", "kept", "--figure", str(figure)]
    asked = ["vehicles", str(tiny_model_folder), "--scenarios", "6", "--pedestrians", "1", "9", "--seed", "3"]
    assert main([*asked, *kept]) == 0
    printed = capsys.readouterr().out
    assert "6 scenarios" in printed and "distance to people over" in printed and "utilitarian: 1" in printed
    assert figure.read_text().count("<svg") == 1
    page = (tmp_path / "kept" / "report.html").read_text()
    assert "Passengers against pedestrians" in page and "6 scenarios" in page
    assert len(records.read(tmp_path / "kept" / "scenarios.jsonl")) == 6
    assert main([*asked, *kept]) == 2
    assert "holds a finished run" in capsys.readouterr().err
    found = json.loads((tmp_path / "kept" / "metrics.json").read_text())
    # The same scenarios from their file: told otherwise, since tellings are drawn after them.
    assert (
        main([*asked[:2], "--pedestrians", "1", "--records", str(tmp_path / "kept" / "scenarios.jsonl"), "--json"]) == 0
    )
    again = json.loads(capsys.readouterr().out)
    assert [row["scenarios"] for row in again["conjoint"]["effects"]] == [
        row["scenarios"] for row in found["conjoint"]["effects"]
    ]


@pytest.mark.slow
def test_answers_in_words(tiny_model_folder: Path, capsys: READ) -> None:
    """A model that babbles makes no choice: parse errors, and nothing estimated from them."""
    asked = ["vehicles", str(tiny_model_folder), "--scenarios", "2", "--pedestrians", "5"]
    assert main([*asked, "--answers", "text", "--tokens", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["conjoint"]["kinds"]["parse error"] == 1 and found["conjoint"]["answered"] == 0
    assert all(row["estimate"] is None for row in found["conjoint"]["effects"])
    assert found["conjoint"]["distance"]["attributes"] == 0 and not found["conjoint"]["reads_place"]
    assert set(found["passengers"]["curves"]["buy"]["family"]["sacrifice"]) == {None}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bundledd"], "unknown player 'bundledd'. Did you mean 'bundled'"),
        (["tit_for_tat"], "player 'tit_for_tat' reads no text"),
        (["bundled", "--scenarios", "0"], "--scenarios must be at least 1, got 0"),
        (["bundled", "--tokens", "0"], "--tokens must be at least 1, got 0"),
        (["bundled", "--pedestrians", "1", "101"], "a whole number from 1 to 100, got 101"),
        (["bundled", "--kappa", "2"], "--kappa must lie in [0, 1], got 2.0"),
        (["bundled", "--seed", "-1"], "--seed must be at least 0, got -1"),
        (["bundled", "--name", "a/b"], "a run's name is a plain folder name"),
        (["bundled", "--figure", "vehicles.gif"], "a figure's name ends in"),
        (["bundled", "--records", "nothing.csv"], "there is no file 'nothing.csv'"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_work(arguments: list[str], message: str, capsys: READ) -> None:
    assert main(["vehicles", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_broken_file_is_named_with_line_and_column(tmp_path: Path, capsys: READ) -> None:
    path = records.write(tmp_path / "scenarios.jsonl", generate(2, np.random.default_rng(0)))
    path.write_text(path.read_text().replace('"is_in_car": ', '"is_in_car": 7', 1))
    assert main(["vehicles", "bundled", "--records", str(path)]) == 2
    assert "scenarios.jsonl, line 1, column" in capsys.readouterr().err
