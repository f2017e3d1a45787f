"""Policy gradient with an exact critic: each learner follows the gradient of its own reward, and takes others as given.

The policy gradient over all actions (Sutton, McAllester, Singh & Mansour 2000), with exact values and visits in place
of a critic's estimates, so that nothing is sampled but where the tables begin. Several such learners are known as
naive learners: in the iterated prisoner's dilemma most of them end in mutual defection (Foerster et al. 2018). Run
it with, for example::

    python -m agents.actor_critic --seeds 100
    python -m agents.actor_critic --game ipd --reward deontological --opponent tit_for_tat --seeds 20
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


@dataclass(frozen=True)
class Options(table_ascent.Options):
    """Learn to play a game under a value, by the exact gradient of the own value."""

    agent: ClassVar[str] = "actor_critic"


def own_gradients(play: TablePlay, logits: Sequence[Floats]) -> list[Floats]:
    """Return how each learner's own value changes with its own logits; (R, S, A) each."""
    return [found[..., seat] for seat, found in zip(play.seats.learners, play.gradients(logits), strict=True)]


def learner(seats: Seats, asked: Options) -> TableAscent:
    """Return naive learners; raises a ValueError if an option is out of range."""
    play = TablePlay(seats, asked.discount, asked.initial)
    return TableAscent(play, asked, lambda logits, _: own_gradients(play, logits))


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
