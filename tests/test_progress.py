"""How far a work is, as it is told where no terminal shows a bar."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from moral_games.progress import Lines, progress, track

READ = pytest.CaptureFixture[str]


def clock(*times: float) -> Iterator[float]:
    return iter(times)


def test_lines_come_now_and_then_with_the_time_that_is_left(capsys: READ) -> None:
    times = clock(0, 4, 12, 13, 200)
    lines = Lines("updates", total=10, done=2, now=lambda: next(times))
    for number in (1, 1, 1, 5):
        lines.advance(number)
    assert capsys.readouterr().err.splitlines() == [
        "updates: 4 of 10 in 12 s, about 36 s left",
        "updates: 10 of 10 in 3 min 20 s",
    ]


def test_what_is_quick_is_not_told_of(capsys: READ) -> None:
    assert list(track("abc", "letters")) == ["a", "b", "c"]
    with progress("nothing", 0):
        pass
    assert capsys.readouterr() == ("", "")


def test_a_terminal_gets_a_bar_that_is_not_mixed_with_what_is_printed(
    capsys: READ, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    for entry in track([1, 2], "a [bold] work"):
        print(entry)
    printed = capsys.readouterr()
    assert printed.out == "1\n2\n"
    assert "a [bold] work" in printed.err and "2/2" in printed.err and "left" in printed.err
