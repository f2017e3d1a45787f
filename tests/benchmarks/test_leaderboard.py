"""The board shows what the exact analysis says of each learned policy, and hides no failure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import moral_games as mg
from benchmarks import compare_running
from benchmarks.compare import CELLS
from benchmarks.compare_grid import Cell, learn
from benchmarks.leaderboard import FIGURE, Options, board, cells, main, overall, play, standings, unlearned
from benchmarks.leaderboard_figure import figure
from moral_games.policy import from_json
from moral_games.runs import METRICS, Run, read_json


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Options:
    """A board of two agents, one of which hardly learns."""
    return Options(
        agents=("tabular_q(steps=40)", "actor_critic(updates=30)"),
        games=("ipd",),
        values=("utilitarian",),
        opponents=("tit_for_tat",),
        seeds=2,
        folder=tmp_path_factory.mktemp("runs"),
    )


@pytest.fixture(scope="module")
def run(asked: Options) -> Run:
    """What comes of it."""
    return play(asked)


def test_regret_is_that_of_the_exact_analysis_of_the_learned_policies(run: Run) -> None:
    for study in read_json(run.path(METRICS))["studies"]:
        (folder,) = run.path(CELLS).glob(f"{study['agent'].partition('(')[0]}*")
        kept = (read_json(folder / "policies" / f"seed_{seed}_player_0.json") for seed in (0, 1))
        by_hand = [
            mg.evaluate(
                from_json(policy), "tit_for_tat", mg.games.get("ipd"), "utilitarian", 0.9, "random"
            ).moral_regret
            for policy in kept
        ]
        assert study["regret"]["by_seed"] == pytest.approx(by_hand, abs=1e-6)
        assert study["regret"]["mean"] == pytest.approx(np.mean(by_hand), abs=2e-6)


def test_a_board_of_one_study_each_says_the_same_twice_and_the_best_comes_first(run: Run) -> None:
    assert run.path(FIGURE).stat().st_size > 5000
    found = overall(read_json(run.path(METRICS))["studies"], 2)
    means = [each["regret"]["mean"] for each in found.values()]
    assert means == sorted(means) and len(means) == 2
    for line in standings(run).splitlines()[2:4]:
        name, mean, worst, *_ = (part.strip() for part in line.strip("|").split("|"))
        assert worst.startswith(mean) and f"`{name.strip('`')}`" in board(run)
        assert mean.split(" ", 1)[1] in board(run)
    assert f"{unlearned('ipd', 'utilitarian', 'tit_for_tat', 0.9):.3f}" in board(run)


def test_playing_at_random_has_the_regret_that_payoffs_imply() -> None:
    # Against Random welfare is 2a more for cooperating than for defecting, whatever the other does: half is lost.
    assert unlearned("ipd", "utilitarian", "random", 0.9) == pytest.approx(0.5)


def test_the_least_of_a_line_is_marked_and_ties_are_shared() -> None:
    def study(mean: float | None) -> dict[str, object]:
        return {"regret": None if mean is None else {"mean": mean, "low": mean, "high": mean}}

    assert cells([study(0.2), study(0.0001), study(0.0004), study(None)]) == [
        "0.200<br>[0.200, 0.200]",
        "**0.000**<br>[0.000, 0.000]",
        "**0.000**<br>[0.000, 0.000]",
        "failed",
    ]
    assert cells([study(None)]) == ["failed"]


def test_who_fails_stays_on_the_board_and_is_tried_again(
    asked: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(cell: Cell) -> None:
        if cell.agent.startswith("tabular_q"):
            raise FloatingPointError("diverged")
        learn(cell)

    monkeypatch.setattr(compare_running, "learn", failing)
    run = play(replace(asked, folder=tmp_path))
    last = standings(run).splitlines()[3]
    assert "`tabular_q(steps=40)` | 1.000 [1.000, 1.000] | failed" in last and "| 1 | 0 |" in last
    assert "| failed |" in board(run)
    assert "`tabular_q(steps=40)` failed in ipd, utilitarian, against tit_for_tat: FloatingPointError" in board(run)
    monkeypatch.setattr(compare_running, "learn", learn)
    (axes,) = figure(asked.to_json(), read_json(run.path(METRICS))["studies"], [0.5]).axes
    assert [line.get_xdata().tolist() for line in axes.lines if line.get_color() == "red"] == [[1.0], []]
    assert "failed" not in board(play(replace(asked, folder=tmp_path, resume=True)))
    fewer = play(replace(asked, agents=asked.agents[1:], folder=tmp_path, resume=True))
    assert "tabular_q" not in board(fewer) and "actor_critic" in standings(fewer)


def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--agents", "nobody", "--folder", str(tmp_path)]) == 2
    assert "unknown agent 'nobody'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
