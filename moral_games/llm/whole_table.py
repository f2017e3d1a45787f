"""What trainers share that see a language model as the table that it is: every state, every action, no sampling.

Every update tells the game in several ways, each under every assignment of its labels, so that no label
earns anything by itself. The objective is the subclass's.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from moral_games.analysis.chain import discounted_occupancy
from moral_games.llm import adapters
from moral_games.llm.adapters import copy_weights, trainable
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel
from moral_games.llm.policy import question
from moral_games.llm.scoring import Question, TokenTree, batches, log_probabilities, tree
from moral_games.llm.settings import Algorithm, Settings, Steps
from moral_games.llm.shortage import halving
from moral_games.llm.validation import Validation
from moral_games.runs import read_json, write_json

AVERAGE = "average.safetensors"

GOES_ON = 0.8
"""How probable another round is in the episodes whose action types the history tells: five rounds on average."""


@dataclass(eq=False)
class TableTrainer(ABC):
    """A language model whose whole table is trained at once; see `moral_games.llm.trainers.Trainer`.

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
    own: Steps
    rng: np.random.Generator

    done: int = field(default=0, init=False)

    algorithm: ClassVar[Algorithm]

    def __post_init__(self) -> None:
        self.total, self.learning_rate = self.settings.schedule(self.algorithm)
        weights = list(trainable(self.model).values())
        self.optimizer = torch.optim.AdamW(weights, lr=self.learning_rate, weight_decay=0.0)
        self.average = copy_weights(self.model)
        self.validation = Validation(self.model, self.lesson, self.settings.stop_fault)

    @property
    def finished(self) -> bool:
        """Whether the last update is done, or validation was passed twice in a row."""
        return self.done >= self.total or self.validation.passed

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
        return self.learn(self.questions())

    def questions(self) -> list[Question]:
        """Draw what is asked in an update."""
        lesson = self.lesson
        return [question(lesson.game, told, lesson.memory) for told in lesson.told(self.rng, self.settings.tellings)]

    def learn(self, questions: Sequence[Question]) -> dict[str, Any]:
        """Make the step of an update that asks these questions; see `update`."""
        learning_rate = self._learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.zero_grad()
        policies, loss = self._accumulate(questions)
        norm = float(torch.nn.utils.clip_grad_norm_(list(trainable(self.model).values()), 1.0))
        if not np.isfinite([loss, norm]).all():
            raise FloatingPointError(f"update {self.done + 1} has loss {loss} and gradient norm {norm}")
        self.optimizer.step()
        self.done += 1
        self._follow()
        record = {
            "update": self.done,
            "loss": loss,
            "reward": float(
                np.mean([self.lesson.problem.episode_reward(policy, self.settings.rounds) for policy in policies])
            ),
            "gradient_norm": norm,
            "learning_rate": learning_rate,
            "legal_mass": float(policies[..., :-1].sum(-1).mean()),
            "p_cooperate": policies[..., 0].mean(axis=0).tolist(),
            "action_types": self._action_types(policies),
        }
        if self.done % self.settings.validate_every == 0 or self.done == self.total:
            record["validation"] = self.validation.look(self.done, self.average)
        return record

    def save(self, folder: Path, player: str = "") -> None:
        """Write all that what follows depends on into a folder, in files whose names begin with the player's."""
        adapters.save_training(self.model, self.optimizer, folder, player)
        save_file(self.average, folder / f"{player}{AVERAGE}")
        validation = self.validation.save(folder, player)
        state = {"done": self.done, "rng": self.rng.bit_generator.state, "validation": validation}
        write_json(folder / f"{player}{adapters.STATE}", state)

    def keep(self, folder: Path) -> None:
        """Put the best weights back, and write them into a run's folder."""
        self.validation.keep(folder)

    def load(self, folder: Path, player: str = "") -> None:
        """Go back to where `save` was called."""
        adapters.load_training(self.model, self.optimizer, folder, player)
        self.average = load_file(folder / f"{player}{AVERAGE}", device=str(self.model.device))
        state = read_json(folder / f"{player}{adapters.STATE}")
        self.done, self.rng.bit_generator.state = state["done"], state["rng"]
        self.validation.load(folder, state["validation"], player)

    def _follow(self) -> None:
        """Move the running average towards the present weights, faster in the first updates."""
        keep = min(self.own.averaging, (self.done - 1) / (self.done + 8))
        for name, parameter in trainable(self.model).items():
            self.average[name].lerp_(parameter.detach(), 1 - keep)

    def _learning_rate(self) -> float:
        """Return the learning rate of the next update."""
        warm = min(1.0, (self.done + 1) / max(self.own.warm_up, 1))
        return self.learning_rate * warm * (1 - self.done / self.total) ** 2

    @abstractmethod
    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        """Add the gradient of all questions; return their policies (Q, S, A + 1) and mean loss."""

    def _action_types(self, policies: NDArray[np.float64]) -> dict[str, float]:
        """Return the mean share of action types in episodes against the opponent."""
        problem = self.lesson.problem
        acting = policies.mean(axis=0)[problem.situations.memory[:, 0]]
        first, moves = problem.situations.first("random"), np.einsum("ka,kal->kl", acting, problem.moves)
        return self.lesson.action_types(discounted_occupancy(moves, first, GOES_ON)[:, None] * acting)


class ScoreTrainer(TableTrainer):
    """A trainer whose objective is a function of the labels' log-probabilities; the objective is the subclass's."""

    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        """Add the gradient of all questions; return their policies (Q, S, A + 1) and mean loss."""
        team = self.model.team
        trees = [tree(self.model, asked) for asked in team.share(questions)]
        (policies, loss), tokens = halving(
            lambda tokens: self._read(trees, len(questions), tokens),
            self.settings.micro_batch_tokens,
            least=max(map(len, trees), default=0),
        )
        self.settings = replace(self.settings, micro_batch_tokens=tokens)
        team.add_up(trainable(self.model))
        return np.stack(team.gathered(policies)), sum(team.everyones(loss))

    def _read(self, trees: Sequence[TokenTree], of: int, tokens: int) -> tuple[list[NDArray[np.float64]], float]:
        """Leave the gradient of the loss of these trees, over how many there are of all, in the weights.

        So many tokens are read at once. Returns the policies, and the loss.
        """
        self.optimizer.zero_grad()
        policies: list[NDArray[np.float64]] = []
        total = 0.0
        for group in batches(trees, tokens):
            part = [trees[k] for k in group]
            scores = torch.stack(log_probabilities(self.model, part))
            loss, now = self._loss(scores, self._base_scores(part))
            (loss / of).backward()
            policies += list(now)
            total += float(loss.detach()) / of
        return policies, total

    def _base_scores(self, trees: Sequence[TokenTree]) -> torch.Tensor | None:
        """Return what the model says without adapters, (Q, S, A), where the objective asks for it."""
        return None

    @abstractmethod
    def _loss(self, scores: torch.Tensor, base: torch.Tensor | None) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Return minus the objective, summed over tellings, and the policies (Q, S, A + 1) it was taken at.

        Parameters
        ----------
        scores
            (Q, S, A) label log-probabilities.
        base
            The same of the base model, or None.
        """


def with_illegal(scores: torch.Tensor) -> torch.Tensor:
    """Return probabilities (..., A + 1), an illegal answer last, from label log-probabilities (..., A)."""
    legal = scores.exp()
    return torch.cat([legal, (1.0 - legal.sum(dim=-1, keepdim=True)).clamp_min(0.0)], dim=-1)
