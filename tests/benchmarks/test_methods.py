"""Two ways to the same value are taught, portrayed and put on one page; what was killed goes on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.methods import METHODS, Options, estimates, measure

pytest.importorskip("trl")


@pytest.mark.slow
def test_methods_stand_side_by_side_and_more_can_be_added(tiny_model_folder: Path, tmp_path: Path) -> None:
    options = Options(
        methods=("reward", "calculation"),
        seeds=(0,),
        updates=2,
        batch=4,
        questions=4,
        scenarios=4,
        themes=("climate",),
        test_games=("ipd",),
        model=str(tiny_model_folder),
        folder=tmp_path,
    )
    measure(options)
    metrics = json.loads((tmp_path / "methods" / "metrics.json").read_text())
    assert list(metrics["portraits"]) == ["none", "reward", "calculation"]
    lesson = metrics["portraits"]["calculation"][0]["taught"]
    assert (lesson["algorithm"], lesson["value"], lesson["reasons"]) == ("examples", "preference(kappa=0.5)", True)
    assert metrics["portraits"]["reward"][0]["taught"]["updates"] == 2
    assert [line.split(" | ")[0] for line in estimates(metrics).splitlines()[2:]] == [
        "| none",
        "| reward",
        "| calculation",
    ]
    page = (tmp_path / "methods" / "report.html").read_text()
    assert "after a calculation" in page and "homo_moralis" in page

    kept = tmp_path / "methods" / "portraits" / "reward-0.json"
    before = kept.stat().st_mtime_ns
    measure(replace(options, methods=("reward", "labels"), resume=True))
    assert kept.stat().st_mtime_ns == before
    again = json.loads((tmp_path / "methods" / "metrics.json").read_text())
    assert list(again["portraits"]) == ["none", *list(METHODS)[:3]]
    assert again["portraits"]["reward"] == metrics["portraits"]["reward"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [({"methods": ("rewards",)}, "reward"), ({"seeds": ()}, "at least one"), ({"opponent": "tit"}, "tit_for_tat")],
)
def test_options_that_make_no_sense_are_refused(wrong: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        measure(replace(Options(folder=tmp_path), **wrong))
    assert not list(tmp_path.iterdir())
