"""GRPO and DPO: their gradients are those of the textbook's losses, and what they are learned from is exact."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.llm import Finetune, TextModel, adapters, finetune, load
from moral_games.llm.borrowed import borrow_gradient
from moral_games.llm.dpo import DPOTrainer
from moral_games.llm.grpo import Groups, GRPOTrainer, NothingToCompare, expected_rewards, visited
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import question, tables
from moral_games.llm.preferences import action_qualities, preferences
from moral_games.llm.sampling import Asked
from moral_games.llm.scoring import log_probabilities, tree
from moral_games.llm.settings import DPO, GRPO, Settings
from moral_games.report import write_report
from moral_games.runs import Run, digest, read_json

pytest.importorskip("trl")

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")
LESSON = Lesson(IPD, DUTY, "tit_for_tat", presentations="fixed")


@pytest.fixture(scope="module")
def spelling_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that spells the published labels, each about a third of the time.

    Its tokens are letters: on a CPU, TRL computes the logits of all tokens of all prompts, so that with the usual
    vocabulary an update would cost seconds.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = [*sorted(pre_tokenizers.ByteLevel.alphabet()), "<end>"]
    spells = Tokenizer(models.BPE({letter: place for place, letter in enumerate(letters)}, []))
    spells.pre_tokenizer, spells.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=spells, eos_token="<end>", pad_token="<end>")
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(letters),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        initializer_range=0.1,
    )
    model = TextModel("spelling", LlamaForCausalLM(config), tokenizer)
    trees = [tree(model, question(IPD, told)) for told in LESSON.published]
    optimizer = torch.optim.Adam(model.model.parameters(), lr=0.01)
    for _ in range(20):
        optimizer.zero_grad()
        (-torch.stack(log_probabilities(model, trees)).mean()).backward()
        optimizer.step()
    folder = tmp_path_factory.mktemp("models") / "spelling"
    model.model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def speaking(spelling_folder: Path) -> TextModel:
    """The same with adapters that change a little what it says."""
    model = adapters.add_lora(load(str(spelling_folder), device="cpu", dtype=torch.float32), 4, 0)
    noise = torch.Generator().manual_seed(0)
    for weight in adapters.trainable(model).values():
        weight.data += 0.01 * torch.randn(weight.shape, generator=noise)
    return model


def how(**settings: Any) -> Settings:
    return Settings(
        **{"tellings": 1, "presentations": "fixed", "validate_every": 100, "learning_rate": 0.02, **settings}
    )


def grpo(model: TextModel, own: GRPO | None = None, lesson: Lesson = LESSON, **settings: Any) -> GRPOTrainer:
    own = own or GRPO(cold_start=0)
    return GRPOTrainer(model, lesson, how(**settings), own, np.random.default_rng(0))


def dpo(model: TextModel, own: DPO | None = None, lesson: Lesson = LESSON, **settings: Any) -> DPOTrainer:
    return DPOTrainer(model, lesson, how(**settings), own or DPO(), np.random.default_rng(0))


def questions(learner: GRPOTrainer | DPOTrainer) -> list[Any]:
    return [question(IPD, learner.lesson.published[0])]


def logps(model: TextModel, prompt: tuple[int, ...], said: tuple[int, ...]) -> torch.Tensor:
    """Return the log-probability of each token of an answer, read alone."""
    logits = model.model(torch.tensor([prompt + said])).logits[0, len(prompt) - 1 : -1]
    return torch.log_softmax(logits.double(), dim=-1)[torch.arange(len(said)), list(said)]


def based(model: TextModel, prompt: tuple[int, ...], said: tuple[int, ...]) -> torch.Tensor:
    with torch.no_grad(), model.model.disable_adapter():
        return logps(model, prompt, said)


def gradient(model: TextModel, loss: torch.Tensor) -> torch.Tensor:
    return flat(torch.autograd.grad(loss, list(adapters.trainable(model).values())))


def left(model: TextModel) -> torch.Tensor:
    return flat([weight.grad for weight in adapters.trainable(model).values()])


def flat(parts: Any) -> torch.Tensor:
    return torch.cat([part.flatten().double() for part in parts])


# --- what is learned from ---------------------------------------------------------------------


def test_an_answer_is_paid_its_exact_expected_reward() -> None:
    """Defection after the other's cooperation breaks the duty (-3); no legal answer costs 6; else nothing."""
    lesson = replace(LESSON, opponent="random")
    met = lesson.problem.situations
    told = met.memory[:, 0]  # start, CC, CD, DC, DD
    for situation, state in enumerate(told):
        broken = -3.0 if state in (1, 3) else 0.0
        paid = expected_rewards(lesson, np.full(3, situation), np.array([0, 1, -1]))
        assert paid.tolist() == [0.0, broken, -6.0]
    selfish = replace(lesson, reward=mg.rewards.parse("selfish"))
    paid = expected_rewards(selfish, np.array([0, 0]), np.array([0, 1]))
    payoffs = IPD.payoffs[..., 0]
    assert paid == pytest.approx(payoffs.mean(axis=1))  # against a coin


def test_situations_are_drawn_as_an_episode_meets_them() -> None:
    """Against a player who always cooperates, whoever defects is in DC from the second round on."""
    lesson = replace(LESSON, opponent="always_cooperate")
    defect = np.tile([0.0, 1.0, 0.0], (5, 1))
    shares = np.bincount(lesson.problem.situations.memory[:, 0], visited(lesson, defect, 5), minlength=5)
    assert shares == pytest.approx([0, 0.05, 0.05, 0.85, 0.05])


def test_preferences_are_the_values() -> None:
    """The duty ranks the two actions after cooperation alone; a far-sighted selfish player ranks them everywhere."""
    found = preferences(LESSON, 0.0, 5)
    assert found.pairs == ((1, 0, 1), (3, 0, 1)) and found.ties == 3
    selfish = replace(LESSON, reward=mg.rewards.parse("selfish"))
    assert preferences(selfish, 0.0, 5).pairs == tuple((state, 1, 0) for state in range(5))
    assert preferences(selfish, 0.9, 5).pairs == tuple((state, 0, 1) for state in range(5))


def test_a_state_that_is_several_situations_has_their_mean_quality() -> None:
    """After mutual cooperation grim may be angry or not; a coin-flipper meets both."""
    lesson = replace(LESSON, opponent="grim", reward=mg.rewards.parse("selfish"))
    quality = action_qualities(lesson, 0.0, 5)
    assert lesson.problem.rewards.shape[0] > len(quality) == 5
    assert (quality[:, 1] > quality[:, 0]).all() and np.isfinite(quality).all()


def test_a_value_without_preferences_is_refused_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="all 5 pairs are ties"):
        finetune(Finetune(algorithm="dpo", folder=tmp_path / "runs", reward="illegal(penalty=6)"))
    assert not (tmp_path / "runs").exists()


# --- GRPO -------------------------------------------------------------------------------------


@pytest.mark.parametrize("micro_batch_tokens", [100_000, 1])
@pytest.mark.parametrize("kl", [0.0, 0.5])
def test_the_gradient_is_the_textbooks(kl: float, micro_batch_tokens: int, speaking: TextModel) -> None:
    """Advantages normalised in groups, summed over all tokens, divided by their number; k3 divergence from the base."""
    learner = grpo(speaking, GRPO(cold_start=0, groups=2, generations=4, kl=kl), micro_batch_tokens=micro_batch_tokens)
    drawn: list[Groups] = []
    answered = learner._answered
    learner._answered = lambda *given: drawn.append(answered(*given)) or drawn[-1]  # type: ignore[method-assign,func-returns-value]
    learner._accumulate(questions(learner))
    (groups,) = drawn
    assert groups.rewards.shape == (2, 4) and groups.even < 1
    rewards = torch.tensor(groups.rewards)
    advantages = (rewards - rewards.mean(dim=1, keepdim=True)) / (rewards.std(dim=1, keepdim=True) + 1e-4)
    total, loss = sum(map(len, groups.said)), torch.zeros((), dtype=torch.float64)
    for row, (said, advantage) in enumerate(zip(groups.said, advantages.flatten(), strict=True)):
        prompt = groups.prompts[row // 4]
        now, before = logps(speaking, prompt, said), based(speaking, prompt, said)
        divergence = torch.exp(before - now) - (before - now) - 1
        ratio = torch.exp(now - now.detach())
        loss = loss - (ratio * (advantage - kl * divergence)).sum() / total
    torch.testing.assert_close(left(speaking), gradient(speaking, loss), rtol=1e-3, atol=1e-5)


def test_nothing_of_a_run_of_trl_is_left_behind(speaking: TextModel) -> None:
    learner = grpo(speaking, GRPO(cold_start=0, groups=2, generations=4, kl=0.5))
    before, weights = tables(speaking, IPD, LESSON.published), adapters.copy_weights(speaking)
    drawn, chance = torch.random.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    learner._accumulate(questions(learner))
    assert list(speaking.model.peft_config) == ["default"] and not speaking.model.training
    assert (tables(speaking, IPD, LESSON.published) == before).all()
    assert all(torch.equal(weights[name], weight) for name, weight in adapters.trainable(speaking).items())
    assert torch.equal(torch.random.get_rng_state(), drawn)
    assert (np.random.get_state()[1] == chance).all()  # noqa: NPY002


def test_answers_that_do_not_fill_a_batch_are_refused(speaking: TextModel) -> None:
    """TRL drops two questions where its batch needs three, and says so in a log alone."""
    learner = grpo(speaking, GRPO(cold_start=0, groups=3, generations=4))
    groups = learner._answered([Asked.of(speaking, asked) for asked in questions(learner)], np.full((1, 5, 3), 1 / 3))
    short = replace(groups, prompts=groups.prompts[:2])
    with pytest.raises(RuntimeError, match="TRL made no step"):
        borrow_gradient(speaking, lambda config: learner._trainer(short, config), 12, 10, 10_000, 0)


def test_grpo_makes_the_better_answer_more_probable(speaking: TextModel) -> None:
    lesson = replace(LESSON, opponent="always_defect", reward=mg.rewards.parse("selfish"))
    learner = grpo(
        speaking, GRPO(cold_start=0, groups=2, generations=16, warm_up=0), lesson, updates=100, learning_rate=0.01
    )
    records = [learner.update() for _ in range(6)]
    legal, cooperate = (np.array([np.mean(record[key]) for record in records]) for key in ("legal_mass", "p_cooperate"))
    share = 1 - cooperate / legal
    assert share[0] < 0.5 and share[-1] > 0.85 and records[-1]["reward"] > records[0]["reward"]


def test_a_model_whose_answers_all_earn_the_same_is_given_up(speaking: TextModel) -> None:
    lesson = replace(LESSON, reward=mg.rewards.parse("illegal(penalty=0)"))
    few = GRPO(cold_start=0, groups=1, generations=2)
    learner = grpo(speaking, few, lesson, patience=2)
    assert [learner.update()["even_groups"] for _ in range(2)] == [1, 1]
    with pytest.raises(NothingToCompare, match=r"in 2 update\(s\) in a row"):
        learner.update()
    with pytest.raises(NothingToCompare, match=r"in 1 update\(s\) in a row"):
        grpo(speaking, few, lesson, updates=1).update()


def test_a_cold_start_teaches_to_answer_and_not_what(speaking: TextModel) -> None:
    """Its gradient is that of the cross-entropy from a coin between the labels, in every state; nothing is sampled."""
    learner = grpo(speaking, GRPO(cold_start=1))
    asked = Asked.of(speaking, questions(learner)[0])
    spoken = torch.stack([logps(speaking, prompt, label).sum() for prompt in asked.prompts for label in asked.labels])
    wanted = gradient(speaking, -spoken.mean())
    _, loss = learner._accumulate(questions(learner))
    assert loss == pytest.approx(-float(spoken.mean().detach()), rel=1e-4)
    torch.testing.assert_close(left(speaking), wanted, rtol=1e-3, atol=1e-5)
    assert "even_groups" not in learner.update() and "even_groups" in learner.update()
    assert "the first 1 updates teach all labels alike" in learner.each_update


def test_a_cold_start_leaves_updates_to_learn_in(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="grpo.cold_start must be less than the updates, of which there are 10"):
        finetune(Finetune(algorithm="grpo", folder=tmp_path / "runs", train=Settings(updates=10)))
    assert not (tmp_path / "runs").exists()


# --- DPO --------------------------------------------------------------------------------------


@pytest.mark.parametrize("micro_batch_tokens", [100_000, 1])
@pytest.mark.parametrize("imitation", [0.0, 0.5])
def test_the_gradient_is_that_of_the_preferences(
    imitation: float, micro_batch_tokens: int, speaking: TextModel
) -> None:
    """Minus the log-sigmoid of how much more the adapters favour the chosen answer, the mean over pairs."""
    learner = dpo(speaking, DPO(beta=0.3, imitation=imitation), micro_batch_tokens=micro_batch_tokens)
    asked = Asked.of(speaking, questions(learner)[0])
    _, borrowed = learner._accumulate(questions(learner))
    loss = torch.zeros((), dtype=torch.float64)
    for state in (1, 3):
        now, before = (
            [read(speaking, asked.prompts[state], label) for label in asked.labels] for read in (logps, based)
        )
        margin = (now[0].sum() - before[0].sum()) - (now[1].sum() - before[1].sum())
        loss = loss - (torch.nn.functional.logsigmoid(0.3 * margin) + imitation * now[0].mean()) / 2
    assert borrowed == pytest.approx(float(loss.detach()), rel=1e-3)
    torch.testing.assert_close(left(speaking), gradient(speaking, loss), rtol=1e-3, atol=1e-5)


def test_dpo_makes_the_chosen_answer_more_probable(speaking: TextModel) -> None:
    learner = dpo(speaking, updates=8)
    before = tables(speaking, IPD, LESSON.published)
    records = [learner.update() for _ in range(8)]
    after = tables(speaking, IPD, LESSON.published)
    share = [(table / table.sum(axis=-1, keepdims=True))[:, [1, 3], 0] for table in (before, after)]
    assert (share[1] > 0.9).all() and (share[1] > share[0]).all()
    assert records[-1]["loss"] < records[0]["loss"]
    assert "2 preferences and 3 ties" in learner.each_update


# --- runs -------------------------------------------------------------------------------------


def test_without_trl_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moral_games.llm.options.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"pip install 'moral-games\[trl\]'"):
        finetune(Finetune(algorithm="grpo", folder=tmp_path / "runs"))
    assert not (tmp_path / "runs").exists()


def test_options_that_make_no_sense_are_refused() -> None:
    for wrong, message in (
        (lambda: GRPO(generations=1), "generations must be at least 2"),
        (lambda: GRPO(scale="groups"), "unknown scale 'groups'"),  # type: ignore[arg-type]
        (lambda: DPO(beta=0), "beta must be positive"),
        (lambda: DPO(discount=1), "discount must lie in"),
    ):
        with pytest.raises(ValueError, match=message):
            wrong()


@pytest.mark.slow
@pytest.mark.parametrize("algorithm", ["grpo", "dpo"])
def test_a_run_that_was_cut_off_goes_on_to_the_byte(algorithm: str, tmp_path: Path, spelling_folder: Path) -> None:
    chosen = Finetune(
        algorithm=algorithm,  # type: ignore[arg-type]
        model=str(spelling_folder),
        folder=tmp_path,
        test_games=("ipd",),
        lora_rank=2,
        checkpoint_every=1,
        train=Settings(updates=3, tellings=1, presentations="fixed", validate_every=2),
        grpo=GRPO(cold_start=1, groups=2, generations=4),
    )
    whole = finetune(chosen)
    cut = Run(tmp_path / "cut" / chosen.name)
    shutil.copytree(whole.folder, cut.folder)
    first = cut.checkpoints()[0]
    for path in (cut.path("metrics.json"), cut.path("adapter.safetensors"), cut.path("judged-after.json")):
        path.unlink()
    finetune(replace(chosen, folder=tmp_path / "cut", resume=True, checkpoint=first.name))
    assert digest(cut.path("adapter.safetensors")) == digest(whole.path("adapter.safetensors"))
    assert [entry["loss"] for entry in cut.history()] == [entry["loss"] for entry in whole.history()]
    assert len({digest(point / adapters.WEIGHTS) for point in whole.checkpoints()}) > 1
    config = read_json(whole.path("config.json"))
    assert algorithm in config and "exact" not in config and write_report(whole.folder).exists()
