"""The command that lets language models set prices, from names to a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moral_games.cli import main
from moral_games.llm.policy import Question
from moral_games.runs import write_json

READ = pytest.CaptureFixture[str]
SHORT = ["--answers", "grid", "--rounds", "5", "--deviation", "3", "--seeds", "2"]


class Dearest:
    """A model that names the highest price with probability 0.8, and else none."""

    name = "dearest"

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        row = [(np.array(question.labels, float) == float(max(question.labels, key=float))) for question in questions]
        return [np.tile(0.8 * own, (len(question.prompts), 1)) for own, question in zip(row, questions, strict=True)]


@pytest.fixture
def dearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moral_games.llm.load", lambda name: Dearest())


@pytest.mark.slow
def test_a_model_against_itself(dearest: None, tmp_path: Path, capsys: READ) -> None:
    command = ["pricing", "any/model", *SHORT, "--folder", str(tmp_path)]
    assert main(command) == 0
    printed = capsys.readouterr().out
    assert "mean over 6 markets, 95% interval" in printed and "homo moralis, κ = 0.5 1.711" in printed
    assert "player_1 (any/model): 54 times asked" in printed and "a price with probability 0.800" in printed
    page = (tmp_path / "pricing" / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 3 and "://" not in page
    assert "The firms ask 1.97, where competition would be at 1.47 and collusion at 1.92" in page
    assert main(command) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0
    assert (tmp_path / "pricing" / "report.html").read_text() == page


def test_a_model_among_three_firms_without_a_cut(dearest: None, tmp_path: Path, capsys: READ) -> None:
    asked = ["any/model", "nash", "1.6", "--firms", "3", "--answers", "grid", "--rounds", "4", "--deviation", "0"]
    assert main(["pricing", *asked, "--currency", "1", "--folder", str(tmp_path), "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [seller["asked"] for seller in found["sellers"]] == [4, 0, 0] and "impulse_response" not in found
    assert found["measures"]["price of player_2"]["mean"] == pytest.approx(1.6, abs=0.03)
    assert (tmp_path / "pricing" / "report.html").read_text().count("data:image/png;base64,") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bundledd"], "unknown seller 'bundledd'. Did you mean 'bundled'"),
        (["nash"], "none of the sellers nash is a language model"),
        (["bundled", "--patience", "0"], "--patience must be from 1 to 50"),
    ],
)
def test_what_cannot_be_played_is_refused_before_work(
    arguments: list[str], message: str, tmp_path: Path, capsys: READ
) -> None:
    assert main(["pricing", *arguments, "--folder", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_run_without_a_language_model_sells_nothing(tmp_path: Path, capsys: READ) -> None:
    write_json(tmp_path / "config.json", {"agent": "tabular_q"})
    assert main(["pricing", str(tmp_path), "--folder", str(tmp_path)]) == 2
    assert "is no language model; sellers are language models, nash, collusive" in capsys.readouterr().err
