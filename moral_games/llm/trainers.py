"""What a run asks of whatever trains a language model, and who answers to which name."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np

from moral_games import games
from moral_games.llm.adapters import add_lora, compute_layers_twice
from moral_games.llm.chat import ChatTrainer
from moral_games.llm.dpo import DPOTrainer
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.examples import ExamplesTrainer
from moral_games.llm.grpo import GRPOTrainer
from moral_games.llm.imitation import ImitationTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel, check_trainable
from moral_games.llm.options import LEARNER, Finetune
from moral_games.llm.pair import PairTrainer
from moral_games.llm.ppo import PPOTrainer
from moral_games.llm.validation import Validation
from moral_games.llm.worked import WorkedTrainer
from moral_games.rewards import parse


class Trainer(Protocol):
    """A language model that learns: call `update` until it is `finished`.

    Attributes
    ----------
    model
        The model, with the adapters that are trained.
    """

    model: TextModel

    @property
    def validation(self) -> Validation:
        """The best weights so far."""
        ...

    @property
    def done(self) -> int:
        """How many updates are made."""
        ...

    @property
    def total(self) -> int:
        """How many updates are made at most."""
        ...

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        ...

    @property
    def finished(self) -> bool:
        """Whether the last update is done, or validation was passed twice in a row."""
        ...

    def update(self) -> dict[str, Any]:
        """Make one update, and validate when it is due.

        Returns
        -------
        dict
            What happened, as JSON: the history's line. ``update`` (its number), ``loss``, ``reward`` (the mean
            of a round), ``legal_mass`` (the share of legal answers), ``gradient_norm``,
            ``learning_rate``, ``action_types`` (share of each), ``validation`` when it was due, and
            whatever else the algorithm has to say.

        Raises
        ------
        FloatingPointError
            If the loss is not a number; training cannot go on.
        """
        ...

    def save(self, folder: Path) -> None:
        """Write all that what follows depends on into an empty folder."""
        ...

    def load(self, folder: Path) -> None:
        """Go back to where `save` was called."""
        ...

    def keep(self, folder: Path) -> None:
        """Put the best weights back, and write them into a run's folder as ``adapter.safetensors``."""
        ...


def with_adapters(model: TextModel, options: Finetune) -> TextModel:
    """Return the model with the fresh adapters that the options ask for.

    Raises
    ------
    ValueError
        If it cannot be trained where it is; see `moral_games.llm.models.check_trainable`.
    """
    check_trainable(model)
    rank, alpha = options.lora
    dropout = options.ppo.lora_dropout if options.algorithm == "ppo" else 0.0
    adapted = add_lora(model, rank, options.seed, alpha, dropout)
    if options.train.gradient_checkpointing:
        compute_layers_twice(adapted)
    return adapted


def make_trainer(model: TextModel, options: Finetune) -> Trainer:
    """Return what trains a model with adapters as the options ask."""
    game, reward, how = games.get(options.game), parse(options.reward), options.train
    lesson = Lesson(game, reward, options.opponent, options.wording, how.presentations, options.memory)
    rng = np.random.default_rng(options.seed)
    match options.algorithm:
        case "exact" if options.opponent == LEARNER:
            return PairTrainer(model, lesson, how, options.exact, rng)
        case "exact":
            return ExactTrainer(model, lesson, how, options.exact, rng)
        case "sft":
            return ImitationTrainer(model, lesson, how, options.sft, rng)
        case "ppo":
            return PPOTrainer(model, lesson, how, options.ppo, rng)
        case "grpo":
            return GRPOTrainer(model, lesson, how, options.grpo, rng)
        case "dpo":
            return DPOTrainer(model, lesson, how, options.dpo, rng)
        case "chat":
            return ChatTrainer(model, lesson, how, options.chat, rng)
        case "worked":
            return WorkedTrainer(model, lesson, how, options.worked, rng)
        case "examples":
            return ExamplesTrainer(model, lesson, how, options.examples, rng, data=options.data_set)
