"""Runs survive being killed, damaged and short of disk (50 kills and more: ``python -m benchmarks.faults``)."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import faults
from moral_games.runs import Run, write_json


@pytest.mark.slow
def test_disturbed_runs_of_tabular_agents_end_as_undisturbed_ones(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--works", "tabular agents", "--kills", "2", "--damages", "2", "--full-disks", "1"]
    assert faults.main(asked) == 0
    lines = [line.split(" | ") for line in capsys.readouterr().out.splitlines()[2:]]
    found = {line[0].removeprefix("| ") for line in lines}
    assert found == {"SIGKILL", "SIGTERM", "damaged checkpoint", "full disk"}
    assert sum(int(line[2]) for line in lines) == 5 and all(line[5].startswith("0") for line in lines)


def test_what_is_compared_leaves_out_the_clock_alone(tmp_path: Path) -> None:
    def left(name: str, seconds: float, reward: float) -> dict[str, str]:
        run = Run.create(tmp_path / name, {"seed": 1})
        write_json(run.path("metrics.json"), {"seconds": seconds, "reward": reward})
        run.append({"update": 1, "seconds": seconds})
        run.path("table.csv").write_text(f"agent,seconds\na,{seconds}\n")
        return faults.kept(run)

    once, slower, other = left("once", 1.0, 0.5), left("slower", 2.0, 0.5), left("other", 1.0, 0.6)
    assert once == slower and set(once) == {"config.json", "metrics.json", "history.jsonl", "table.csv"}
    assert [file for file in once if once[file] != other[file]] == ["metrics.json"]


def test_an_unknown_work_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert faults.main(["--works", "tabular"]) == 2
    assert "Did you mean 'tabular agents'" in capsys.readouterr().err
