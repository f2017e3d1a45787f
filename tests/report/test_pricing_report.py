"""The page on firms that learned to price is drawn from the run's numbers alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moral_games.report import write_report
from moral_games.runs import Run, write_json


@pytest.mark.parametrize(("firms", "runs"), [(2, 3), (3, 1)])
def test_a_page_for_any_number_of_firms(tmp_path: Path, firms: int, runs: int) -> None:
    run = Run.create(
        tmp_path / "run",
        {"agent": "calvano", "name": "<b>prices</b>", "sellers": firms, "seeds": runs, "seed": 0, "discount": 0.95},
    )
    for done in (10_000, 20_000):
        run.append({"done": done, "profit gain": [0.5] * runs, "price": [1.7] * runs, "finished": [0.0] * runs})
    found = {"mean": 0.85, "low": 0.8, "high": 0.9, "by_seed": [0.85] * runs}
    prices = np.full((firms, 26), 1.8).tolist()
    metrics = {
        "measures": {"price": found, "profit gain": found},
        "impulse_response": {"mean": prices, "low": prices, "high": prices},
        "anchors": {"competition": 1.473, "collusion": 1.927},
        "periods": [20_000] * runs,
    }
    write_json(run.path("metrics.json"), metrics)
    page = write_report(run.folder).read_text()
    assert page.count("data:image/png;base64,") == 2 and "://" not in page and "<b>prices" not in page
    assert "competition would be at 1.47 and collusion at 1.93: a profit gain of 0.85" in page
    assert ("[0.800, 0.900]" in page) == (runs > 1)
