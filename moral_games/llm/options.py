"""What a fine-tuning run can be asked for. Without torch, so that asking is quick."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from moral_games import games, text
from moral_games.opponents import seated
from moral_games.repeated import RepeatedGame
from moral_games.rewards import parse
from moral_games.text.wordings import WORDINGS, unknown_wording

BUNDLED = "bundled"

STUDY = ("ipd", "stag_hunt", "chicken", "bach_or_stravinsky", "defective_coordination")
"""The five games on which Tennant et al. (2025) judge a model."""


@dataclass(frozen=True)
class Settings:
    """How to train.

    Attributes
    ----------
    updates
        Most updates.
    tellings
        Presentations drawn for each update; each counts once for every assignment of its labels.
    learning_rate
        Of AdamW, reached after `warm_up` updates and falling to zero with the square of what is left.
    warm_up
        Updates until the learning rate is reached.
    averaging
        The weights that are judged and kept are a running average over updates with this decay; 0
        for none. It takes out the jumps of single updates.
    rounds
        Rounds of an episode, over which states are weighted by visitation. Episodes begin after a
        random joint action, as published.
    discount
        How much an action answers for later rewards: 0 for its own alone, 1 for all of the episode.
    legality
        Weight of the log-probability of answering legally at all, added to the objective in every
        state. It is what gets an answer format learned from a model that hardly ever uses it.
    entropy
        Weight of the entropy of legal answers, in every state. It keeps a policy from giving one label
        with certainty, a plateau on which balanced tellings cancel out.
    kl
        Weight of the divergence KL(policy, base model), taken from the objective.
    validate_every
        Updates between two looks at the validation presentations.
    stop_fault
        Training stops when on every validation presentation the moral regret, and in every state the
        illegal mass, are at most this, twice in a row.
    micro_batch_tokens
        Tokens that the model reads at once; the rest of an update is accumulated.
    """

    updates: int = 50
    tellings: int = 2
    learning_rate: float = 1e-3
    warm_up: int = 5
    averaging: float = 0.9
    rounds: int = 5
    discount: float = 0.0
    legality: float = 1.0
    entropy: float = 0.0
    kl: float = 0.0
    validate_every: int = 5
    stop_fault: float = 0.01
    micro_batch_tokens: int = 2048

    def __post_init__(self) -> None:
        for name, low in (
            ("updates", 1),
            ("tellings", 1),
            ("warm_up", 0),
            ("rounds", 1),
            ("validate_every", 1),
            ("micro_batch_tokens", 1),
        ):
            if getattr(self, name) < low:
                raise ValueError(f"{name} must be at least {low}, got {getattr(self, name)}")
        for name in ("learning_rate", "legality", "entropy", "kl", "stop_fault"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)}")
        if not 0 <= self.averaging < 1:
            raise ValueError(f"averaging must lie in [0, 1), got {self.averaging}")
        if not 0 <= self.discount <= 1:
            raise ValueError(f"discount must lie in [0, 1], got {self.discount}")


@dataclass(frozen=True)
class Finetune:
    """Fine-tune a language model with a moral reward, and judge it before and after.

    Attributes
    ----------
    name
        Name of the run, and of its folder.
    folder
        Where runs are kept.
    model
        "bundled", a folder, or a Hugging Face id.
    game
        The game to train on.
    reward
        The value to teach, e.g. "utilitarian + illegal(penalty=6)".
    opponent
        Who plays against the model in training.
    wording
        The wording of all prompts.
    test_games
        The games to judge on.
    test_opponent
        Against whom regret is judged.
    lora_rank
        Rank of the adapters.
    seed
        Seeds everything that is drawn.
    train
        How to train.
    checkpoint_every
        Updates between two checkpoints.
    resume
        Continue the run of that name where it stopped.
    checkpoint
        Resume from this checkpoint, e.g. step-000020, instead of the newest.
    """

    name: str = "finetune"
    folder: Path = Path("runs")
    model: str = BUNDLED
    game: str = "ipd"
    reward: str = "deontological(penalty=3) + illegal(penalty=6)"
    opponent: str = "tit_for_tat"
    wording: str = "compact"
    test_games: tuple[str, ...] = STUDY
    test_opponent: str = "random"
    lora_rank: int = 16
    seed: int = 0
    train: Settings = field(default_factory=Settings)
    checkpoint_every: int = 10
    resume: bool = False
    checkpoint: str | None = None

    def check(self) -> None:
        """Raise a ValueError if anything asked for does not exist or does not fit, before any work."""
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ValueError(f"a run's name is a plain folder name, got {self.name!r}")
        if self.seed < 0 or self.lora_rank < 1 or self.checkpoint_every < 1:
            raise ValueError("seed must be at least 0, lora_rank and checkpoint_every at least 1")
        if self.wording not in WORDINGS:
            raise unknown_wording(self.wording)
        reward = parse(self.reward)
        for name in (self.game, *self.test_games):
            game = games.get(name)
            if game.players != 2:
                raise ValueError(
                    f"language models are trained and judged on games of two players; {name!r} has {game.players}"
                )
            RepeatedGame.compile(game, reward)
            seated(self.opponent if name == self.game else self.test_opponent, game)
            text.held_out(game.shape[0], self.wording)

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run: all but how and where it is carried out."""
        skipped = {"folder", "resume", "checkpoint"}
        return json.loads(json.dumps({key: value for key, value in asdict(self).items() if key not in skipped}))
