"""What is timed is what is trained and asked, and what was not reached is called so."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import moral_games as mg
from benchmarks import gpu_check, llm_learning, llm_reading, llm_speed
from benchmarks.llm_learning import HELD_OUT, TRAINING, Goal, Learned, Look
from moral_games import text
from moral_games.llm import TextModel
from moral_games.llm.lesson import Lesson
from moral_games.runs import read_json

LESSON = Lesson(mg.games.get("ipd"), mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)"), "tit_for_tat")
GOAL = Goal("bundled", 0.95, 10, 0.2)


def seen(update: int, seconds: float, training: float, held_out: float) -> Look:
    return Look(update, seconds, 2 * seconds, {TRAINING: training, HELD_OUT: held_out}, 0.9)


# --- learning ---------------------------------------------------------------------------------


def test_a_duty_is_kept_where_the_other_has_cooperated() -> None:
    """It binds after CC and DC alone; an illegal answer does not keep it."""
    tables = np.zeros((2, 5, 2))
    tables[0, [1, 3]] = [[1, 0], [0.5, 0.5]]
    tables[1, [1, 3]] = [[0.75, 0], [0, 0]]
    tables[:, [0, 2, 4], 0] = 1
    assert llm_learning.duty_kept(LESSON, tables) == pytest.approx((1 + 0.5 + 0.75 + 0) / 4)


def test_methods_are_looked_at_on_the_presentations_that_they_draw_from() -> None:
    balanced, published = (llm_learning.sample(replace(LESSON, presentations=kind)) for kind in ("balanced", "fixed"))
    assert len(balanced) == 16 and not {told.labels for told in balanced} & {told.labels for told in text.held_out()}
    assert set(published) <= set(LESSON.published)


def test_the_table_says_what_was_reached_when_and_what_was_not() -> None:
    exact = Learned((seen(10, 20.0, 0.6, 0.5), seen(20, 40.0, 0.97, 0.9), seen(30, 60.0, 1.0, 0.98)))
    late = Learned((seen(10, 300.0, 0.96, 0.7), seen(20, 600.0, 0.97, 0.8)))
    never = Learned((seen(0, 1.0, 0.0, 0.0),), "nothing to learn")
    told = llm_learning.table(GOAL, {("exact", 0): exact, ("grpo", 0): late, ("dpo", 0): never}).splitlines()
    assert told[2] == "| exact | 2.00 | 4.00 | 40 (update 20) | 1 | 60 (update 30) | 1 | 0.900 |"
    assert told[3] == (
        "| grpo | 30.00 | 60.00 | 300 (update 10) | 7.5 | not in 600 s (update 20, 0.80) | > 10 | 0.900 |"
    )
    assert told[4].startswith("| dpo; nothing to learn | 1.00 | ") and told[4].count("not in 1 s (update 0, 0.00)") == 2
    both = llm_learning.table(GOAL, {("exact", 0): exact, ("exact", 1): late})
    assert "1 of 2 seeds, the others not in 600 s (update 20, 0.80) |  |" in both


def test_a_method_is_given_up_when_its_time_is_over(tiny_model_folder: Path) -> None:
    learned = llm_learning.learn(Goal(str(tiny_model_folder), 1.0, 1e-9, 1.0), "sft", 0)
    (only,) = learned.looks
    assert only.update == 1 and not learned.given_up
    assert learned.reached(TRAINING, 1.0) is None and 0 < learned.waited(TRAINING, 1.0) < 60


def test_looks_become_rarer(tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock on which every update takes a second."""
    clock = SimpleNamespace(perf_counter=count().__next__, process_time=count().__next__)
    monkeypatch.setattr(llm_learning, "time", clock)
    learned = llm_learning.learn(Goal(str(tiny_model_folder), 1.0, 0.5, 1.0), "sft", 0)
    assert [(look.update, look.seconds) for look in learned.looks] == [(k, k) for k in (1, 2, 4, 8, 16, 30)]


def test_everything_is_measured_once_and_gone_on_with(
    tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(llm_speed, "evaluate", lambda name: {"seconds": 2.5, "tables": 160})
    asked = ["--model", str(tiny_model_folder), "--target", "1e-9", "--repeats", "2", "--folder", str(tmp_path)]
    llm_speed.main([*asked, "--methods", "exact"])
    printed = capsys.readouterr().out
    assert "| exact |" in printed and "(update 1) | 1 |" in printed
    assert "160 tables in all, took 2.5 s" in printed and gpu_check.NO_CARD in printed
    monkeypatch.setattr(llm_speed, "evaluate", lambda name: pytest.fail("what is known is not measured again"))
    llm_speed.main([*asked, "--methods", "exact", "sft", "--resume"])
    more = capsys.readouterr().out
    known = {line for line in printed.splitlines() if "processes that wanted a core" not in line}
    assert "| sft |" in more and known <= set(more.splitlines())
    assert {"exact 0", "sft 0", "reading"} <= set(read_json(tmp_path / "llm_speed" / "metrics.json"))
    with pytest.raises(SystemExit, match="--resume"):
        llm_speed.main(asked)
    with pytest.raises(SystemExit, match="unknown method 'pppo'"):
        llm_speed.main([*asked, "--methods", "pppo"])


# --- reading ----------------------------------------------------------------------------------


def test_all_ways_of_reading_give_the_same_probabilities(tiny_model: TextModel) -> None:
    found = llm_reading.read_in_each_way(tiny_model, LESSON.game, text.held_out()[:2], 3)
    assert all(way.prompts == 2 * 5 * 3 and way.off < 1e-6 for way in found.values())
    first = llm_reading.table(found).splitlines()[2]
    assert first.startswith("| every prompt with every label, in full | 30 |") and "| 1.0 | 0.0000 |" in first


# --- a card -----------------------------------------------------------------------------------


def tiny_gemma() -> torch.nn.Module:
    from transformers import AutoModelForCausalLM, Gemma2Config

    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "head_dim": 4, "vocab_size": 64}
    return AutoModelForCausalLM.from_config(Gemma2Config(num_attention_heads=4, num_key_value_heads=2, **shape))


def test_the_operations_of_a_model_are_counted_as_they_are_made() -> None:
    """torch counts the products that are made; of attention it counts those with later tokens too, and all heads'."""
    from torch.utils.flop_counter import FlopCounterMode

    model, length, answers = tiny_gemma(), 12, 3
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(input_ids=torch.zeros(1, length, dtype=torch.long), use_cache=False, logits_to_keep=answers)
    attention = 4 * 2 * 4 * 4 * length  # twice two products, of layers, heads and their size, by what is attended to
    later = attention * (length - 1) // 2
    assert gpu_check.operations(model, length, answers) == counter.get_total_flops() - later


def test_a_model_is_measured_forward_and_backward() -> None:
    asked = gpu_check.Options(batch=2, length=8, answers=2, matrix=64, turns=2)
    found = gpu_check.measure(tiny_gemma(), asked)
    assert found.tokens["forward and backward"] > 0 and found.share["forward"] > 0
    assert gpu_check.table(found, asked).count("\n| forward") == 2


def test_where_there_is_no_card_nothing_is_measured(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu_check.main([])
    assert capsys.readouterr().out.strip() == gpu_check.NO_CARD
    with pytest.raises(SystemExit, match="at least as many tokens as answers"):
        gpu_check.main(["--length", "4"])
