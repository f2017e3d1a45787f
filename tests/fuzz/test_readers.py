"""Whatever is read: it is understood, or refused in our words (10 000 cases each: ``python -m benchmarks.fuzz``)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import fuzz

CASES = 60


@pytest.mark.parametrize("name", fuzz.READERS)
def test_damaged_and_hostile_input_is_read_or_refused_in_our_words(name: str) -> None:
    found = fuzz.fuzz(fuzz.READERS[name], CASES, np.random.default_rng(1))
    assert found.errors == []
    assert found.read


@pytest.mark.parametrize("name", ["names of games", "reward expressions", "names of opponents", "names of runs"])
@given(text=st.text())
def test_any_text_is_read_or_refused_in_our_words(name: str, text: str) -> None:
    fuzz.check(fuzz.READERS[name], text)


def test_errors_that_are_not_ours_are_found() -> None:
    def stumbles(given: str) -> float:
        return 1 / len(given)

    def parses(given: str) -> int:
        return int(given)

    for read in (stumbles, parses):
        found = fuzz.fuzz(fuzz.Reader(lambda rng: "", read), 3, np.random.default_rng(0))
        assert found.cases == 3 and len(found.errors) == 3


def test_the_command_prints_a_line_a_reader(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--cases", "5", "--readers", "answers in words"]) == 0
    assert "| answers in words | 5 | 5 | 0 | 0 |" in capsys.readouterr().out
    assert fuzz.main(["--readers", "answers in word"]) == 2
    assert "Did you mean 'answers in words'" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["(" * 5000, "-" * 3000 + "1 * selfish", "9" * 5000 + " * selfish", "\ud800", "\x00"])
def test_expressions_that_python_trips_over_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="cannot read reward|expected a number of at most"):
        fuzz.READERS["reward expressions"].read(text)
