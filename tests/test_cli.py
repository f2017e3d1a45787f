"""What people type, and what they read."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

import moral_games as mg
from moral_games.cli import main

READ = pytest.CaptureFixture[str]


def test_games_are_listed(capsys: READ) -> None:
    assert main(["games"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in mg.games.names()) and "moral_games/IPD-v0" in printed
    assert main(["games", "--kind", "stag_hunt"]) == 0
    assert "chicken" not in capsys.readouterr().out
    assert main(["games", "--kind", "poker"]) == 2
    assert "no game is of kind 'poker'" in capsys.readouterr().err


def test_show_prints_the_game_before_and_after_the_reward(capsys: READ) -> None:
    assert main(["show", "ipd", "--reward", "utilitarian"]) == 0
    before, after = capsys.readouterr().out.split("under")
    assert "prisoners_dilemma" in before and "defect  /  defect" in before and "3, 3" in before
    assert "harmony" in after and "cooperate  /  cooperate" in after and "6, 6" in after


def test_show_prints_mixed_equilibria(capsys: READ) -> None:
    assert main(["show", "bach_or_stravinsky"]) == 0
    assert "0.6 bach + 0.4 stravinsky  /  0.4 bach + 0.6 stravinsky" in capsys.readouterr().out


def test_rewards_are_listed_as_they_are_written(capsys: READ) -> None:
    assert main(["rewards"]) == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert [line.split("(")[0].split()[0] for line in lines] == list(mg.rewards.names())
    for line in lines:
        text = line.split("  ")[0].replace("RULE", "action == 1")
        assert mg.rewards.parse(text)


def test_opponents_are_listed_by_game(capsys: READ) -> None:
    assert main(["opponents", "--game", "rock_paper_scissors"]) == 0
    printed = capsys.readouterr().out
    assert "tit_for_tat" in printed and "grim" not in printed and "axelrod:NAME" in printed
    assert main(["opponents", "--game", "chess"]) == 2
    assert "unknown game 'chess'" in capsys.readouterr().err


def test_a_family_s_game_is_shown(capsys: READ) -> None:
    assert main(["show", "public_goods(players=6)", "--reward", "homo_moralis(kappa=1)"]) == 0
    printed = capsys.readouterr().out
    assert "and 32 more joint actions" in printed and "social dilemma: yes" in printed
    assert main(["show", "public_goods(player=3)"]) == 2
    assert "Did you mean 'players'" in capsys.readouterr().err


def test_a_human_plays(capsys: READ, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("cooperate\n1\nnothing\n0\n"))
    assert main(["play", "ipd", "--rounds", "3", "--reward", "utilitarian"]) == 0
    printed = capsys.readouterr().out
    assert "There is no action 'nothing' here." in printed
    assert "After 3 rounds the payoffs are 7, 7 (you first); under utilitarian() you earned 14." in printed

    assert main(["play", "ipd"]) == 2
    assert "the input has ended" in capsys.readouterr().err


@pytest.mark.parametrize("name", mg.games.names())
def test_every_game_can_be_shown(name: str, capsys: READ) -> None:
    assert main(["show", name]) == 0
    assert mg.games.get(name).title in capsys.readouterr().out


def test_a_strategy_is_judged(capsys: READ) -> None:
    assert main(["evaluate", "tit_for_tat", "--game", "ipd", "chicken", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"ipd", "chicken"} and found["ipd"]["moral regret"] == 0
    assert main(["evaluate", "always_defect", "--opponent", "always_cooperate"]) == 0
    assert "1.000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "idp"], "unknown game 'idp'. Did you mean 'ipd'"),
        (["show", "ipd", "--reward", "deontological"], "looks at the round before"),
        (["evaluate", "tit_for_tatt"], "unknown player 'tit_for_tatt'. Did you mean 'tit_for_tat'"),
        (["evaluate", "grim", "--opponent", "gimr"], "unknown opponent 'gimr'"),
        (["evaluate", "grim", "--discount", "1"], "discount must lie in"),
        (["report", "nowhere"], "cannot be read"),
        (["finetune", "--game", "idp"], "unknown game 'idp'"),
    ],
)
def test_errors_are_one_line_and_a_status(arguments: list[str], message: str, capsys: READ) -> None:
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_fine_tuning_leaves_a_report(tmp_path: Path, tiny_model_folder: Path, capsys: READ) -> None:
    arguments = ["finetune", "--name", "run", "--folder", str(tmp_path), "--model", str(tiny_model_folder)]
    arguments += ["--test-games", "ipd", "--lora-rank", "2", "--train.updates", "2", "--train.tellings", "1"]
    assert main(arguments) == 0
    assert "trained in" in capsys.readouterr().out
    page = (tmp_path / "run" / "report.html").read_text()
    assert page.count("data:image/png;base64,") == 4 and "http" not in page
    assert len(list((tmp_path / "run" / "figures").glob("*.png"))) == 4
    assert (tmp_path / "run" / "report.html").stat().st_size < 3_000_000
    assert main(arguments) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert main(["report", str(tmp_path / "run")]) == 0
    assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 0
    printed = capsys.readouterr().out
    judged = json.loads(printed[printed.index("{") :])
    kept = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert judged["ipd"]["p_cooperate"] == pytest.approx(kept["after"]["ipd"]["p_cooperate"], abs=2e-6)


def test_what_was_asked_cannot_write_into_the_report(tmp_path: Path, tiny_model_folder: Path) -> None:
    hostile = tmp_path / "<script>alert(1)<script>"
    hostile.symlink_to(tiny_model_folder)
    arguments = ["finetune", "--name", "run", "--folder", str(tmp_path), "--model", str(hostile), "--test-games", "ipd"]
    assert main([*arguments, "--lora-rank", "2", "--train.updates", "1", "--train.tellings", "1"]) == 0
    assert "<script>" not in (tmp_path / "run" / "report.html").read_text()


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "moral_games", "show", "idp"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and "Did you mean 'ipd'" in done.stderr


def test_wide_and_degenerate_games_are_shown_as_what_they_are(capsys: READ) -> None:
    assert main(["show", "travelers_dilemma"]) == 0
    printed = capsys.readouterr().out
    assert "in pure strategies (there are too many actions" in printed and "claim_2  /  claim_2" in printed
    flat = "public_goods(players=2, multiplier=2)"
    assert main(["show", flat]) == 0
    assert "The game is degenerate: there may be more" in capsys.readouterr().out
    assert main(["show", "public_goods(players=13)"]) == 0
    assert "Indices are given for games of at most 4,096" in capsys.readouterr().out


def test_evaluate_needs_a_game(capsys: READ) -> None:
    assert main(["evaluate", "grim", "--game"]) == 2
    assert "--game needs the name of a game" in capsys.readouterr().err


def test_a_learner_s_run_is_judged_like_a_strategy(tmp_path: Path, capsys: READ) -> None:
    from moral_games.runs import CONFIG, POLICY, write_json

    mg.opponents.as_policy("grim", mg.games.get("ipd")).save(tmp_path / POLICY)
    write_json(tmp_path / CONFIG, {"agent": "mine"})
    told = []
    for player in ("grim", str(tmp_path), f"run:{tmp_path}"):
        assert main(["evaluate", player, "--json"]) == 0
        told.append(json.loads(capsys.readouterr().out))
    assert told[0] == told[1] == told[2]


def test_a_model_behind_a_server_is_judged_from_what_is_kept(
    tmp_path: Path, capsys: READ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MORAL_GAMES_CACHE", str(tmp_path))
    monkeypatch.setenv("MORAL_GAMES_OFFLINE", "1")
    assert main(["evaluate", "openai:my-model@http://localhost:9/v1", "--game", "ipd"]) == 1
    assert "offline, and no answer of openai:my-model@http://localhost:9/v1 is kept" in capsys.readouterr().err


def test_a_models_folder_is_no_learners_run(tiny_model_folder: Path, capsys: READ) -> None:
    assert main(["evaluate", str(tiny_model_folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ipd"].keys() >= {"legal_mass", "presentation_gap"}


def test_a_run_to_be_shown_needs_a_test_game(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["finetune", "--name", "run", "--folder", str(tmp_path), "--test-games"]) == 2
    assert "at least one of --test-games" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
