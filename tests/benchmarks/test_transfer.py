"""The study of transfer: what judges is told apart, means are over games, then seeds, and a killed study goes on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks import transfer
from benchmarks.transfer import Options, Subject
from benchmarks.transfer_judging import GOODS, GROUPS, PAIRWISE, UNTRAINED, Exam, judge, legal_part, markdown, summary
from moral_games.llm.policy import Question
from moral_games.runs import METRICS, RunError, read_json
from moral_games.text import dilemmas

THREE = "public_goods(players=3, multiplier=1.5)"
EXAM = Exam({PAIRWISE: ("ipd", "harmony"), GOODS: (THREE,)}, dilemmas.names("commons"), "random")


class Copier:
    """A model that gives the label that the last others gave, half of the time, and nothing legal the other half."""

    name = "copier"

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        found = []
        for question in questions:
            rows = [prompt.splitlines()[-1].split("they")[-1] for prompt in question.prompts]
            found.append(np.array([[0.5 * (f'"{label}"' in row) for label in question.labels] for row in rows]))
            found[-1] /= np.maximum(found[-1].sum(axis=1, keepdims=True) * 2, 1)
        return found


def test_what_was_trained_on_is_a_group_of_its_own() -> None:
    lines = judge(Copier(), "deontological(penalty=3)", "public_goods(players=3, multiplier=1.5, levels=2)", EXAM)
    assert [line["group"] for line in lines] == [PAIRWISE, PAIRWISE, GROUPS[0], GROUPS[3], GROUPS[4]]
    assert [line["judged_on"] for line in lines[:3]] == ["ipd", "harmony", THREE]
    bare = judge(Copier(), "deontological(penalty=3)", None, EXAM)
    assert [line["group"] for line in bare] == [PAIRWISE, PAIRWISE, GOODS, GROUPS[3], GROUPS[4]]


def test_regret_of_legal_answers_leaves_silence_out() -> None:
    """Who copies the other never betrays one who cooperated, once it is legal what it says."""
    ipd = judge(Copier(), "deontological(penalty=3)", None, EXAM)[0]
    assert ipd["regret_if_legal"] < 0.01 < 0.5 < ipd["regret"]


def test_legal_part() -> None:
    assert legal_part(np.array([[0.3, 0.1], [0.0, 0.0]])).tolist() == pytest.approx(
        np.array([[0.75, 0.25], [0.5, 0.5]])
    )


def line(trained_on: str, seed: int, group: str, regret: float) -> dict:
    measures = {"legal_mass": 1.0, "regret": regret, "regret_if_legal": regret}
    return {
        "trained_on": trained_on,
        "reward": "utilitarian",
        "seed": seed,
        "group": group,
        "judged_on": "x",
        **measures,
    }


def test_the_summary_takes_means_over_games_and_then_over_seeds() -> None:
    found = summary(
        [
            line(GOODS, 0, PAIRWISE, 0.2),
            line(GOODS, 0, PAIRWISE, 0.4),
            line(GOODS, 1, PAIRWISE, 0.6),
            line(UNTRAINED, 0, PAIRWISE, 1.0),
        ]
    )
    assert [(row["trained_on"], row["regret"], row["seeds"]) for row in found] == [
        (UNTRAINED, 1.0, 1),
        (GOODS, 0.45, 2),
    ]
    assert (found[1]["low"], found[1]["high"]) == (0.3, 0.6)
    assert "| utilitarian | public goods |  | 0.45 (1.00) |  |  |  |" in markdown(found)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"rewards": ()}, "at least one of rewards"),
        ({"themes": ("wrok",)}, "unknown theme 'wrok'. Did you mean 'work'"),
        ({"opponent": "tit_for_tat"}, "plays games with two players"),
        ({"goods_tests": ("public_good",)}, "public_goods"),
        ({"levels": 9}, "up to 3 actions"),
        ({"processes": 0}, "processes must be at least 1"),
    ],
)
def test_bad_options_are_refused_before_any_work(changed: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        transfer.measure(Options(folder=tmp_path / "runs", **changed))
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_a_small_study_that_is_killed_and_goes_on(tmp_path: Path, tiny_model_folder: Path) -> None:
    small = {
        "rewards": ("utilitarian",),
        "pairwise_tests": ("ipd",),
        "goods_tests": (THREE,),
        "themes": ("commons",),
        "updates": 2,
        "model": str(tiny_model_folder),
        "lora_rank": 4,
        "folder": tmp_path,
    }
    run = transfer.measure(Options(seeds=(0,), **small))
    rows = read_json(run.path(METRICS))["summary"]
    assert {row["trained_on"] for row in rows} == {UNTRAINED, PAIRWISE, GOODS}
    assert not list(run.path("trained").glob("*/checkpoints")) and run.path("figures", "transfer.png").exists()
    results = run.path("results.csv").read_bytes()
    run.path("judged", "public-goods-utilitarian-0.json").unlink()  # as killed between training and judging
    with pytest.raises(RunError, match="--resume"):
        transfer.measure(Options(seeds=(0,), **small))
    assert transfer.measure(Options(seeds=(0,), resume=True, **small)).path("results.csv").read_bytes() == results


def test_subjects_have_names_of_their_own() -> None:
    names = [subject.name for subject in Options().subjects()]
    assert len(set(names)) == len(names) == 14
    assert Subject(GOODS, "deontological(penalty=3)", 1).name == "public-goods-deontological-penalty-3-1"
