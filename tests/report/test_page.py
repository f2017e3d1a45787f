"""Pages are small, need no network, fit narrow screens and paper, and tell in words what is seen in every figure."""

from __future__ import annotations

import json
import re
import struct
from base64 import b64decode
from importlib.resources import files

import pytest
from test_report import finished_run

from moral_games.report import comparison, write_report
from moral_games.report.page import TOLD_BY
from moral_games.report.provenance import provenance
from moral_games.runs import HISTORY

BASE = (files("moral_games.report") / "templates" / "base.html").read_text()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page on a model judged on the five games of a study, after a long training."""
    games = ("ipd", "stag_hunt", "chicken", "bach_or_stravinsky", "defective_coordination")
    run = finished_run(tmp_path_factory.mktemp("long") / "run", games)
    kinds = run.history()[0]["action_types"]
    lines = [
        {"update": update, "action_types": {kind: (update * place) % 7 for place, kind in enumerate(kinds)}}
        for update in range(4, 10_000)
    ]
    run.path(HISTORY).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return write_report(run.folder).read_text()


def test_the_longest_page_is_small_and_needs_no_network(page: str) -> None:
    assert len(page) < 3_000_000
    assert "://" not in page and not re.search(r"<(script|link|iframe|object)|@import|url\(", page)
    assert set(re.findall(r'src="([^,"]*)', page)) == {"data:image/png;base64"}


def test_every_figure_says_what_is_seen(page: str) -> None:
    told = re.findall(r'<img src="[^"]*" alt="([^"]*)"', page)
    assert len(told) == page.count("<img") == page.count("<figcaption>") == 4
    assert all(len(text) > 40 and re.search(r"\d", text) for text in told)


def test_figures_are_no_wider_than_words_in_them_can_bear(page: str) -> None:
    for image in re.findall(r"base64,([^\"]*)", page):
        width, _ = struct.unpack(">II", b64decode(image)[16:24])
        assert width <= 6.3 * 130  # inches at the resolution of the files: 8 points are 6 pixels on a screen of 390


def test_the_first_things_are_the_sentence_and_the_numbers(page: str) -> None:
    body = page[page.index("<body>") :]
    places = [
        body.index(part) for part in ('class="lead"', "A value counts as kept", 'class="cards"', "<img", "<table")
    ]
    assert places == sorted(places) and body.index("<table") < body.index('<details class="made">')
    assert 3 <= body.count("<li>") <= 5


@pytest.mark.parametrize("rule", ["max-width: 100%", "@media print", "break-inside: avoid", "::details-content"])
def test_the_style_thinks_of_narrow_screens_and_paper(rule: str) -> None:
    assert rule in BASE


def test_all_that_a_run_kept_about_itself_is_at_the_end() -> None:
    config = {"seed": 3, "train": {"updates": 5}, "opponent": [], "start_from": None}
    metrics = {"machine": {"torch": "2"}, "seconds": {"train": 1.5}}
    assert provenance(config, metrics, {}) == {
        "How it was made": [
            ("machine: torch", "2"),
            ("command", "not kept by this run"),
            ("commit", "not kept by this run"),
        ],
        "Seconds": [("train", "1.5")],
        "What was asked": [("seed", "3"), ("train: updates", "5"), ("opponent", "none")],
    }
    made = provenance(config, metrics, {"command": "moral-games finetune", "commit": "abc", "machine": {"cores": 2}})
    assert made["How it was made"] == [("machine: cores", "2"), ("command", "moral-games finetune"), ("commit", "abc")]


@pytest.mark.parametrize("kind", sorted(set(TOLD_BY.values()), key=lambda kind: kind.__name__))
def test_every_kind_of_page_tells_what_it_is_judged_by(kind: object) -> None:
    assert getattr(kind, "CRITERION", "").endswith(".")
    assert all(callable(getattr(kind, part)) for part in ("headline", "cards", "drawings", "content"))


def test_a_long_table_is_cut_and_says_where_the_rest_is() -> None:
    measures = {name: {"mean": 0.5, "low": 0.5, "high": 0.5} for name in comparison.JUDGED}
    row = {"agent": "one", "game": "ipd", "seeds": 1, "measures": measures}
    metrics = {"rows": [row] * (comparison.MOST_ROWS + 3), "agents": {"one": {"matches": 1, "measures": measures}}}
    shown = comparison.content({"seeds": 1, "seed": 0}, metrics)
    assert len(shown["rows"]) == comparison.MOST_ROWS and shown["left_out"] == 3
