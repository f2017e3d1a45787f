"""When to stop, and which weights to keep: a look at presentations that are not trained on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from moral_games.analysis import evaluate
from moral_games.llm.adapters import ADAPTER, copy_weights, save_weights, set_weights
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel
from moral_games.llm.policy import tables
from moral_games.policy import FiniteStatePolicy
from moral_games.runs import whole_file

SMALL_FAULT = 0.05
"""Faults up to this are not told apart when it is decided which weights to keep."""

BEST = "best.safetensors"

Weights = dict[str, torch.Tensor]


@dataclass(eq=False)
class Validation:
    """The best weights so far on a lesson's validation presentations.

    The *fault* of weights is the largest moral regret of any presentation, or the largest illegal mass
    in any of its states, whichever is more.

    Parameters
    ----------
    model
        The model that learns.
    lesson
        What it is taught.
    stop_fault
        The fault up to which a look is passed.

    Attributes
    ----------
    best_fault, best_update
        The smallest fault, and the update after which it was found.
    passes
        Looks passed in a row.
    """

    model: TextModel
    lesson: Lesson
    stop_fault: float

    best_fault: float = float("inf")
    best_update: int = 0
    passes: int = 0

    def __post_init__(self) -> None:
        self.best_weights = copy_weights(self.model)

    def look(self, update: int, weights: Weights) -> dict[str, float]:
        """Judge weights that were reached after an update, and remember them if they are the best.

        Returns
        -------
        dict
            ``fault``, and the means of ``regret`` and ``legal_mass``.
        """
        present = copy_weights(self.model)
        set_weights(self.model, weights)
        found = self.judged()
        set_weights(self.model, present)
        fault = found["fault"]
        # Of two policies that hardly differ the later one has seen more.
        if fault <= max(self.best_fault, SMALL_FAULT):
            self.best_fault, self.best_update = fault, update
            self.best_weights = {name: weight.clone() for name, weight in weights.items()}
        self.passes = self.passes + 1 if fault <= self.stop_fault else 0
        return found

    def judged(self) -> dict[str, float]:
        """Judge the model as it is now; see `look`."""
        lesson = self.lesson
        told = tables(self.model, lesson.game, lesson.validation, lesson.memory)
        policies = [FiniteStatePolicy.from_windows(table, lesson.joint_actions) for table in told]
        regrets = [
            evaluate(policy, "random", lesson.game, lesson.reward, initial="random").moral_regret for policy in policies
        ]
        legal = told.sum(axis=-1)
        fault = max(*regrets, 1.0 - float(legal.min()))
        return {"fault": fault, "regret": float(np.mean(regrets)), "legal_mass": float(legal.mean())}

    @property
    def passed(self) -> bool:
        """Whether two looks in a row were passed."""
        return self.passes >= 2

    def keep(self, folder: Path, player: str = "") -> None:
        """Put the best weights back, and write them into a run's folder."""
        set_weights(self.model, self.best_weights)

        def write() -> None:
            with whole_file(folder / f"{player}{ADAPTER}") as partial:
                save_weights(self.model, partial)

        self.model.team.once(write)

    def save(self, folder: Path, player: str = "") -> dict[str, Any]:
        """Write the best weights into a checkpoint's folder; return the rest as JSON."""
        best = {name: weight.cpu() for name, weight in self.best_weights.items()}
        save_file(best, folder / f"{player}{BEST}")
        return {
            "best_fault": self.best_fault if np.isfinite(self.best_fault) else None,
            "best_update": self.best_update,
            "passes": self.passes,
        }

    def load(self, folder: Path, state: dict[str, Any], player: str = "") -> None:
        """Go back to what `save` has written and returned."""
        self.best_weights = load_file(folder / f"{player}{BEST}", device=str(self.model.device))
        self.best_fault = float("inf") if state["best_fault"] is None else state["best_fault"]
        self.best_update, self.passes = state["best_update"], state["passes"]
