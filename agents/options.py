"""What is asked of every study, whatever the algorithm."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from agents.seats import Seats, take_seats
from moral_games.names import check_folder_name

ELSEWHERE = {"folder", "resume", "checkpoint"}
"""Options that say how and where a run is carried out, and not what it is."""


@dataclass(frozen=True)
class Options:
    """What is asked of every study; an agent extends it with its own options and its name."""

    agent: ClassVar[str] = "agent"

    game: str = "ipd"
    """What is played: a game's name, a family with parameters, or the path of a game file."""
    reward: str = "selfish"
    """What player 0 values."""
    opponent: tuple[str, ...] = ()
    """Who sits on the other seats and does not learn; one for all of them, or one each."""
    other_reward: tuple[str, ...] = ()
    """What the other seats value if they learn, as they do without --opponent; the same as player 0 by default."""
    discount: float = 0.9
    """Discount of later rounds, in learning and in judging."""
    initial: Literal["start", "random"] = "start"
    """Whether play begins with nothing played yet, or after a random joint action."""
    seeds: int = 1
    """How many seeds learn, from --seed upwards."""
    seed: int = 0
    """The first seed; seeds decide everything that is drawn."""
    name: str = ""
    """Name of the run, and of its folder; the agent's name by default."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    checkpoint_every: int = 10
    """Chunks of work between two checkpoints."""
    resume: bool = False
    """Continue the run of that name where it stopped."""
    checkpoint: str | None = None
    """Resume from this checkpoint, e.g. step-000020, instead of the newest."""

    def seats(self) -> Seats:
        """Return who plays; raises a ValueError if something is unknown or does not fit."""
        return take_seats(self.game, self.reward, self.opponent, self.other_reward)

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        if self.name:
            check_folder_name("run", self.name)
        for name, least in (("seeds", 1), ("seed", 0), ("checkpoint_every", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not 0 <= self.discount < 1:
            raise ValueError(f"discount must lie in [0, 1), got {self.discount}")

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE}
        return {"agent": self.agent} | json.loads(json.dumps(kept, default=str)) | {"name": self.name or self.agent}
