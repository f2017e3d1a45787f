"""The page on a learning run is drawn from its numbers alone, whatever the algorithm, game and number of learners."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from moral_games.repeated import action_letters, state_labels
from moral_games.report import write_report
from moral_games.report.learning import learning_headline
from moral_games.runs import Run, write_json


def interval(mean: Any) -> dict[str, Any]:
    return {"mean": mean, "low": mean, "high": mean, "by_seed": [mean]}


def finished_run(folder: Path, name: str, seeds: int, players: Sequence[int], memory_one: bool = True) -> Run:
    """A learning run's folder with made-up numbers in it."""
    game = mg.games.get(name)
    config = {"agent": "made_up", "name": "<b>run</b>", "game": name, "seeds": seeds, "seed": 0, "discount": 0.9}
    run = Run.create(folder, config | {"initial": "start", "opponent": [], "other_reward": [], "learning_rate": 0.25})
    rng = np.random.default_rng(0)
    for done in (10, 20, 30):
        curves = {f"reward/player_{player}": rng.random(seeds).tolist() for player in players}
        run.append({"done": done, "loss": rng.random(), **curves})
    learners = {}
    for player in players:
        seen = game.seen_by(player)
        table = rng.dirichlet(np.ones(seen.shape[0]), 1 + len(game.joint_actions)).tolist()
        policy = {
            "states": list(state_labels(seen)),
            "actions": list(action_letters(seen)),
            "probabilities": {"mean": table, "low": table, "high": table},
        }
        learners[f"player_{player}"] = {
            "reward": "selfish()",
            "measures": {measure: interval(0.25) for measure in ("payoff", "cooperation", "moral regret")},
            "action_types": {"C|C": interval(0.5), "D|D": interval(0.5)},
            "policy": policy if memory_one else None,
        }
    write_json(run.path("metrics.json"), {"learners": learners, "together": {"equality": interval(0.75)}})
    return run


@pytest.mark.parametrize(
    ("game", "seeds", "players"),
    [("ipd", 4, (0, 1)), ("rock_paper_scissors", 1, (1,)), ("public_goods(players=3)", 2, (0, 1, 2))],
)
def test_a_page_for_any_learners(tmp_path: Path, game: str, seeds: int, players: Sequence[int]) -> None:
    run = finished_run(tmp_path / "run", game, seeds, players)
    page = write_report(run.folder).read_text()
    assert page.count("data:image/png;base64,") == 3 and "://" not in page
    assert all(f"<td>player_{player}</td>" in page for player in players)
    assert "learning rate</dt><dd>0.25" in page and ("95 % bootstrap" in page) == (seeds > 1)
    assert "<b>run" not in page


def test_policies_with_other_memories_have_no_figure_by_state(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", "ipd", 2, (0,), memory_one=False)
    assert write_report(run.folder).read_text().count("data:image/png;base64,") == 2


def test_the_headline_says_what_each_learner_does() -> None:
    measures = {"cooperation": {"mean": 0.5}, "moral regret": {"mean": 0.125}}
    said = learning_headline({"seeds": 3}, {"learners": {"player_0": {"reward": "selfish()", "measures": measures}}})
    assert "player_0 (selfish()) takes its first action in 50% of rounds with moral regret 0.12" in said
    assert "3 seeds" in said
