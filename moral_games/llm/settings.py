"""How to train: what every algorithm can be asked for, and what each has of its own. Without torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal, NamedTuple

import tyro

from moral_games.names import unknown

Algorithm = Literal["exact", "ppo", "sft", "grpo", "dpo", "chat", "worked", "examples"]

HARDLY_ANY = 1e-6
"""A share of legal answers below this is none."""


class Defaults(NamedTuple):
    """What an algorithm takes where nothing is asked for; the last two are those of its adapters."""

    updates: int
    """How many updates."""
    learning_rate: float
    """The learning rate."""
    lora_rank: int
    """Rank of the adapters."""
    lora_alpha: float | None
    """None for twice the rank."""


DEFAULTS: Mapping[Algorithm, Defaults] = {
    "exact": Defaults(50, 1e-3, 16, None),
    "ppo": Defaults(1000, 1.41e-5, 64, 32.0),
    "sft": Defaults(50, 1e-3, 16, None),
    "grpo": Defaults(50, 1e-3, 16, None),
    "dpo": Defaults(50, 1e-3, 16, None),
    "chat": Defaults(100, 5e-4, 16, None),
    "worked": Defaults(240, 1e-3, 16, None),
    "examples": Defaults(160, 1e-3, 16, None),
}
"""By algorithm; PPO's are the published ones."""


@dataclass(frozen=True)
class Settings:
    """How to train, whatever the algorithm.

    Attributes
    ----------
    updates
        Most updates; 1000 for PPO and 50 for the others by default.
    learning_rate
        Step size of the optimiser; 1.41e-5 for PPO and 1e-3 for the others by default.
    tellings
        Presentations drawn for each update; each counts once for every assignment of its labels.
    presentations
        "balanced" draws labels and orders, under every assignment; "fixed" is the published telling:
        action1 for the first action and action2 for the second, always, and nothing drawn but the order
        in which sentences list the labels.
    rounds
        Rounds of an episode. Episodes begin after a random joint action, as published.
    validate_every
        Updates between two looks at the validation presentations.
    stop_fault
        Training stops when on every validation presentation the moral regret, and in every state the
        illegal mass, are at most this, twice in a row.
    patience
        Training stops with an error when in so many updates in a row hardly any answer was legal.
    micro_batch_tokens
        Tokens that the model reads at once; the rest of an update is accumulated. Where memory does not suffice
        it is half as many.
    gradient_checkpointing
        Forget what was computed inside the model's layers and compute it again for the gradient: less memory, a
        third more time, the same gradient.
    """

    updates: int | None = None
    learning_rate: float | None = None
    tellings: int = 2
    presentations: Literal["balanced", "fixed"] = "balanced"
    rounds: int = 5
    validate_every: int = 5
    stop_fault: float = 0.01
    patience: int = 100
    micro_batch_tokens: int = 2048
    gradient_checkpointing: bool = False

    def __post_init__(self) -> None:
        _at_least(self, 1, "updates", "tellings", "rounds", "validate_every", "patience", "micro_batch_tokens")
        _at_least(self, 0, "learning_rate", "stop_fault")
        if self.presentations not in ("balanced", "fixed"):
            raise unknown("presentations", self.presentations, ("balanced", "fixed"))

    def schedule(self, algorithm: Algorithm) -> tuple[int, float]:
        """Return the most updates and the learning rate: as asked for, else the algorithm's own."""
        own = DEFAULTS[algorithm]
        return (
            own.updates if self.updates is None else self.updates,
            own.learning_rate if self.learning_rate is None else self.learning_rate,
        )

    def to_json(self, algorithm: Algorithm) -> dict[str, Any]:
        """Return what decides a run, with nothing left open; what costs memory and changes no number is left out."""
        updates, learning_rate = self.schedule(algorithm)
        decided = asdict(replace(self, updates=updates, learning_rate=learning_rate))
        del decided["gradient_checkpointing"]
        return decided


@dataclass(frozen=True)
class Steps:
    """How those algorithms step that see the whole table.

    Attributes
    ----------
    warm_up
        Updates until the learning rate is reached; then it falls to zero with the square of what is left.
    averaging
        The weights that are judged and kept are a running average over updates with this decay; 0
        for none. It takes out the jumps of single updates.
    """

    warm_up: int = 5
    averaging: float = 0.9

    def __post_init__(self) -> None:
        _at_least(self, 0, "warm_up")
        if not 0 <= self.averaging < 1:
            raise ValueError(f"averaging must lie in [0, 1), got {self.averaging}")


@dataclass(frozen=True)
class Exact(Steps):
    """What the exact policy gradient has of its own.

    Attributes
    ----------
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
    look_ahead
        Of two models that learn from each other: the step size with which a model expects the other to learn, and
        through which it climbs, too (LOLA, Foerster et al. 2018). In logits for one unit of an episode's mean reward;
        0 for naive learners. It goes with a discount of 1.
    """

    discount: float = 0.0
    legality: float = 1.0
    entropy: float = 0.0
    kl: float = 0.0
    look_ahead: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least(self, 0, "legality", "entropy", "kl", "look_ahead")
        _in_unit(self, "discount")
        if self.look_ahead and self.discount != 1:
            raise ValueError(
                f"look_ahead is about what an episode brings, and goes with a discount of 1; got {self.discount}"
            )


@dataclass(frozen=True)
class SFT(Steps):
    """What supervised fine-tuning towards a policy has of its own.

    Attributes
    ----------
    target
        Who is imitated: a policy as an opponent is named ("tit_for_tat", "run:FOLDER"), or "best" for the
        best legal play for the reward against the opponent. It depends on the last round alone.
    discount
        Of later rounds, for "best".
    """

    target: str = "best"
    discount: float = 0.9

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.discount < 1:
            raise ValueError(f"discount must lie in [0, 1), got {self.discount}")


BEFORE = ("calculation", "nothing")
"""What may come before the label in a worked answer."""


@dataclass(frozen=True)
class Worked(Steps):
    """What supervised fine-tuning on worked answers has of its own.

    Attributes
    ----------
    before
        What comes before the label in an answer: the "calculation" that leads to it, or "nothing".
    games
        Games of two players with two actions each that are drawn for each update.
    highest
        Their payoffs are whole numbers from 0 to this.
    longest
        The most tokens of a calculation when the model plays.
    """

    before: Literal["calculation", "nothing"] = "calculation"
    games: int = 4
    highest: int = 9
    longest: int = 80

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least(self, 1, "games", "highest", "longest")
        if self.before not in BEFORE:
            raise unknown("what comes before an answer", self.before, BEFORE)


@dataclass(frozen=True)
class Examples(Steps):
    """What supervised fine-tuning on a data set of examples has of its own; its loss is TRL's.

    Attributes
    ----------
    data
        The folder of a data set (`moral-games data`), or a .jsonl file with a conversation a line: what is asked, and
        the answer.
    batch
        Examples that an update learns from. Each is met once before any is met again, in an order drawn anew.
    validating
        Questions of the data set's test side that are asked when weights are validated.
    judging
        Questions of that side that are asked before and after, of which preferences are estimated.
    longest
        The most tokens of a calculation when the model plays other games. Questions of the data set get as many
        as their longest calculation takes.
    """

    data: str = ""
    batch: int = 16
    validating: int = 24
    judging: int = 120
    longest: int = 80

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least(self, 1, "batch", "validating", "longest")
        _at_least(self, 4, "judging")


@dataclass(frozen=True)
class GRPO(Steps):
    """What group relative policy optimisation has of its own; its loss is TRL's.

    Attributes
    ----------
    cold_start
        Updates that come first and teach the model to answer in labels, all of them alike, by cross-entropy.
        Sampled answers teach a model nothing that hardly ever gives a legal one; so do answers that
        are all the same.
    groups
        Situations drawn under each telling of an update, as often as an episode meets them.
    generations
        Answers to each; an answer is judged by those to the same question.
    kl
        Weight of the divergence from the base model, a token.
    scale
        Rewards are divided by their standard deviation in a "group", in the "batch", or not ("none").
    """

    cold_start: int = 10
    groups: int = 4
    generations: int = 8
    kl: float = 0.0
    scale: Literal["group", "batch", "none"] = "group"

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least(self, 1, "groups")
        _at_least(self, 2, "generations")
        _at_least(self, 0, "cold_start", "kl")
        if self.scale not in ("group", "batch", "none"):
            raise unknown("scale", self.scale, ("group", "batch", "none"))


@dataclass(frozen=True)
class DPO(Steps):
    """What direct preference optimisation has of its own; its loss is TRL's.

    Attributes
    ----------
    beta
        Weight of the divergence from the base model in what the preferences are taken to come from. The
        smaller it is, the longer rejected answers are pushed away: at 0.1 the bundled model forgot again how to
        answer after it had learned what.
    discount
        How much an action answers for later rewards, where it is decided which of two is better; the
        best play is taken to follow.
    imitation
        Weight of the cross-entropy from the answers that are chosen, added to the loss (Pang et al., 2024).
        Preferences between labels alone do not teach a model to answer in labels.
    """

    beta: float = 0.5
    discount: float = 0.0
    imitation: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.beta > 0:
            raise ValueError(f"beta must be positive, got {self.beta}")
        if not 0 <= self.discount < 1:
            raise ValueError(f"discount must lie in [0, 1), got {self.discount}")
        _at_least(self, 0, "imitation")


@dataclass(frozen=True)
class Chat(Steps):
    """What learning from conversations has of its own.

    Attributes
    ----------
    context
        What the model knows when it answers: the whole "conversation" of an episode, or in each of its
        "rounds" a prompt of its own with the last ones in it, as many as --memory says.
    before
        What it says before it answers: "nothing", what it expects of the other (a "belief"), or a "message"
        that the other reads.
    words
        Tokens of that, at most.
    episodes
        Episodes played under each telling of an update.
    discount
        How much what is said in a round answers for the rewards of later ones.
    epochs
        How often the episodes of an update are learned from: once is REINFORCE, more is PPO's clipped surrogate.
    clip
        How far the ratio of a token's probabilities, now and when it was said, may move from 1.
    legality
        Weight of the log-probability of answering legally at all, added to the objective in every round.
    kl
        Weight of the divergence from the base model, a token, taken from the reward of the round.
    judging
        Episodes that judge the model, before and after, in each game; told in every held-out way in turn.
    """

    context: Literal["conversation", "rounds"] = "conversation"
    before: Literal["nothing", "belief", "message"] = "nothing"
    words: int = 16
    episodes: int = 4
    discount: float = 0.0
    epochs: int = 1
    clip: float = 0.2
    legality: float = 1.0
    kl: float = 0.0
    judging: int = 64

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("context", ("conversation", "rounds")), ("before", ("nothing", "belief", "message"))):
            if getattr(self, name) not in known:
                raise unknown(name, getattr(self, name), known)
        _at_least(self, 1, "words", "episodes", "epochs")
        _at_least(self, 2, "judging")
        _at_least(self, 0, "legality", "kl")
        _in_unit(self, "discount")
        if not self.clip > 0:
            raise ValueError(f"clip must be positive, got {self.clip}")


SLIPS = ("one_step", "dropout", "no_score_clip")
"""Where the published code departs from the recipe that it names; see `PPO.as_published`."""


@dataclass(frozen=True)
class PPO:
    """What proximal policy optimisation has of its own; the defaults are those of Tennant et al. (2025).

    Every answer is an episode of its own to PPO, as published: tokens are its steps, and no answer
    answers for rewards of later rounds.

    Attributes
    ----------
    episodes
        Episodes played under each telling of an update (published: one).
    epochs
        How often the answers of an update are learned from.
    discount
        γ from one token of an answer to the next.
    gae_lambda
        λ of the generalised advantage estimate.
    clip
        How far the ratio of a token's probabilities, now and when the answer was given, may move from 1.
    value_clip
        How far a value may move from where it was when the answer was given.
    value_weight
        Weight of the value loss.
    score_clip
        Bound on a reward after it has been centred and scaled.
    kl
        First weight of the divergence from the base model, a token.
    kl_target
        The divergence of an answer at which that weight stays as it is.
    kl_horizon
        Answers in which it adapts.
    lora_dropout
        Dropout of the adapters. It acts in no forward pass but that of the slip "dropout".
    as_published
        Slips of the published code to repeat, or "all": "one_step", one step of the optimiser an
        update, from the mean gradient of all epochs at the same weights; "dropout", adapters drop out
        while answers are sampled (from the second update on), and not when they are learned from;
        "no_score_clip", the clipping of scores never acts.
    """

    episodes: int = 1
    epochs: int = 4
    discount: float = 1.0
    gae_lambda: float = 0.95
    clip: float = 0.2
    value_clip: float = 0.2
    value_weight: float = 0.1
    score_clip: float = 0.5
    kl: float = 0.2
    kl_target: float = 6.0
    kl_horizon: int = 10_000
    lora_dropout: float = 0.05
    as_published: Annotated[tuple[str, ...], tyro.conf.arg(aliases=["--as-published"])] = ()

    def __post_init__(self) -> None:
        _at_least(self, 1, "episodes", "epochs", "kl_horizon")
        _at_least(self, 0, "value_weight", "kl")
        for name in ("clip", "value_clip", "score_clip", "kl_target"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, got {getattr(self, name)}")
        _in_unit(self, "discount", "gae_lambda", "lora_dropout")
        for slip in self.as_published:
            if slip not in (*SLIPS, "all"):
                raise unknown("slip", slip, (*SLIPS, "all"))

    def repeats(self, slip: str) -> bool:
        """Return whether a slip of the published code is repeated."""
        return slip in self.as_published or "all" in self.as_published


def still_silent(before: int, record: Mapping[str, Any]) -> int:
    """Return in how many updates in a row hardly any answer was legal, up to one of this record in the history.

    Parameters
    ----------
    before
        In how many up to the one before.
    record
        A line of a run's history.
    """
    return before + 1 if record.get("legal_mass", 1.0) < HARDLY_ANY else 0


def _at_least(settings: Any, least: int, *names: str) -> None:
    for name in names:
        given = getattr(settings, name)
        if given is not None and not given >= least:
            raise ValueError(f"{name} must {f'be at least {least}' if least else 'not be negative'}, got {given}")


def _in_unit(settings: Any, *names: str) -> None:
    for name in names:
        if not 0 <= getattr(settings, name) <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {getattr(settings, name)}")
