"""Training by the exact gradient: it is the gradient, and the weights that are kept are the best ones."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import adapters
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import question
from moral_games.llm.scoring import log_probabilities, tree
from moral_games.llm.settings import Exact, Settings
from moral_games.llm.whole_table import with_illegal

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")
LESSON = Lesson(IPD, DUTY, "tit_for_tat")


def training(folder: Path, exact: Exact | None = None, seed: int = 0, **settings: Any) -> ExactTrainer:
    from moral_games.llm import load

    model = adapters.add_lora(load(str(folder), device="cpu", dtype=torch.float32), rank=4, seed=seed)
    return ExactTrainer(model, LESSON, Settings(**settings), exact or Exact(), np.random.default_rng(seed))


@pytest.fixture
def fresh(tiny_model_folder: Path) -> ExactTrainer:
    return training(tiny_model_folder, Exact(legality=0.0, discount=1.0))


def test_the_loss_has_the_exact_gradient_of_the_episode_reward(fresh: ExactTrainer) -> None:
    """Through label log-probabilities, illegal mass included, against finite differences."""
    rng = np.random.default_rng(0)
    scores = torch.tensor(np.log(rng.uniform(0.1, 0.45, (2, 5, 2))), dtype=torch.float64, requires_grad=True)
    loss, policies = fresh._loss(scores, None)
    loss.backward()

    def reward(at: torch.Tensor) -> float:
        return sum(fresh.lesson.problem.episode_reward(policy, 5) for policy in with_illegal(at).numpy())

    assert policies.shape == (2, 5, 3) and policies.sum(-1) == pytest.approx(np.ones((2, 5)))
    for cell in np.ndindex(2, 5, 2):
        nudge = torch.zeros_like(scores)
        nudge[cell] = 1e-6
        with torch.no_grad():
            slope = (reward(scores + nudge) - reward(scores - nudge)) / 2e-6
        assert scores.grad is not None
        assert -float(scores.grad[cell]) == pytest.approx(slope, abs=1e-6)


def test_the_legality_term_is_the_log_probability_of_a_legal_answer(fresh: ExactTrainer) -> None:
    scores = torch.log(torch.full((1, 5, 2), 0.25, dtype=torch.float64))
    fresh.own = replace(fresh.own, legality=1.0)
    with_term = fresh._loss(scores, None)[0]
    fresh.own = replace(fresh.own, legality=0.0)
    assert float(with_term - fresh._loss(scores, None)[0]) == pytest.approx(-np.log(0.5))


def test_the_entropy_is_that_of_legal_answers(fresh: ExactTrainer) -> None:
    scores = torch.log(torch.tensor([0.1, 0.3], dtype=torch.float64)).expand(1, 5, 2)
    without = fresh._loss(scores, None)[0]
    fresh.own = replace(fresh.own, entropy=2.0)
    expected = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert float(without - fresh._loss(scores, None)[0]) == pytest.approx(2 * expected)


def test_the_divergence_from_the_base_model(fresh: ExactTrainer) -> None:
    fresh.own = replace(fresh.own, kl=2.0)
    scores, base = (
        torch.log(torch.tensor(row, dtype=torch.float64)).expand(1, 5, 2) for row in ([0.5, 0.25], [0.25, 0.5])
    )
    penalised = fresh._loss(scores, base)[0] - fresh._loss(scores, None)[0]
    expected = 0.5 * np.log(2) + 0.25 * np.log(0.5)
    assert float(penalised) == pytest.approx(2 * expected, rel=1e-6)
    assert float(fresh._loss(scores, scores)[0] - fresh._loss(scores, None)[0]) == pytest.approx(0, abs=1e-9)


def test_the_base_model_is_read_without_the_adapters(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, Exact(kl=1.0), learning_rate=0.02)
    trees = [tree(learner.model, question(IPD, mg.Presentation(("Cat", "Dog"))))]

    def both() -> tuple[torch.Tensor, torch.Tensor]:
        base = learner._base_scores(trees)
        assert base is not None
        with torch.no_grad():
            return base, torch.stack(log_probabilities(learner.model, trees))

    before, same = both()
    torch.testing.assert_close(before, same)
    for _ in range(3):
        learner.update()
    after, moved = both()
    torch.testing.assert_close(after, before)
    assert (moved - before).abs().max() > 0.01


def test_accumulating_gradients_changes_nothing(tiny_model_folder: Path) -> None:
    gradients = []
    for tokens in (10**6, 1):
        learner = training(tiny_model_folder, micro_batch_tokens=tokens, tellings=3)
        learner.update()
        gradients.append(
            torch.cat([p.grad.flatten() for p in adapters.trainable(learner.model).values() if p.grad is not None])
        )
    torch.testing.assert_close(*gradients, rtol=1e-3, atol=1e-6)


@pytest.mark.slow
def test_the_bundled_model_learns_to_answer() -> None:
    from moral_games.llm import load

    model = adapters.add_lora(load("bundled", device="cpu"), rank=16, seed=0)
    chosen = Settings(updates=50, tellings=1, validate_every=100)
    learner = ExactTrainer(model, LESSON, chosen, Exact(), np.random.default_rng(0))
    records = [learner.update() for _ in range(10)]
    assert records[0]["legal_mass"] < 0.1 and records[0]["reward"] < -5
    assert records[-1]["legal_mass"] > 0.5 and records[-1]["reward"] > -3.5


def test_what_a_record_says(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, updates=2, validate_every=1)
    record = learner.update()
    assert record["update"] == 1 and len(record["p_cooperate"]) == 5
    assert sum(record["action_types"].values()) == pytest.approx(1) or sum(record["action_types"].values()) <= 1
    assert set(record["validation"]) == {"fault", "regret", "legal_mass"}
    json.dumps(record)


def test_the_kept_weights_are_those_that_validated_best(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, updates=6, validate_every=2, learning_rate=0.02)
    found = {}
    while not learner.finished:
        record = learner.update()
        if "validation" in record:
            found[learner.done] = record["validation"]["fault"]
    kept = learner.validation
    assert found[kept.best_update] == min(found.values()) == kept.best_fault


def test_training_stops_when_validation_is_passed_twice(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder, updates=50, validate_every=1, stop_fault=1.0)
    while not learner.finished:
        learner.update()
    assert learner.done == 2


def test_a_loss_that_is_no_number_stops_before_the_weights_are_touched(tiny_model_folder: Path) -> None:
    learner = training(tiny_model_folder)
    learner.update()
    before = adapters.copy_weights(learner.model)
    learner._loss = lambda scores, base: ((scores * float("nan")).sum(), np.zeros((len(scores), 5, 3)))  # type: ignore[method-assign]
    with pytest.raises(FloatingPointError, match="update 2"):
        learner.update()
    assert all(torch.equal(before[name], weight) for name, weight in adapters.copy_weights(learner.model).items())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"discount": 1.5}, r"discount must lie in \[0, 1\]"),
        ({"averaging": 1.0}, r"averaging must lie in \[0, 1\)"),
        ({"kl": float("nan")}, "kl must not be negative"),
        ({"warm_up": -1}, "warm_up must not be negative"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Exact(**settings)
