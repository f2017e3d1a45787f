"""The AIES 2024 study in its short form: what it keeps, measures and draws, and that it goes on after a kill."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import moral_games as mg
from agents import population_dqn
from agents import population_measures as measures
from agents.population_learning import SLIPS, Protocol
from agents.population_measures import Record
from benchmarks.published import aies2024_figures as figures
from benchmarks.published.aies2024 import VALUES, Options, learn, load, main, players, reproduce
from benchmarks.published.aies2024_results import OVER_TIME, by_type, interval, measure, rolling
from moral_games.runs import METRICS, Run, RunError

SHORT = Options(runs=2, episodes=60, processes=1)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Run:
    options = replace(SHORT, folder=tmp_path_factory.mktemp("runs"))
    Run.create(options.folder / options.name, options.to_json())
    for majority in ("S", "DE"):  # in this process, so that the test needs no other
        learn(options, majority)
    return reproduce(replace(options, population=("S", "DE"), resume=True))


def rows(run: Run, name: str) -> list[dict[str, str]]:
    with run.path(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_population_is_eight_of_one_type_and_one_of_each_other() -> None:
    assert len(VALUES) == 9
    for majority in VALUES:
        seats = players(majority)
        assert len(seats) == 16
        assert {kind: seats.count(kind) for kind in VALUES} == {kind: 8 if kind == majority else 1 for kind in VALUES}


def test_the_study_writes_tables_figures_and_metrics(study: Run) -> None:
    found = json.loads(study.path(METRICS).read_text(encoding="utf-8"))
    assert set(found["together"]) == {"S", "DE"}
    assert {path.stem for path in study.path("figures").iterdir()} == {
        "cooperation",
        "outcomes",
        "popularity",
        "selections",
        "rewards",
    }
    over_time, types, pairs = (rows(study, name) for name in ("over_time.csv", "by_type.csv", "selections.csv"))
    assert {row["measure"] for row in over_time} == set(OVER_TIME)
    assert {row["type"] for row in types} == set(VALUES)
    assert len(pairs) == 2 * 16 * 15
    for majority in ("S", "DE"):
        of_one = [float(row["share"]) for row in pairs if row["population"] == majority and row["selector"] == "0"]
        assert sum(of_one) == pytest.approx(1, abs=1e-4)


def test_no_bar_is_cut_off(study: Run) -> None:
    measured = {majority: load(study, majority) for majority in ("S", "DE")}
    everybody_selects_the_first = np.zeros_like(measured["DE"].last_selections)
    everybody_selects_the_first[:, 1:, 0] = 10
    measured["DE"] = measured["DE"]._replace(last_selections=everybody_selects_the_first)
    for axis in figures.popularity(measured, {majority: players(majority) for majority in measured}).axes:
        low, high = axis.get_ylim()
        assert low == 0 and max(bar.get_height() for bar in axis.patches) < high


def test_what_is_measured_is_what_the_record_says(study: Run) -> None:
    run, found = Run(study.path("S")), load(study, "S")
    asked = replace(SHORT, folder=study.folder.parent).learning("S")
    record = Record(*map(np.concatenate, zip(*population_dqn.records(run), strict=True)))
    assert record.selected.shape == (60, 2, 16)
    paid = measures.payoffs(record, asked.played())
    np.testing.assert_allclose(found.over_time[0], measures.cooperation(record), rtol=1e-6)
    np.testing.assert_allclose(found.over_time[2], paid.sum(axis=(2, 3)), rtol=1e-6)
    np.testing.assert_array_equal(found.selections.sum(axis=(1, 2)), [16 * 60, 16 * 60])
    np.testing.assert_allclose(found.payoff.sum(axis=1), paid.sum(axis=(0, 2, 3)))
    np.testing.assert_array_equal(found.games.sum(axis=1), [2 * 16 * 60] * 2)
    selfish = np.array(players("S")) == "S"
    np.testing.assert_allclose(found.reward[:, selfish], found.payoff[:, selfish])
    kind = players("S").index("VEk")
    own, asked_for = record.actions[..., kind, 0] == 0, record.selected == kind
    kept = 5.0 * (own.sum(axis=0) + ((record.actions[..., 1] == 0) & asked_for).sum(axis=(0, 2)))
    np.testing.assert_allclose(found.reward[:, kind], kept)


def test_the_last_moves_follow_from_the_games(study: Run) -> None:
    for record in population_dqn.records(Run(study.path("DE"))):
        for now, after in zip(range(59), range(1, 60), strict=True):
            for player in range(16):
                made = [
                    *record.actions[now, 0][player, :1],
                    *record.actions[now, 0][record.selected[now, 0] == player, 1],
                ]
                assert record.before[after, 0, player] in made


def test_the_record_can_be_read_from_any_episode(study: Run) -> None:
    whole = np.concatenate([record.selected for record in population_dqn.records(Run(study.path("S")))])
    for first in (0, 1, 59):
        part = np.concatenate([record.selected for record in population_dqn.records(Run(study.path("S")), first)])
        np.testing.assert_array_equal(part, whole[first:])


def test_a_study_is_not_replaced_and_takes_up_what_is_there(study: Run) -> None:
    options = replace(SHORT, folder=study.folder.parent, population=("S",))
    with pytest.raises(RunError, match="holds a run already"):
        reproduce(options)
    with pytest.raises(RunError, match="episodes: 60 then, 70 now"):
        reproduce(replace(options, episodes=70, resume=True))
    before = study.path("S", "measures.safetensors").read_bytes()
    reproduce(replace(options, resume=True))
    assert study.path("S", "measures.safetensors").read_bytes() == before


def test_as_published_switches_the_slips_on() -> None:
    assert Options().slips() == ()
    assert Options(as_published=("judged-on-own-move",)).learning("S").slips == ("judged-on-own-move",)
    assert Options(as_published=("all",)).learning("S").slips == SLIPS


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"population": ("VEk", "DEE")}, "DE"),
        ({"population": ()}, "at least one population"),
        ({"runs": 0}, "seeds must be at least 1"),
        ({"episodes": 0}, "episodes must be at least 1"),
        ({"processes": 0}, "processes must be at least 1"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(wrong: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        reproduce(replace(SHORT, folder=tmp_path, **wrong))
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="aies2024: .*processes"):
        main(replace(SHORT, processes=0, folder=tmp_path))


def test_a_rolling_mean_is_centred_and_leaves_gaps_out() -> None:
    curve = np.array([1.0, np.nan, 3.0, 5.0, np.nan, np.nan, np.nan])[:, None]
    np.testing.assert_allclose(rolling(curve, 3)[:, 0], [1, 2, 4, 4, 5, np.nan, np.nan])
    np.testing.assert_allclose(rolling(np.ones((50, 4)), 200), 1)


def test_an_interval_is_as_published() -> None:
    mean, low, high = interval(np.array([0.0, 2.0]))
    assert (mean, high - mean, mean - low) == pytest.approx((1.0, 1.96, 1.96))
    assert interval(np.array([3.0])) == (3.0, 3.0, 3.0)


def test_types_are_means_over_their_players() -> None:
    found = by_type(np.array([[1.0, 2.0, 4.0]]), ("S", "UT", "S"))
    assert {kind: by_run.tolist() for kind, by_run in found.items()} == {"S": [2.5], "UT": [2.0]}


def test_nobody_to_select_is_no_number() -> None:
    defectors = Record(np.ones((1, 1, 2), int), np.array([[[1, 0]]]), np.ones((1, 1, 2, 2), int))
    protocol = Protocol(players=2, reward=("selfish",))
    found = measure(protocol, [defectors], [defectors])
    assert np.isnan(found.over_time[OVER_TIME.index("cooperative selections")]).all()
    assert np.isnan(measures.cooperative_selections(defectors)).all()


@pytest.mark.slow
def test_a_population_of_twenty_runs_stays_far_below_four_gibibytes() -> None:
    code = (
        "import resource; from agents.population_learning import Populations; "
        "from benchmarks.published.aies2024 import Options; "
        "populations = Populations(Options(episodes=200).learning('S')); populations.advance(); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    spent = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert int(spent) < 2 * 1024**2  # KiB


@pytest.mark.slow
def test_a_killed_run_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    def given(name: str) -> list[str]:
        short = "--players 4 --hidden 32 --episodes 900 --chunk 50 --checkpoint-every 2 --seeds 2"
        return [*short.split(), "--folder", str(tmp_path / name)]

    killed, whole = (tmp_path / name / "population_dqn" for name in ("killed", "whole"))
    with subprocess.Popen(
        [sys.executable, "-m", "agents.population_dqn", *given("killed")],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stderr=subprocess.DEVNULL,
    ) as running:
        while not list(killed.glob("checkpoints/step-*")) and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    assert not (killed / METRICS).exists()
    assert population_dqn.main([*given("killed"), "--resume"]) == 0
    assert population_dqn.main(given("whole")) == 0
    for pattern in ("history.jsonl", METRICS, "record/*", "policies/*"):
        kept = sorted(path.relative_to(whole) for path in whole.glob(pattern))
        assert kept == sorted(path.relative_to(killed) for path in killed.glob(pattern))
        assert all((whole / path).read_bytes() == (killed / path).read_bytes() for path in kept)


def test_the_agents_command_shows_what_came_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = ["--players", "3", "--hidden", "8", "--episodes", "40", "--folder", str(tmp_path), "--name", "three"]
    assert population_dqn.main(given) == 0
    assert "player_2" in capsys.readouterr().out
    assert population_dqn.main(given) == 2
    assert "holds a run already" in capsys.readouterr().err
    assert population_dqn.main([*given[:-1], "../three"]) == 2
    found = json.loads((tmp_path / "three" / METRICS).read_text(encoding="utf-8"))
    shares = [learner["measures"]["popularity"]["mean"] for learner in found["learners"].values()]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    learned = f"run:{tmp_path}/three/policies/seed_0_player_2.json"
    assert 0 <= mg.evaluate("tit_for_tat", learned, mg.games.get("ipd")).action_types["C|C"] <= 1


def test_a_record_with_a_gap_is_refused(tmp_path: Path) -> None:
    given = "--players 2 --hidden 4 --episodes 30 --chunk 10".split()
    assert population_dqn.main([*given, "--folder", str(tmp_path)]) == 0
    run = Run(tmp_path / "population_dqn")
    run.path("record", "episodes-0000010.safetensors").unlink()
    with pytest.raises(RunError, match="episodes-0000010.safetensors is missing"):
        list(population_dqn.records(run))
