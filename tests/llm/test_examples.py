"""Fine-tuning on examples: what a data set must be, whose loss it is, what is judged, and that runs go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from moral_games import games
from moral_games.analysis import Preference
from moral_games.analysis.estimation import fit
from moral_games.analysis.fit_summary import summarised, summary
from moral_games.cli import main
from moral_games.llm import Finetune, TextModel, adapters, finetune, load
from moral_games.llm.data_set import TRAIN, read_data_set
from moral_games.llm.examples import ExamplesTrainer, NothingLearned, taught
from moral_games.llm.lesson import Lesson
from moral_games.llm.policy import Question
from moral_games.llm.reasoner import AtOnce, Reasoner, as_taught
from moral_games.llm.scoring import label_tokens
from moral_games.llm.settings import Examples, Settings
from moral_games.llm.strategy_method import ask_tasks
from moral_games.report import write_report
from moral_games.rewards import parse
from moral_games.runs import Run, RunError, digest, read_json
from moral_games.synthetic import Task, tasks, write_data
from moral_games.text.reckoning import ANSWER

pytest.importorskip("trl")

MORAL = Preference(kappa=0.5)
SIMPLE = ("simultaneous",)


@pytest.fixture(scope="module")
def short(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of labels alone."""
    return write_data(tmp_path_factory.mktemp("data") / "short", MORAL, 24, 12, kinds=SIMPLE, reasons=False)


@pytest.fixture(scope="module")
def reasoned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of calculations and labels."""
    return write_data(tmp_path_factory.mktemp("data") / "reasoned", MORAL, 24, 12, kinds=SIMPLE)


def alone(folder: Path, lines: Sequence[str], name: str = "alone.jsonl") -> Path:
    """Return a file with some lines of a data set."""
    path = folder / name
    path.write_text("".join(lines), encoding="utf-8")
    return path


def lines(data: Path) -> list[str]:
    return (data / TRAIN).read_text(encoding="utf-8").splitlines(keepends=True)


# --- data sets --------------------------------------------------------------------------------


def test_a_data_set_is_read_with_whose_answers_they_are(short: Path, reasoned: Path) -> None:
    for folder, reasons in ((short, False), (reasoned, True)):
        found = read_data_set(folder)
        assert found.reasons == reasons and (len(found.taught), len(found.held_out)) == (24, 12)
        assert found.source is not None and found.source.preference == MORAL and found.source.kinds == SIMPLE
        assert found.digests[TRAIN] == digest(folder / TRAIN)


def test_of_a_file_alone_a_tenth_is_held_out(short: Path, tmp_path: Path) -> None:
    found = read_data_set(alone(tmp_path, lines(short)))
    assert (len(found.taught), len(found.held_out)) == (22, 2) and found.source is None
    assert {*found.taught, *found.held_out} == {*read_data_set(short).taught}
    assert read_data_set(tmp_path / "alone.jsonl").held_out == found.held_out


def test_what_is_no_data_set_is_refused_before_any_work(short: Path, reasoned: Path, tmp_path: Path) -> None:
    broken = [*lines(short)[:12], "{\n"]
    same = [
        json.dumps({"messages": [{"role": "user", "content": f"{k}?"}, {"role": "assistant", "content": "yes"}]})
        for k in range(12)
    ]
    for path, message in (
        ("", "there is no data set ''; give --examples.data"),
        (tmp_path / "none", "there is no data set"),
        (tmp_path, "has no train.jsonl"),
        (alone(tmp_path, [], "empty.jsonl"), "holds no examples"),
        (alone(tmp_path, broken, "broken.jsonl"), "broken.jsonl, line 13: this is not JSON"),
        (alone(tmp_path, lines(short)[:9], "few.jsonl"), "has 9 example"),
        (alone(tmp_path, lines(short) + lines(reasoned), "mixed.jsonl"), "is mixed: 24 of 48 answers"),
        (alone(tmp_path, [f"{line}\n" for line in same], "same.jsonl"), "balance the answers"),
    ):
        asked = Finetune(algorithm="examples", folder=tmp_path / "runs", examples=Examples(data=str(path)))
        with pytest.raises(ValueError, match=message):
            finetune(asked)
    assert not (tmp_path / "runs").exists()


def test_a_card_of_other_data_is_refused(tmp_path: Path) -> None:
    folder = write_data(tmp_path / "data", MORAL, 12, 4, kinds=SIMPLE)
    (folder / TRAIN).write_text("".join(lines(folder)[:-1]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"card of other data: train.jsonl has changed"):
        read_data_set(folder)
    (folder / "card.json").write_text("{}")
    with pytest.raises(ValueError, match="is no card of a data set"):
        read_data_set(folder)


def test_an_update_learns_from_no_more_examples_than_there_are(short: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"examples.batch must be at most the number of examples, 24; got 25"):
        finetune(Finetune(algorithm="examples", folder=tmp_path, examples=Examples(data=str(short), batch=25)))


def test_a_longer_example_than_the_model_reads_is_refused(short: Path, tiny_model: TextModel) -> None:
    model = replace(tiny_model)
    most, model.model.config.max_position_embeddings = model.model.config.max_position_embeddings, 50
    try:
        with pytest.raises(ValueError, match=r"example 1 has \d+ tokens, and model .* reads at most 50"):
            taught(model, read_data_set(short).taught)
    finally:
        model.model.config.max_position_embeddings = most


# --- learning ---------------------------------------------------------------------------------


@pytest.fixture
def learning(tiny_model_folder: Path) -> TextModel:
    import torch

    return adapters.add_lora(load(str(tiny_model_folder), device="cpu", dtype=torch.float32), 2, 0)


def trainer(model: TextModel, data: Path, batch: int = 3, **settings: float) -> ExamplesTrainer:
    lesson = Lesson(games.get("ipd"), parse("selfish"), "random")
    how = Settings(**{"updates": 40, "validate_every": 100, "learning_rate": 1e-2, **settings})  # type: ignore[arg-type]
    own = Examples(data=str(data), batch=batch, validating=4, judging=6)
    return ExamplesTrainer(model, lesson, how, own, np.random.default_rng(0), data=read_data_set(data))


def test_an_epoch_meets_every_example_once(learning: TextModel, short: Path) -> None:
    learner = trainer(learning, short, batch=5)
    met = [tuple(each.prompt) for update in range(10) for each in learner.batch(update)]
    everything = sorted(tuple(each.prompt) for each in learner.taught)
    assert sorted(met[:24]) == sorted(met[24:48]) == everything and met[:24] != met[24:48]
    assert met == [tuple(each.prompt) for update in range(10) for each in trainer(learning, short, 5).batch(update)]


@pytest.mark.parametrize("micro_batch_tokens", [100_000, 1])
def test_the_gradient_is_that_of_the_answers_alone(micro_batch_tokens: int, learning: TextModel, short: Path) -> None:
    """The mean cross-entropy of all tokens of an update's answers, the end among them, and of none of the prompts."""
    import torch

    noise = torch.Generator().manual_seed(0)
    for weight in adapters.trainable(learning).values():
        weight.data += 0.02 * torch.randn(weight.shape, generator=noise)
    learner = trainer(learning, short, micro_batch_tokens=micro_batch_tokens)
    total, count = torch.zeros(()), 0
    for each in learner.batch(0):
        logits = learning.model(torch.tensor([[*each.prompt, *each.answer]])).logits[0].log_softmax(-1)
        said = logits[len(each.prompt) - 1 : -1]
        total, count = total - said[range(len(each.answer)), each.answer].sum(), count + len(each.answer)
        assert each.answer[-1] == learning.tokenizer.eos_token_id
    wanted = torch.autograd.grad(total / count, list(adapters.trainable(learning).values()))
    left: list[torch.Tensor] = []
    learner._move = lambda loss: (
        left.extend(  # type: ignore[method-assign]
            weight.grad.clone() for weight in adapters.trainable(learning).values()
        )
        or 0.0
    )
    record = learner.update()
    assert record["loss"] == pytest.approx(float(total.detach()) / count, rel=1e-4)
    for found, right in zip(left, wanted, strict=True):
        torch.testing.assert_close(found, right, rtol=1e-3, atol=1e-6)


def test_where_nothing_is_learned_it_is_said(learning: TextModel, short: Path) -> None:
    learner = trainer(learning, short, batch=1, learning_rate=0.0, patience=2)
    learner.first_loss = 0.0
    for _ in range(2):
        learner.update()
    with pytest.raises(NothingLearned, match="the loss was not below that of the first"):
        learner.update()
    mute = trainer(learning, short, batch=1, patience=2, validate_every=1)
    mute.silent = 3
    with pytest.raises(NothingLearned, match="no look at validation found a legal answer"):
        mute.update()


# --- judging ----------------------------------------------------------------------------------


class Chooser:
    """One of a preference who chooses by logit, in units of a game's range of payoffs, and answers half the time."""

    name = "chooser"

    def __init__(self, asked: Sequence[Task], preference: Preference, noise: float) -> None:
        weights = np.array([1, *vars(preference).values()])
        self.answers = {}
        for task in asked:
            utility = weights @ task.terms / np.ptp(task.game.payoffs) / noise
            likely = np.exp(utility - utility.max())
            self.answers[task.prompt] = 0.5 * likely / likely.sum()

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        return [np.stack([self.answers[prompt] for prompt in question.prompts]) for question in questions]


def test_the_preference_of_one_who_answers_is_found() -> None:
    asked = tasks(MORAL, "test", 60, np.random.default_rng(0))
    answers = ask_tasks(Chooser(asked, Preference(kappa=0.4, alpha=0.1), 0.2), asked)
    assert answers.legal == pytest.approx(0.5) and answers.choices is not None
    found = fit(answers.choices)
    assert found.estimates == pytest.approx({"kappa": 0.4, "alpha": 0.1, "beta": 0, "noise": 0.2}, abs=1e-3)
    again = summarised(json.loads(json.dumps(summary(answers.choices, found))))
    assert again.estimates == pytest.approx(found.estimates, abs=1e-5)
    assert np.allclose(again.covariance, found.covariance, atol=1e-5)


def test_who_never_answers_has_no_choices() -> None:
    asked = tasks(MORAL, "test", 4, np.random.default_rng(0), kinds=SIMPLE)
    mute = Chooser(asked, MORAL, 1.0)
    mute.answers = {prompt: 0 * likely for prompt, likely in mute.answers.items()}
    answers = ask_tasks(mute, asked)
    assert answers.choices is None and answers.right == answers.legal == 0


def test_one_who_answers_at_once_is_read_after_the_announcement(tiny_model: TextModel) -> None:
    import torch

    [task] = tasks(MORAL, "test", 1, np.random.default_rng(0), kinds=SIMPLE)
    [answer] = ask_tasks(AtOnce(tiny_model), [task]).probabilities
    asked = tiny_model.encode(task.prompt, ANSWER)
    for label, chance in zip(task.labels, answer, strict=True):
        tokens = label_tokens(tiny_model, task.prompt, label)
        steps = tiny_model.model(torch.tensor([asked + tokens])).logits[0].log_softmax(-1)[len(asked) - 1 :]
        assert sum(step[token].item() for step, token in zip(steps, tokens, strict=False)) == pytest.approx(
            np.log(chance), rel=1e-4
        )


# --- runs -------------------------------------------------------------------------------------


def chosen(data: Path, model: Path, folder: Path, **settings: int) -> Finetune:
    return Finetune(
        algorithm="examples",
        model=str(model),
        folder=folder,
        test_games=("ipd",),
        lora_rank=2,
        checkpoint_every=1,
        train=Settings(**{"updates": 3, "learning_rate": 1e-2, "validate_every": 2, **settings}),
        examples=Examples(data=str(data), batch=2, validating=2, judging=6, longest=4),
    )


@pytest.mark.slow
def test_a_run_that_was_cut_off_goes_on_to_the_byte(short: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    asked = chosen(short, tiny_model_folder, tmp_path)
    whole = finetune(asked)
    cut = Run(shutil.copytree(whole.folder, tmp_path / "cut" / asked.name))
    for path in (cut.path("metrics.json"), cut.path("adapter.safetensors"), cut.path("judged-after.json")):
        path.unlink()
    first = cut.checkpoints()[0].name
    assert finetune(replace(asked, folder=tmp_path / "cut", resume=True, checkpoint=first)).folder == cut.folder
    assert digest(cut.path("adapter.safetensors")) == digest(whole.path("adapter.safetensors"))
    losses = [entry["loss"] for entry in whole.history()]
    assert [entry["loss"] for entry in cut.history()] == losses and losses[-1] < losses[0]
    assert {"fault", "right", "legal_mass"} == set(whole.history()[-1]["validation"])


@pytest.mark.slow
@pytest.mark.parametrize("reasons", [True, False])
def test_a_run_tells_what_is_preferred_before_and_after(
    reasons: bool,
    short: Path,
    reasoned: Path,
    tiny_model_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = reasoned if reasons else short
    asked = replace(chosen(data, tiny_model_folder, tmp_path, updates=1), name="run")
    run = finetune(asked)
    config, metrics = read_json(run.path("config.json")), read_json(run.path("metrics.json"))
    assert config["data"]["sha256"] == dict(read_data_set(data).digests)
    assert config["data"]["source"]["preference"] == vars(MORAL)
    ways = ["after its calculation", "at once"] if reasons else ["at once"]
    assert [entry["asked"] for entry in metrics["tasks"]["after"]] == ways
    entry = metrics["tasks"]["before"][-1]
    assert entry["questions"] == 6 and 0 < entry["legal"] < 1 and set(entry["preferences"]["estimates"]) >= {"kappa"}
    page = write_report(run.folder).read_text()
    assert "kappa" in page and (not reasons or "no legal answer" in page)
    capsys.readouterr()
    player = as_taught(load(str(tiny_model_folder), device="cpu"), config)
    assert isinstance(player, Reasoner) == reasons
    assert main(["estimate", str(run.folder), "--json"]) == (2 if reasons else 0)
    printed = capsys.readouterr()
    if reasons:
        assert "gives no legal answer" in printed.err
    else:
        assert json.loads(printed.out)[str(run.folder)]["choices"] == 6


def test_questions_alone_judge_a_run_too(
    short: Path, tiny_model_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--examples.batch", "2", "--examples.validating", "2", "--examples.judging", "6", "--lora-rank", "2"]
    options += ["--train.updates", "1", "--folder", str(tmp_path), "--model", str(tiny_model_folder), "--test-games"]
    assert main(["finetune", "--algorithm", "examples", "--examples.data", str(short), *options]) == 0
    assert "6 questions that it was not taught" in " ".join(capsys.readouterr().out.split())
    metrics = read_json(tmp_path / "finetune" / "metrics.json")
    assert metrics["after"] == {} and len(metrics["tasks"]["after"]) == 1
    assert main(["portrait", str(tmp_path / "finetune"), "--questions", "6", "--scenarios", "4", "--themes", "climate",
                 "--pedestrians", "1", "--folder", str(tmp_path)]) == 0  # fmt: skip


def test_changed_data_are_another_run(tiny_model_folder: Path, tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", MORAL, 12, 4, kinds=SIMPLE)
    asked = chosen(data, tiny_model_folder, tmp_path)
    run_folder = tmp_path / asked.name
    run_folder.mkdir()
    (run_folder / "config.json").write_text(json.dumps(asked.to_json()))
    (run_folder / "metrics.json").write_text("{}")
    assert finetune(replace(asked, resume=True)).folder == run_folder
    write_data(tmp_path / "other", MORAL, 12, 4, seed=1, kinds=SIMPLE)
    for file in (tmp_path / "other").iterdir():
        file.replace(data / file.name)
    with pytest.raises(RunError, match="begun with other options .*sha256"):
        finetune(replace(asked, resume=True))


@pytest.mark.slow
def test_a_file_alone_is_validated_by_its_loss(short: Path, tiny_model_folder: Path, tmp_path: Path) -> None:
    data = alone(tmp_path, lines(short))
    run = finetune(chosen(data, tiny_model_folder, tmp_path, updates=1))
    [record] = run.history()
    assert set(record["validation"]) == {"fault", "loss"} and 0 < record["validation"]["loss"] < 20
    assert "tasks" not in read_json(run.path("metrics.json"))
    assert write_report(run.folder).exists()
