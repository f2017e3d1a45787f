"""The command that audits, from a strategy's name or a model's folder to a page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import moral_games as mg
from moral_games.cli import main
from moral_games.runs import CONFIG, METRICS, POLICY, write_json

READ = pytest.CaptureFixture[str]
QUICK = ["--games", "ipd", "stag_hunt", "--values", "selfish", "utilitarian"]


def test_a_strategy_is_audited(tmp_path: Path, capsys: READ) -> None:
    assert main(["audit", "tit_for_tat", "--folder", str(tmp_path), *QUICK]) == 0
    printed = capsys.readouterr().out
    assert "It responds to the opponent's last move: 100% of the variance" in printed
    assert "nearest strategies (distance): tit_for_tat 0.000;" in printed
    home = tmp_path / "audit-tit_for_tat"
    assert json.loads((home / METRICS).read_text())["tellings"] == 2 * 64 + 27 * 4
    assert (home / "report.html").exists() and len(list((home / "figures").glob("*.png"))) == 4

    assert main(["audit", "tit_for_tat", "--folder", str(tmp_path), *QUICK]) == 2
    assert "holds a finished audit; choose another --name" in capsys.readouterr().err
    assert main(["report", str(home)]) == 0


def test_an_audit_that_was_broken_off_begins_again(tmp_path: Path, capsys: READ) -> None:
    arguments = ["audit", "alternator", "--folder", str(tmp_path), "--name", "mine", *QUICK]
    assert main(arguments) == 0
    (tmp_path / "mine" / METRICS).unlink()
    assert main([*arguments, "--base", "chicken"]) == 2
    assert "base: 'ipd' then, 'chicken' now" in capsys.readouterr().err
    assert main(arguments) == 0


def test_a_learner_s_run_is_audited_in_its_folder(tmp_path: Path, capsys: READ) -> None:
    mg.opponents.as_policy("win_stay_lose_shift", mg.games.get("ipd")).save(tmp_path / POLICY)
    write_json(tmp_path / CONFIG, {"agent": "mine"})
    assert main(["audit", str(tmp_path), *QUICK]) == 0
    assert "It responds to both last moves together" in capsys.readouterr().out
    assert main(["audit", f"run:{tmp_path}", "--name", "again", *QUICK]) == 0
    one, other = (json.loads((tmp_path / name / METRICS).read_text())["response"] for name in ("audit", "again"))
    assert one == other


def test_a_strategy_is_audited_among_three(tmp_path: Path, capsys: READ) -> None:
    goods = "public_goods(players=3, multiplier=1.5)"
    assert main(["audit", "always_defect", "--folder", str(tmp_path), "--games", goods, "--values", "selfish"]) == 0
    assert "always_defect 0.000" in capsys.readouterr().out
    found = json.loads((tmp_path / "audit-always_defect" / METRICS).read_text())["policy"][goods]
    assert len(found["states"]) == 9 and set(found["p_first"]) == {0}


@pytest.mark.slow
def test_a_language_model_is_audited(tmp_path: Path, tiny_model_folder: Path, capsys: READ) -> None:
    assert main(["audit", str(tiny_model_folder), "--folder", str(tmp_path), "--name", "tiny", *QUICK]) == 0
    printed = capsys.readouterr().out
    assert "legal with probability" in printed and "236 tellings" in printed
    metrics = json.loads((tmp_path / "tiny" / METRICS).read_text())
    assert metrics["response"]["legal_mass"] < 0.01  # it has never learned to answer
    assert metrics["dilemmas"]["prompts"] == 432 and set(metrics["dilemmas"]["values"]) == {"selfish", "utilitarian"}
    assert "dilemmas (share of right choices): selfish 0.0" in printed
    assert "In everyday language" in (tmp_path / "tiny" / "report.html").read_text()
    assert sum(found["share"] for found in metrics["response"]["families"].values()) == pytest.approx(1, abs=1e-4)
    # A random network knows no payoffs: how it is told moves it more than the game and the moves do.
    telling = sum(metrics["response"]["families"][name]["share"] for name in ("order", "labels", "wording"))
    assert telling > 0.5
    assert (tmp_path / "tiny" / "report.html").stat().st_size < 3_000_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["tit_for_tatt"], "unknown player 'tit_for_tatt'. Did you mean 'tit_for_tat'"),
        (["bundledd"], "Did you mean 'bundled'"),
        (["grim"], "player 'grim' remembers more than the last round"),
        (["run:nowhere"], "config.json cannot be read"),
        (["bundled", "--games", "rock_paper_scissors"], "each of two or more players has two actions"),
        (["bundled", "--games", "public_goods(levels=3)"], "'moral-games evaluate' judges players in other games"),
        (["bundled", "--games", "ipd", "public_goods"], "compared have equally many players"),
        (["bundled", "--games", "idp"], "unknown game 'idp'. Did you mean 'ipd'"),
        (["bundled", "--games"], "games of a design are one or more different ones"),
        (["bundled", "--wordings", "compct"], "unknown wording 'compct'"),
        (["bundled", "--base", "bach_or_stravinsky"], "payoff paths begin at a symmetric game"),
        (["bundled", "--values", "selfsh"], "unknown reward 'selfsh'"),
        (["bundled", "--opponent", "grim"], "remembers more than the last round"),
        (["bundled", "--name", "../up"], "plain folder name"),
    ],
)
def test_errors_come_before_any_model(
    arguments: list[str], message: str, tmp_path: Path, capsys: READ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["audit", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error
    assert not list(tmp_path.iterdir())


def test_folders_that_hold_nothing_to_audit(tmp_path: Path, capsys: READ) -> None:
    assert main(["audit", str(tmp_path), "--folder", str(tmp_path / "runs")]) == 2
    assert "holds neither a run nor a model" in capsys.readouterr().err
    write_json(tmp_path / CONFIG, {"lora_rank": 4})
    assert main(["audit", str(tmp_path)]) == 2
    assert "holds no finished run; continue it with 'moral-games finetune --resume'" in capsys.readouterr().err
    assert not (tmp_path / "audit").exists()
