"""The recovery study in short: few people of one preference come back near the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.recovery import NOISES, PREFERENCES, Options, main, recover
from moral_games.runs import Run


def test_a_preference_comes_back() -> None:
    found = recover(PREFERENCES[3], 5.0, Options(people=40), np.random.default_rng(0))
    assert found.truth.tolist() == [0.3, 0.1, 0.2, 5.0] and found.unidentified == 0
    assert (np.abs(found.bias) < 4 * found.spread / np.sqrt(40)).all()
    assert (found.spread < [0.07, 0.07, 0.07, 0.15]).all()
    assert (found.coverage >= 0.8).all()


def test_the_table_has_a_line_for_each_of_twenty_and_is_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(Options(people=2, passes=30, folder=tmp_path))
    printed = capsys.readouterr().out
    lines = printed.splitlines()
    assert len(lines) == 2 + len(PREFERENCES) * len(NOISES) + 2 and len(PREFERENCES) * len(NOISES) == 20
    assert lines[-1].startswith("largest bias")
    Run(tmp_path / "recovery").rewind(18)
    main(Options(people=2, passes=30, folder=tmp_path, resume=True))
    assert capsys.readouterr().out == printed
    with pytest.raises(SystemExit, match="--resume"):
        main(Options(people=2, folder=tmp_path))
