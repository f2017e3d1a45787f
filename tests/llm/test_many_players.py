"""Language models in games of many players: told a line a joint action, taught against fixed opponents, judged."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games import text
from moral_games.llm import Finetune, adapters, finetune, load
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.lesson import Lesson, each_seat
from moral_games.llm.settings import Exact, Settings
from moral_games.llm.whole_table import with_illegal
from moral_games.report import write_report
from moral_games.runs import read_json

GOODS = "public_goods(players=3, multiplier=1.5)"
ALL = mg.rewards.parse("utilitarian + illegal(penalty=6)")
SHORT = Settings(updates=4, tellings=1, learning_rate=0.02, validate_every=2)


@pytest.fixture
def taught(tiny_model_folder: Path, tmp_path: Path) -> Finetune:
    return Finetune(
        folder=tmp_path,
        model=str(tiny_model_folder),
        game=GOODS,
        reward=str(ALL),
        opponent="always_defect; random",
        test_games=(GOODS, "ipd"),
        lora_rank=4,
        train=SHORT,
    )


def test_a_public_good_is_told_in_a_line_a_joint_action() -> None:
    told = text.prompts(mg.games.get(GOODS), text.held_out()[0])
    assert len(set(told)) == 9
    assert all(prompt.count('you "') == 8 + prompt.count('Last round: you "') for prompt in told)


def test_the_loss_has_the_exact_gradient_of_the_episode_reward(tiny_model_folder: Path) -> None:
    """Against two different opponents, by finite differences through a whole episode."""
    lesson = Lesson(mg.games.get(GOODS), ALL, "grim; random")
    model = adapters.add_lora(load(str(tiny_model_folder), device="cpu", dtype=torch.float32), rank=4, seed=0)
    whole_episode = Exact(legality=0.0, discount=1.0)
    trainer = ExactTrainer(model, lesson, Settings(), whole_episode, np.random.default_rng(0))
    scores = torch.tensor(np.log(np.random.default_rng(0).uniform(0.1, 0.45, (1, 9, 2))), requires_grad=True)
    trainer._loss(scores, None)[0].backward()

    def reward(at: torch.Tensor) -> float:
        return lesson.problem.episode_reward(with_illegal(at).numpy()[0], 5)

    assert scores.grad is not None
    for cell in np.ndindex(1, 9, 2):
        nudge = torch.zeros_like(scores)
        nudge[cell] = 1e-6
        with torch.no_grad():
            slope = (reward(scores + nudge) - reward(scores - nudge)) / 2e-6
        assert -float(scores.grad[cell]) == pytest.approx(slope, abs=1e-6)


def test_action_types_name_what_all_others_did() -> None:
    game = mg.games.get(GOODS)
    lesson = Lesson(game, ALL, "always_cooperate; always_defect")
    shares = np.full((len(lesson.problem.situations.states), 3), 1.0)
    types = lesson.action_types(shares)
    assert set(types) == {f"{own}|{others}" for own in ("C", "K", "illegal") for others in ("CC", "CK", "KC", "KK")}
    judged = mg.evaluate("random", ["always_cooperate", "always_defect"], game).action_types
    assert set(types) - set(judged) == set()
    assert {kind for kind, share in judged.items() if share > 0.1} == {"C|CK", "K|CK"}


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["exact", "sft"])
def test_a_run_on_a_public_good_is_judged_on_it_and_on_a_game_of_two(taught: Finetune, algorithm: str) -> None:
    run = finetune(replace(taught, algorithm=algorithm))
    after = read_json(run.path("metrics.json"))["after"]
    assert {game: len(judged["p_cooperate"]) for game, judged in after.items()} == {GOODS: 9, "ipd": 5}
    history = run.history()
    assert len(history) == 4 and len(history[0]["action_types"]) == 3 * 4
    assert history[-1]["legal_mass"] > history[0]["legal_mass"]
    assert "Public Goods" in write_report(run.folder).read_text()


def test_semicolons_name_an_opponent_for_each_seat() -> None:
    game = mg.games.get(GOODS)
    assert [player.name for player in Lesson(game, ALL, "random").opponents] == ["random", "random"]
    named = Lesson(game, ALL, "always_defect ; gilbert_elliott").opponents
    assert [player.name for player in named] == ["always_defect", "gilbert_elliott"]
    assert each_seat(named[0]) is named[0]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"algorithm": "ppo"},
            "of 3 players is learned against fixed opponents, by --algorithm exact or sft; got.* ppo",
        ),
        ({"opponent": "llm"}, "against fixed opponents.*--opponent 'llm'"),
        ({"opponent": "tit_for_tat"}, "plays games with two players"),
        ({"opponent": "random; random; random"}, "needs 2 opponents, got 3"),
        ({"test_opponent": "tit_for_tat"}, "plays games with two players"),
        ({"game": "public_goods(players=30)"}, "at most"),
    ],
)
def test_what_many_players_do_not_allow(taught: Finetune, changed: dict[str, str], message: str) -> None:
    with pytest.raises((ValueError, MemoryError), match=message):
        finetune(replace(taught, **changed))
    assert not (taught.folder / taught.name).exists()
