"""What a fine-tuning run can be asked for. Without torch, so that asking is quick."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from moral_games import games, text
from moral_games.games import MatrixGame
from moral_games.llm.data_set import DataSet, Source, read_data_set
from moral_games.llm.lesson import Lesson, each_seat
from moral_games.llm.preferences import preferences
from moral_games.llm.settings import DEFAULTS, DPO, GRPO, PPO, SFT, Algorithm, Chat, Exact, Examples, Settings, Worked
from moral_games.llm.targets import certain_next, target_table, worked_value
from moral_games.names import check_folder_name, unknown
from moral_games.opponents import seated
from moral_games.policy import window_count
from moral_games.repeated import RepeatedGame
from moral_games.rewards import parse
from moral_games.runs import KEPT_CHECKPOINTS
from moral_games.text.wordings import WORDINGS, unknown_wording

BUNDLED = "bundled"

ELSEWHERE = ("openai:", "vllm:")
"""How the names of models begin that are not weights in this process."""

FOUR_BIT = "4bit:"
"""How the name of a model in this process begins whose weights are to be held in four bits each."""

LEARNER = "llm"
"""The opponent that is another language model, learning at the same time."""

SELF = "self"
"""The opponent that is the model itself, on both seats of a conversation."""

BORROWED = ("grpo", "dpo", "examples")
"""The algorithms whose losses are TRL's."""

WHOLE_TABLE = ("exact", "sft")
"""The algorithms that train on games of any number of players."""

MOST_PROMPTS = 100
"""The most prompts under one telling that a longer memory may make: three rounds where there are four joint actions."""

STUDY = ("ipd", "stag_hunt", "chicken", "bach_or_stravinsky", "defective_coordination")
"""The five games on which Tennant et al. (2025) judge a model."""


def may_be_model(name: str) -> bool:
    """Return whether a name can be a language model's: the bundled one, a hub id or a path, or one elsewhere."""
    bare = name.removeprefix(FOUR_BIT)
    return "/" in bare or bare == BUNDLED or name.startswith(ELSEWHERE)


@dataclass(frozen=True)
class Finetune:
    """Fine-tune a language model with a moral reward, and judge it before and after.

    Attributes
    ----------
    algorithm
        "exact" for the exact policy gradient, "ppo" for the published recipe, "sft" for supervised
        fine-tuning towards a policy, "grpo" and "dpo" for TRL's losses on sampled answers and on pairs of
        answers that the reward ranks; "chat" for sampled learning from conversations; "worked" for
        supervised fine-tuning on answers that are worked out from the payoffs of drawn games; "examples"
        for supervised fine-tuning on the questions and answers of a data set (`moral-games data`).
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
        Who plays against the model in training; "llm" for another language model that learns at the same
        time, with adapters of its own on the same base; "self" for the model itself, in conversation. In a game
        of more players it takes every other seat; or name one for each, with semicolons between.
    wording
        The wording of all prompts.
    memory
        How many rounds a prompt tells: the model is a table over all that they can have been.
    test_games
        The games to judge on.
    test_opponent
        Against whom regret is judged.
    lora_rank
        Rank of the adapters; 64 for PPO and 16 for the others by default.
    lora_alpha
        Their scale is this over the rank; 32 for PPO and twice the rank for the others by default.
    start_from
        The folder of a finished run on the same model, with adapters of the same rank and alpha: training
        starts at the weights that it kept. Divergence is still that from the model without adapters.
    seed
        Seeds everything that is drawn.
    train
        How to train, whatever the algorithm.
    exact, ppo, sft, grpo, dpo, chat, worked, examples
        How to train by that algorithm.
    checkpoint_every
        Updates between two checkpoints.
    keep_checkpoints
        How many checkpoints are kept, the newest, or "all": 'moral-games audit RUN --checkpoints' follows what changes
        from one to the next.
    resume
        Continue the run of that name where it stopped.
    checkpoint
        Resume from this checkpoint, e.g. step-000020, instead of the newest.
    """

    algorithm: Algorithm = "exact"
    name: str = "finetune"
    folder: Path = Path("runs")
    model: str = BUNDLED
    game: str = "ipd"
    reward: str = "deontological(penalty=3) + illegal(penalty=6)"
    opponent: str = "tit_for_tat"
    wording: str = "compact"
    memory: int = 1
    test_games: tuple[str, ...] = STUDY
    test_opponent: str = "random"
    lora_rank: int | None = None
    lora_alpha: float | None = None
    start_from: str | None = None
    seed: int = 0
    train: Settings = field(default_factory=Settings)
    exact: Exact = field(default_factory=Exact)
    ppo: PPO = field(default_factory=PPO)
    sft: SFT = field(default_factory=SFT)
    grpo: GRPO = field(default_factory=GRPO)
    dpo: DPO = field(default_factory=DPO)
    chat: Chat = field(default_factory=Chat)
    worked: Worked = field(default_factory=Worked)
    examples: Examples = field(default_factory=Examples)
    checkpoint_every: int = 10
    keep_checkpoints: int | Literal["all"] = KEPT_CHECKPOINTS
    resume: bool = False
    checkpoint: str | None = None

    def check(self) -> None:
        """Raise a ValueError if anything asked for does not exist or does not fit, before any work."""
        check_folder_name("run", self.name)
        if self.algorithm not in DEFAULTS:
            raise unknown("algorithm", self.algorithm, DEFAULTS)
        self._check_opponent()
        rank, alpha = self.lora
        if self.seed < 0 or rank < 1 or self.checkpoint_every < 1:
            raise ValueError(
                "seed must be at least 0, lora_rank and checkpoint_every at least 1; "
                f"got {self.seed}, {rank} and {self.checkpoint_every}"
            )
        if self.keep_checkpoints != "all" and self.keep_checkpoints < 1:
            raise ValueError(f"keep_checkpoints must be at least 1, or 'all', got {self.keep_checkpoints!r}")
        if not alpha > 0:
            raise ValueError(f"lora_alpha must be positive, got {alpha}")
        if self.wording not in WORDINGS:
            raise unknown_wording(self.wording)
        if self.memory < 1:
            raise ValueError(f"memory is how many rounds a prompt tells, at least 1; got {self.memory}")
        reward = parse(self.reward)
        players = games.get(self.game).players
        if players != 2 and (self.algorithm not in WHOLE_TABLE or self.opponent == LEARNER):
            raise ValueError(
                f"game {self.game!r} of {players} players is learned against fixed opponents, by --algorithm "
                f"{' or '.join(WHOLE_TABLE)}; got --algorithm {self.algorithm} and --opponent {self.opponent!r}"
            )
        for name in (self.game, *self.test_games):
            game = games.get(name)
            if self.algorithm == "chat" and game.players != 2:
                raise ValueError(f"a conversation is about a game of two players; {name!r} has {game.players}")
            RepeatedGame.compile(game, reward)
            self._check_memory(game)
            text.held_out(game.shape[0], self.wording)
        if self.opponent not in (LEARNER, SELF):
            seated(each_seat(self.opponent), games.get(self.game))
        for name in self.test_games:
            seated(self.test_opponent, games.get(name))
        lesson = Lesson(games.get(self.game), reward, self.opponent, memory=self.memory)
        if self.algorithm == "sft":
            target_table(lesson, self.sft.target, self.sft.discount)
        if self.algorithm == "grpo" and self.grpo.cold_start >= (updates := self.train.schedule("grpo")[0]):
            raise ValueError(
                f"grpo.cold_start must be less than the updates, of which there are {updates}; "
                f"got {self.grpo.cold_start}"
            )
        if self.algorithm == "dpo":
            preferences(lesson, self.dpo.discount, self.train.rounds)
        if self.algorithm == "worked":
            if self.memory != 1:
                raise ValueError(f"answers are worked out from the last round; memory must be 1, got {self.memory}")
            worked_value(reward)
            certain_next(lesson)
        if self.algorithm == "examples" and self.examples.batch > len(self.data_set.taught):
            raise ValueError(
                f"examples.batch must be at most the number of examples, {len(self.data_set.taught)}; "
                f"got {self.examples.batch}"
            )
        if self.algorithm in BORROWED and find_spec("trl") is None:
            raise ValueError(
                f"algorithm {self.algorithm!r} needs TRL; install it with: pip install 'moral-games[trl]', "
                "or use another --algorithm"
            )

    def _check_opponent(self) -> None:
        by = {LEARNER: ("exact", "chat"), SELF: ("chat",)}.get(self.opponent)
        if by is not None and self.algorithm not in by:
            raise ValueError(f"opponent {self.opponent!r} is for --algorithm {' or '.join(by)}, not {self.algorithm}")
        if self.exact.look_ahead and (self.algorithm, self.opponent) != ("exact", LEARNER):
            raise ValueError(
                f"exact.look_ahead is about another model that learns: --algorithm exact and --opponent {LEARNER}; "
                f"got {self.algorithm} and {self.opponent!r}"
            )

    def _check_memory(self, game: MatrixGame) -> None:
        prompts = window_count(len(game.joint_actions), self.memory)
        if prompts > MOST_PROMPTS and self.memory > 1:
            raise ValueError(
                f"memory {self.memory} makes {prompts:,} prompts of {game.name!r} under each telling, and all are "
                f"asked; at most {MOST_PROMPTS} are. Choose less memory"
            )

    @cached_property
    def data_set(self) -> DataSet:
        """The examples that are taught by algorithm "examples", read once; see `read_data_set`."""
        return read_data_set(self.examples.data)

    @property
    def question_source(self) -> Source | None:
        """Where the questions come from that judge a model which learns from a data set; None if none do."""
        return self.data_set.source if self.algorithm == "examples" else None

    @property
    def kept_checkpoints(self) -> int:
        """The most checkpoints that are kept."""
        if self.keep_checkpoints != "all":
            return self.keep_checkpoints
        updates, _ = self.train.schedule(self.algorithm)
        return updates // self.checkpoint_every + 1

    @property
    def lora(self) -> tuple[int, float]:
        """Rank and alpha of the adapters: as asked for, else the algorithm's own."""
        own = DEFAULTS[self.algorithm]
        rank = own.lora_rank if self.lora_rank is None else self.lora_rank
        alpha = own.lora_alpha if self.lora_alpha is None else self.lora_alpha
        return rank, float(2 * rank if alpha is None else alpha)

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run: all but how and where it is carried out, with nothing left open."""
        rank, alpha = self.lora
        train = self.train.to_json(self.algorithm)
        skipped = {"folder", "resume", "checkpoint", "keep_checkpoints", *DEFAULTS} - {self.algorithm}
        asked = asdict(replace(self, lora_rank=rank, lora_alpha=alpha)) | {"train": train}
        if self.algorithm == "examples":
            asked["data"] = self.data_set.to_json()
        return json.loads(json.dumps({key: value for key, value in asked.items() if key not in skipped}))
