"""Learners that are tables and climb a gradient; what distinguishes one from another is which gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

import moral_games as mg
from agents import options
from agents.study import State
from agents.table_play import Floats, TablePlay, softmax

CHUNKS = 100
"""How many lines of history a run leaves."""

Gradient: TypeAlias = "Callable[[Sequence[Floats], int], Sequence[Floats]]"
"""What each learner's logits are moved by, given all their logits, (R, S, A) each, and the number of the update."""


@dataclass(frozen=True)
class Options(options.Options):
    """What is asked of every agent that climbs a gradient."""

    game: str = "ipd_ijcai2023"
    discount: float = 0.96
    updates: int = 500
    """How often the tables are updated."""
    learning_rate: float = 1.0
    """Step size, on the gradient of the discounted sum of rewards."""
    spread: float = 1.0
    """Standard deviation of the logits to begin with."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        if self.updates < 1:
            raise ValueError(f"updates must be at least 1, got {self.updates}")
        if not self.learning_rate > 0 or not self.spread >= 0:
            raise ValueError(
                f"learning_rate must be positive and spread at least 0, got {self.learning_rate} and {self.spread}"
            )


class TableAscent:
    """Tables of R seeds, the softmax of logits that start normally distributed and climb.

    What a seed learns depends on that seed alone, not on those beside it.

    Parameters
    ----------
    play
        The game.
    settings
        The constants, and the seeds.
    gradient
        What is climbed.

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    def __init__(self, play: TablePlay, settings: Options, gradient: Gradient) -> None:
        settings.check()
        self.play, self.settings, self.gradient, self.done = play, settings, gradient, 0
        shapes = [(1 + len(play.seats.game.joint_actions), play.seats.game.shape[seat]) for seat in play.seats.learners]
        streams = [np.random.default_rng(seed) for seed in range(settings.seed, settings.seed + settings.seeds)]
        drawn = [[rng.normal(scale=settings.spread, size=shape) for shape in shapes] for rng in streams]
        self.logits = [np.stack(each) for each in zip(*drawn, strict=True)]

    @property
    def total(self) -> int:
        """How many updates are made."""
        return self.settings.updates

    @property
    def tables(self) -> list[Floats]:
        """The learners' tables; (R, S, A) each."""
        return [softmax(each) for each in self.logits]

    def update(self) -> None:
        """Climb one step, all learners at once."""
        steps = self.gradient(self.logits, self.done)
        self.logits = [each + self.settings.learning_rate * step for each, step in zip(self.logits, steps, strict=True)]
        self.done += 1

    def advance(self) -> Mapping[str, Floats]:
        """Make a hundredth of the updates; return the exact rewards, payoffs and cooperation of the learners then."""
        for _ in range(min(-(-self.total // CHUNKS), self.total - self.done)):
            self.update()
        return self.play.measures(self.tables)

    def state(self) -> State:
        """Return the logits."""
        return {f"logits_{seat}": each for seat, each in zip(self.play.seats.learners, self.logits, strict=True)}, {
            "done": self.done
        }

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        self.logits = [arrays[f"logits_{seat}"].copy() for seat in self.play.seats.learners]
        self.done = rest["done"]

    def policies(self) -> list[tuple[mg.PolicyTable, ...]]:
        """Return by seed the learners' tables."""
        return [
            tuple(mg.PolicyTable(table, self.settings.agent) for table in tables)
            for tables in zip(*self.tables, strict=True)
        ]
