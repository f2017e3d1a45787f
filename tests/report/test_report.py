"""A report is drawn from a run's numbers alone, whatever the games."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from moral_games.analysis.tellings import summarise
from moral_games.report import write_report
from moral_games.runs import Run, write_json

VALUES = {"deontological": "deontological + illegal", "utilitarian": "utilitarian + illegal"}


def finished_run(folder: Path, games: tuple[str, ...], name: str = "made-up") -> Run:
    """A run folder with drawn numbers in it."""
    rng = np.random.default_rng(0)
    config = {
        **{"name": name, "model": "bundled", "reward": "deontological + illegal", "game": games[0], "seed": 0},
        **{"opponent": "tit_for_tat", "test_opponent": "random", "wording": "compact", "train": {"tellings": 2}},
    }
    run = Run.create(folder, config)
    metrics: dict[str, Any] = {"before": {}, "after": {}}
    for when in metrics:
        for game in map(mg.games.get, games):
            shape = (6, 1 + len(game.joint_actions), game.shape[0])
            tables = rng.dirichlet(np.ones(shape[2] + 1), shape[:2])[..., :-1]
            metrics[when][game.name] = summarise(game, tables, VALUES["deontological"], VALUES, "random")
    metrics["training"] = {"updates": 3, "chosen_update": 2, "validation_fault": 0.1, "each_update": "one telling"}
    metrics["seconds"] = {"train": 1.0}
    metrics["machine"] = {"gpu": None, "processor": "x", "threads": 1, "torch": "x"}
    write_json(run.path("metrics.json"), metrics)
    kinds = mg.evaluate(
        mg.PolicyTable(np.full(shape[1:], 1 / shape[2])), "random", mg.games.get(games[-1])
    ).action_types
    for update in (1, 2, 3):
        run.append({"update": update, "action_types": {kind: 1 / len(kinds) for kind in kinds}})
    return run


@pytest.mark.parametrize("games", [("ipd",), ("rock_paper_scissors",), ("ipd", "rock_paper_scissors")])
def test_a_report_for_any_games(tmp_path: Path, games: tuple[str, ...]) -> None:
    run = finished_run(tmp_path / "run", games)
    page = write_report(run.folder).read_text()
    assert page.count("data:image/png;base64,") == 4 and "://" not in page
    for name in games:
        assert mg.games.get(name).title.replace("'", "&#39;") in page
    assert len(list(run.path("figures").glob("*.png"))) == 4
