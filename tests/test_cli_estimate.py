"""The command that estimates preferences, from a file of choices or a model to tables or JSON."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from moral_games.analysis import Preference
from moral_games.analysis.choices import merged, simulate_choices
from moral_games.cli import main
from moral_games.games import protocols

READ = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of the choices of twelve selfish people and eight Kantian ones."""
    rng = np.random.default_rng(0)
    groups = ((Preference(), 12), (Preference(kappa=0.7), 8))
    data = merged([simulate_choices(p, 5.0, protocols(), rng, passes=3, choosers=n) for p, n in groups])
    path = tmp_path_factory.mktemp("choices") / "choices.csv"
    with path.open("w", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["chooser", "protocol", "strategy", "weight"])
        for who, question, strategy in np.argwhere(data.counts > 0):
            weight = data.counts[who, question, strategy]
            writer.writerow([f"person {who}", data.games[question], strategy, weight])
    return path


def test_a_file_is_estimated(file: Path, capsys: READ) -> None:
    assert main(["estimate", str(file)]) == 0
    printed = capsys.readouterr().out
    assert "1080 choices of 20 choosers" in printed and "homo economicus" in printed and "frequencies" in printed
    assert [line.split()[0] for line in printed.splitlines()[3:7]] == ["kappa", "alpha", "beta", "noise"]


def test_types_are_estimated(file: Path, capsys: READ) -> None:
    assert main(["estimate", str(file), "--types", "2", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)[str(file)]
    selfish, moral = found["types"]["types"]
    assert selfish["share"] == pytest.approx(0.6, abs=0.02) and selfish["kappa"][0] < 0.2 < 0.5 < moral["kappa"][0]
    assert found["types"]["bic"]["2"] < found["types"]["bic"]["1"] - 50
    assert 0 < found["estimates"]["kappa"]["estimate"] < 0.7 and found["problems"] == []
    assert main(["estimate", str(file), "--types", "2"]) == 0
    assert "who is of which type" in capsys.readouterr().out


def test_what_is_not_identified_is_said(tmp_path: Path, capsys: READ) -> None:
    path = tmp_path / "certain.csv"
    path.write_text("protocol,strategy\n" + "".join(f"{game},0\n" for game in protocols()))
    assert main(["estimate", str(path)]) == 0
    assert "not identified: less and less noise" in capsys.readouterr().out
    assert main(["estimate", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)[str(path)]
    assert found["estimates"]["kappa"]["estimate"] is None
    assert found["estimates"]["kappa"]["profile interval"] == ["-infinity", "infinity"]


def test_several_are_compared_in_a_figure(file: Path, tmp_path: Path, capsys: READ) -> None:
    other, figure = tmp_path / "one game.csv", tmp_path / "preferences.svg"
    other.write_text("protocol,strategy,weight\nipd,0,40\nipd,1,60\n")
    assert main(["estimate", str(file), str(other), "--figure", str(figure)]) == 0
    assert "not identified: kappa, alpha, beta, noise" in capsys.readouterr().out
    assert figure.read_text().count("<svg") == 1


def test_every_file_is_read_before_anything_is_estimated(file: Path, tmp_path: Path, capsys: READ) -> None:
    few = tmp_path / "few.csv"
    few.write_text("protocol,strategy\ntg1,0\ntg1,1\nug1,1\n")
    for arguments, message in (
        ([str(file), "missing.csv"], "there is no file 'missing.csv'"),
        ([str(file), str(few)], "4 parameters need at least as many observations, got 3"),
        ([str(file), "--types", "21"], f"--types 21 is more than the choosers of {file}: 20"),
    ):
        assert main(["estimate", *arguments]) == 2
        told = capsys.readouterr()
        assert message in told.err and not told.out


def test_one_who_is_almost_random_is_estimated_without_bounds(tmp_path: Path, capsys: READ) -> None:
    path = tmp_path / "random.csv"
    strategies = {game: 8 if game.startswith("spd") else 4 for game in protocols()}
    lines = (f"{game},{s},{1 - 1e-4 * s}\n" for game, count in strategies.items() for s in range(count))
    path.write_text("protocol,strategy,weight\n" + "".join(lines))
    assert main(["estimate", str(path), "--json"]) == 0
    noise = json.loads(capsys.readouterr().out)[str(path)]["estimates"]["noise"]
    assert noise["estimate"] > 1e4 and noise["interval"] == [0.0, "infinity"]


@pytest.mark.slow
def test_a_language_model_is_asked(tiny_model_folder: Path, capsys: READ) -> None:
    asked = ["--protocols", "tg1", "tg6", "ug1", "ug6", "--tellings", "2"]
    assert main(["estimate", str(tiny_model_folder), *asked]) == 0
    printed = capsys.readouterr().out
    assert "4 choices of one chooser; answers were legal with probability 0.0" in printed


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing.csv"], "there is no file 'nothing.csv'; name a CSV file of choices"),
        (["tit_for_tat"], "plays one game; preferences are estimated from choices in many"),
        (["bundledd"], "unknown player 'bundledd'. Did you mean 'bundled'"),
        (["bundled", "--protocols", "tg9"], "unknown game 'tg9'"),
        (
            ["bundled", "--protocols", "tg1", "tg1", "tg2", "tg3"],
            "4 parameters need at least as many observations, got 3",
        ),
        (["bundled", "--wording", "loud"], "unknown wording 'loud'"),
        (["bundled", "--types", "2"], "--types needs a file with many choosers"),
        (["bundled", "--types", "0"], "--types counts types of choosers, from 1; got 0"),
        (["bundled", "--tellings", "0"], "--tellings counts in how many ways"),
        (["a.csv", "a.csv"], "several different ones, got a.csv, a.csv"),
        (["choices.csv", "--figure", "preferences.gif"], "a figure's name ends in"),
        (["choices.csv", "--protocols", "tg1"], "a file holds its own"),
    ],
)
def test_what_cannot_be_estimated_is_refused_before_work(arguments: list[str], message: str, capsys: READ) -> None:
    assert main(["estimate", *arguments]) == 2
    assert message in capsys.readouterr().err
