"""A comparison is one study a combination: the same numbers wherever it runs, nothing lost, nothing begun in vain."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import compare_running
from benchmarks.compare import CELLS, TABLE, Options, compare, main, rows, write_table
from benchmarks.compare_grid import Cell, Common, folder_name, grid, known_agents, learn
from moral_games.report import write_report
from moral_games.report.comparison import comparison_headline, drawings
from moral_games.runs import METRICS, Run, RunError, RunFailed, read_json, write_json

COMMON = Common(seeds=2, seed=0, discount=0.9, initial="random")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Options:
    """A small comparison of two agents with two opponents, one of which learns."""
    return Options(
        agents=("tabular_q(steps=40)", "actor_critic(updates=3)"),
        opponents=("tit_for_tat", "learner:deontological"),
        seeds=2,
        folder=tmp_path_factory.mktemp("runs"),
    )


@pytest.fixture(scope="module")
def finished(asked: Options) -> Run:
    """What comes of it in one process."""
    return compare(asked)


def table(run: Run) -> list[dict[str, str]]:
    """Return a comparison's table, but for what depends on the clock."""
    with run.path(TABLE).open(encoding="utf-8", newline="") as lines:
        return [{key: entry for key, entry in line.items() if key != "seconds"} for line in csv.DictReader(lines)]


def test_the_table_has_a_line_for_each_learner_with_its_studys_own_numbers(finished: Run) -> None:
    found = table(finished)
    faced = [(line["agent"], line["value"], line["opponent"], line["player"]) for line in found]
    assert faced[:3] == [
        ("tabular_q(steps=40)", "selfish()", "tit_for_tat", "player_0"),
        ("tabular_q(steps=40)", "selfish()", "learner:deontological", "player_0"),
        ("tabular_q(steps=40)", "deontological(penalty=3)", "learner:selfish", "player_1"),
    ]
    assert len(found) == 6
    for line, row in zip(found, read_json(finished.path(METRICS))["rows"], strict=True):
        study = read_json(finished.path(CELLS, row["run"], METRICS))
        measures = study["learners"][line["player"]]["measures"] | study["together"]
        for name in ("payoff", "reward", "moral regret", "cooperation", "exploitability", "equality"):
            assert [float(line[f"{name} {part}"]) for part in ("mean", "low", "high")] == [
                measures[name][part] for part in ("mean", "low", "high")
            ]


def test_an_agents_overall_numbers_are_means_over_its_lines(finished: Run) -> None:
    metrics = read_json(finished.path(METRICS))
    for agent, found in metrics["agents"].items():
        own = [row["measures"]["equality"]["mean"] for row in metrics["rows"] if row["agent"] == agent]
        assert found["matches"] == 2
        assert found["measures"]["equality"]["mean"] == pytest.approx(np.mean(own), abs=2e-6)
        assert found["measures"]["equality"]["low"] <= found["measures"]["equality"]["mean"]


@pytest.mark.slow
def test_two_processes_find_the_same_numbers(asked: Options, finished: Run, tmp_path: Path) -> None:
    agree(finished, compare(replace(asked, workers=2, folder=tmp_path)))


@pytest.mark.slow
def test_ray_finds_the_same_numbers(asked: Options, finished: Run, tmp_path: Path) -> None:
    agree(finished, compare(replace(asked, ray="local", folder=tmp_path)))


def agree(one: Run, other: Run) -> None:
    """Demand the same table, and the same bytes from every study."""
    assert table(one) == table(other)
    cells = sorted(path.name for path in one.path(CELLS).iterdir())
    assert cells == sorted(path.name for path in other.path(CELLS).iterdir())
    for cell in cells:
        for name in (METRICS, "policy.json", "history.jsonl"):
            assert one.path(CELLS, cell, name).read_bytes() == other.path(CELLS, cell, name).read_bytes()


def test_a_comparison_that_was_stopped_goes_on_with_what_is_missing(
    asked: Options, finished: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried_out: list[str] = []

    def stopped(cell: Cell) -> None:
        if len(carried_out) == 2:
            raise KeyboardInterrupt
        carried_out.append(cell.name)
        learn(cell)

    broken_off = replace(asked, folder=tmp_path)
    monkeypatch.setattr(compare_running, "learn", stopped)
    with pytest.raises(KeyboardInterrupt):
        compare(broken_off)
    with pytest.raises(RunError, match="--resume"):
        compare(broken_off)
    home = Run(tmp_path / asked.name)
    kept = [home.path(CELLS, name, METRICS) for name in carried_out]
    before = [path.stat().st_mtime_ns for path in kept]
    monkeypatch.setattr(compare_running, "learn", learn)
    agree(finished, compare(replace(broken_off, resume=True)))
    assert [path.stat().st_mtime_ns for path in kept] == before


def test_a_study_that_fails_is_named_and_the_others_are_kept(
    asked: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(cell: Cell) -> None:
        if cell.agent.startswith("tabular_q"):
            raise FloatingPointError("diverged")
        learn(cell)

    monkeypatch.setattr(compare_running, "learn", failing)
    small = replace(asked, opponents=("tit_for_tat",), folder=tmp_path)
    with pytest.raises(RunFailed, match=r"1 of 2 studies failed(?s:.*)tabular_q.*diverged"):
        compare(small)
    assert len(list((tmp_path / asked.name / CELLS).glob("actor_critic*/metrics.json"))) == 1
    assert not (tmp_path / asked.name / TABLE).exists()


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"agents": ("tabular",)}, "unknown agent 'tabular'.*Did you mean 'tabular_q'"),
        ({"agents": ("tabular_q(stepps=3)",)}, "unknown numeric option.*Did you mean 'steps'"),
        ({"agents": ("tabular_q(seeds=3)",)}, "give it with --seeds"),
        ({"agents": ("tabular_q(steps=2.5)",)}, "steps of agent 'tabular_q' is a whole number, got 2.5"),
        ({"agents": ("tabular_q(steps=0)",)}, "steps must be at least 1"),
        ({"agents": ()}, "at least one of its agents"),
        ({"games": ("ipd", "ipd")}, "games are compared once each"),
        ({"opponents": ("tit_for_tatt",)}, "Did you mean 'tit_for_tat'"),
        ({"seeds": 0}, "seeds must be at least 1"),
        ({"workers": 0}, "workers must be at least 1"),
        ({"workers": 2, "ray": "local"}, "exclude each other"),
        ({"ray": "127.0.0.1:1"}, "no Ray cluster answers at '127.0.0.1:1'"),
        ({"ray": "auto"}, "no Ray cluster answers at 'auto'"),
        ({"name": "../elsewhere"}, "plain folder name"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(
    tmp_path: Path, lists: dict[str, object], said: str
) -> None:
    with pytest.raises((ValueError, TypeError, RunError), match=said):
        compare(replace(Options(folder=tmp_path), **lists))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_combinations_that_do_not_fit_are_all_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="2 of 6 combinations do not fit") as refused:
        compare(Options(agents=("tabular_q", "lola", "rllib"), opponents=("learner", "tit_for_tat"), folder=tmp_path))
    assert "lola-ipd-selfish-tit_for_tat: lola shapes what others learn" in str(refused.value)
    assert "rllib-ipd-selfish-tit_for_tat: in agents.rllib everybody learns" in str(refused.value)
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--agents", "nobody", "--folder", str(tmp_path)]) == 2
    assert "error: unknown agent 'nobody'" in capsys.readouterr().err


def test_agents_are_found_by_what_they_can_do() -> None:
    known = known_agents()
    assert {"tabular_q", "actor_critic", "lola", "reinforce"} <= set(known)
    assert not {"options", "study", "table_ascent"} & set(known)


@given(st.lists(st.tuples(*[st.text(max_size=30)] * 3), min_size=2, max_size=2, unique=True))
def test_no_two_combinations_share_a_folder(pair: list[tuple[str, ...]]) -> None:
    one, other = (folder_name(texts) for texts in pair)
    assert one != other
    assert re.fullmatch(r"[A-Za-z0-9_-]{1,120}", one)


def test_the_page_shows_any_table(finished: Run, asked: Options, tmp_path: Path) -> None:
    cells = grid(asked.agents, ("ipd",), ("selfish",), asked.opponents, COMMON, finished.path(CELLS))
    found = [row for cell in cells for row in rows(cell)]
    assert list(drawings({"rows": found})) == ["game-1", "seconds"]
    run = Run.create(tmp_path / "one", asked.to_json() | {"name": "<b>one</b>", "seeds": 1})
    metrics = read_json(finished.path(METRICS))
    write_json(run.path(METRICS), metrics)
    page = write_report(run.folder).read_text(encoding="utf-8")
    assert "<b>one</b>" not in page and comparison_headline(metrics) in page
    write_table(tmp_path / TABLE, found[:1])
    assert len((tmp_path / TABLE).read_text(encoding="utf-8").splitlines()) == 2
