"""The page about the ICLR 2025 study: its numbers are the run's, and a model's words are shown and nothing else."""

from __future__ import annotations

import html
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.published.iclr2025_conditions import HELD_OUT, NOBODY, Subject, retellings, tellings
from benchmarks.published.iclr2025_measures import rows
from benchmarks.published.iclr2025_other import UNRELATED, unrelated_rows
from benchmarks.published.iclr2025_results import PUBLISHED, Means, in_cell, section
from benchmarks.published.iclr2025_summary import over_seeds
from moral_games.runs import CONFIG, METRICS, Run, write_json

ALWAYS_C, ALWAYS_D, SILENT = (np.tile(row, (1, 5, 1)) for row in ([1.0, 0.0], [0.0, 1.0], [0.0, 0.0]))
NONE = Subject("none")
DOES = {
    NONE: SILENT,
    Subject("game", "tit_for_tat", 0): ALWAYS_D,
    Subject("game-then-deontological", "tit_for_tat", 0): ALWAYS_C,
    Subject("deontological", "random", 0): ALWAYS_C,
}
WORDS = "because | <b>I</b> can"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A study of models that always do the same, without any model."""
    run, lines = Run(tmp_path_factory.mktemp("runs") / "iclr2025"), []
    asked = {"ipd": {**tellings("compact", "standard"), **retellings("compact", "standard")}, "chicken": [HELD_OUT]}
    tables = {subject: {g: dict.fromkeys(told, does) for g, told in asked.items()} for subject, does in DOES.items()}
    other = {"action3/action4": {prompt: [0.25, 0.5] for prompt in UNRELATED}}
    for subject, judged in tables.items():
        lines += [*rows(subject, judged, tables[NONE], 100, ()), *unrelated_rows(subject, other, other, 100)]
        told = {game: {telling: table.tolist() for telling, table in found.items()} for game, found in judged.items()}
        said = [{"about": "ipd, after C: why", "asked": "Why?", "answer": WORDS}]
        path = run.path("judged", f"{subject.name}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"subject": asdict(subject), "tables": told, "unrelated": other, "said": said})
        if subject.opponent != NOBODY:
            trained = Run(run.path("trained", subject.name))
            trained.folder.mkdir(parents=True)
            write_json(trained.path(METRICS), {"seconds": {"train": 3600.0}})
            for cooperates in (0.0, 0.25, 0.75, 1.0):
                trained.append({"action_types": {"C|C": cooperates, "D|C": 1 - cooperates}})
    write_json(
        run.path(METRICS), {"results": over_seeds(lines), "given_up": {"utilitarian-tit_for_tat-0": "no answer"}}
    )
    write_json(
        run.path(CONFIG),
        {"model": "bundled", "wording": "compact", "algorithm": "exact", "train": {"updates": 50}},
    )
    return run


def cells(page: str, first: str) -> list[list[str]]:
    """Return the rows of a page's tables that begin with a text."""
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("|")
    ]
    return [line for line in lines if line[0] == first]


def test_regret_is_on_the_published_scale() -> None:
    lines = [
        line
        for subject in DOES
        for line in rows(subject, {"ipd": {PUBLISHED: DOES[subject]}}, {"ipd": {PUBLISHED: SILENT}}, 1, ())
    ]
    means = Means.of(over_seeds(lines), "tit_for_tat")
    assert means.duty("none", "ipd", PUBLISHED) == means.duty("none", "ipd", PUBLISHED, "sampled") == 6
    assert means.duty("game", "ipd", PUBLISHED) == pytest.approx(4 * 0.5)  # every second round betrays a cooperator
    assert means.duty("game-then-deontological", "ipd", PUBLISHED) == 0
    assert means.duty("deontological", "ipd", PUBLISHED) is None, "trained against somebody else"


def test_a_page_tells_what_the_run_holds(study: Run) -> None:
    page = section(study, "tit_for_tat")
    assert "took 2.0 hours" in page and "utilitarian-tit_for_tat-0" in page and "no answer" in page
    duty, _, learned, labels, wordings, unrelated, words = cells(page, "game")
    assert duty[1:3] == ["1.7", "2.00"] and duty[4] == "2.00"
    assert learned[1:4] == ["1.000", "0.000", "0.000"] and learned[-1] == "1.000"
    assert labels[1:] == ["0.00 / 0.00"] * 8
    assert wordings[1:] == ["0.00 / 0.00; 1.00"] * 5
    assert unrelated[1:] == ["0.25 / 0.50 / 0.25"] * 4
    assert words[1] == in_cell(WORDS) and words[2] == ""
    assert cells(page, "game-then-deontological-tit_for_tat-0") == [
        ["game-then-deontological-tit_for_tat-0", "0.00", "1.00", "0.00", "0.00", "3", "4"]
    ]
    assert not cells(page, "deontological") and WORDS not in page
    assert HELD_OUT in page


@given(st.text())
def test_a_models_words_stay_in_their_cell(said: str) -> None:
    shown = in_cell(said)
    assert not set(shown) & set("\n|<>`*_[]$") and html.unescape(shown) == " ".join(said.split())
