"""Two language models that learn at the same time: joint values are exact, and each learns on its own."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import Finetune, TextModel, adapters, finetune
from moral_games.llm.adapters import OTHER, OWN, acting_as
from moral_games.llm.finetuning import load_run
from moral_games.llm.lesson import Lesson
from moral_games.llm.pair import PairTrainer
from moral_games.llm.policy import tables
from moral_games.llm.settings import Exact, Settings
from moral_games.repeated import RepeatedGame
from moral_games.runs import digest, read_json

BOS = mg.games.get("bach_or_stravinsky")
SELFISH = mg.rewards.parse("selfish + illegal(penalty=6)")
LESSON = Lesson(BOS, SELFISH, "llm", presentations="fixed")


def pair(model: TextModel, **settings: Any) -> PairTrainer:
    """Return two models that speak, the second of them another one than the first."""
    how = Settings(**{"tellings": 1, "presentations": "fixed", "validate_every": 2, **settings})
    found = PairTrainer(model, LESSON, how, Exact(legality=0, discount=1), np.random.default_rng(0))
    own, generator = adapters.copy_weights(model), torch.Generator().manual_seed(0)
    with acting_as(model, OTHER):
        for name, weight in adapters.trainable(model).items():
            noise = torch.randn(weight.shape, generator=generator)
            weight.data.copy_(own[name.replace(f".{OTHER}.", f".{OWN}.")] + 0.1 * noise)
    return found


def table_of(model: TextModel, player: str, seat: int) -> np.ndarray:
    with acting_as(model, player):
        return tables(model, BOS.seen_by(seat), LESSON.published).mean(axis=0)


def test_joint_values_agree_with_a_hundred_thousand_sampled_games(speaking: TextModel) -> None:
    """Bach or Stravinsky, whose players are paid differently; episodes of five rounds from a random joint action."""
    learner = pair(speaking, tellings=4)
    asked = {name: player.questions() for name, player in learner.players.items()}
    acting = [learner._mean_table(name, questions).with_illegal for name, questions in asked.items()]
    repeated, rng = RepeatedGame.compile(BOS, SELFISH), np.random.default_rng(0)
    views = [repeated.seen_by(seat) for seat in range(2)]
    state, totals = rng.integers(1, 5, 100_000), np.zeros((100_000, 2))
    for _ in range(5):
        chances = [table[view[state]].cumsum(axis=1) for table, view in zip(acting, views, strict=True)]
        actions = np.stack([(rng.random((len(state), 1)) > sums[:, :-1]).sum(axis=1) for sums in chances], axis=1)
        state, _, rewards = repeated.step(state, np.where(actions == 2, -1, actions))
        totals += rewards / 5
    found = {}
    for seat, (name, other) in enumerate(((OWN, OTHER), (OTHER, OWN))):
        opponent = learner._mean_table(other, asked[other])
        lesson = replace(learner.players[name].lesson, opponent=opponent)
        found[seat] = lesson.problem.episode_reward(acting[seat], 5)
    spread = totals.std(axis=0) / np.sqrt(len(totals))
    assert (np.abs(totals.mean(axis=0) - [found[0], found[1]]) < 4 * spread).all()
    assert abs(found[0] - found[1]) > 10 * spread.max()


def test_each_is_the_others_opponent(speaking: TextModel) -> None:
    learner = pair(speaking, tellings=1)
    begun = learner.rng.bit_generator.state
    acting = [learner._mean_table(name, player.questions()) for name, player in learner.players.items()]
    learner.rng.bit_generator.state = begun
    record = learner.update()
    for own, name, said in ((0, OWN, record), (1, OTHER, record["other"])):
        opponent = learner.players[name].lesson.opponent
        assert isinstance(opponent, mg.PolicyTable)
        np.testing.assert_array_equal(opponent.probabilities, acting[1 - own].probabilities)
        lesson = Lesson(BOS.seen_by(own), SELFISH, acting[1 - own])
        exact = lesson.problem.episode_reward(acting[own].with_illegal, 5)
        assert said["reward"] == pytest.approx(exact, abs=1e-4)


def test_they_share_nothing_but_the_base(speaking: TextModel) -> None:
    learner = pair(speaking, learning_rate=0.01)
    before = [table_of(speaking, name, seat) for seat, name in enumerate((OWN, OTHER))]
    with acting_as(speaking, OTHER):
        learner.players[OTHER].lesson = replace(learner.players[OTHER].lesson, opponent="random")
        learner.players[OTHER].update()
    after = [table_of(speaking, name, seat) for seat, name in enumerate((OWN, OTHER))]
    assert np.array_equal(before[0], after[0]) and np.abs(before[1] - after[1]).max() > 1e-3


def test_both_learn(speaking: TextModel) -> None:
    """Whoever plays against a player that values what it does gains by answering legally."""
    learner = pair(speaking, learning_rate=0.02, updates=30)
    records = [learner.update() for _ in range(20)]
    for record in (records, [line["other"] for line in records]):
        assert record[-1]["legal_mass"] > record[0]["legal_mass"]
        assert record[-1]["reward"] > record[0]["reward"]


def test_a_pair_goes_on_to_the_byte(first_words: TextModel, speaking: TextModel, tmp_path: Path) -> None:
    whole = pair(speaking, updates=4)
    records = [whole.update() for _ in range(2)]
    whole.save(tmp_path)
    rest = [whole.update() for _ in range(2)]
    resumed = pair(replace(first_words, model=deepcopy(first_words.model)), updates=4)
    resumed.load(tmp_path)
    assert resumed.done == len(records) and [resumed.update() for _ in range(2)] == rest
    for name in (OWN, OTHER):
        with acting_as(whole.model, name), acting_as(resumed.model, name):
            one, other = (adapters.copy_weights(trainer.model) for trainer in (whole, resumed))
            assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_run_of_two_models(tmp_path: Path, tiny_model_folder: Path) -> None:
    short = Settings(updates=2, tellings=1, learning_rate=0.02)
    chosen = Finetune(folder=tmp_path, model=str(tiny_model_folder), opponent="llm", test_games=(), train=short)
    run = finetune(replace(chosen, lora_rank=2, checkpoint_every=1))
    assert [line["other"]["update"] for line in run.history()] == [1, 2]
    assert "learn from each other" in read_json(run.path("metrics.json"))["training"]["each_update"]
    assert digest(run.path("adapter.safetensors")) != digest(run.path("other-adapter.safetensors"))
    with pytest.raises(ValueError, match="unknown player 'otter'"):
        load_run(run.folder, "otter")
    own, other = (tables(load_run(run.folder, player), LESSON.game, LESSON.published) for player in (OWN, OTHER))
    assert np.abs(own - other).max() > 0


def test_a_model_that_learns_beside_another_is_for_some_algorithms() -> None:
    with pytest.raises(ValueError, match="is for --algorithm exact or chat, not ppo"):
        Finetune(opponent="llm", algorithm="ppo").check()
    with pytest.raises(ValueError, match="unknown opponent 'llm'"):
        Finetune(test_opponent="llm").check()
