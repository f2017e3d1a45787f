"""Portraits: choosers whose preferences are known are shown with them, and what was begun goes on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from moral_games.analysis.preferences import Preference
from moral_games.cli import main
from moral_games.llm.policy import Question
from moral_games.llm.portrait import PARTS, Sitter, Sitting, portray
from moral_games.report import portrait
from moral_games.synthetic import Task, tasks
from moral_games.synthetic.duopoly import duopoly_tasks

SITTING = Sitting(questions=60, themes=("climate",), scenarios=20)
SURE = 0.97


class Chooser:
    """Answers questions about games as a preference does, almost surely, and tosses a coin over everything else."""

    name = "chooser"

    def __init__(self, preference: Preference, legal: float = 1.0) -> None:
        self.legal = legal
        right = replace(SITTING, preference=Preference(kappa=0.5))
        asked = tasks(right.preference, "test", right.questions, right.rng("games"))
        market = duopoly_tasks(preference, right.rng("prices"))
        self.best = {task.prompt: _best(task, preference) for task in asked} | {
            each.prompt: each.best for each in market
        }

    def probabilities(self, questions: Sequence[Question]) -> list[NDArray[np.float64]]:
        return [
            self.legal * np.stack([self._row(prompt, question) for prompt in question.prompts])
            for question in questions
        ]

    def _row(self, prompt: str, question: Question) -> NDArray[np.float64]:
        labels = len(question.labels)
        if prompt not in self.best:
            return np.full(labels, 1 / labels)
        row = np.full(labels, (1 - SURE) / (labels - 1))
        row[self.best[prompt]] = SURE
        return row


def _best(task: Task, preference: Preference) -> int:
    return int(np.argmax(task.terms[0] + preference.kappa * task.terms[1]))


def _portrait(preference: Preference, legal: float = 1.0) -> dict:
    chooser = Chooser(preference, legal)
    return portray(Sitter(chooser, chooser), SITTING)


def test_homo_moralis_and_homo_economicus_are_told_apart() -> None:
    moralis, economicus = (_portrait(Preference(kappa=kappa)) for kappa in (0.5, 0.0))
    assert moralis["games"]["right"] == pytest.approx(SURE)
    assert moralis["games"]["selfish"] < 0.05
    assert economicus["games"]["selfish"] == pytest.approx(SURE)
    kinds = moralis["games"]["kinds"]
    assert sum(kind["questions"] for kind in kinds.values()) == moralis["games"]["questions"] > 0
    assert all(kind["right"] == pytest.approx(SURE) for kind in kinds.values())
    kappa = [found["games"]["preferences"]["estimates"]["kappa"]["estimate"] for found in (economicus, moralis)]
    assert abs(kappa[0]) < 0.2 < 0.3 < kappa[1] < 0.8
    both = {"moralis": [moralis | {"player": "one"}], "economicus": [economicus | {"player": "other"}]}
    told = portrait.estimates({"portraits": both})
    assert [row.theory for row in told] == ["homo moralis", "homo economicus"]
    assert told[0].p_value == "< 0.001" and float(told[1].p_value) > 0.1
    assert moralis["prices"]["market"]["profit_gain"] > 0.9
    assert economicus["prices"]["market"]["profit_gain"] < 0.1


@pytest.mark.parametrize(
    ("kappa", "said"),
    [
        (0.2, "that of competition, whatever the other charges"),
        (0.25, "either price after the cartel's price, and that of competition after that of competition"),
        (0.3, "the cartel's price after the cartel's price, and that of competition after that of competition"),
        (0.5, "the cartel's price, whatever the other charges"),
    ],
)
def test_any_homo_moralis_can_be_asked_for_prices(kappa: float, said: str) -> None:
    """To collude pays against the cartel's price from κ = 1/4 on, and against that of competition from 2/5."""
    chooser = Chooser(Preference())
    found = PARTS["prices"](Sitter(chooser, chooser), replace(SITTING, preference=Preference(kappa)))
    assert found["market"]["profit_gain"] < 0.1
    metrics = {"portraits": {"one": [_portrait(Preference()) | {"player": "a", "taught": None}]}}
    assert portrait.content({"kappa": kappa}, metrics)["priced"] == said


def test_a_coin_has_no_preference_elsewhere() -> None:
    found = _portrait(Preference())
    assert {value["share"] for value in found["dilemmas"]["values"].values()} == {0.5}
    assert {row["estimate"] for row in found["vehicles"]["effects"] if row["estimate"] is not None} == {0.0}
    sacrificed = [each["sacrifice"] for curves in found["passengers"]["curves"].values() for each in curves.values()]
    assert np.allclose(sacrificed, 0.5)


def test_shares_are_among_legal_answers_and_legal_mass_is_told() -> None:
    whole, half = _portrait(Preference()), _portrait(Preference(), legal=0.5)
    assert half["dilemmas"]["values"] == whole["dilemmas"]["values"]
    assert half["dilemmas"]["legal_mass"] == half["games"]["legal"] == half["prices"]["legal"] == 0.5
    assert half["prices"]["market"] == whole["prices"]["market"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"questions": 0},
        {"themes": ()},
        {"themes": ("climat",)},
        {"seed": -1},
        {"pedestrians": ()},
        {"pedestrians": (0,)},
    ],
)
def test_sittings_that_make_no_sense_are_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match=r"at least one|climate|from 1 to 100"):
        replace(SITTING, **wrong)


@pytest.mark.parametrize(("kappa", "said"), [(0.01, "a kappa further"), (0.123456789, "three decimals")])
def test_preferences_without_questions_are_refused_for_what_they_lack(kappa: float, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        replace(SITTING, preference=Preference(kappa=kappa))


def test_an_estimate_without_bounds_is_not_told_as_one() -> None:
    found = [_portrait(Preference(kappa=0.5)) | {"player": name, "taught": None} for name in ("one", "other")]
    found[1]["games"]["preferences"]["estimates"]["kappa"]["profile interval"] = ["-infinity", 0.7]
    metrics = {"portraits": {"both": found, "loose": found[1:]}}
    kappa = found[0]["games"]["preferences"]["estimates"]["kappa"]["estimate"]
    cells = dict(portrait.table(metrics)[1])["estimate of kappa"]
    assert cells == [f"{kappa:.3f} ({kappa:.3f} to {kappa:.3f}, 1 of 2)", "-"]
    (*_, bounded), (*_, loose) = portrait.estimates(metrics)[:2]
    assert "kappa: no bounds on both sides" in loose and "kappa" not in bounded


def test_every_game_that_some_run_was_judged_on_is_told() -> None:
    judged = [{"ipd": {"taught": 0.1, "utilitarian": 0.2}}, {}, {"chicken": {"utilitarian": 0.4}}]
    players = [{**_portrait(Preference()), "player": "a", "taught": {"regret": regret}} for regret in judged]
    metrics = {"portraits": {name: [each] for name, each in zip("bca", players, strict=True)}}
    config = {"kappa": 0.5}
    assert portrait.content(config, metrics)["regret"] == [
        ("ipd", "utilitarian", ["0.200", "-", "-"]),
        ("chicken", "utilitarian", ["-", "-", "0.400"]),
    ]


def test_the_command_hangs_portraits_side_by_side_and_goes_on(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = str(tiny_model_folder)
    asked = ["--questions", "6", "--scenarios", "4", "--themes", "climate", "--folder", str(tmp_path)]
    asked += ["--pedestrians", "100", "1"]
    command = ["portrait", model, f"twice={model},{model}", *asked]
    assert main(command) == 0
    assert "games: right" in capsys.readouterr().out
    metrics = json.loads((tmp_path / "portrait" / "metrics.json").read_text())
    assert list(metrics["portraits"]) == ["tiny", "twice"]
    assert set(PARTS) < set(metrics["portraits"]["tiny"][0])
    curves = metrics["portraits"]["tiny"][0]["passengers"]["curves"]
    assert {tuple(curve["pedestrians"]) for riders in curves.values() for curve in riders.values()} == {(1, 100)}
    page = (tmp_path / "portrait" / "report.html").read_text()
    assert page.count("data:image/png") >= 4

    (tmp_path / "portrait" / "metrics.json").unlink()  # as if it had been killed before the end
    [kept] = (tmp_path / "portrait" / "judged").iterdir()  # the same model in both columns is asked once
    kept.write_text(kept.read_text().replace(model, "as it was kept"))
    assert main(command) == 0
    again = json.loads((tmp_path / "portrait" / "metrics.json").read_text())
    assert again["portraits"]["tiny"][0]["player"] == "as it was kept"


def test_players_that_cannot_be_portrayed_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for players, said in (
        (["tit_for_tat"], "reads no text"),
        (["a=bundled", "a=bundled"], "there twice"),
        (["a=bundled,"], "without gaps; got 'a=bundled,'"),
        (["=bundled"], "without gaps; got '=bundled'"),
        ([""], "without gaps; got ''"),
        (["bundled", "--pedestrians", "101"], "from 1 to 100"),
        ([], "name"),
    ):
        assert main(["portrait", *players, "--folder", str(tmp_path)]) == 2
        assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
