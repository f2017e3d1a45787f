"""The rounds that a learner needs to find the best response are counted from where it lasts."""

from __future__ import annotations

import pytest

from benchmarks import best_response


def test_what_counts_is_the_first_of_several_looks_in_a_row() -> None:
    assert best_response.reached([0.3, 0.01, 0.05, 0.01, 0.0, 0.3], 2) == 4
    assert best_response.reached([0.3, 0.01, 0.05, 0.01, 0.0], 1) == 2
    assert best_response.reached([0.3, 0.01, 0.0], 3) is None
    assert best_response.reached([], 1) is None


def test_the_table_has_a_line_for_each_game_and_opponent(capsys: pytest.CaptureFixture[str]) -> None:
    asked = "--games stag_hunt --algorithms dqn a2c --opponents always_cooperate --seeds 2 --steps 4096 --block 1024"
    best_response.main(asked.split())
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith("|")]
    assert len(table) == 3 and table[2].startswith("| stag_hunt | always_cooperate | 1 | ")


def test_who_never_comes_near_is_told_apart_from_who_does() -> None:
    assert str(best_response.Found((2048, 4096, 8192), (0.0, 0.01, 0.0))) == "4,096"
    assert str(best_response.Found((2048, None), (0.0, 0.25))) == "1 of 2 seeds, gap 0.250"
