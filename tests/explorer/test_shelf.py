"""What is said of run folders, and that nothing beside them can be reached."""

from __future__ import annotations

from pathlib import Path

import pytest
from visiting import HOSTILE, REPORT, add_run

from moral_games.explorer import runs_view, shelf
from moral_games.explorer.play_page import opponent_named
from moral_games.games import get
from moral_games.runs import Run, RunError

IPD = get("ipd")


def test_runs_are_found_and_their_state_is_said(folder: Path) -> None:
    working = Run.resume(folder / "other", Run(folder / "other").config())
    found = {run.name: run for run in shelf.runs(folder)}
    assert list(found) == [HOSTILE, "begun", "broken", "kind", "other", "sweep/seed-0"]
    assert {name: run.state for name, run in found.items()} == {
        **{HOSTILE: "broken", "begun": "unfinished", "broken": "broken"},
        **{"kind": "finished", "other": "going on", "sweep/seed-0": "finished"},
    }
    assert found["kind"].kind == "agent reinforce" and "process" in found["other"].said
    assert "plain folder name" in found[HOSTILE].said and "config.json cannot be read" in found["broken"].said
    assert working.folder.exists()


def test_where_there_are_no_runs(tmp_path: Path) -> None:
    assert shelf.runs(tmp_path / "nowhere") == [] and shelf.players(tmp_path / "nowhere") == []
    assert "There are no runs" in runs_view.listed([], tmp_path)


@pytest.mark.parametrize(
    "name", ["..", "../secret", "kind/../../secret", "/etc", "", ".", "kind/", "\\..\\secret", "a\x00b", "C:secret"]
)
def test_no_name_leads_elsewhere(folder: Path, name: str) -> None:
    secret = add_run(folder.parent, "secret")
    (secret / "report.html").write_text("secret")
    for reach in (shelf.run_folder, shelf.report_page, shelf.asked, shelf.write_report):
        with pytest.raises(ValueError, match="plain folder name"):
            reach(folder, name)
    with pytest.raises(ValueError, match="plain folder name"):
        opponent_named(f"run:{name}", IPD, folder)


@pytest.mark.parametrize("linked", ["", "config.json", "metrics.json", "policy.json", "report.html", "figures"])
def test_no_link_leads_elsewhere(folder: Path, linked: str) -> None:
    secret = add_run(folder.parent, "secret")
    (secret / "report.html").write_text("secret")
    (secret / "figures").mkdir()
    place = folder / "linked"
    if linked:
        add_run(folder, "linked")
        (place / linked).unlink(missing_ok=True)
    (place / linked if linked else place).symlink_to(secret / linked)
    for reach in (shelf.report_page, shelf.write_report, shelf.asked):
        with pytest.raises(RunError, match="leads out of"):
            reach(folder, "linked")
    with pytest.raises(RunError, match="leads out of"):
        opponent_named("run:linked", IPD, folder)
    assert shelf.look(folder, "linked").state == "broken"


def test_opponents_are_strategies_and_runs_and_nothing_else(folder: Path) -> None:
    assert opponent_named("run:kind", IPD, folder).name == "run:kind"
    assert opponent_named("grim", IPD, folder).name == "grim"
    for name in ("human", "axelrod:TitForTat", str(folder / "kind" / "policy.json"), "tit_for_tat()"):
        with pytest.raises(ValueError, match="unknown opponent"):
            opponent_named(name, IPD, folder)
    with pytest.raises(ValueError, match="unknown run 'no'"):
        opponent_named("run:no", IPD, folder)
    assert shelf.players(folder) == ["kind", "other", "sweep/seed-0"]


def test_what_was_asked_differently(folder: Path) -> None:
    one, other = (shelf.asked(folder, name) for name in ("kind", "other"))
    assert shelf.asked_differently(one, other) == [("name", "kind", "other"), ("reward", "utilitarian", "selfish")]
    assert "utilitarian" in runs_view.compared(folder, "kind", "other")
    assert runs_view.compared(folder, "kind", "kind") == "<p>Both were asked the same.</p>"
    nested = add_run(folder, "nested", train={"updates": 5, "games": ["ipd", "chicken"]})
    assert shelf.asked(folder, nested.name)["train.updates"] == "5"
    assert shelf.asked(folder, nested.name)["train.games"] == "ipd, chicken"


def test_a_run_as_a_page(folder: Path) -> None:
    page = runs_view.opened(folder, "kind")
    assert (
        'src="/runs/kind/report.html"' in page and " sandbox></iframe>" in page and "agent reinforce: finished" in page
    )
    assert shelf.report_page(folder, "kind").decode() == REPORT
    assert "no report yet" in runs_view.opened(folder, "other")
    assert "cannot be read" in runs_view.opened(folder, "broken")


def test_hostile_text_is_shown_as_text(folder: Path) -> None:
    add_run(folder, "asked", reward=HOSTILE, agent=HOSTILE)
    for page in (runs_view.listed(shelf.runs(folder), folder), runs_view.opened(folder, "asked")):
        assert "<img" not in page and "\u202e" not in page and "\x1b" not in page
        assert "&lt;img src=x" in page and "u202egnp" in page


def test_a_report_is_written_by_the_library(folder: Path) -> None:
    assert not shelf.has_report(folder, "begun")
    shelf.write_report(folder, "begun")  # of a run that has not ended: what is known so far
    assert shelf.has_report(folder, "begun") and b"nothing is judged yet" in shelf.report_page(folder, "begun")
    with pytest.raises(RunError, match="config.json cannot be read"):
        shelf.write_report(folder, "broken")
