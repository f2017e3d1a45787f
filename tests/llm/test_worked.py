"""Worked answers: what is taught, the exam in unseen games, and the model that calculates before it answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moral_games import games, text
from moral_games.games.random_games import drawn_game
from moral_games.llm.adapters import add_lora
from moral_games.llm.exam import Paper, examine, papers
from moral_games.llm.finetuning import finetune
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel, load
from moral_games.llm.options import Finetune
from moral_games.llm.policy import Question, question
from moral_games.llm.reasoner import Reasoner
from moral_games.llm.scoring import label_tokens
from moral_games.llm.settings import Settings, Worked
from moral_games.llm.targets import certain_next, worked_value
from moral_games.llm.worked import WorkedTrainer, answered
from moral_games.report import write_report
from moral_games.rewards import parse
from moral_games.runs import read_json
from moral_games.text.reckoning import ANSWER

LESSON = Lesson(games.get("ipd"), parse("utilitarian + illegal(penalty=6)"), "tit_for_tat", "worked")
TOLD = text.Presentation(("left", "right"), wording="worked")


class Oracle:
    """A player that takes the best action of whichever paper it is asked about, or always the other one."""

    name = "oracle"

    def __init__(self, exam: list[Paper], wrong: bool = False) -> None:
        self.tables = {question(paper.lesson.game, paper.told): paper.right != wrong for paper in exam}

    def probabilities(self, questions: list[Question]) -> list[np.ndarray]:
        return [
            self.tables[asked] / np.maximum(self.tables[asked].sum(axis=1, keepdims=True), 1) for asked in questions
        ]


def test_who_takes_the_best_action_passes_the_exam_and_who_never_does_fails():
    exam = papers(LESSON, 12, np.random.default_rng(0))
    assert examine(Oracle(exam), exam)["right"] == examine(Oracle(exam), exam)["chosen"] == 1.0
    assert examine(Oracle(exam, wrong=True), exam)["right"] == 0.0


def test_the_best_action_of_a_paper_is_that_of_the_exact_best_play_of_one_round():
    for paper in papers(LESSON, 12, np.random.default_rng(1)):
        problem, right = paper.lesson.problem, paper.right
        best = problem.best(0.0)[0]
        states = problem.situations.memory[:, 0]
        assert all(right[state, action] for state, action in zip(states, best, strict=True) if right[state].any())
        assert not right[0].any()


def test_worked_answers_end_in_the_right_label_of_every_state_that_has_one():
    paper = Paper(replace(LESSON, game=drawn_game(np.random.default_rng(3))), TOLD)
    found = answered(paper.lesson, TOLD, "calculation")
    labels = [TOLD.names[row.argmax()] for row in paper.right if row.any()]
    assert [answer.removesuffix('"').rpartition(ANSWER)[2] for _, answer in found] == labels
    assert [answer for _, answer in answered(paper.lesson, TOLD, "nothing")] == labels


def test_only_one_value_and_a_certain_opponent_can_be_worked_out():
    assert worked_value(LESSON.reward) == "utilitarian"
    assert certain_next(LESSON)[1:].tolist() == [0, 0, 1, 1]  # tit for tat does what the reader did
    for reward in ("selfish + utilitarian", "-1 * selfish", "deontological(penalty=3)"):
        with pytest.raises(ValueError, match="selfish"):
            worked_value(parse(reward))
    for opponent in ("random", "tit_for_two_tats"):
        with pytest.raises(ValueError, match="tit_for_tat"):
            certain_next(replace(LESSON, opponent=opponent))


class Scribe:
    """Stands for a network that writes a given answer, whatever it is asked."""

    def __init__(self, model: TextModel, says: str) -> None:
        self.inner, self.said = model.model, model.tokenizer(says, add_special_tokens=False).input_ids
        self.dtype, self.parameters = model.model.dtype, model.model.parameters

    def __call__(self, **asked):
        return self.inner(**asked)

    def generate(self, tokens, **settings):
        import torch

        more = torch.tensor([self.said] * len(tokens))
        return torch.cat([tokens, more[:, : settings["max_new_tokens"]]], dim=1)


def test_a_reasoner_is_asked_for_labels_after_its_calculation(tiny_model: TextModel):
    import torch

    asked, says = question(LESSON.game, TOLD), f'They do "left". {ANSWER}'
    scribe = TextModel("scribe", Scribe(tiny_model, f'{says}right"'), tiny_model.tokenizer)
    [table] = Reasoner(scribe).probabilities([asked])
    calculation = tiny_model.tokenizer(says, add_special_tokens=False).input_ids
    for prompt, row in zip(asked.prompts, table, strict=True):
        text_ = [*tiny_model.encode(prompt), *calculation]
        for label, chance in zip(asked.labels, row, strict=True):
            tokens = label_tokens(tiny_model, prompt, label)
            said = tiny_model.model(torch.tensor([text_ + tokens]), logits_to_keep=len(tokens) + 1)
            steps = said.logits[0].log_softmax(-1)
            assert sum(step[token].item() for step, token in zip(steps, tokens, strict=False)) == pytest.approx(
                np.log(chance), rel=1e-4
            )


def test_a_calculation_that_comes_to_no_answer_is_illegal(tiny_model: TextModel):
    scribe = TextModel("scribe", Scribe(tiny_model, "They do left. They do left."), tiny_model.tokenizer)
    assert (Reasoner(scribe).probabilities([question(LESSON.game, TOLD)])[0] == 0).all()


def test_prompts_written_together_are_written_as_each_alone(tiny_model: TextModel):
    prompts = question(LESSON.game, TOLD).prompts[:3]
    longer = f"{prompts[0]} {prompts[1]}"
    together = Reasoner(tiny_model, longest=6)._write([tiny_model.encode(prompt) for prompt in (*prompts, longer)])
    assert together == [Reasoner(tiny_model, longest=6)._write([tiny_model.encode(p)])[0] for p in (*prompts, longer)]


@pytest.mark.parametrize("before", ["calculation", "nothing"])
def test_a_run_learns_the_same_again_and_is_judged_as_it_plays(before: str, tiny_model_folder: Path, tmp_path: Path):
    asked = Finetune(
        algorithm="worked",
        name="run",
        folder=tmp_path,
        model=str(tiny_model_folder),
        reward="utilitarian + illegal(penalty=6)",
        wording="worked",
        test_games=("ipd",),
        train=Settings(updates=4, learning_rate=1e-2, validate_every=2),
        worked=Worked(before=before, games=2, longest=4),
        checkpoint_every=2,
    )
    run = finetune(asked)
    losses = [record["loss"] for record in run.history()]
    assert losses[-1] < losses[0]
    assert {"fault", "right", "legal_mass"} == set(run.history()[-1]["validation"])
    assert set(read_json(run.path("policy.json"))["after"]) == {"ipd"}
    page = write_report(run.folder).read_text()
    assert "on drawn games" in page
    assert ("after the most probable calculation" in page) == (before == "calculation")
    again = finetune(replace(asked, name="again", test_games=()))
    assert [record["loss"] for record in again.history()] == losses


def test_loss_is_the_mean_cross_entropy_of_a_token(tiny_model_folder: Path):
    import torch

    model = add_lora(load(str(tiny_model_folder), device="cpu", dtype=torch.float32), 4, 0)
    trainer = WorkedTrainer(
        model, LESSON, Settings(updates=2), Worked(games=1, before="nothing"), np.random.default_rng(0)
    )
    [answers] = WorkedTrainer(
        model, LESSON, Settings(updates=2), Worked(games=1, before="nothing"), np.random.default_rng(0)
    )._draw()
    expected = []
    for prompt, label in answers:
        asked, whole = model.encode(prompt), [*model.encode(prompt, label), model.tokenizer.eos_token_id]
        logits = model.model(torch.tensor([whole])).logits[0].log_softmax(-1)
        steps = [logits[place - 1, whole[place]].item() for place in range(len(asked), len(whole))]
        expected.append(-np.mean(steps))
    assert trainer.update()["loss"] == pytest.approx(np.mean(expected), rel=1e-4)


def test_a_model_elsewhere_cannot_be_read_after_its_calculation():
    from moral_games.llm.worked import as_player

    with pytest.raises(ValueError, match="in this process"):
        as_player(Oracle([]), Worked())
