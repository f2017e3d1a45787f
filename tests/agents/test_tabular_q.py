"""The baseline learns the best response, by the exact measure."""

from __future__ import annotations

import pytest

import moral_games as mg
from agents.tabular_q import Options, learn, main


@pytest.mark.parametrize(
    ("reward", "opponent"), [("selfish", "always_cooperate"), ("selfish", "tit_for_tat"), ("utilitarian", "random")]
)
def test_it_learns_the_best_response(reward: str, opponent: str) -> None:
    policy = learn(Options(reward=reward, opponent=opponent, steps=30_000))
    assert mg.evaluate(policy, opponent, mg.games.get("ipd"), reward, discount=0.9).moral_regret < 0.02


def test_the_same_seed_learns_the_same() -> None:
    tables = [learn(Options(steps=500, seed=seed)).probabilities.tolist() for seed in (0, 0)]
    assert tables[0] == tables[1]


def test_it_prints_what_it_learned(capsys: pytest.CaptureFixture[str]) -> None:
    main(Options(steps=500))
    assert "moral regret" in capsys.readouterr().out
