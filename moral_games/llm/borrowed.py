"""Losses that are TRL's: an update is a run of TRL of one step, of which nothing is kept but the gradient.

So the step, the learning rate's schedule, the average that is judged, checkpoints and resuming are those of all
trainers that see the whole table, and a loss that is not a number is found before anything has changed.
"""

from __future__ import annotations

import random
import tempfile
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.llm.adapters import OWN, trainable
from moral_games.llm.models import TextModel
from moral_games.llm.scoring import Question
from moral_games.llm.whole_table import TableTrainer
from moral_games.policy import PolicyTable

REFERENCE = "ref"
"""The adapters that TRL adds as its reference: a copy of those that learn, as they are when a run begins."""

Config = dict[str, Any]


class BorrowedTrainer(TableTrainer):
    """A language model that follows the gradient of a loss of TRL; see `TableTrainer`."""

    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        policies = np.stack([PolicyTable(table).with_illegal for table in self.model.probabilities(questions)])
        return policies, self._borrow(questions, policies)

    @abstractmethod
    def _borrow(self, questions: Sequence[Question], policies: NDArray[np.float64]) -> float:
        """Leave the gradient of TRL's loss in the weights; return the loss.

        Parameters
        ----------
        questions
            What is asked in the update.
        policies
            (Q, S, A + 1): how the model answers now.
        """


def borrow_gradient(
    model: TextModel, make: Callable[[Config], Any], texts: int, longest: int, tokens: int, seed: int
) -> float:
    """Run a trainer of TRL for one step; leave its gradient in the adapters' weights, and all else as it was.

    Parameters
    ----------
    model
        A model with adapters. Where the loss has a reference, it is the model without them.
    make
        Makes the trainer from those settings that do not depend on the algorithm.
    texts
        How many examples the step is made of.
    longest
        The most tokens that an example takes.
    tokens
        Tokens that the model reads at once.
    seed
        Seeds whatever TRL draws.

    Returns
    -------
    float
        The loss.

    Raises
    ------
    RuntimeError
        If TRL made no step, as it does without an error where the examples do not fill a batch.
    """
    with _left_as_it_was(model), tempfile.TemporaryDirectory() as folder:
        trainer = make(_config(model, folder, at_once(texts, longest, tokens), texts, seed))
        _without_copies(model)
        gradient = _take_gradient(model, trainer)
        loss = trainer.train().training_loss
    if not gradient:
        raise RuntimeError(
            "TRL made no step, and nothing was learned: it drops examples that do not fill a batch of its own; "
            f"{texts} examples were announced, and {len(trainer.train_dataset)} rows given"
        )
    for name, weight in trainable(model).items():
        weight.grad = gradient[name]
    return float(loss)


def at_once(texts: int, longest: int, tokens: int) -> int:
    """Return into batches of how many examples a step is cut: all as large, of at most so many tokens, at least one."""
    return max(size for size in range(1, texts + 1) if texts % size == 0 and (size == 1 or size * longest <= tokens))


def _config(model: TextModel, folder: str, at_once: int, texts: int, seed: int) -> Config:
    """Return the settings of a run of one step that writes and sends nothing, and neither drops out nor clips."""
    return {
        "output_dir": folder,
        "max_steps": 1,
        "per_device_train_batch_size": at_once,
        "gradient_accumulation_steps": texts // at_once,
        "max_grad_norm": 0.0,
        "seed": seed,
        "disable_dropout": True,
        "gradient_checkpointing": False,
        "bf16": model.model.dtype == torch.bfloat16,
        "use_cpu": model.device.type == "cpu",
        "save_strategy": "no",
        "logging_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
    }


def _without_copies(model: TextModel) -> None:
    """Drop the copy of the adapters, so that TRL's reference is the model without any."""
    if REFERENCE in model.model.peft_config:
        model.model.delete_adapter(REFERENCE)
        model.model.set_adapter(OWN)


def _take_gradient(model: TextModel, trainer: Any) -> dict[str, torch.Tensor]:
    """Return a dict that gets the gradient when the trainer is about to step, which then moves nothing."""
    from transformers import PrinterCallback, TrainerCallback

    gradient: dict[str, torch.Tensor] = {}

    class Taker(TrainerCallback):
        def on_pre_optimizer_step(self, *_: Any, **__: Any) -> None:
            for name, weight in trainable(model).items():
                gradient[name] = torch.zeros_like(weight) if weight.grad is None else weight.grad
                weight.grad = None

    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(Taker())
    return gradient


@contextmanager
def _left_as_it_was(model: TextModel) -> Iterator[None]:
    """Put back what a run of TRL changes: modules' methods and modes, adapters, global generators, what is logged."""
    from transformers.utils import logging

    attributes = {module: dict(vars(module)) for module in model.model.modules()}
    # TRL seeds the global generators, which are the user's.
    numbers, chances, verbosity = random.getstate(), np.random.get_state(), logging.get_verbosity()  # noqa: NPY002
    logging.set_verbosity_error()
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        finally:
            _without_copies(model)
            for module, before in attributes.items():
                vars(module).clear()
                vars(module).update(before)
            random.setstate(numbers)
            np.random.set_state(chances)  # noqa: NPY002
            logging.set_verbosity(verbosity)
