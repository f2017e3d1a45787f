"""How a game goes on: everything about repetition that is not the game, the values or the players."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from numbers import Real
from operator import index
from typing import Any

from moral_games.games import MatrixGame
from moral_games.names import unknown

OBSERVATIONS = ("one_hot", "index")
ILLEGAL_ACTION = ("error", "outcome")
INITIAL = ("start", "random")
"""How play may begin: at the start, or as if a uniformly random joint action had just been played."""

MOST_STATES = 20_000_000
"""The most states that an observation may number."""


@dataclass(frozen=True)
class Repetition:
    """The controls of repetition, with what they mean for the end of an episode.

    An episode is *terminated* when nothing more could have come: a one-shot game after its round,
    or a random ending. It is *truncated* when play would have gone on, so that a learner should
    count on the value of the last state.

    Parameters
    ----------
    rounds
        After so many rounds an episode is truncated; a one-shot game (``rounds=1``) is terminated
        instead. None for no such end.
    continue_probability
        Probability of another round after each; when it fails the episode is terminated.
    noise
        The trembling hand (Selten 1975): the probability that an action is replaced by another one,
        each of the others being as probable. Illegal answers do not tremble.
    observation_noise
        The probability with which each player misreads each other player's action, as any other
        action with equal probability. Players remember what they believe to have seen; payoffs
        and rewards follow what was played.
    memory
        How many rounds a learner observes; 0 for none. Opponents remember as their strategy does.
    clock
        Whether a learner also observes the share of rounds played (or, with ``observation="index"``,
        a state for each round); needs `rounds`.
    initial
        ``"start"``: nothing has been played. ``"random"``: as if a uniformly random joint action
        had just been played. A joint action: as if that had.
    payoff_scale
        Every payoff is multiplied by it.
    payoff_noise
        Standard deviation of a normal deviation added to every payoff, independently by player and
        round, with values judging the payoffs that came out. A void round pays nobody.
    observation
        ``"one_hot"``: a vector float32, one block of 1 + J entries for each remembered round, the
        latest first, with J joint actions, own action first, and entry 0 for a round that has not
        been. ``"index"``: the number of the state, as `moral_games.policy` numbers memory.
    illegal_action
        ``"error"``: an action that the game does not have raises. ``"outcome"``: -1 is an illegal
        answer, which pays nobody and is judged by the reward (see `moral_games.rewards.illegal`).

    Raises
    ------
    ValueError
        If a parameter is out of range.
    """

    rounds: int | None = 100
    continue_probability: float = 1.0
    noise: float = 0.0
    observation_noise: float = 0.0
    memory: int = 1
    clock: bool = False
    initial: str | tuple[int, ...] = "start"
    payoff_scale: float = 1.0
    payoff_noise: float = 0.0
    observation: str = "one_hot"
    illegal_action: str = "error"

    def __post_init__(self) -> None:
        if self.rounds is not None and not _whole(self.rounds, 1):
            raise ValueError(f"rounds must be a whole number, at least 1, or None for no limit, got {self.rounds!r}")
        for name in ("continue_probability", "noise", "observation_noise"):
            chance = getattr(self, name)
            if isinstance(chance, bool) or not isinstance(chance, Real) or not 0 <= float(chance) <= 1:
                raise ValueError(f"{name} must be a probability in [0, 1], got {chance!r}")
        if not _whole(self.memory, 0):
            raise ValueError(f"memory must be a whole number of rounds, at least 0, got {self.memory!r}")
        if self.clock and self.rounds is None:
            raise ValueError(
                "a visible clock shows the share of rounds played, so clock=True needs rounds, got rounds=None"
            )
        if not _finite(self.payoff_scale) or self.payoff_scale <= 0:
            raise ValueError(f"payoff_scale must be a positive finite number, got {self.payoff_scale!r}")
        if not _finite(self.payoff_noise) or self.payoff_noise < 0:
            raise ValueError(f"payoff_noise must be a finite standard deviation, at least 0, got {self.payoff_noise!r}")
        if self.observation not in OBSERVATIONS:
            raise ValueError(f"observation must be one of {OBSERVATIONS}, got {self.observation!r}")
        if self.illegal_action not in ILLEGAL_ACTION:
            raise ValueError(f"illegal_action must be one of {ILLEGAL_ACTION}, got {self.illegal_action!r}")
        if isinstance(self.initial, str):
            if self.initial not in INITIAL:
                raise ValueError(f"initial must be one of {INITIAL} or a joint action, got {self.initial!r}")
        else:
            object.__setattr__(self, "initial", tuple(self.initial))
        for name in ("continue_probability", "noise", "observation_noise", "payoff_scale", "payoff_noise"):
            object.__setattr__(self, name, float(getattr(self, name)))
        object.__setattr__(self, "memory", index(self.memory))
        object.__setattr__(self, "rounds", None if self.rounds is None else index(self.rounds))

    @property
    def lowest_action(self) -> int:
        """The lowest action that is accepted: -1 where an illegal answer is an outcome, else 0."""
        return -1 if self.illegal_action == "outcome" else 0

    def scaled(self, game: MatrixGame) -> MatrixGame:
        """Return the game with its payoffs multiplied by `payoff_scale`."""
        return game if self.payoff_scale == 1 else replace(game, payoffs=game.payoffs * self.payoff_scale)

    def initial_joint(self, game: MatrixGame) -> int | None:
        """Return the state that play begins with: 0 for the start, 1 + the joint action's number, None if random.

        Raises
        ------
        ValueError
            If `initial` is not a joint action of the game.
        """
        if isinstance(self.initial, str):
            return 0 if self.initial == "start" else None
        return joint_number(game, self.initial)

    def states(self, game: MatrixGame) -> int:
        """Return how many states an ``"index"`` observation of the game numbers.

        Raises
        ------
        ValueError
            If there are more than `MOST_STATES`.
        """
        joint = len(game.joint_actions)
        count = sum(joint**k for k in range(self.memory + 1)) * (self.rounds + 1 if self.clock and self.rounds else 1)
        if count > MOST_STATES:
            raise ValueError(
                f"memory={self.memory}{' and the clock' if self.clock else ''} of game {game.name!r} makes {count:,} "
                f"states; at most {MOST_STATES:,} are numbered. Remember fewer rounds, or use observation='one_hot'"
            )
        return count

    @classmethod
    def of(cls, options: dict[str, Any], beside: Sequence[str] = ()) -> Repetition:
        """Return the repetition with these controls.

        Parameters
        ----------
        options
            Controls by name; ``max_cycles`` is PettingZoo's name for `rounds`.
        beside
            The other options that an environment has, for the error.

        Raises
        ------
        ValueError
            If a control is unknown (close matches are listed) or out of range.
        """
        known = [field.name for field in fields(cls)]
        options = dict(options)
        limit = options.pop("max_cycles", None)
        if limit is not None:
            if "rounds" in options:
                raise ValueError("rounds and max_cycles are two names of one option; give one of them")
            options["rounds"] = limit
        for name in options:
            if name not in known:
                raise unknown("option", name, (*known, *beside))
        return cls(**options)


def joint_number(game: MatrixGame, actions: Sequence[int]) -> int:
    """Return the state after a joint action: 1 + its number, row-major.

    Raises
    ------
    ValueError
        If the game does not have it.
    """
    legal = len(actions) == game.players and all(
        _whole(action, 0) and action < count for action, count in zip(actions, game.shape, strict=True)
    )
    if not legal:
        raise ValueError(
            f"{tuple(actions)!r} is no joint action of game {game.name!r}: it has {game.players} players, "
            f"with actions 0 to {', 0 to '.join(str(count - 1) for count in game.shape)}"
        )
    return row_major(game.shape, actions)


def row_major(shape: Sequence[int], actions: Sequence[int]) -> int:
    """Return 1 + the row-major number of a joint action among players with `shape` actions."""
    number = 0
    for action, count in zip(actions, shape, strict=True):
        number = number * count + int(action)
    return 1 + number


def _whole(number: Any, least: int) -> bool:
    return not isinstance(number, bool) and hasattr(number, "__index__") and number.__index__() >= least


def _finite(number: Any) -> bool:
    return not isinstance(number, bool) and isinstance(number, Real) and isfinite(number)
