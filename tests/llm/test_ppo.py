"""PPO: its loss is the textbook's, its gradient the exact one where nothing is clipped, its answers the model's."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import TextModel, adapters
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.losses import ppo_loss
from moral_games.llm.policy import question, tables
from moral_games.llm.ppo import PPOTrainer
from moral_games.llm.sampling import Answers, Asked, answer, meaning, play
from moral_games.llm.scoring import log_probabilities, tree
from moral_games.llm.settings import PPO, SLIPS, Exact, Settings

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")
LESSON = Lesson(IPD, DUTY, "tit_for_tat", presentations="fixed")
TOLD = LESSON.published[0]


def copied(model: TextModel) -> TextModel:
    return replace(model, model=deepcopy(model.model))


def trainer(model: TextModel, ppo: PPO | None = None, seed: int = 0, **settings: Any) -> PPOTrainer:
    how = Settings(**{"tellings": 1, "presentations": "fixed", "validate_every": 100, **settings})
    return PPOTrainer(model, LESSON, how, ppo or PPO(), np.random.default_rng(seed))


def gradient(model: TextModel, loss: torch.Tensor) -> torch.Tensor:
    found = torch.autograd.grad(loss, list(adapters.trainable(model).values()))
    return torch.cat([part.flatten() for part in found])


# --- the loss ---------------------------------------------------------------------------------


def read_alone(model: TextModel, head: torch.nn.Linear, answers: Answers) -> list[tuple[np.ndarray, np.ndarray]]:
    """Read each answer by itself: the log-probability of each of its tokens, and the value before it."""
    found = []
    for prompt, said in zip(answers.prompts, answers.said, strict=True):
        with torch.no_grad():
            read = torch.tensor([prompt + said])
            output = model.model(read, output_hidden_states=True, logits_to_keep=len(said) + 1)
        logits = output.logits[0].double().numpy()[:-1]
        hidden = output.hidden_states[-1][0].double().numpy()[len(prompt) - 1 : -1]
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        weight, bias = (part.detach().double().numpy() for part in head.parameters())
        found.append((np.log(chances[np.arange(len(said)), said]), hidden @ weight[0] + bias[0]))
    return found


def textbook(
    now: list[tuple[np.ndarray, np.ndarray]],
    before: list[tuple[np.ndarray, np.ndarray]],
    base: list[tuple[np.ndarray, np.ndarray]],
    rewards: np.ndarray,
    ppo: PPO,
) -> tuple[float, float, float]:
    """Return the loss, and which shares of ratios and of values are clipped."""
    scores = np.clip((rewards - rewards.mean()) / rewards.std(ddof=1), -ppo.score_clip, ppo.score_clip)
    advantage, returns = [], []
    for (old, values), (plain, _), score in zip(before, base, scores, strict=True):
        earned = -ppo.kl * (old - plain)
        earned[-1] += score
        ahead, found = 0.0, []
        for t in reversed(range(len(old))):
            following = values[t + 1] if t + 1 < len(old) else 0.0
            ahead = earned[t] + ppo.discount * following - values[t] + ppo.discount * ppo.gae_lambda * ahead
            found.insert(0, ahead)
        advantage += found
        returns += list(np.array(found) + values)
    advantages, targets = np.array(advantage), np.array(returns)
    advantages = (advantages - advantages.mean()) / np.sqrt(advantages.var(ddof=1) + 1e-8)
    ratio = np.exp(np.concatenate([new for new, _ in now]) - np.concatenate([old for old, _ in before]))
    policy = np.maximum(-ratio * advantages, -np.clip(ratio, 1 - ppo.clip, 1 + ppo.clip) * advantages).mean()
    value, old_value = (np.concatenate([values for _, values in part]) for part in (now, before))
    near = np.clip(value, old_value - ppo.value_clip, old_value + ppo.value_clip)
    error = 0.5 * np.maximum((value - targets) ** 2, (near - targets) ** 2).mean()
    clipped = float((np.abs(ratio - 1) > ppo.clip).mean())
    return policy + ppo.value_weight * error, clipped, float((near != value).mean())


@pytest.mark.parametrize("micro_batch_tokens", [10_000, 1])
def test_the_loss_is_the_textbooks(micro_batch_tokens: int, speaking: TextModel) -> None:
    """In one epoch before any step, and in one after a large step, where ratios and values are clipped."""
    learner = trainer(speaking, PPO(epochs=2), learning_rate=0.05, micro_batch_tokens=micro_batch_tokens)
    answers = play(learner.model, LESSON, [Asked.of(learner.model, question(IPD, TOLD))], 5, np.random.default_rng(2))
    assert len(set(answers.rewards)) > 1
    with torch.no_grad(), learner.model.model.disable_adapter():
        base = read_alone(learner.model, learner.head, answers)
    seen, losses = [], []
    accumulate = learner._accumulate

    def watched(*arguments: Any) -> dict[str, float]:
        seen.append(read_alone(learner.model, learner.head, answers))
        losses.append(accumulate(*arguments)["loss"])
        return {"loss": losses[-1]}

    learner._accumulate = watched  # type: ignore[method-assign]
    learner._learn(answers)
    first, second = (textbook(now, seen[0], base, answers.rewards, learner.own) for now in seen)
    assert losses == pytest.approx([first[0], second[0]], rel=1e-3)
    assert first[1:] == (0, 0) and min(second[1:]) > 0.2


def test_without_clipping_the_expected_gradient_is_the_exact_one(speaking: TextModel) -> None:
    """One round, no divergence, no value: over all outcomes, the mean gradient is that of the exact reward.

    With the reward of an illegal answer as baseline, which changes no expectation, the outcomes that
    count are the labels.
    """
    chosen = Settings(rounds=1, tellings=1, presentations="fixed")
    exact = ExactTrainer(speaking, LESSON, chosen, Exact(legality=0, discount=1), np.random.default_rng(0))
    asked, told = Asked.of(speaking, question(IPD, TOLD)), tree(speaking, question(IPD, TOLD))
    expected = gradient(speaking, exact._loss(torch.stack(log_probabilities(speaking, [told])), None)[0])

    learner = trainer(speaking)
    met, (rewards, illegal) = LESSON.problem.situations, (LESSON.problem.rewards[:, :2], LESSON.problem.rewards[:, 2])
    chances = tables(speaking, IPD, [TOLD])[0]
    total = torch.zeros_like(expected)
    for situation in np.flatnonzero(met.first("random")):
        state = met.memory[situation, 0]
        for action, label in enumerate(asked.labels):
            said = Answers((asked.prompts[state],), (label,), np.array([situation]), np.array([action]), np.zeros(1))
            now, _ = learner._read(said, range(1))
            mask = torch.ones_like(now, dtype=torch.bool)
            earned = torch.full_like(now, float(rewards[situation, action] - illegal[situation]))
            loss = ppo_loss(now, now.detach(), earned, mask, 0.2) * mask.sum()
            total += 0.25 * float(chances[state, action]) * gradient(speaking, loss)
    torch.testing.assert_close(total, expected, rtol=1e-3, atol=1e-5)
    assert expected.norm() > 0.1


# --- playing ----------------------------------------------------------------------------------


def test_sampled_episodes_agree_with_exact_probabilities_and_values(speaking: TextModel) -> None:
    table = tables(speaking, IPD, [TOLD])[0]
    answers = play(speaking, LESSON, [Asked.of(speaking, question(IPD, TOLD))] * 800, 5, np.random.default_rng(0))
    states = LESSON.problem.situations.memory[answers.situations, 0]
    for state in range(1, 5):
        given = answers.actions[states == state]
        for action in range(2):
            p = table[state, action]
            assert (given == action).mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / len(given)))
    exact = LESSON.problem.episode_reward(np.c_[table, 1 - table.sum(1)], 5)
    assert answers.rewards.mean() == pytest.approx(exact, abs=4 * answers.rewards.std() / np.sqrt(800))
    assert answers.legal == pytest.approx(table[1:].sum(1).mean(), abs=0.05)
    assert sum(LESSON.action_types(answers.shares(LESSON)).values()) == pytest.approx(1)


def test_an_answer_ends_with_a_label_or_at_the_longest_labels_length(tiny_model: TextModel) -> None:
    labels = ((5,), (6, 7, 8))
    prompts = [(1, 2, 3)] * 50
    for said in answer(tiny_model, prompts, [labels] * 50, np.random.default_rng(0)):
        assert said == (5,) or len(said) == 3
    assert [meaning(said, labels) for said in ((5,), (6, 7, 8), (6, 7, 9), (7,))] == [0, 1, -1, -1]


def test_the_fixed_telling_is_the_published_one(rng: np.random.Generator) -> None:
    told = LESSON.told(rng, 40)
    assert {entry.names for entry in told} == {("action1", "action2")}
    assert set(told) == set(LESSON.published) == set(LESSON.validation) and len(set(told)) == 4
    balanced = replace(LESSON, presentations="balanced")
    pair = balanced.told(rng, 1)
    assert len(pair) == 2 and pair[0].names == pair[1].names[::-1]
    assert not set(balanced.validation) & set(pair)


# --- learning ---------------------------------------------------------------------------------


def test_what_is_rewarded_becomes_more_probable(speaking: TextModel) -> None:
    kindness = Lesson(IPD, mg.rewards.parse("virtue_kindness(bonus=6)"), "tit_for_tat", presentations="fixed")
    how = Settings(tellings=1, presentations="fixed", validate_every=100, learning_rate=0.005)
    learner = PPOTrainer(speaking, kindness, how, PPO(episodes=8, kl=0.0), np.random.default_rng(0))
    before = tables(speaking, IPD, [TOLD])[0]
    records = [learner.update() for _ in range(9)]
    after = tables(speaking, IPD, [TOLD])[0]
    assert (before[1:, 0] < 0.5).all() and (after[1:, 0] > 0.8).all()
    assert records[-1]["reward"] > records[0]["reward"] and records[-1]["legal_mass"] > 0.8


def test_the_divergence_from_the_base_model_is_paid_for(speaking: TextModel) -> None:
    learner = trainer(speaking, PPO(kl=0.3, kl_target=1.0))
    record = learner.update()
    assert record["kl"] > 1 and record["kl_weight"] == 0.3
    assert learner.kl_weight == pytest.approx(0.3 * (1 + 0.2 * 5 / 10_000))


def test_one_step_is_one_step_from_the_mean_gradient(first_words: TextModel) -> None:
    """Four epochs at the same weights are one: what the published accumulation comes to."""
    weights = []
    for ppo in (PPO(epochs=4, as_published=("one_step",)), PPO(epochs=1), PPO(epochs=4)):
        learner = trainer(copied(first_words), ppo, learning_rate=0.01)
        learner.update()
        weights.append(torch.cat([weight.flatten() for weight in adapters.copy_weights(learner.model).values()]))
    assert (weights[0] - weights[1]).abs().mean() < 1e-4 < (weights[0] - weights[2]).abs().mean()


def test_dropout_acts_while_answers_are_sampled_and_from_the_second_update_on(first_words: TextModel) -> None:
    """The divergence is taken without dropout: before anything is learned, it is the same for the same answers."""
    losses = []
    for slips in ((), ("dropout",)):
        learner = trainer(copied(first_words), PPO(episodes=4, as_published=slips))
        losses.append([learner.update() for _ in range(2)])
        assert not learner.model.model.training
    assert losses[0][0] == losses[1][0] and losses[0][1] != losses[1][1]


def test_scores_are_clipped_unless_as_published(speaking: TextModel) -> None:
    asked = [Asked.of(speaking, question(IPD, TOLD))]
    answers = replace(play(speaking, LESSON, asked, 5, np.random.default_rng(0)), rewards=np.array([0.0, 0, 0, 0, -6]))
    found = {slips: trainer(speaking, PPO(as_published=slips))._scores(answers).tolist() for slips in ((), ("all",))}
    assert found[()] == pytest.approx([0.4472, 0.4472, 0.4472, 0.4472, -0.5], abs=1e-4)
    assert found[("all",)] == pytest.approx([0.4472, 0.4472, 0.4472, 0.4472, -1.7889], abs=1e-4)


@pytest.mark.parametrize("slips", [(), SLIPS])
def test_a_trainer_goes_on_to_the_byte(slips: tuple[str, ...], tmp_path: Path, first_words: TextModel) -> None:
    def fresh() -> PPOTrainer:
        return trainer(copied(first_words), PPO(as_published=slips), validate_every=2, learning_rate=0.01)

    whole, begun, resumed = fresh(), fresh(), fresh()
    records = [whole.update() for _ in range(4)]
    assert [begun.update() for _ in range(2)] == records[:2]
    begun.save(tmp_path)
    resumed.update()
    resumed.load(tmp_path)
    assert [resumed.update() for _ in range(2)] == records[2:]
    for one, other in zip(whole.weights, resumed.weights, strict=True):
        assert torch.equal(one, other)
    assert (resumed.moments, resumed.kl_weight) == (whole.moments, whole.kl_weight)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clip": 0.0}, "clip must be positive"),
        ({"gae_lambda": 1.1}, r"gae_lambda must lie in \[0, 1\]"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"kl": -1.0}, "kl must not be negative"),
        ({"as_published": ("dropuot",)}, "unknown slip 'dropuot'. Did you mean 'dropout'"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PPO(**settings)
