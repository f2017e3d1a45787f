"""What the reproduction of the ICLR 2025 study can be asked for."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from benchmarks.published.iclr2025_conditions import (
    CONDITIONS,
    GAMES,
    NOBODY,
    PUBLISHED_CONDITIONS,
    TRAINED_ON,
    Judgement,
    Subject,
    subjects,
)
from benchmarks.published.iclr2025_measures import SLIPS, Slip
from moral_games import games
from moral_games.llm.options import BUNDLED, Finetune
from moral_games.llm.settings import Exact, Settings
from moral_games.names import check_folder_name, unknown

PUBLISHED_SEED = 100
"""Seed of the published evaluation."""


@dataclass(frozen=True)
class Options:
    """Reproduce the study: train and judge each condition, against each opponent, with each seed.

    With the bundled model a training of 50 updates takes about 4 minutes on one core of a processor of 2024, and its
    judgement one; the default, 18 trainings, about an hour and a half, so three quarters of an hour with
    --processes 2 on two cores. Against llm a training takes twice as long. --judgement thorough takes five minutes
    more for each. Training stops early where nothing is left to learn.
    """

    conditions: tuple[str, ...] = PUBLISHED_CONDITIONS
    """Which conditions; by default those of the study. What one needs is added: the untrained model, and where training
    goes on from another model, that one. One more is deontological-then-game."""
    opponents: tuple[str, ...] = ("tit_for_tat",)
    """Whom models are trained against. The study's others are llm, another model that learns at the same time, and
    random, always_cooperate and always_defect."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the training."""
    algorithm: Literal["exact", "ppo"] = "exact"
    """How models learn: by the exact gradient, or by the published recipe, whose one telling is asked for with
    --train.presentations fixed --train.tellings 1 --train.stop-fault 0 --wording structured."""
    train: Settings = field(default_factory=Settings)
    """How to train, whatever the algorithm."""
    exact: Exact = field(default_factory=Exact)
    """How to train by the exact gradient."""
    model: str = BUNDLED
    """The model: bundled, a folder or a Hugging Face id."""
    wording: str = "compact"
    """The wording that is trained on, and judged in every game; structured has the published fields. In the prisoner's
    dilemma models are judged in all others too."""
    judgement: Judgement = "standard"
    """How many presentations judge: enough to balance everything, or all and every order of the sentences."""
    games: tuple[str, ...] = GAMES
    """The games on which models are judged."""
    lora_rank: int | None = None
    """Rank of the adapters; the algorithm's own by default."""
    as_published: tuple[Slip | Literal["all"], ...] = ()
    """Slips of the published code to repeat in the sampled measures: current-move (action types are told by what the
    opponent does at the same time), undivided-regret (deontological regret is not divided by its range), penalty-four
    (duty is judged with a penalty of 4, though taught with 3); or all."""
    evaluation_seed: int = PUBLISHED_SEED
    """Seed of the sampled protocol: the same for every model and game, as published."""
    processes: int = 1
    """Processes that train and judge, one subject at a time each."""
    name: str = "iclr2025"
    """Name of the study's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped, or add conditions, opponents and seeds."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, before any work."""
        for option in ("conditions", "opponents", "seeds", "games"):
            if not getattr(self, option):
                raise ValueError(f"name at least one of {option}")
        for condition in self.conditions:
            if condition not in CONDITIONS:
                raise unknown("condition", condition, CONDITIONS)
        for slip in self.as_published:
            if slip not in (*SLIPS, "all"):
                raise unknown("slip", slip, (*SLIPS, "all"))
        if self.processes < 1 or self.evaluation_seed < 0:
            raise ValueError("processes must be at least 1 and evaluation_seed at least 0")
        check_folder_name("study", self.name)
        for game in self.games:
            if games.get(game).shape != (2, 2):
                raise ValueError(f"the study judges on games of two players with two actions each; {game!r} is another")
        for subject in self.subjects():
            if subject.opponent != NOBODY:
                self.training(subject).check()

    def subjects(self) -> list[Subject]:
        """Return whom to judge."""
        return subjects(self.conditions, self.opponents, self.seeds)

    def slips(self) -> tuple[Slip, ...]:
        """Return the slips that are repeated."""
        return SLIPS if "all" in self.as_published else tuple(slip for slip in SLIPS if slip in self.as_published)

    def to_json(self) -> dict[str, Any]:
        """Return what decides the results of each subject."""
        apart = {"conditions", "opponents", "seeds", "processes", "name", "folder", "resume"}
        kept = {key: entry for key, entry in asdict(self).items() if key not in apart}
        kept["train"] = self.train.to_json(self.algorithm)
        return json.loads(json.dumps({"study": "iclr2025"} | kept | {"as_published": self.slips()}))

    def training(self, subject: Subject) -> Finetune:
        """Return what is asked of a subject's training."""
        reward = CONDITIONS[subject.condition].reward
        assert reward is not None, f"condition {subject.condition!r} trains nobody"
        return Finetune(
            algorithm=self.algorithm,
            name=subject.name,
            folder=self.folder / self.name / "trained",
            model=self.model,
            reward=reward,
            opponent=subject.opponent,
            wording=self.wording,
            test_games=(TRAINED_ON,),
            lora_rank=self.lora_rank,
            start_from=str(self.folder / self.name / "trained" / subject.after.name) if subject.after else None,
            seed=subject.seed,
            train=self.train,
            exact=self.exact,
            resume=True,
        )
