"""Two language models that learn at the same time, each the other's opponent: two sets of adapters on one base.

What each does is a table, so what happens between them needs no sampling either: in every update both
tables are read off, each becomes the other's opponent, and each model follows the exact gradient of its own
value against the other as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np

from moral_games.llm import adapters
from moral_games.llm.adapters import OTHER, OWN, acting_as
from moral_games.llm.exact import ExactTrainer
from moral_games.llm.lesson import Lesson
from moral_games.llm.models import TextModel
from moral_games.llm.scoring import Question, score
from moral_games.llm.settings import Exact, Settings
from moral_games.llm.stepping import SteppingTrainer
from moral_games.llm.validation import Validation
from moral_games.policy import FiniteStatePolicy

FILES = {OWN: "", OTHER: "other-"}
"""What the names of each player's files begin with."""


Player = TypeVar("Player", bound=SteppingTrainer)


@dataclass(eq=False)
class Players(Generic[Player]):
    """Sets of adapters on one model that learn at the same time, each by a trainer of its own.

    Parameters
    ----------
    model
        The model.

    Attributes
    ----------
    players
        What trains each set, by its name; `OWN` is player 0's.
    """

    model: TextModel

    players: dict[str, Player] = field(default_factory=dict, init=False)

    @property
    def done(self) -> int:
        """How many updates are made."""
        return self.players[OWN].done

    @property
    def total(self) -> int:
        """How many updates are made at most."""
        return self.players[OWN].total

    @property
    def validation(self) -> Validation:
        """The best weights of player 0 so far."""
        return self.players[OWN].validation

    @property
    def finished(self) -> bool:
        """Whether the last update is done, or all have passed validation twice in a row."""
        return all(player.finished for player in self.players.values())

    def save(self, folder: Path) -> None:
        """Write all that what follows depends on into an empty folder."""
        for name, player in self.players.items():
            with acting_as(self.model, name):
                player.save(folder, FILES[name])

    def load(self, folder: Path) -> None:
        """Go back to where `save` was called."""
        for name, player in self.players.items():
            with acting_as(self.model, name):
                player.load(folder, FILES[name])

    def keep(self, folder: Path) -> None:
        """Put each player's best weights back, and write them into a run's folder."""
        for name, player in self.players.items():
            with acting_as(self.model, name):
                player.validation.keep(folder, FILES[name])


@dataclass(eq=False)
class PairTrainer(Players[ExactTrainer]):
    """Two language models that learn from each other; see `moral_games.llm.trainers.Trainer`.

    Parameters
    ----------
    model
        A model with adapters (`adapters.add_lora`), which are player 0's. Player 1 is given another set,
        unless it has one already (`adapters.add_other`).
    lesson
        What both are taught, each from its own seat; its opponent is not asked.
    settings, exact
        How both learn.
    rng
        Where every draw comes from.

    Notes
    -----
    A player's opponent is told the game in one of the ways of this update, drawn anew each round: its policy
    is the mean of its tables.
    """

    lesson: Lesson
    settings: Settings
    exact: Exact
    rng: np.random.Generator

    def __post_init__(self) -> None:
        seed = int(self.rng.integers(2**31))
        if OTHER not in self.model.model.peft_config:
            adapters.add_other(self.model, seed)
        for player, seat in ((OWN, 0), (OTHER, 1)):
            own = replace(self.lesson, game=self.lesson.game.seen_by(seat))
            with acting_as(self.model, player):
                self.players[player] = ExactTrainer(self.model, own, self.settings, self.exact, self.rng)

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        return f"{self.players[OWN].each_update}, for two models that learn from each other"

    def update(self) -> dict[str, Any]:
        """Let both make a step against the other as it was, and validate when it is due.

        Returns
        -------
        dict
            Player 0's line of the history, and player 1's as ``other``.

        Raises
        ------
        FloatingPointError
            If a loss is not a number.
        """
        asked = {name: player.questions() for name, player in self.players.items()}
        tables = {name: self._mean_table(name, questions) for name, questions in asked.items()}
        records = {}
        for name, opponent in ((OWN, OTHER), (OTHER, OWN)):
            player = self.players[name]
            player.lesson = replace(player.lesson, opponent=tables[opponent])
            with acting_as(self.model, name):
                records[name] = player.learn(asked[name])
        return records[OWN] | {"other": records[OTHER]}

    def _mean_table(self, name: str, questions: list[Question]) -> FiniteStatePolicy:
        with acting_as(self.model, name):
            table = np.mean([answers.numpy() for answers in score(self.model, questions)], axis=0)
        return FiniteStatePolicy.from_windows(table, self.lesson.joint_actions)
