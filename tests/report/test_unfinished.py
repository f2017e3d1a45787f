"""A run that has not ended has a page; one that cannot be shown is refused with the reason, and nothing is written."""

from __future__ import annotations

import gc
import json
from pathlib import Path
from typing import Any

import pytest
from test_hostile_text import HOSTILE, harmless
from test_report import finished_run

from moral_games.cli import main
from moral_games.report import progress, write_report
from moral_games.runs import CONFIG, METRICS, Run, RunError, read_json, write_json

ASKED = {"name": "mine", "model": "bundled", "reward": "deontological", "game": "ipd", "seed": 3}


def begun(folder: Path, updates: int, legal: float = 0.5, **asked: Any) -> Run:
    """A fine-tuning run of fifty updates that has made some of them."""
    run = Run.create(folder, ASKED | {"train": {"updates": 50, "patience": 4}} | asked)
    for update in range(1, updates + 1):
        run.append(
            {"update": update, "loss": 1 / update, "legal_mass": legal, "action_types": {"C|C": 0.5, "D|C": 0.5}}
        )
    if updates:
        run.append({"update": updates + 1, "loss": 0.1, "legal_mass": legal, "action_types": {"C|C": 0.5, "D|C": 0.5}})
        line = {"update": updates + 2, "loss": 0.1, "legal_mass": legal, "action_types": {"C|C": 0.5, "D|C": 0.5}}
        run.append(line | {"validation": {"fault": 0.4, "regret": 0.25, "legal_mass": 0.9}})
    return run


def test_a_run_still_going_on_says_so_and_what_is_known(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", 10)
    page = write_report(run.folder).read_text()
    assert "This run is still going on: 12 of 50 updates done so far, by process" in page
    assert "nothing is judged yet" in page and '<progress value="12" max="50"' in page
    assert "validation: moral regret</span><strong>0.250</strong><span>after update 12" in page
    assert page.count("data:image/png;base64,") == 2 and "://" not in page


def test_a_run_that_nobody_works_on_says_how_it_goes_on(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", 0)
    state = progress.so_far(run, run.config(), [])
    assert "still going on: 0 of 50 updates" in progress.headline(run.config(), state)
    del run
    gc.collect()
    page = write_report(tmp_path / "run").read_text()
    assert "This run has stopped early, after 0 of 50 updates, and nobody is at work on it" in page
    assert "with --resume continues it" in page and "There is nothing to draw yet" in page


def test_a_run_that_was_given_up_says_why() -> None:
    state = {"done": 12, "total": 50, "unit": "update", "holder": None, "silent": 4}
    assert "given up early, after 12 of 50 updates: in the last 4 the model gave no legal answer" in progress.headline(
        {"train": {"patience": 4}}, state
    )
    assert "stopped early" in progress.headline({"train": {"patience": 5}}, state)


def test_silence_is_counted_from_the_end(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", 0)
    history = [{"update": 1, "legal_mass": 0.0}, {"update": 2, "legal_mass": 0.5}, {"update": 3, "legal_mass": 0.0}]
    assert progress.so_far(run, run.config(), history)["silent"] == 1


@pytest.mark.parametrize(
    ("asked", "line", "said"),
    [
        ({"agent": "population_dqn", "episodes": 240}, {"done": 60, "reward/one": 0.5}, "60 of 240 episodes"),
        ({"agent": "tabular_q"}, {"done": 1, "reward": [0.5, 1.0]}, "1 step done so far"),
        ({"command": "pricing", "rounds": 20, "deviation": 4}, {"prices": [[1.5]]}, "1 of 24 rounds"),
    ],
)
def test_every_kind_of_run_is_counted_in_its_own_units(tmp_path: Path, asked: Any, line: Any, said: str) -> None:
    run = Run.create(tmp_path / "run", {"name": "mine", "seed": 0} | asked)
    run.append(line)
    assert said in progress.headline(run.config(), progress.so_far(run, run.config(), run.history()))


def test_what_hostile_runs_are_called_is_shown_as_text(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", 0, name=HOSTILE, reward=HOSTILE, model=HOSTILE)
    harmless(write_report(run.folder).read_text())


def test_names_that_look_like_formulas_are_drawn_as_they_are(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", {"name": "mine", "agent": "mine", "seed": 0})
    run.append({"done": 1, "reward/$\\frac{": [0.5], "reward/$x^$": [0.25]})
    assert write_report(run.folder).read_text().count("data:image/png;base64,") == 1


def test_hostile_provenance_is_shown_as_text(tmp_path: Path) -> None:
    run = begun(tmp_path / "run", 0)
    made_by = {"command": HOSTILE, "commit": "abc123", "versions": {HOSTILE: HOSTILE}, "begun": "2026-01-01T00:00:00"}
    write_json(run.path("provenance.json"), made_by)
    page = write_report(run.folder).read_text()
    harmless(page)
    assert "abc123" in page and "not kept by this run" not in page
    assert "2026-01-01" not in page  # so that a run that was resumed has the same page


def test_a_run_of_an_older_version_is_shown_with_what_it_has(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", ("ipd",))
    metrics, config = read_json(run.path(METRICS)), read_json(run.path(CONFIG))
    metrics |= {"before": {}, "after": {}}  # and it was judged on no game
    del metrics["training"]["each_update"], metrics["training"]["validation_fault"], config["format"]
    write_json(run.path(METRICS), metrics)
    write_json(run.path(CONFIG), config)
    run.path("provenance.json").unlink()
    page = write_report(run.folder).read_text()
    assert "the model was judged on no game" in page and page.count("<img") == 1
    assert "Each update" not in page and "the weights of update 2 of 3" in page and "not kept by this run" in page


def spoiled(content: Any) -> dict[str, Any]:
    """The metrics of a run, one of its entries something else."""
    return {"before": {}, "after": {"ipd": content}, "training": {"updates": 1}, "seconds": {"train": 1.0}}


@pytest.mark.parametrize(
    ("metrics", "said"),
    [
        ('{"before": {', r"metrics\.json cannot be read"),
        ('{"matches": []}', "there is no page for a run whose metrics hold matches"),
        ("[]", "there is no page for a run whose metrics hold nothing"),
        ("3", "not as this version of Moral Games writes them"),
        (json.dumps(spoiled({})), "not as this version of Moral Games writes them"),
        (json.dumps(spoiled("x")), "not as this version of Moral Games writes them"),
        (json.dumps({"learners": {}, "together": {}}), "not as this version of Moral Games writes them"),
        (json.dumps({"after": {"no such game": {}}}), "unknown game 'no such game'"),
    ],
)
def test_a_broken_run_is_refused_with_the_reason(tmp_path: Path, metrics: str, said: str) -> None:
    run = begun(tmp_path / "run", 0)
    run.path(METRICS).write_text(metrics)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RunError, match=said):
        write_report(run.folder)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_run_of_another_format_is_refused_with_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = begun(tmp_path / "run", 0)
    write_json(run.path(CONFIG), ASKED | {"format": 99})
    assert main(["report", str(run.folder)]) == 2
    said = capsys.readouterr().err
    assert "is in format 99" in said and "use the version that wrote it, or begin anew under another --name" in said


def test_a_folder_without_a_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"config\.json cannot be read"):
        write_report(tmp_path)
    assert not list(tmp_path.iterdir())
