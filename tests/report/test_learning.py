"""The page on a learning run is drawn from its numbers alone, whatever the algorithm, game and number of learners."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from moral_games.repeated import action_letters, state_labels
from moral_games.report import headline, write_report
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


def learned(regret: dict[str, float], seeds: int) -> str:
    measures = {"cooperation": {"mean": 0.5, "low": 0.4, "high": 0.6}, "moral regret": regret}
    metrics = {"learners": {"player_0": {"reward": "selfish()", "measures": measures}}}
    return headline({"agent": "made_up", "game": "ipd", "seeds": seeds}, metrics)


@pytest.mark.parametrize(
    ("regret", "said"),
    [
        ({"mean": 0.01, "low": 0.0, "high": 0.05}, "has learned its value, with moral regret 0.01 [0.00, 0.05]"),
        ({"mean": 0.04, "low": 0.01, "high": 0.08}, "does not do its best, with moral regret 0.04 [0.01, 0.08]"),
        ({"mean": 0.99, "low": 0.98, "high": 1.0}, "has learned nothing of its value"),
    ],
)
def test_the_upper_end_of_the_interval_decides_whether_a_learner_succeeded(regret: dict[str, float], said: str) -> None:
    sentence = learned(regret, seeds=3)
    assert sentence.startswith("made_up on Iterated Prisoner's Dilemma: player_0 (selfish()) ") and said in sentence
    assert "takes its first action in 50% [40%, 60%] of rounds (means over 3 seeds" in sentence


def test_one_seed_has_no_interval() -> None:
    sentence = learned({"mean": 0.01, "low": 0.01, "high": 0.01}, seeds=1)
    assert sentence.endswith("(one seed: no interval).") and "[" not in sentence
