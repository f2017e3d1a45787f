"""Supervised fine-tuning on examples: the loss is that of TRL's SFTTrainer, on the tokens of the answers alone.

An update is a run of TRL of one step (see `moral_games.llm.borrowed`). To make it anew each time costs half a second of
a processor, a tenth of an update even of a model of two layers; so none is kept, and no state of one has to be.
Tokens are those of `TextModel.encode`: the prompt that is taught is to the token the prompt at play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np
import torch

from moral_games.llm.borrowed import Config, borrow_gradient
from moral_games.llm.data_set import VALIDATION, DataSet, Example
from moral_games.llm.models import TextModel
from moral_games.llm.scoring import TokenTree, batches, check_tokens, log_probabilities
from moral_games.llm.settings import HARDLY_ANY, Algorithm, Examples
from moral_games.llm.stepping import SteppingTrainer
from moral_games.llm.strategy_method import ask_tasks
from moral_games.llm.task_judgement import as_asked
from moral_games.llm.validation import Validation
from moral_games.runs import RunFailed, read_json, write_json
from moral_games.synthetic import Task

IGNORED = -100
"""What stands in TRL's labels for a token that does not count."""

PROGRESS = "progress.json"
"""The file of a checkpoint that tells whether anything is being learned."""


class NothingLearned(RunFailed, ValueError):
    """A model learns nothing from its examples; the message says what to do."""


class Taught(NamedTuple):
    """The tokens of a prompt, and of the answer to it with the end of the text."""

    prompt: list[int]
    """Tokens of the prompt."""
    answer: list[int]
    """Tokens of the answer."""

    @property
    def labels(self) -> list[int]:
        """What TRL is to predict."""
        return [IGNORED] * len(self.prompt) + self.answer


def taught(model: TextModel, examples: Sequence[Example]) -> list[Taught]:
    """Return examples in a model's tokens.

    Raises
    ------
    ValueError
        If an example has more tokens than the model can read, or an answer's tokens merge with its prompt's.
    """
    most = getattr(model.model.config, "max_position_embeddings", None)
    found = []
    for place, (prompt, answer) in enumerate(examples, 1):
        asked, whole = model.encode(prompt), [*model.encode(prompt, answer), model.tokenizer.eos_token_id]
        if most is not None and len(whole) > most:
            raise ValueError(
                f"example {place} has {len(whole)} tokens, and model {model.name!r} reads at most {most}; "
                "leave it out, or choose another model"
            )
        if whole[: len(asked)] != asked:
            raise ValueError(
                f"the answer of example {place}, {answer[:40]!r}, merges with the end of its prompt in the tokenizer "
                f"of model {model.name!r}; let answers begin with a letter"
            )
        found.append(Taught(asked, whole[len(asked) :]))
    return found


def check_examples(model: TextModel, data: DataSet, own: Examples) -> None:
    """Raise a ValueError if a model cannot be taught a data set, or be asked about it: see `taught`."""
    taught(model, [*data.taught, *data.held_out])
    if data.source is not None:
        for task in data.source.questions(own.validating, VALIDATION):
            check_tokens(model, task.labels)


@dataclass(eq=False)
class TaskValidation(Validation):
    """The best weights so far, by questions of the test side; the *fault* is the share of wrong answers.

    Parameters
    ----------
    tasks
        The questions.
    reasons
        Whether answers are to begin with a calculation.
    """

    tasks: Sequence[Task] = ()
    reasons: bool = False

    def judged(self) -> dict[str, float]:
        """Ask the model as it is now; see `look`."""
        found = ask_tasks(as_asked(self.model, self.tasks, self.reasons), self.tasks)
        return {"fault": 1 - found.right, "right": found.right, "legal_mass": found.legal}


@dataclass(eq=False)
class LossValidation(Validation):
    """The best weights so far, by the loss on held-out examples, which is the *fault*."""

    held_out: Sequence[Taught] = ()
    """The examples whose loss is taken."""

    def judged(self) -> dict[str, float]:
        """Return the mean loss of a token of the answers; see `look`."""
        trees = [TokenTree([each.prompt], [[each.answer]]) for each in self.held_out]
        with torch.no_grad():
            scores = [
                float(found)
                for group in batches(trees, self.model.tokens_at_once)
                for found in log_probabilities(self.model, [trees[k] for k in group])
            ]
        loss = -sum(scores) / sum(len(each.answer) for each in self.held_out)
        return {"fault": loss, "loss": loss}


@dataclass(eq=False)
class ExamplesTrainer(SteppingTrainer):
    """A language model that learns from a data set; see `SteppingTrainer`.

    Parameters
    ----------
    data
        The data set. Its examples come in epochs: all of them in an order drawn anew, then all again. An update takes
        the next ones, so that the last of an epoch may share an update with the first of another.
    """

    own: Examples
    data: DataSet = field(kw_only=True)

    algorithm: ClassVar[Algorithm] = "examples"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.taught = taught(self.model, self.data.taught)
        self.order = int(self.rng.integers(2**63))
        self.first_loss: float | None = None
        self.idle = self.silent = 0

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        return (
            f"{self.own.batch} of {len(self.taught)} examples, drawn without replacement in epochs of "
            f"{len(self.taught) / self.own.batch:g} updates; cross-entropy of the answers' tokens by TRL's SFTTrainer"
        )

    def update(self) -> dict[str, Any]:
        """Make one step, and validate when it is due; see `SteppingTrainer.update`.

        Raises
        ------
        NothingLearned
            If in the last `Settings.patience` updates the loss never was below that of the first, or in all looks at
            validation no answer was legal.
        """
        self._check_progress()
        batch = self.batch(self.done)
        seed, longest = int(self.rng.integers(2**31)), max(len(each.labels) for each in batch)
        loss = self._read_at_once(
            lambda tokens: borrow_gradient(
                self.model, partial(_trainer, self.model, batch), len(batch), longest, tokens, seed
            ),
            least=longest,
        )
        record = self._step(loss) | {"epoch": round(self.done * self.own.batch / len(self.taught), 3)} | self._looked()
        self._follow_progress(record)
        return record

    def batch(self, update: int) -> list[Taught]:
        """Return what is learned from after so many updates; it depends on nothing else that happened."""
        places = np.arange(update * self.own.batch, (update + 1) * self.own.batch)
        epochs, within = np.divmod(places, len(self.taught))
        orders = {epoch: self._epoch(epoch) for epoch in set(epochs.tolist())}
        return [self.taught[orders[epoch][k]] for epoch, k in zip(epochs.tolist(), within.tolist(), strict=True)]

    def save(self, folder: Path, player: str = "") -> None:
        """Write all that what follows depends on into a folder, in files whose names begin with the player's."""
        super().save(folder, player)
        progress = {"first_loss": self.first_loss, "idle": self.idle, "silent": self.silent}
        write_json(folder / f"{player}{PROGRESS}", progress)

    def load(self, folder: Path, player: str = "") -> None:
        """Go back to where `save` was called."""
        super().load(folder, player)
        progress = read_json(folder / f"{player}{PROGRESS}")
        self.first_loss, self.idle, self.silent = progress["first_loss"], progress["idle"], progress["silent"]

    def _epoch(self, epoch: int) -> list[int]:
        """Return the order of the examples in an epoch."""
        return np.random.default_rng([self.order, epoch]).permutation(len(self.taught)).tolist()

    def _validation(self) -> Validation:
        stop, source, reasons = self.settings.stop_fault, self.data.source, self.data.reasons
        if source is None:
            held_out = taught(self.model, self.data.held_out)
            return LossValidation(self.model, self.lesson, stop, held_out=held_out)
        tasks = source.questions(self.own.validating, VALIDATION)
        return TaskValidation(self.model, self.lesson, stop, tasks=tasks, reasons=reasons)

    def _follow_progress(self, record: dict[str, Any]) -> None:
        """Count in how many updates up to this one the loss was not below the first, and no answer was legal."""
        if self.first_loss is None:
            self.first_loss = record["loss"]
        self.idle = 0 if record["loss"] < self.first_loss else self.idle + 1
        legal = record.get("validation", {}).get("legal_mass", 0.0)
        self.silent = 0 if legal > HARDLY_ANY else self.silent + 1

    def _check_progress(self) -> None:
        patience, again = self.settings.patience, "Begin anew under another --name: with"
        if self.idle >= patience:
            raise NothingLearned(
                f"in {self.idle} updates in a row the loss was not below that of the first, {self.first_loss:.3f}, so "
                f"that nothing is learned. {again} another --train.learning-rate, or more --train.patience"
            )
        if self.data.source is not None and self.silent >= patience + self.settings.validate_every:
            raise NothingLearned(
                f"in {self.silent} updates in a row no look at validation found a legal answer, so that the model is "
                f"not learning to answer. {again} another --train.learning-rate or --model, or more --train.patience"
            )


def _trainer(model: TextModel, batch: Sequence[Taught], config: Config) -> Any:
    """Return TRL's trainer on these examples, read in the order of their lengths so that little is padded.

    Their tokens are given, so that it adds none of its own.
    """
    import trl
    from datasets import Dataset
    from trl.trainer.utils import disable_dropout_in_model

    given = {key: setting for key, setting in config.items() if key != "disable_dropout"}  # which this one has not
    disable_dropout_in_model(model.model)
    batch = sorted(batch, key=lambda each: len(each.labels))
    return trl.SFTTrainer(
        model.model,
        args=trl.SFTConfig(
            **given,
            train_sampling_strategy="sequential",
            max_length=None,
            dataset_kwargs={"skip_prepare_dataset": True},
        ),
        train_dataset=Dataset.from_dict(
            {
                "input_ids": [[*each.prompt, *each.answer] for each in batch],
                "labels": [each.labels for each in batch],
            }
        ),
        processing_class=model.tokenizer,
    )
