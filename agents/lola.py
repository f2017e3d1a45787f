"""Learning with opponent-learning awareness: each learner also climbs through what the others will learn from it.

Foerster, Chen, Al-Shedivat, Whiteson, Abbeel & Mordatch (2018), "Learning with Opponent-Learning Awareness", AAMAS,
with exact values. A learner expects each other one to make a naive step, η ∇ⱼVⱼ, and adds to its own gradient how that
step, and so its own value, changes with its own logits: ∇ᵢVᵢ + η Σⱼ (∇ᵢ∇ⱼVⱼ) ∇ⱼVᵢ. In the iterated prisoner's
dilemma tables that reciprocate are found, where naive learners defect. Run it with, for example::

    python -m agents.lola --seeds 100
    python -m agents.lola --game matching_pennies --learning-rate 0.1 --seeds 20
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from agents import table_ascent
from agents.command import command
from agents.seats import Seats
from agents.study import study
from agents.table_ascent import TableAscent
from agents.table_play import Floats, TablePlay
from moral_games.runs import Run

TINY = 1e-30
"""Step of the complex-step derivative; so small that what it leaves out is below rounding."""


@dataclass(frozen=True)
class Options(table_ascent.Options):
    """Learn to play a game under a value, shaping what the others learn."""

    agent: ClassVar[str] = "lola"

    look_ahead: float = 1.0
    """Step size η that the others are expected to learn with; 0 makes naive learners."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        if not self.look_ahead >= 0:
            raise ValueError(f"look_ahead must be at least 0, got {self.look_ahead}")


def shaping_gradients(play: TablePlay, logits: Sequence[Floats], look_ahead: float) -> list[Floats]:
    """Return what each learner climbs, its own gradient and that through the others' next steps; (R, S, A) each."""
    gradients, learners = play.gradients(logits), play.seats.learners
    found = []
    for own, seat in enumerate(learners):
        climbed = gradients[own][..., seat]
        for other, shaped in enumerate(learners):
            if other != own:
                wished = gradients[other][..., seat]
                climbed = climbed + look_ahead * _mixed(play, logits, own, other, wished)[..., shaped]
        found.append(climbed)
    return found


def _mixed(play: TablePlay, logits: Sequence[Floats], own: int, other: int, direction: Floats) -> Floats:
    """Return how the gradients with respect to own logits change as another's logits move; (R, S, A, n).

    By a complex step, f'(x) = Im f(x + ih) / h, which is exact to rounding. Source: Squire & Trapp (1998), "Using
    complex variables to estimate derivatives of real functions".
    """
    moved = [each + 1j * TINY * direction if place == other else each for place, each in enumerate(logits)]
    return play.gradients(moved)[own].imag / TINY


def learner(seats: Seats, asked: Options) -> TableAscent:
    """Return learners that shape each other; raises a ValueError if an option is out of range, or one learns alone."""
    if len(seats.learners) < 2:
        raise ValueError(
            "lola shapes what others learn, and here nobody else does; leave --opponent out, or learn with "
            "agents.actor_critic"
        )
    play = TablePlay(seats, asked.discount, asked.initial)
    return TableAscent(play, asked, lambda logits, _: shaping_gradients(play, logits, asked.look_ahead))


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
