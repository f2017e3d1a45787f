"""Who can be audited: strategies, what agents have learned, and language models."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moral_games import opponents
from moral_games.analysis.audit import AuditPlan
from moral_games.analysis.audit_dilemmas import Reader
from moral_games.analysis.factorial import Design, Floats, ToldPolicy
from moral_games.games import MatrixGame
from moral_games.llm.options import BUNDLED, may_be_model
from moral_games.names import unknown
from moral_games.policy import PolicyTable
from moral_games.runs import CONFIG, METRICS, Run, RunError, read_json
from moral_games.text import Presentation

if TYPE_CHECKING:
    from moral_games.llm.drift import Stage
    from moral_games.llm.policy import LanguageModel


@dataclass(frozen=True)
class TablePlayer:
    """A strategy or a learner that remembers the last round; it does the same however it is told a game."""

    name: str
    """As it was named."""
    run: Path | None = None
    """The folder of the run that it comes from."""

    def check(self, plan: AuditPlan) -> None:
        """Raise a ValueError unless the player understands every game and remembers no more than a round."""
        for game in (*plan.design.games, plan.base):
            if not isinstance(opponents.as_policy(self.name, game), PolicyTable):
                raise ValueError(
                    f"player {self.name!r} remembers more than the last round, and an audit asks about the last round; "
                    "'moral-games evaluate' and 'moral-games tournament' judge such players"
                )

    def load(self) -> ToldPolicy:
        """Return its table, once for each presentation."""

        def tables(game: MatrixGame, told: Sequence[Presentation]) -> Floats:
            table = opponents.as_policy(self.name, game).probabilities
            return np.broadcast_to(table, (len(told), *table.shape))

        return tables


@dataclass(frozen=True)
class ModelPlayer:
    """A language model, or a run's."""

    name: str
    """As it was named."""
    run: Path | None = None
    """The folder of the run that trained it."""

    def check(self, plan: AuditPlan) -> None:
        """Raise an error if there is no such model, or the run is not finished."""
        if self.run is not None:
            if not (self.run / METRICS).exists():
                raise RunError(
                    f"{self.run} holds no finished run; continue it with 'moral-games finetune --resume', then audit it"
                )
        elif Path(self.name).is_dir():
            if not Path(self.name, CONFIG).exists():
                raise ValueError(f"folder {self.name!r} holds neither a run nor a model: it has no {CONFIG}")
        elif not may_be_model(self.name):
            raise unknown("player", self.name, (*opponents.names(), BUNDLED))

    def check_known(self) -> None:
        """Raise a ValueError if no model can have such a name."""
        if self.run is None and not Path(self.name).is_dir() and not may_be_model(self.name):
            raise unknown("player", self.name, (BUNDLED,))

    @cached_property
    def model(self) -> LanguageModel:
        """The model, loaded when it is first asked for."""
        from moral_games.llm import load
        from moral_games.llm.finetuning import load_run

        return load(self.name) if self.run is None else load_run(self.run)

    @cached_property
    def playing(self) -> LanguageModel:
        """The model as it plays: one that was taught to work answers out does so."""
        from moral_games.llm.reasoner import as_taught

        return self.model if self.run is None else as_taught(self.model, Run(self.run).config())

    @property
    def wording(self) -> str | None:
        """The wording that a run was taught in."""
        return None if self.run is None else read_json(self.run / CONFIG).get("wording")

    @property
    def data_source(self) -> dict[str, Any] | None:
        """Where the questions come from that a run was taught, None of other models; see `llm.data_set.Source`."""
        return None if self.run is None else Run(self.run).config().get("data", {}).get("source")

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The run, and those that it started from; an error unless there is a run with weights on disk."""
        from moral_games.llm.drift import stages

        if self.run is None:
            raise ValueError(f"model {self.name!r} has no checkpoints to follow; give the folder of a 'finetune' run")
        return stages(self.run)

    def load(self) -> ToldPolicy:
        """Return what the model does in games."""
        from moral_games.llm.policy import tables

        return partial(tables, self.playing)

    def reader(self) -> Reader:
        """Return what the model chooses in dilemmas."""
        from moral_games.llm.dilemmas import choices

        return partial(choices, self.model)

    def looks(self) -> int:
        """Return how many times the model is looked at, the one without adapters among them."""
        from moral_games.llm.drift import look_count

        return look_count(self.stages)

    def drift(self, design: Design, wrap: Callable[[ToldPolicy], ToldPolicy]) -> dict[str, Any]:
        """Look at every checkpoint; the model is left with the last weights."""
        from moral_games.llm.drift import follow
        from moral_games.llm.models import TextModel

        assert isinstance(self.model, TextModel)
        return follow(self.model, self.stages, design, "random", wrap)


Player = TablePlayer | ModelPlayer
"""Whoever is audited, not yet loaded, and the folder of the run that it comes from."""


def player_named(name: str) -> Player:
    """Return who is meant."""
    if name.partition("(")[0].strip() in opponents.names():
        return TablePlayer(name)
    folder = Path(name.removeprefix("run:"))
    config = read_json(folder / CONFIG) if name.startswith("run:") or (folder / CONFIG).exists() else {}
    if "lora_rank" in config:
        return ModelPlayer(name, folder)
    if name.startswith("run:") or "agent" in config:
        return TablePlayer(f"run:{folder}", folder)
    return ModelPlayer(name)


def model_named(name: str) -> ModelPlayer:
    """Return the language model that is meant.

    Raises
    ------
    ValueError
        If the name is that of a player who reads no text, or of nobody.
    """
    player = player_named(name)
    if not isinstance(player, ModelPlayer):
        raise ValueError(f"player {name!r} reads no text; give a language model, or the folder of its run")
    player.check_known()
    return player
