"""The grid of the IJCAI 2023 study: who meets whom in which game, played, and what is counted.

Tennant, Hailes & Musolesi (2023), "Modeling Moral Choices in Social Dilemmas with Multi-Agent Reinforcement
Learning".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations_with_replacement, product
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

import moral_games as mg
from agents.seats import Seats, take_seats
from agents.tabular_q import Options, Play, QLearning

GAMES = {
    "IPD": "ipd_ijcai2023",
    "IVD": "volunteers_dilemma_ijcai2023",
    "ISH": "stag_hunt_ijcai2023",
}
MIXED, WEIGHT = "Virtue-mixed", 0.5
"""Who values equality and kindness at once, and its weight of equality."""
LEARNERS = {
    "Selfish": "selfish",
    "Utilitarian": "utilitarian",
    "Deontological": "deontological(penalty=5)",
    "Virtue-equality": "virtue_equality",
    "Virtue-kindness": "virtue_kindness(bonus=5)",
    MIXED: f"virtue_mixed(equality_weight={WEIGHT})",
}
SWEEP = {"learners": "Selfish", "fixed": "AD"}
"""Whom Virtue-mixed meets with other weights than its own."""
FIXED = {"AC": "always_cooperate", "AD": "always_defect", "TFT": "tit_for_tat", "Random": "random"}
LEARNING_RATE, README_DECAY = 0.01, 0.0005
POINTS = 100
"""How many points over time are kept."""
SHOWN = 20
"""How many rounds at each end are kept one by one."""

Slip = Literal["truncated-weight", "readme-decay"]
"""Where what was published departs from its own text.

``truncated-weight``: the code truncates the weight 0.5 of Virtue-mixed to 0, which leaves kindness
alone. ``readme-decay``: the repository's README has the learning rate fall as 1 / (1 + 0.0005 t), its code
leaves it constant.
"""

Kind = Literal["learners", "fixed"]
KINDS: tuple[Kind, ...] = ("learners", "fixed")


class Batch(NamedTuple):
    """Matches of one game that are played together: both seats learn, or the second is fixed.

    With `weights` they are Virtue-mixed's, with each of these weights of equality in turn, against one other player.
    """

    game: str
    kind: Kind
    weights: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        """What its results are called."""
        return f"{self.game}-{self.kind}" + "-weights" * bool(self.weights)

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Who meets: row player, column player."""
        if self.weights:
            return [(mixed(weight), SWEEP[self.kind]) for weight in self.weights]
        if self.kind == "learners":
            return list(combinations_with_replacement(LEARNERS, 2))
        return list(product(LEARNERS, FIXED))


BATCHES = tuple(Batch(game, kind) for game in GAMES for kind in KINDS)


class Counts(NamedTuple):
    """What is kept of a batch of G matches in R runs, at P points over time.

    Attributes
    ----------
    rounds
        (P,) int: how many rounds were played until each point.
    first, last
        (T, G, R) uint8: the joint actions of the first rounds and of the last ones, 20 each; 0 to 3 for CC, CD, DC, DD.
    joints
        (P, G, R, 4) int: how often each joint action was played until then.
    rewards
        (P, G, R, 2) float64: the sum of each player's own rewards until then; 0 for who does not learn.
    moves
        (P, G, 4, 4) int: how often each joint action followed each since the point before, over all runs.
    """

    rounds: NDArray[np.int64]
    first: NDArray[np.uint8]
    last: NDArray[np.uint8]
    joints: NDArray[np.int64]
    rewards: NDArray[np.float64]
    moves: NDArray[np.int64]


def mixed(weight: float) -> str:
    """Return what Virtue-mixed with a weight of equality is called."""
    return f"{MIXED} {weight:g}"


def sweep(weights: Sequence[float]) -> tuple[Batch, ...]:
    """Return the batches in which Virtue-mixed plays with each of some weights of equality; none without weights."""
    return tuple(Batch(game, kind, tuple(weights)) for game, kind in product(GAMES, KINDS) if weights)


def values(slips: Sequence[Slip], weights: Sequence[float] = ()) -> Mapping[str, str]:
    """Return the value of each type of learner, and of Virtue-mixed with other weights, the slips switched on."""
    kept = int if "truncated-weight" in slips else float
    named = {MIXED: WEIGHT} | {mixed(weight): weight for weight in weights}
    return LEARNERS | {name: f"virtue_mixed(equality_weight={kept(weight):g})" for name, weight in named.items()}


def matches(batch: Batch, slips: Sequence[Slip] = ()) -> list[Seats]:
    """Return who sits down in each match of a batch."""
    held, game = values(slips, batch.weights), mg.games.get(GAMES[batch.game])
    if batch.kind == "learners":
        return [take_seats(game, held[row], (), (held[column],)) for row, column in batch.pairs]
    return [take_seats(game, held[row], (FIXED[column],)) for row, column in batch.pairs]


def settings(runs: int, iterations: int, seed: int, slips: Sequence[Slip] = ()) -> Options:
    """Return the protocol's constants, the slips switched on."""
    decay = README_DECAY if "readme-decay" in slips else 0.0
    return Options(
        steps=iterations, seeds=runs, seed=seed, discount=0.9, learning_rate=LEARNING_RATE, learning_rate_decay=decay
    )


def play(batch: Batch, protocol: Options, slips: Sequence[Slip] = ()) -> Counts:
    """Play a batch to the end."""
    learner = QLearning(matches(batch, slips), protocol)
    chunk = -(-protocol.steps // POINTS)
    rounds, joints, rewards, moves = [], [], [], []
    first = last = np.empty((0, len(batch.pairs), protocol.seeds), np.int64)
    while learner.done < learner.total:
        played = learner.play(chunk)
        rounds.append(learner.done)
        joints.append(np.stack([(played.joints == joint).sum(axis=0) for joint in range(4)], axis=-1))
        rewards.append(_earned(played))
        moves.append(_moves(np.concatenate([last[-1:], played.joints])))
        first = np.concatenate([first, played.joints])[:SHOWN]
        last = np.concatenate([last, played.joints])[-SHOWN:]
    return Counts(
        np.array(rounds),
        first.astype(np.uint8),
        last.astype(np.uint8),
        np.cumsum(joints, axis=0),
        np.cumsum(rewards, axis=0),
        np.array(moves, dtype=np.int64),
    )


def _earned(played: Play) -> NDArray[np.float64]:
    nothing = np.zeros(played.joints.shape[1:])
    return np.stack([played.rewards.get(seat, nothing) for seat in (0, 1)], axis=-1)


def _moves(joints: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count which joint action followed which; (G, 4, 4)."""
    count = joints.shape[1]
    codes = 16 * np.arange(count)[:, None] + 4 * joints[:-1] + joints[1:]
    return np.bincount(codes.ravel(), minlength=16 * count).reshape(count, 4, 4)
