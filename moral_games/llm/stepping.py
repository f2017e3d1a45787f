"""What trainers share: a lesson, looks at validation, what is kept; and the schedule of those that average weights."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from moral_games.llm import adapters
from moral_games.llm.adapters import copy_weights, trainable
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel
from moral_games.llm.settings import Algorithm, Settings, Steps
from moral_games.llm.shortage import halving
from moral_games.llm.validation import Validation, Weights
from moral_games.runs import read_json, write_json

AVERAGE = "average.safetensors"

Result = TypeVar("Result")


@dataclass(eq=False)
class LessonTrainer(ABC):
    """A language model that is taught a lesson, update by update; see `moral_games.llm.trainers.Trainer`.

    Parameters
    ----------
    model
        A model with adapters (`adapters.add_lora`).
    lesson
        What it is taught.
    settings, own
        How.
    rng
        Where every draw comes from.
    """

    model: TextModel
    lesson: Lesson
    settings: Settings
    own: Any
    rng: np.random.Generator

    done: int = field(default=0, init=False)
    """How many updates were made."""

    algorithm: ClassVar[Algorithm]

    def __post_init__(self) -> None:
        self.total, self.learning_rate = self.settings.schedule(self.algorithm)
        self.validation = self._validation()

    @property
    def finished(self) -> bool:
        """Whether the last update is done, or validation was passed twice in a row."""
        return self.done >= self.total or self.validation.passed

    @abstractmethod
    def update(self) -> dict[str, Any]:
        """Make one step, and validate when it is due.

        Returns
        -------
        dict
            What happened, as JSON: the history's line.

        Raises
        ------
        FloatingPointError
            If the loss is not a number; the weights are those of the last update.
        """

    def keep(self, folder: Path) -> None:
        """Put the best weights back, and write them into a run's folder."""
        self.validation.keep(folder)

    @abstractmethod
    def judged(self) -> Weights:
        """Return the weights that are judged, and kept if they are the best."""

    def _validation(self) -> Validation:
        return Validation(self.model, self.lesson, self.settings.stop_fault)

    def _looked(self) -> dict[str, Any]:
        """Validate if it is due; return what there is to add to the history's line."""
        if self.done % self.settings.validate_every and self.done != self.total:
            return {}
        return {"validation": self.validation.look(self.done, self.judged())}


@dataclass(eq=False)
class SteppingTrainer(LessonTrainer):
    """A trainer that makes one step after the other on a loss, and judges the running average of its weights."""

    own: Steps

    def __post_init__(self) -> None:
        super().__post_init__()
        weights = list(trainable(self.model).values())
        self.optimizer = torch.optim.AdamW(weights, lr=self.learning_rate, weight_decay=0.0)
        self.average = copy_weights(self.model)

    def judged(self) -> Weights:
        """Return the running average."""
        return self.average

    def save(self, folder: Path, player: str = "") -> None:
        """Write all that what follows depends on into a folder, in files whose names begin with the player's."""
        adapters.save_training(self.model, self.optimizer, folder, player)
        save_file(self.average, folder / f"{player}{AVERAGE}")
        validation = self.validation.save(folder, player)
        state = {"done": self.done, "rng": self.rng.bit_generator.state, "validation": validation}
        write_json(folder / f"{player}{adapters.STATE}", state)

    def load(self, folder: Path, player: str = "") -> None:
        """Go back to where `save` was called."""
        adapters.load_training(self.model, self.optimizer, folder, player)
        self.average = load_file(folder / f"{player}{AVERAGE}", device=str(self.model.device))
        state = read_json(folder / f"{player}{adapters.STATE}")
        self.done, self.rng.bit_generator.state = state["done"], state["rng"]
        self.validation.load(folder, state["validation"], player)

    def _step(self, loss: float) -> dict[str, Any]:
        """Make an update's last step; return how the history's line begins."""
        learning_rate = self._learning_rate()
        norm = self._move(loss)
        self.done += 1
        self._follow()
        return {"update": self.done, "loss": loss, "gradient_norm": norm, "learning_rate": learning_rate}

    def _move(self, loss: float) -> float:
        """Move the weights along the gradient that they hold; return its norm."""
        learning_rate = self._learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        norm = float(torch.nn.utils.clip_grad_norm_(list(trainable(self.model).values()), 1.0))
        if not np.isfinite([loss, norm]).all():
            raise FloatingPointError(f"update {self.done + 1} has loss {loss} and gradient norm {norm}")
        self.optimizer.step()
        return norm

    def _read_at_once(self, read: Callable[[int], Result], least: int) -> Result:
        """Call ``read(tokens)``, with fewer tokens from here on where memory is short; see `shortage.halving`."""
        found, tokens = halving(read, self.settings.micro_batch_tokens, least)
        self.settings = replace(self.settings, micro_batch_tokens=tokens)
        return found

    def _follow(self) -> None:
        """Move the running average towards the present weights, faster in the first updates."""
        keep = min(self.own.averaging, (self.done - 1) / (self.done + 8))
        for name, parameter in trainable(self.model).items():
            self.average[name].lerp_(parameter.detach(), 1 - keep)

    def _learning_rate(self) -> float:
        """Return the learning rate of the next update."""
        warm = min(1.0, (self.done + 1) / max(self.own.warm_up, 1))
        return self.learning_rate * warm * (1 - self.done / self.total) ** 2
