"""The rounds that a learner needs to find the best response are counted from where it lasts."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import best_response
from benchmarks.best_response import Found


def test_what_counts_is_the_first_of_several_looks_in_a_row() -> None:
    assert best_response.reached([0.3, 0.01, 0.05, 0.01, 0.0, 0.3], 2) == 4
    assert best_response.reached([0.3, 0.01, 0.05, 0.01, 0.0], 1) == 2
    assert best_response.reached([0.3, 0.01, 0.0], 3) is None
    assert best_response.reached([], 1) is None


def test_the_table_has_a_line_for_each_game_and_opponent_and_is_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = "--games stag_hunt --algorithms dqn ppo --opponents always_cooperate --seeds 2 --steps 4096 --block 1024"
    best_response.main([*asked.split(), "--folder", str(tmp_path)])
    printed = capsys.readouterr().out
    table = [line for line in printed.splitlines() if line.startswith("|")]
    assert len(table) == 3 and table[2].startswith("| stag_hunt | always_cooperate | 1 | ")
    monkeypatch.setattr(best_response, "find", lambda *_: pytest.fail("what is known is not looked for again"))
    best_response.main([*asked.split(), "--folder", str(tmp_path), "--resume"])
    assert capsys.readouterr().out == printed
    with pytest.raises(SystemExit, match="--resume"):
        best_response.main([*asked.split(), "--folder", str(tmp_path)])


@pytest.mark.parametrize(("opponent", "observed"), [("grim", [3, 3, 4]), ("tit_for_tat", [1, 1, 1])])
def test_who_does_not_get_there_tries_again_and_observes_more_in_the_end(
    opponent: str, observed: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def learn(settings: best_response.sb3.Options, looks: int) -> tuple[int | None, float]:
        tried.append((settings.seed, settings.steps, settings.entropy, settings.memory))
        return (None, 0.25) if settings.learning_rate is None and settings.seed == 1 else (settings.steps, 0.0)

    monkeypatch.setattr(best_response, "_learn", learn)
    asked = best_response.Options(seeds=2, steps=2048)
    cell = ("ipd", opponent, "ppo")
    assert best_response.find(asked, {}, cell) == Found((8192, 8192), (0.0, 0.0), 3)
    attempts = zip((2048, 8192, 8192), (0.0, 2.0, 2.0), observed, strict=True)
    assert tried == [(seed, *attempt) for attempt in attempts for seed in (0, 1)]
    tried.clear()
    best_response.find(asked, {cell: Found((2048, None), (0.0, 0.25), 2)}, cell)
    assert tried == [(seed, 8192, 2.0, observed[-1]) for seed in (0, 1)]


def test_who_never_comes_near_is_told_apart_from_who_does() -> None:
    assert str(Found((2048, 4096, 8192), (0.0, 0.01, 0.0))) == "4,096"
    assert str(Found((2048, 4096), (0.0, 0.01), 2)) == "3,072 (again)"
    assert str(Found((2048, 4096), (0.0, 0.01), 3)) == "3,072 (a third time)"
    assert str(Found((2048, None), (0.0, 0.25))) == "1 of 2 seeds, gap 0.250"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("--games chess", "unknown game 'chess'"),
        ("--opponents nobody", "unknown opponent 'nobody'"),
        ("--games rock_paper_scissors --opponents grim", "two actions"),
        ("--seeds 0", "seeds must be at least 1"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(wrong: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=f"best_response: .*{said}"):
        best_response.main([*wrong.split(), "--folder", str(tmp_path)])
    assert not list(tmp_path.iterdir())
