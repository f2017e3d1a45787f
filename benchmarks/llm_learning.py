"""How long ways to train a language model take until it keeps a duty, on tellings that it met and on others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.env_speed.timing import told
from moral_games import text
from moral_games.llm import Finetune
from moral_games.llm.adapters import copy_weights, set_weights
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import load
from moral_games.llm.policy import tables
from moral_games.llm.preferences import preferences
from moral_games.llm.settings import PPO, Settings
from moral_games.llm.stepping import LessonTrainer
from moral_games.llm.trainers import make_trainer, with_adapters
from moral_games.text import Presentation

METHODS: Mapping[str, Finetune] = {
    "exact": Finetune(algorithm="exact"),
    "sft": Finetune(algorithm="sft"),
    "dpo": Finetune(algorithm="dpo"),
    "grpo": Finetune(algorithm="grpo"),
    "ppo": Finetune(algorithm="ppo"),
    "ppo-as-published": Finetune(
        algorithm="ppo", ppo=PPO(as_published=("all",)), train=Settings(presentations="fixed", tellings=1)
    ),
}
"""Every method with the library's defaults; the last with one telling, one episode an update, and all slips."""

REFERENCE = "exact"

TRAINING, HELD_OUT = "training", "held-out"

SAMPLE = 8
"""Training presentations that are looked at, each under every assignment of its labels."""


@dataclass(frozen=True)
class Goal:
    """What is to be reached, by whom, and how long it is waited for.

    Attributes
    ----------
    model
        Who learns, as `moral_games.llm.load` names it.
    target
        P(duty kept) that is to be reached on training presentations and on held-out ones.
    minutes
        Minutes of training after which a method is not waited for; an update that has begun is ended.
    growth
        By what share the seconds of training grow from one look to the next.
    """

    model: str
    target: float
    minutes: float
    growth: float


@dataclass(frozen=True)
class Look:
    """How far a method was: updates, seconds of training and of processors, P(duty kept) by presentations, legality."""

    update: int
    seconds: float
    processor_seconds: float
    kept: Mapping[str, float]
    legal: float

    def __str__(self) -> str:
        kept = ", ".join(f"{where} {number:.3f}" for where, number in self.kept.items())
        return f"update {self.update}, {self.seconds:.0f} s: duty kept {kept}; legal {self.legal:.3f}"


@dataclass(frozen=True)
class Learned:
    """What was seen of one seed of one method, and why it gave up, if it did."""

    looks: tuple[Look, ...] = ()
    given_up: str = ""

    def reached(self, where: str, target: float) -> Look | None:
        """Return the first look at which the target was reached, or None."""
        return next((look for look in self.looks if look.kept[where] >= target), None)

    def waited(self, where: str, target: float) -> float:
        """Return the seconds until the target was reached, or those that were spent in vain."""
        return (self.reached(where, target) or self.looks[-1]).seconds

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Learned:
        """Return what was kept as JSON."""
        return cls(tuple(Look(**look) for look in record["looks"]), record["given_up"])


def learn(goal: Goal, method: str, seed: int) -> Learned:
    """Train until the target is reached everywhere, time or updates are up, or the method gives up."""
    trainer = prepared(goal.model, method, seed)
    lesson = trainer.validation.lesson
    shown = {TRAINING: sample(lesson), HELD_OUT: text.held_out(lesson.game.shape[0], lesson.wording)}
    learned, spent, busy, due = Learned(), 0.0, 0.0, 0.0
    while True:
        begun, processors, given_up = time.perf_counter(), time.process_time(), ""
        try:
            trainer.update()
        except (ValueError, FloatingPointError) as error:
            given_up = str(error)
        spent, busy = spent + time.perf_counter() - begun, busy + time.process_time() - processors
        over = bool(given_up) or trainer.finished or spent >= 60 * goal.minutes
        if over or spent >= due:
            seen, due = look(trainer, shown, spent, busy), spent * (1 + goal.growth)
            learned = Learned((*learned.looks, seen), given_up)
            told(f"{method}, seed {seed}: {seen}")
        if over or all(learned.reached(where, goal.target) for where in shown):
            return learned


def prepared(model: str, method: str, seed: int) -> LessonTrainer:
    """Return what trains a fresh model by a method; it validates after the last update alone."""
    options = replace(METHODS[method], model=model, seed=seed)
    updates, _ = options.train.schedule(options.algorithm)
    options = replace(options, train=replace(options.train, validate_every=updates))
    trainer = make_trainer(with_adapters(load(model), options), options)
    assert isinstance(trainer, LessonTrainer)  # none of the methods has two models that learn
    return trainer


def sample(lesson: Lesson) -> tuple[Presentation, ...]:
    """Return training presentations, the same for all methods that draw from the same ones."""
    return tuple(dict.fromkeys(lesson.told(np.random.default_rng(0), SAMPLE)))


def look(trainer: LessonTrainer, shown: Mapping[str, Sequence[Presentation]], spent: float, busy: float) -> Look:
    """Look at the weights that would be kept, after so many seconds of training and of processors."""
    model, lesson = trainer.model, trainer.validation.lesson
    present = copy_weights(model)
    set_weights(model, trainer.judged())
    found = {where: tables(model, lesson.game, presentations) for where, presentations in shown.items()}
    set_weights(model, present)
    kept = {where: duty_kept(lesson, each) for where, each in found.items()}
    return Look(trainer.done, spent, busy, kept, float(found[HELD_OUT].sum(axis=-1).mean()))


def duty_kept(lesson: Lesson, found: NDArray[np.float64]) -> float:
    """Return the mean probability of what the value prefers, in the states where it prefers something.

    Parameters
    ----------
    lesson
        The game, the value and the opponent.
    found
        (P, S, A): action probabilities under each presentation.
    """
    states, chosen, _ = np.array(preferences(lesson, 0.0, Settings().rounds).pairs).T
    return float(found[:, states, chosen].mean())


def table(goal: Goal, learned: Mapping[tuple[str, int], Learned]) -> str:
    """Return as Markdown when each method reached the target: medians over its seeds, and how many times exact's."""
    seeds: dict[str, list[Learned]] = {}
    for (method, _), each in learned.items():
        seeds.setdefault(method, []).append(each)
    head = ["method", "s an update", "processor s an update"]
    for where in (TRAINING, HELD_OUT):
        head += [f"s to {goal.target:g} on {where} presentations", f"times {REFERENCE}'s"]
    lines = [f"| {' | '.join([*head, 'legal on held-out in the end'])} |", "|---|" + "--:|" * len(head)]
    return "\n".join([*lines, *(_line(goal, method, each, seeds.get(REFERENCE, [])) for method, each in seeds.items())])


def _line(goal: Goal, method: str, seeds: Sequence[Learned], reference: Sequence[Learned]) -> str:
    """Return a method's line of the table."""
    last = [one.looks[-1] for one in seeds]
    parts = [
        f"{median(getattr(now, spent) / max(now.update, 1) for now in last):.2f}"
        for spent in ("seconds", "processor_seconds")
    ]
    for where in (TRAINING, HELD_OUT):
        parts += [_when(seeds, where, goal.target), _times(seeds, reference, where, goal.target)]
    why = "".join(f"; {one.given_up}" for one in seeds if one.given_up)
    return f"| {method}{why} | {' | '.join(parts)} | {median(now.legal for now in last):.3f} |"


def _when(seeds: Sequence[Learned], where: str, target: float) -> str:
    """Say when the target was reached, or that it was not and how near the seeds came."""
    arrived = [now for one in seeds if (now := one.reached(where, target))]
    if len(arrived) == len(seeds):
        return f"{median(now.seconds for now in arrived):.0f} (update {median(now.update for now in arrived):g})"
    late = [one.looks[-1] for one in seeds if not one.reached(where, target)]
    spent, came = median(now.seconds for now in late), median(now.kept[where] for now in late)
    others = f"{len(arrived)} of {len(seeds)} seeds, the others " if arrived else ""
    return f"{others}not in {spent:,.0f} s (update {median(now.update for now in late):g}, {came:.2f})"


def _times(seeds: Sequence[Learned], reference: Sequence[Learned], where: str, target: float) -> str:
    """Return the ratio of median seconds to the reference's, a lower bound where a seed never got there."""
    if not reference or not all(one.reached(where, target) for one in reference):
        return ""
    bound = "" if all(one.reached(where, target) for one in seeds) else "> "
    mine, other = (median(one.waited(where, target) for one in each) for each in (seeds, reference))
    return f"{bound}{mine / other:.3g}"
