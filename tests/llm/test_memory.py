"""Prompts that tell several rounds: the model is still a table, and everything about it is still exact."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.cli.evaluate import Evaluate
from moral_games.llm import Finetune, LLMPolicy, TextModel, adapters, finetune
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.imitation import ImitationTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import question, tables
from moral_games.llm.sampling import Asked, play
from moral_games.llm.scoring import tree
from moral_games.llm.settings import SFT, Exact, Settings
from moral_games.llm.targets import by_last_actions, target_table
from moral_games.llm.whole_table import with_illegal
from moral_games.opponents import as_policy
from moral_games.report import write_report
from moral_games.runs import read_json

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")
LESSON = Lesson(IPD, DUTY, "tit_for_two_tats", presentations="fixed", memory=2)
TOLD = LESSON.published[0]


def test_prompts_share_what_they_begin_with(tiny_model: TextModel) -> None:
    """Each of the sixteen longer prompts costs a line, not the game told anew."""
    lengths = [len(tree(tiny_model, question(IPD, TOLD, memory))) for memory in (1, 2)]
    longest = max(len(tiny_model.encode(prompt)) for prompt in question(IPD, TOLD, 2).prompts)
    assert lengths[1] - lengths[0] < 16 * longest / 4


def test_a_table_that_ignores_the_earlier_round_earns_what_the_shorter_one_does(rng: np.random.Generator) -> None:
    short = rng.dirichlet((1, 1, 1), 5)
    long = np.concatenate([short, np.tile(short[1:], (4, 1))])
    shorter = replace(LESSON, memory=1)
    assert LESSON.states == 21
    assert LESSON.problem.episode_reward(long, 5) == pytest.approx(shorter.problem.episode_reward(short, 5))
    gradient = LESSON.problem.policy_gradient(long, 5, 1.0)
    merged = gradient[:5] + np.concatenate([np.zeros((1, 3)), gradient[5:].reshape(4, 4, 3).sum(axis=0)])
    assert merged == pytest.approx(shorter.problem.policy_gradient(short, 5, 1.0))


def test_the_loss_has_the_exact_gradient(tiny_model_folder: Path) -> None:
    from moral_games.llm import load

    model = adapters.add_lora(load(str(tiny_model_folder), device="cpu", dtype=torch.float32), rank=4, seed=0)
    learner = ExactTrainer(model, LESSON, Settings(), Exact(legality=0, discount=1), np.random.default_rng(0))
    drawn = np.random.default_rng(0).uniform(0.1, 0.45, (1, 21, 2))
    scores = torch.tensor(np.log(drawn), dtype=torch.float64, requires_grad=True)
    learner._loss(scores, None)[0].backward()
    assert scores.grad is not None
    for cell in [(0, 2, 0), (0, 7, 1), (0, 20, 0)]:
        nudge = torch.zeros_like(scores)
        nudge[cell] = 1e-6
        with torch.no_grad():
            up, down = (
                LESSON.problem.episode_reward(with_illegal(scores + sign * nudge)[0].numpy(), 5) for sign in (1, -1)
            )
        assert -float(scores.grad[cell]) == pytest.approx((up - down) / 2e-6, abs=1e-6)


def test_sampled_episodes_agree_with_the_exact_value(speaking: TextModel) -> None:
    lesson = replace(LESSON, opponent="random")
    table = tables(speaking, IPD, [TOLD], memory=2)[0]
    assert np.abs(table[5:9] - table[1:5]).max() > 0.003
    asked = Asked.of(speaking, question(IPD, TOLD, 2))
    answers = play(speaking, lesson, [asked] * 500, 5, np.random.default_rng(0))
    by_episode = answers.rewards.reshape(5, 500).mean(axis=0)
    exact = lesson.problem.episode_reward(np.c_[table, 1 - table.sum(1)], 5)
    assert by_episode.mean() == pytest.approx(exact, abs=4 * by_episode.std() / np.sqrt(500))


def test_a_policy_is_judged_with_the_memory_it_has(tiny_model: TextModel) -> None:
    policy = LLMPolicy(tiny_model, TOLD, memory=2).table(IPD)
    assert policy.probabilities.shape == (21, 2) and not isinstance(policy, mg.PolicyTable)
    assert 0 <= mg.evaluate(policy, "tit_for_tat", IPD, DUTY).moral_regret <= 1
    assert isinstance(LLMPolicy(tiny_model, TOLD).table(IPD), mg.PolicyTable)


def test_what_needs_two_rounds_can_be_imitated_when_two_are_told(speaking: TextModel) -> None:
    patient = as_policy("tit_for_two_tats", IPD)
    with pytest.raises(ValueError, match="more than the last round.*more --memory"):
        by_last_actions(patient, IPD)
    table = by_last_actions(patient, IPD, 2)
    cooperates = [not (joint[0] % 2 and joint[1] % 2) for joint in mg.policy.windows(4, 2) if joint[1] >= 0]
    assert table.probabilities[5:, 0].tolist() == cooperates and (table.probabilities[:5, 0] == 1).all()
    how = Settings(tellings=1, presentations="fixed", updates=30, learning_rate=0.02)
    learner = ImitationTrainer(speaking, LESSON, how, SFT(target="tit_for_two_tats"), np.random.default_rng(0))
    losses = [learner.update()["loss"] for _ in range(12)]
    assert losses[-1] < 0.6 * losses[0]


def test_the_best_play_against_a_longer_memory() -> None:
    """Against tit for two tats every second defection is free, which a table over two rounds says."""
    selfish = Lesson(IPD, mg.rewards.parse("selfish"), "tit_for_two_tats", memory=2)
    best = target_table(selfish, "best", 0.9)
    assert mg.evaluate(best, "tit_for_two_tats", IPD, "selfish").average_payoffs[0] == pytest.approx(3.5)


@pytest.mark.slow
def test_a_run_with_two_rounds(tmp_path: Path, tiny_model_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    short = Settings(updates=2, tellings=1, learning_rate=0.02, validate_every=1)
    chosen = Finetune(
        name="long",
        folder=tmp_path,
        model=str(tiny_model_folder),
        memory=2,
        test_games=("ipd",),
        lora_rank=4,
        train=short,
    )
    run = finetune(chosen)
    after = read_json(run.path("metrics.json"))["after"]["ipd"]
    assert len(after["p_cooperate"]) == 21 and after["judged_states"] == [1, 3, *range(5, 21, 2)]
    assert write_report(run.folder).read_text().count("data:image/png;base64,") == 4
    assert mg.opponents.as_policy(f"run:{run.folder}", IPD).probabilities.shape == (21, 2)
    capsys.readouterr()  # what the run has told
    Evaluate(str(run.folder), json=True).run()
    told = json.loads(capsys.readouterr().out)["ipd"]
    assert told["moral_regret"] == after["moral_regret"] and len(told["p_cooperate"]) == 21


@pytest.mark.parametrize(
    ("memory", "message"), [(0, "at least 1; got 0"), (4, "memory 4 makes 341 prompts of 'ipd'.*at most 100")]
)
def test_a_memory_out_of_range_is_refused(memory: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Finetune(memory=memory).check()
