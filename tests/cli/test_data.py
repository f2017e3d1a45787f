"""The command ``moral-games data``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from moral_games.cli import main


def test_data_sets_are_written_and_described(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["data", "--kappa", "0.5", "--count", "12", "--test", "6", "--name", "moralis", "--folder", str(tmp_path)]
    assert main(asked) == 0
    said = capsys.readouterr().out
    assert "the answers of preference(kappa=0.5)" in said and "simultaneous" in said
    assert {file.name for file in (tmp_path / "moralis").iterdir()} == {
        "train.jsonl",
        "test.jsonl",
        "card.json",
        "README.md",
    }
    assert main([*asked, "--kinds", "two_stage", "--name", "trees", "--no-reasons"]) == 0
    card = json.loads((tmp_path / "trees" / "card.json").read_text(encoding="utf-8"))
    assert card["train"]["kinds"] == {"two_stage": 12} and card["asked"]["reasons"] is False
    assert main([*asked, "--seed", "1"]) == 2
    assert "holds another data set (seed: 0 there, 1 now)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    (
        (["--kappa", "1.5"], "kappa must lie in [0, 1]"),
        (["--kinds", "simultanous"], "Did you mean 'simultaneous'"),
        (["--count", "0"], "at least one example"),
        (["--name", "../elsewhere"], "a data set's name is a plain folder name"),
    ),
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["data", "--folder", str(tmp_path), *options]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1
    assert not list(tmp_path.iterdir())
