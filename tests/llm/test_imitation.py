"""Supervised fine-tuning: the loss is the cross-entropy, and what is imitated is what was asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import Finetune, TextModel, finetune
from moral_games.llm.imitation import ImitationTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import tables
from moral_games.llm.settings import SFT, Settings
from moral_games.llm.targets import by_last_actions, target_table
from moral_games.report import write_report
from moral_games.runs import read_json

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")
LESSON = Lesson(IPD, DUTY, "tit_for_tat", presentations="fixed")


def trainer(model: TextModel, target: str) -> ImitationTrainer:
    how = Settings(updates=50, tellings=1, learning_rate=0.02, presentations="fixed", validate_every=100)
    return ImitationTrainer(model, LESSON, how, SFT(target=target), np.random.default_rng(0))


def test_the_loss_is_the_cross_entropy(speaking: TextModel) -> None:
    """From a policy that gives 0.9 after cooperation and 0 else; the mean over states, the sum over tellings."""
    learner = trainer(speaking, "memory_one(start=0.9, cc=0.9, cd=0, dc=0.9, dd=0)")
    scores = torch.log(torch.tensor([[0.5, 0.25]] * 5)).expand(2, 5, 2)
    loss, policies = learner._loss(scores, None)
    after_cooperation, after_defection = 0.9 * np.log(0.5) + 0.1 * np.log(0.25), np.log(0.25)
    assert float(loss) == pytest.approx(-2 * (3 * after_cooperation + 2 * after_defection) / 5)
    assert policies[0, 0] == pytest.approx([0.5, 0.25, 0.25])


def test_what_is_imitated_becomes_more_probable(speaking: TextModel) -> None:
    learner = trainer(speaking, "always_defect")
    before = tables(speaking, IPD, LESSON.published)
    records = [learner.update() for _ in range(20)]
    after = tables(speaking, IPD, LESSON.published)
    assert (after[..., 1] > 0.9).all() and (before[..., 1] < 0.6).all()
    assert records[-1]["loss"] < records[0]["loss"] and records[-1]["legal_mass"] > 0.9


def test_the_best_play_keeps_the_duty() -> None:
    """The duty binds after cooperation; elsewhere what is best is decided by what tit-for-tat then does."""
    best = target_table(LESSON, "best", 0.9).probabilities
    assert best[1].tolist() == best[3].tolist() == [1.0, 0.0]
    selfish = Lesson(IPD, mg.rewards.parse("selfish"), "always_cooperate")
    assert target_table(selfish, "best", 0.9).probabilities.tolist() == [[0.0, 1.0]] * 5


def test_a_strategy_is_told_apart_by_the_last_round_alone() -> None:
    table = by_last_actions(mg.opponents.as_policy("tit_for_tat", IPD), IPD).probabilities
    assert table.tolist() == [[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]]
    with pytest.raises(ValueError, match="'grim' depends on more than the last round"):
        target_table(LESSON, "grim", 0.9)
    with pytest.raises(ValueError, match="unknown opponent 'tit_for_tatt'"):
        target_table(LESSON, "tit_for_tatt", 0.9)


def test_a_run_that_imitates(tmp_path: Path, tiny_model_folder: Path) -> None:
    short = Settings(updates=2, tellings=1)
    chosen = Finetune(algorithm="sft", folder=tmp_path, model=str(tiny_model_folder), test_games=("ipd",), train=short)
    run = finetune(replace(chosen, lora_rank=2, sft=SFT(target="tit_for_tat")))
    config = read_json(run.path("config.json"))
    assert config["sft"]["target"] == "tit_for_tat" and "exact" not in config and config["lora_alpha"] == 4
    assert "cross-entropy from 'tit_for_tat'" in read_json(run.path("metrics.json"))["training"]["each_update"]
    assert len(run.history()) == 2 and write_report(run.folder).exists()


def test_a_target_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="more than the last round"):
        finetune(Finetune(algorithm="sft", folder=tmp_path / "runs", sft=SFT(target="grim")))
    assert not (tmp_path / "runs").exists()
