"""The benchmark of reading payoffs: what it keeps, that it goes on, and what it refuses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.payoff_reading import Options, carry_out_all, table
from moral_games.llm.settings import Worked
from moral_games.runs import read_json


def test_every_way_is_taught_and_examined_once_and_more_can_be_added(tiny_model_folder: Path, tmp_path: Path):
    asked = Options(
        ways=("nothing",),
        updates=2,
        games=3,
        model=str(tiny_model_folder),
        settings=Worked(games=1, longest=4),
        folder=tmp_path,
    )
    run = carry_out_all(asked)
    first = read_json(run.path("results.json"))
    assert [(line["way"], line["value"]) for line in first] == [
        ("untrained", "utilitarian"),
        ("nothing", "utilitarian"),
    ]
    assert all(0 <= line["right"] <= line["legal"] + 1e-9 and line["asked"] > 6 for line in first)
    assert [update for update, _ in first[1]["curve"]] == [1, 2]
    more = read_json(carry_out_all(replace(asked, values=("utilitarian", "selfish"), resume=True)).path("results.json"))
    assert more[:2] == first
    assert {line["value"] for line in more[2:]} == {"selfish"}
    assert len(table(more).splitlines()) == 2 + 4
    assert run.path("curves.png").stat().st_size > 1000


@pytest.mark.parametrize("given", [{"values": ("utilitarain",)}, {"ways": ("notes",)}, {"games": 0}, {"updates": 0}])
def test_what_cannot_be_is_refused_before_a_folder_is_made(given: dict[str, object], tmp_path: Path):
    with pytest.raises(ValueError, match=r"utilitarian|calculation|at least"):
        carry_out_all(replace(Options(folder=tmp_path), **given))
    assert not list(tmp_path.iterdir())
