"""A language model that is fine-tuned on the game, as an agent beside the others: judged like them, exactly.

Every seed is a fine-tuning run of its own in ``seeds/`` (see docs/fine_tuning.md), and what it has learned is the mean
of its tables under the held-out presentations: in each round it is told the game in one of them. Run it with, for
example::

    python -m agents.llm --reward "utilitarian + illegal(penalty=6)" --opponent tit_for_tat --seeds 3
    python -m benchmarks.compare --agents llm:exact llm:sft tabular_q --opponents tit_for_tat learner --workers 2

In a comparison ``llm:ALGORITHM@MODEL`` names the algorithm, and the model if it is not the bundled one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import moral_games as mg
from agents import options
from agents.command import command
from agents.seats import Seats
from agents.study import State, study
from moral_games import text
from moral_games.llm.options import BUNDLED, LEARNER, Finetune
from moral_games.llm.settings import Settings
from moral_games.names import unknown
from moral_games.opponents.saved import saved
from moral_games.runs import Run

SEEDS = "seeds"

ALGORITHMS = ("exact", "ppo", "sft", "grpo", "dpo")
"""Those after which a model is a table in every presentation."""


@dataclass(frozen=True)
class Options(options.Options):
    """Fine-tune a language model on a game under a value, and judge it as other agents are."""

    agent: ClassVar[str] = "llm"

    initial: Literal["start", "random"] = "random"
    """Play begins after a random joint action: no other beginning is trained."""
    algorithm: Literal["exact", "ppo", "sft", "grpo", "dpo"] = "exact"
    """Which algorithm; see docs/fine_tuning.md."""
    model: str = BUNDLED
    """Which model: "bundled", a folder, or a Hugging Face id."""
    updates: int = 0
    """Most updates; 0 for the algorithm's own."""
    learning_rate: float = 0.0
    """Step size; 0 for the algorithm's own."""
    tellings: int = Settings.tellings
    """Presentations drawn for each update."""
    lora_rank: int = 0
    """Rank of the adapters; 0 for the algorithm's own."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        if self.initial != "random":
            raise ValueError(
                "language models are trained in episodes that begin after a random joint action; give --initial random"
            )
        if self.algorithm not in ALGORITHMS:
            raise unknown("algorithm", self.algorithm, ALGORITHMS)
        if self.other_reward and set(self.other_reward) != {self.reward}:
            raise ValueError(
                f"two language models learn under the same value, {self.reward!r}; got --other-reward "
                + " ".join(self.other_reward)
            )
        self.run(self.seed).check()
        if mg.games.get(self.game).name != self.game:
            raise ValueError(f"give the game by its own name, {mg.games.get(self.game).name!r}, not as {self.game!r}")

    def run(self, seed: int) -> Finetune:
        """Return the fine-tuning run of a seed; it goes on where it was broken off."""
        chosen = Finetune(
            algorithm=self.algorithm,
            name=f"seed_{seed}",
            folder=self.folder / (self.name or self.agent) / SEEDS,
            model=self.model,
            game=self.game,
            reward=self.reward,
            opponent="; ".join(self.opponent) or LEARNER,
            test_games=(self.game,),
            lora_rank=self.lora_rank or None,
            seed=seed,
            train=Settings(
                updates=self.updates or None, learning_rate=self.learning_rate or None, tellings=self.tellings
            ),
            checkpoint_every=self.checkpoint_every,
            resume=True,
        )
        own = getattr(chosen, self.algorithm)
        if "discount" in {field.name for field in fields(own)} and self.algorithm != "ppo":  # there it is of tokens
            chosen = replace(chosen, **{self.algorithm: replace(own, discount=self.discount)})
        return chosen


class FineTuning:
    """Seeds that are fine-tuned one after the other; see `agents.study.Learner`. All that is kept is in their runs."""

    def __init__(self, seats: Seats, asked: Options) -> None:
        self.seats, self.asked = seats, asked
        self.done, self.total = 0, asked.seeds

    def advance(self) -> Mapping[str, Any]:
        """Carry out a seed's run, or what is left of it."""
        from moral_games.llm.finetuning import finetune

        with one_thread():
            finetune(self.asked.run(self.asked.seed + self.done))
        self.done += 1
        return {}

    def state(self) -> State:
        """Return how far it is."""
        return {}, {"done": self.done}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        self.done = state[1]["done"]

    def policies(self) -> list[list[mg.FiniteStatePolicy]]:
        """Return by seed what the model does, and the model that learned beside it, if one did."""
        runs = [self.asked.run(self.asked.seed + place) for place in range(self.total)]
        return [[self._learned(run.folder / run.name, seat) for seat in self.seats.learners] for run in runs]

    def _learned(self, folder: Path, seat: int) -> mg.FiniteStatePolicy:
        game = self.seats.game.seen_by(seat)
        if seat == 0:
            return saved(folder, game).named(self.asked.algorithm)
        from moral_games.llm.adapters import OTHER
        from moral_games.llm.finetuning import load_run
        from moral_games.llm.policy import tables

        with one_thread():
            told = tables(load_run(folder, OTHER), game, text.held_out(game.shape[0]))
        return mg.PolicyTable(told.mean(axis=0), self.asked.algorithm)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute in one thread, so that numbers do not depend on how many studies are carried out at once."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def learner(seats: Seats, asked: Options) -> FineTuning:
    """Return the seeds that will be fine-tuned."""
    return FineTuning(seats, asked)


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
