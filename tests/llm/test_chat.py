"""Conversations: what is said depends on nothing but its own episode, and its credit is the gradient's."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.cli.evaluate import Evaluate
from moral_games.llm import Finetune, TextModel, adapters, finetune
from moral_games.llm.chat import ChatTrainer, TurnLearner, legality, said, to_go
from moral_games.llm.chat_judgement import spoken, words
from moral_games.llm.episodes import Conversations, play
from moral_games.llm.finetuning import load_run
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import question, tables
from moral_games.llm.settings import Chat, Settings
from moral_games.llm.talking import Listener, Phrases, Speaker
from moral_games.report import write_report
from moral_games.runs import digest, read_json

IPD = mg.games.get("ipd")
DUTY = mg.rewards.parse("deontological(penalty=3) + illegal(penalty=6)")
LESSON = Lesson(IPD, DUTY, "tit_for_tat", presentations="fixed")
TOLD = LESSON.published[0]
SHORT = Settings(tellings=1, presentations="fixed", validate_every=100, rounds=3)


def talked(
    model: TextModel, how: Chat, seeds: Any, voices: Any = None, rounds: int = 3, lesson: Lesson = LESSON
) -> Any:
    return play(model, lesson, [TOLD] * len(seeds), rounds, how, seeds, voices or {0: None})


def learner(model: TextModel, own: Chat, lesson: Lesson = LESSON, seed: int = 0, **settings: Any) -> TurnLearner:
    return TurnLearner(model, lesson, replace(SHORT, **settings), own, np.random.default_rng(seed))


# --- talking ----------------------------------------------------------------------------------


def test_reading_on_is_reading_all(tiny_model: TextModel) -> None:
    """Whatever is read of each text at a time, side by side, is what reading the whole text alone gives."""
    texts = [list(range(10, 24)), list(range(40, 43)), list(range(7, 16))]
    listener = Listener(tiny_model)
    for ends, rows in (((5, 1, 9), [0, 1, 2]), ((6, 1, 9), [0]), ((14, 3, 9), [0, 1])):
        found = listener.expect([text[:end] for text, end in zip(texts, ends, strict=True)], rows)
        for row, logits in zip(rows, found, strict=True):
            with torch.no_grad():
                alone = tiny_model.model(torch.tensor([texts[row][: ends[row]]])).logits[0, -1]
            torch.testing.assert_close(logits, alone, rtol=1e-4, atol=1e-4)


def test_a_conversation_is_the_chat_templates(speaking: TextModel) -> None:
    found = talked(speaking, Chat(), range(20))
    talk = next(talk for talk in found.talks if (found.played.actions[talk.episode, :, 0] >= 0).all())
    turns = spoken(speaking, talk)
    names, actions = TOLD.names, found.played.actions[talk.episode]
    assert [turn["said"] for turn in turns if "said" in turn] == [names[action] for action in actions[:, 0]]
    told = [f'Last round: you "{names[own]}", they "{names[other]}".' for own, other in actions[:-1]]
    conversation = [{"role": "user", "content": question(IPD, TOLD).prompts[found.played.states[talk.episode, 0]]}]
    for own, text in zip(actions[:, 0], [*told, None], strict=True):
        conversation.append({"role": "assistant", "content": names[own]})
        conversation += [{"role": "user", "content": text}] if text else []
    whole = speaking.tokenizer.apply_chat_template(conversation, tokenize=False)
    assert whole.startswith(speaking.tokenizer.decode(talk.tokens)) and len(talk.answers) == 3


def test_a_turn_that_was_ended_is_not_ended_again(tiny_model: TextModel) -> None:
    phrases = Phrases(tiny_model)
    speaker = Speaker(phrases, None, [(0, 0), (1, 0)], [((5,),)] * 2, [])
    end, after = tiny_model.tokenizer.eos_token_id, phrases.following("next")
    for row, said_ in enumerate(([5], [5, end])):
        speaker.hear(row, "hello")
        speaker._texts[row] += said_
        speaker.hear(row, "next")
    assert after[0] == end and speaker._texts[0] == speaker._texts[1] == [*phrases.opening("hello"), 5, *after]


def test_a_template_that_rewrites_earlier_turns_is_refused(tiny_model: TextModel) -> None:
    class Forgetful:
        chat_template = "yes"

        def apply_chat_template(self, turns: list[dict[str, str]], **_: Any) -> str:
            return turns[-1]["content"]

    with pytest.raises(ValueError, match=r"tells earlier turns differently.*--chat\.context rounds"):
        Phrases(replace(tiny_model, tokenizer=Forgetful())).following("next")


# --- episodes ---------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [Chat(), Chat(context="rounds"), Chat(before="message", words=4)])
def test_an_episode_alone_is_what_it_is_among_others(how: Chat, speaking: TextModel) -> None:
    voices = {0: None, 1: None} if how.before == "message" else {0: None}
    together = talked(speaking, how, [3, 4, 5], voices)
    for episode, seed in enumerate([3, 4, 5]):
        alone = talked(speaking, how, [seed], voices)
        for one, all_ in zip(alone.played, together.played, strict=True):
            np.testing.assert_array_equal(one[0], all_[episode])
        ours = [talk.tokens for talk in together.talks if talk.episode == episode]
        assert ours == [talk.tokens for talk in alone.talks]


def test_chunks_change_nothing(speaking: TextModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = talked(speaking, Chat(), range(5))
    monkeypatch.setattr("moral_games.llm.episodes.AT_ONCE", 2)
    parts = talked(speaking, Chat(), range(5))
    np.testing.assert_array_equal(whole.played.actions, parts.played.actions)
    assert [(talk.episode, talk.tokens) for talk in whole.talks] == [
        (talk.episode, talk.tokens) for talk in parts.talks
    ]


def test_one_round_prompts_without_words_agree_with_the_exact_value(speaking: TextModel) -> None:
    from moral_games.analysis.episodes import measure

    table = tables(speaking, IPD, [TOLD])[0]
    found = talked(speaking, Chat(context="rounds"), range(96), rounds=5)
    judged = measure(found.played, IPD, {"duty": DUTY}, "tit_for_tat")
    policy = np.c_[table, 1 - table.sum(1)]
    exact = LESSON.problem.episode_reward(policy, 5)
    reward = judged["reward"]["duty"]
    assert reward["mean"] == pytest.approx(exact, abs=4 * reward["standard_error"]) and reward["standard_error"] < 0.3
    published = mg.evaluate(mg.PolicyTable(table), "tit_for_tat", IPD, DUTY).published_regret
    assert judged["published regret"]["duty"]["mean"] == pytest.approx(published, abs=4 * reward["standard_error"])


def test_a_model_against_itself_plays_as_its_table_does(speaking: TextModel) -> None:
    """Both seats' rewards are the exact ones of two such players."""
    from moral_games.analysis.episodes import estimate

    table = mg.PolicyTable(tables(speaking, IPD, [TOLD])[0])
    found = talked(speaking, Chat(context="rounds"), range(48), {0: None, 1: None}, rounds=4)
    exact = replace(LESSON, opponent=table).problem.episode_reward(table.with_illegal, 4)
    for seat in range(2):
        mean, error = estimate(found.played.rewards[..., seat].mean(axis=1))
        assert mean == pytest.approx(exact, abs=4 * error)


def test_a_message_is_heard_by_the_other_alone(speaking: TextModel) -> None:
    found = talked(speaking, Chat(before="message", words=5), [0, 1], {0: None, 1: None}, rounds=2)
    for episode in range(2):
        told = {talk.seat: spoken(speaking, talk) for talk in found.talks if talk.episode == episode}
        for seat in range(2):
            message = next(turn["said"] for turn in told[seat] if "said" in turn)
            heard = [turn["told"] for turn in told[1 - seat] if "They say" in turn.get("told", "")]
            assert len(heard) == 2 and " ".join(message.replace('"', "'").split()) in " ".join(heard[0].split())
    alone = talked(speaking, Chat(before="message", words=5), [0], rounds=1)
    assert "They say nothing." in spoken(speaking, alone.talks[0])[2]["told"]


def test_words_come_true() -> None:
    played = mg.analysis.simulation.Episodes(
        np.ones((1, 3), dtype=int), np.array([[[0, 1], [1, 1], [0, 0]]]), np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    )
    found = Conversations(played, (), np.array([[[0, -1], [0, -1], [-1, -1]]]))
    assert words(found, "nothing") == {}
    assert [entry["mean"] for entry in words(found, "message").values()] == pytest.approx([2 / 3, 1 / 2], abs=1e-6)
    assert words(found, "belief")["belief comes true"]["mean"] == 0


# --- learning ---------------------------------------------------------------------------------


def test_what_was_said_is_read_again_as_it_was_said(speaking: TextModel) -> None:
    for how in (Chat(), Chat(context="rounds"), Chat(before="belief", words=4)):
        talks = talked(speaking, how, range(4)).talks
        with torch.no_grad():
            again = said(speaking, talks)
        for talk, row in zip(talks, again, strict=True):
            torch.testing.assert_close(
                row[: len(talk.places)], torch.tensor(talk.log_probabilities), rtol=1e-3, atol=1e-4
            )


def chance(model: TextModel, text: tuple[int, ...], tokens: tuple[int, ...]) -> torch.Tensor:
    """Return the log-probability of some tokens after a text, read by itself."""
    logits = model.model(torch.tensor([text + tokens]), logits_to_keep=len(tokens) + 1).logits[0, :-1]
    return torch.log_softmax(logits, dim=-1)[torch.arange(len(tokens)), torch.tensor(tokens)].sum()


@pytest.mark.parametrize(("context", "micro_batch_tokens"), [("conversation", 1), ("rounds", 10_000)])
def test_the_gradient_is_that_of_each_turns_credit(context: Any, micro_batch_tokens: int, speaking: TextModel) -> None:
    """By hand: the sum over turns of minus the credit times the log-probability, less that of legality, over turns."""
    own = Chat(context=context, before="belief", words=2, discount=0.5, legality=0.7)
    trainer = learner(speaking, own, micro_batch_tokens=micro_batch_tokens)
    found = talked(speaking, own, range(3), rounds=2)
    rewards = found.played.rewards[..., 0]
    returns = np.stack([rewards[:, 0] + 0.5 * rewards[:, 1], rewards[:, 1]], axis=1)
    credit = np.array([[returns[e, t] - np.delete(returns[:, t], e).mean() for t in range(2)] for e in range(3)])
    assert np.abs(credit).max() > 0.5
    trainer._accumulate(found.talks, trainer._credit(found.played.rewards, found.talks))
    weights = list(adapters.trainable(speaking).values())
    given = torch.cat([weight.grad.flatten() for weight in weights if weight.grad is not None])
    total = torch.zeros(())
    for talk in found.talks:
        for place, round_ in zip(talk.places, talk.rounds, strict=True):
            log_probability = chance(speaking, talk.tokens[:place], talk.tokens[place : place + 1])
            total = total - credit[talk.episode, round_] * log_probability
        for place in talk.answers:
            labels = [chance(speaking, talk.tokens[:place], label) for label in talk.labels]
            total = total - 0.7 * torch.logsumexp(torch.stack(labels), dim=0)
    expected = torch.cat([part.flatten() for part in torch.autograd.grad(total / 6, weights)])
    torch.testing.assert_close(given, expected, rtol=2e-3, atol=2e-5)


def test_a_turn_far_from_where_it_was_said_teaches_no_more(speaking: TextModel) -> None:
    trainer = learner(speaking, Chat(legality=0))
    talks = [
        replace(talk, log_probabilities=tuple(p - 1 for p in talk.log_probabilities))
        for talk in talked(speaking, Chat(), range(2)).talks
    ]
    for credit, moves in ((1.0, False), (-1.0, True)):
        trainer._accumulate(talks, {0: np.full((2, 3), credit)})
        norm = sum(float(weight.grad.norm()) for weight in adapters.trainable(speaking).values())  # type: ignore[union-attr]
        assert (norm > 1e-3) == moves


def test_the_divergence_from_the_base_model_is_paid_by_the_turn(speaking: TextModel) -> None:
    found = talked(speaking, Chat(), range(3))
    trainer = learner(speaking, Chat(kl=0.5))
    with torch.no_grad(), speaking.model.disable_adapter():
        base = said(speaking, found.talks).double().numpy()
    spent = np.zeros((3, 3))
    for talk, row in zip(found.talks, base, strict=True):
        for k, round_ in enumerate(talk.rounds):
            spent[talk.episode, round_] += talk.log_probabilities[k] - row[k]
    returns = to_go(found.played.rewards[..., 0] - 0.5 * spent, 0.0)
    credit = trainer._credit(found.played.rewards, found.talks)[0]
    assert credit == pytest.approx(1.5 * (returns - returns.mean(axis=0)), abs=1e-3)
    assert trainer.kl_per_turn == pytest.approx(spent.mean(), abs=1e-3) and abs(spent.mean()) > 0.5


def test_legality_is_the_log_probability_of_any_label(speaking: TextModel) -> None:
    talks = talked(speaking, Chat(context="rounds"), [0]).talks
    with torch.no_grad():
        found = float(legality(speaking, talks))
        table = tables(speaking, IPD, [TOLD])[0].sum(axis=1)
    states = talked(speaking, Chat(context="rounds"), [0]).played.states[0]
    assert found == pytest.approx(np.log(table[states]).sum(), rel=1e-3)


@pytest.mark.parametrize("epochs", [1, 2])
def test_what_is_rewarded_becomes_more_probable(epochs: int, speaking: TextModel) -> None:
    kindness = replace(LESSON, reward=mg.rewards.parse("virtue_kindness(bonus=6)"))
    own = Chat(episodes=8, epochs=epochs, warm_up=1)
    trainer = ChatTrainer(speaking, kindness, replace(SHORT, learning_rate=0.01), own, np.random.default_rng(0))
    records = [trainer.update() for _ in range(6)]
    assert records[-1]["action_types"]["C|C"] + records[-1]["action_types"]["C|D"] > 0.8
    assert records[-1]["reward"] > records[0]["reward"] + 2 and records[-1]["legal_mass"] > 0.9


def test_two_models_learn_each_its_own_value(speaking: TextModel) -> None:
    lesson = replace(LESSON, opponent="llm")
    own = Chat(episodes=2, before="message", words=3)
    trainer = ChatTrainer(speaking, lesson, replace(SHORT, learning_rate=0.01), own, np.random.default_rng(0))
    record = trainer.update()
    assert set(trainer.players) == {"default", "other"} and record["other"]["update"] == 1
    moved = [
        {name: weight for name, weight in speaking.model.named_parameters() if f"lora_B.{player}" in name}
        for player in trainer.players
    ]
    assert all(any(weight.abs().max() > 0 for weight in weights.values()) for weights in moved)
    assert "C|C" in record["other"]["action_types"] and "named" in record


def test_the_model_itself_learns_from_both_seats(speaking: TextModel) -> None:
    lesson = replace(LESSON, opponent="self")
    trainer = ChatTrainer(speaking, lesson, SHORT, Chat(episodes=2), np.random.default_rng(0))
    record = trainer.update()
    assert trainer.players["default"].seats == (0, 1) and "other" not in record
    assert sum(record["action_types"].values()) == pytest.approx(1)


# --- runs -------------------------------------------------------------------------------------


def options(folder: Path, where: Path, **changed: Any) -> Finetune:
    chosen = Finetune(
        algorithm="chat",
        name="run",
        folder=folder,
        model=str(where),
        test_games=("ipd",),
        lora_rank=4,
        train=Settings(updates=3, tellings=1, learning_rate=0.02, validate_every=3, rounds=2),
        chat=Chat(episodes=1, judging=4, before="message", words=3),
        checkpoint_every=1,
    )
    return replace(chosen, **changed)


@pytest.mark.slow
@pytest.mark.parametrize("opponent", ["tit_for_tat", "llm"])
def test_a_run_resumes_and_leaves_what_others_leave(
    opponent: str, tmp_path: Path, tiny_model_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = options(tmp_path, tiny_model_folder, opponent=opponent)
    run = finetune(chosen)
    metrics, kept = read_json(run.path("metrics.json")), digest(run.path("adapter.safetensors"))
    history = [{key: entry for key, entry in line.items() if key != "seconds"} for line in run.history()]
    judged = metrics["after"]["ipd"]
    assert judged["payoff"]["standard_error"] is not None and "message comes true" in judged
    assert set(judged["moral regret"]) == {"deontological", "utilitarian"}
    page = write_report(run.folder).read_text()
    assert page.count("data:image/png;base64,") == 3 and page.count("<details") == 4
    assert load_run(run.folder).name == str(tiny_model_folder)
    capsys.readouterr()
    Evaluate(str(run.folder), json=True).run()
    assert '"published regret"' in capsys.readouterr().out

    run.path("metrics.json").unlink()
    shutil.rmtree(run.path("checkpoints", "step-000003"))  # as killed after the second update
    finetune(replace(chosen, resume=True))
    again = [{key: entry for key, entry in line.items() if key != "seconds"} for line in run.history()]
    assert digest(run.path("adapter.safetensors")) == kept and again == history
    assert read_json(run.path("metrics.json"))["after"] == metrics["after"]


def test_what_a_model_says_is_escaped(tmp_path: Path) -> None:
    from moral_games.report.conversation import content, flat

    entry = {"mean": 0.5, "standard_error": None}
    judged = {"legal": entry, "moral regret": {"duty": entry}, "action types": {"C|C": entry}}
    assert list(flat(judged)) == ["legal", "moral regret (duty)"]
    turn = {"said": "<script>alert(1)</script>"}
    examples = {"ipd": [{"turns": [turn], "rounds": [{"played": ["C", "D"], "reward": 0.0}]}]}
    metrics = {
        "before": {"ipd": judged},
        "after": {"ipd": judged},
        "conversations": {"before": examples, "after": examples},
        "training": {"updates": 1, "chosen_update": 1, "each_update": "words"},
        "seconds": {"train": 1.0},
        "machine": {"gpu": None, "processor": "any", "threads": 1, "torch": "2"},
    }
    from moral_games.runs import Run, write_json

    config = Finetune(algorithm="chat", test_games=("ipd",)).to_json()
    run = Run.create(tmp_path / "run", config)
    write_json(run.path("metrics.json"), metrics)
    run.append({"update": 1, "reward": 0.0, "legal_mass": 1.0, "action_types": {"C|C": 1.0}})
    page = write_report(run.folder).read_text()
    assert "&lt;script&gt;" in page and "<script>" not in page
    assert "0.50" in content(config, metrics)["headline"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"algorithm": "exact", "opponent": "self"}, "opponent 'self' is for --algorithm chat, not exact"),
        ({"algorithm": "ppo", "opponent": "llm"}, "for --algorithm exact or chat, not ppo"),
    ],
)
def test_an_opponent_for_another_algorithm_is_refused(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        options(tmp_path, tmp_path, **changed).check()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"context": "conversatoin"}, "unknown context 'conversatoin'. Did you mean 'conversation'"),
        ({"before": "mesage"}, "unknown before 'mesage'. Did you mean 'message'"),
        ({"judging": 1}, "judging must be at least 2"),
        ({"clip": 0.0}, "clip must be positive"),
        ({"discount": 1.5}, "discount must lie in"),
    ],
)
def test_bad_settings_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Chat(**settings)
