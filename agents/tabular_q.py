"""Independent Q-learners on tables, all seeds of all pairs and games at once as arrays.

Watkins & Dayan (1992); the protocol is that of Tennant, Hailes & Musolesi (2023): everybody learns at the same time in
one endless game; an action is explored with a probability that falls linearly from 1 to 0, and drawn at random where
nothing has been learned yet. Run it with, for example::

    python -m agents.tabular_q --reward deontological --other-reward selfish --seeds 100
    python -m agents.tabular_q --game ipd --reward utilitarian --opponent tit_for_tat --seeds 20
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

import moral_games as mg
from agents import options
from agents.command import command
from agents.seats import Seats
from agents.study import State, study
from moral_games import chance
from moral_games.runs import Run

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNKS = 100
"""How many lines of history a run leaves."""


@dataclass(frozen=True)
class Options(options.Options):
    """Learn to play a game under a value, by Q-learning."""

    agent: ClassVar[str] = "tabular_q"

    game: str = "ipd_ijcai2023"
    initial: Literal["start", "random"] = "random"
    steps: int = 10_000
    """Rounds to learn from."""
    learning_rate: float = 0.01
    """Step size of an update, in (0, 1]."""
    learning_rate_decay: float = 0.0
    """d in learning_rate / (1 + d t), t counting rounds."""
    exploration: float = 1.0
    """Probability of a random action in the first round."""
    exploration_schedule: Literal["linear", "constant"] = "linear"
    """Whether that probability falls linearly to 0 or stays."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, got {self.steps}")
        if not 0 < self.learning_rate <= 1 or self.learning_rate_decay < 0:
            raise ValueError(
                "learning_rate must lie in (0, 1] and learning_rate_decay be at least 0, "
                f"got {self.learning_rate} and {self.learning_rate_decay}"
            )
        if not 0 <= self.exploration <= 1:
            raise ValueError(f"exploration must be a probability in [0, 1], got {self.exploration}")

    def exploring(self, rounds: Ints) -> Floats:
        """Return the probability of a random action in each round."""
        if self.exploration_schedule == "constant":
            return np.full(len(rounds), self.exploration)
        return self.exploration * (self.steps - rounds) / self.steps


class Play(NamedTuple):
    """What happened in T rounds of G matches in R runs.

    ``joints`` is (T, G, R) int, the joint actions' row-major numbers; ``rewards`` holds for each seat
    that learns the sum of its rewards over those rounds, (G, R).
    """

    joints: Ints
    rewards: dict[int, Floats]


class Learning:
    """A seat that learns: G x R Q-tables.

    Attributes
    ----------
    values
        (A, G, R, S) float64, S states: the start and each joint action, own action first.
    states
        (G, R) int.
    """

    def __init__(self, matches: Sequence[Seats], seat: int, settings: Options, runs: int, first: Floats) -> None:
        tables = [match.facing(seat).legal_rewards[..., 0] for match in matches]
        actions, count = tables[0].shape[1], len(tables[0])
        self.discount = settings.discount
        self.rewards = np.stack([table.reshape(count, -1) for table in tables])
        self.values = np.zeros((actions, len(matches), runs, count))
        start = 1 + (first * (count - 1)).astype(np.int64) if settings.initial == "random" else np.zeros(runs, int)
        self.states = np.tile(start, (len(matches), 1))
        self.rows = (count * np.arange(len(matches) * runs)).reshape(len(matches), runs)
        self.matches = (self.rewards[0].size * np.arange(len(matches)))[:, None]

    def act(self, explore: NDArray[np.bool_], move: Floats) -> Ints:
        """Choose actions (G, R), given who explores and the draws for random actions; (R,) each."""
        seen = self.values.reshape(len(self.values), -1).take(self.rows + self.states, axis=1)
        greedy, best, untouched = np.zeros(seen.shape[1:], int), seen[0], seen[0] == 0
        for action in range(1, len(seen)):
            greedy = np.where(seen[action] > best, action, greedy)
            best = np.maximum(best, seen[action])
            untouched = untouched & (seen[action] == 0)
        return np.where(untouched | explore, (move * len(seen)).astype(np.int64), greedy)

    def learn(self, chosen: Ints, joint: Ints, rate: float) -> Floats:
        """Update after a joint action, own action first; return the rewards. All (G, R)."""
        table = self.values.reshape(len(self.values), -1)
        reward = self.rewards.ravel().take(self.matches + self.states * self.rewards.shape[-1] + joint)
        ahead = table.take(self.rows + joint + 1, axis=1).max(axis=0)
        cells = (chosen * table.shape[1] + self.rows + self.states).ravel()
        flat = table.ravel()
        old = flat.take(cells)
        flat[cells] = old + rate * (reward.ravel() + self.discount * ahead.ravel() - old)
        self.states = joint + 1
        return reward

    def tables(self, match: int) -> Floats:
        """Return the greedy policy of each run of a match, uniform where nothing was learned; (R, S, A)."""
        values = np.moveaxis(self.values[:, match], 0, -1)
        greedy = np.eye(values.shape[-1])[values.argmax(axis=-1)]
        return np.where((values == 0).all(axis=-1, keepdims=True), 1 / values.shape[-1], greedy)


class Fixed:
    """A seat whose players do not learn: one policy with finite memory a match."""

    def __init__(self, matches: Sequence[Seats], seat: int, runs: int) -> None:
        policies = [match.fixed[seat] for match in matches]
        for policy in policies:
            if policy.legal_mass.min() < 1 - 1e-6:
                raise ValueError(
                    f"opponent {policy.name!r} sometimes gives an illegal answer; Q-learners cannot meet it"
                )
        offsets = np.cumsum([0, *(len(policy.probabilities) for policy in policies[:-1])])
        self.thresholds = np.concatenate([policy.probabilities.cumsum(axis=1)[:, :-1] for policy in policies]).T
        moved = zip(offsets, policies, strict=True)
        self.transitions = np.concatenate([offset + policy.transitions for offset, policy in moved])
        self.memory = np.repeat(offsets[:, None], runs, axis=1)

    def act(self, move: Floats) -> Ints:
        """Draw actions (G, R), given a draw (R,) each."""
        return sum((move >= threshold[self.memory] for threshold in self.thresholds), np.zeros(self.memory.shape, int))

    def remember(self, joint: Ints) -> None:
        """Take note of a joint action, own action first; (G, R)."""
        self.memory = self.transitions[self.memory, joint]


class QLearning:
    """Q-learners in G matches with R seeds each, the same seeds in every match.

    What a run draws depends on its seed and the round alone, so that neither the other runs nor the
    other matches make a difference.

    Parameters
    ----------
    matches
        Who plays: games of one shape, learners on the same seats.
    settings
        The constants, and the seeds.

    Raises
    ------
    ValueError
        If the matches do not go together, an option is out of range, or an opponent answers illegally.
    """

    def __init__(self, matches: Sequence[Seats], settings: Options) -> None:
        settings.check()
        if len({(match.game.shape, match.learners) for match in matches}) != 1:
            raise ValueError("matches that are played together have the same numbers of actions and learners' seats")
        self.matches, self.settings, self.done = tuple(matches), settings, 0
        self.seats, self.runs = matches[0], settings.seeds
        self._streams = chance.positions_from(settings.seed, self.runs)
        players = range(self.seats.game.players)
        first = chance.uniforms(self._streams, len(players))
        self.learning = {
            seat: Learning(matches, seat, settings, self.runs, first[seat]) for seat in self.seats.learners
        }
        self.fixed = {seat: Fixed(matches, seat, self.runs) for seat in players if seat not in self.learning}

    @property
    def total(self) -> int:
        """How many rounds are played."""
        return self.settings.steps

    def play(self, rounds: int) -> Play:
        """Play and learn for so many rounds, or for those that are left."""
        times = np.arange(self.done, min(self.done + rounds, self.total))
        draws, shape = self._draws(times), self.seats.game.shape
        exploring = self.settings.exploring(times)
        rates = self.settings.learning_rate / (1 + times * self.settings.learning_rate_decay)
        joints = np.empty((len(times), len(self.matches), self.runs), dtype=np.int64)
        sums = {seat: np.zeros(joints.shape[1:]) for seat in self.learning}
        for t in range(len(times)):
            chosen: list[Ints] = [np.empty(0, int)] * len(shape)
            for seat, learning in self.learning.items():
                chosen[seat] = learning.act(draws[2 * seat][t] <= exploring[t], draws[2 * seat + 1][t])
            for seat, fixed in self.fixed.items():
                chosen[seat] = fixed.act(draws[2 * seat + 1][t])
            for seat, learning in self.learning.items():
                sums[seat] += learning.learn(chosen[seat], _joint(self.seats, seat, chosen), float(rates[t]))
            for seat, fixed in self.fixed.items():
                fixed.remember(_joint(self.seats, seat, chosen))
            joints[t] = _joint(self.seats, 0, chosen)
        self.done += len(times)
        return Play(joints, sums)

    def advance(self) -> Mapping[str, Floats]:
        """Play a hundredth of the rounds; return rewards, payoffs and cooperation of the first match's learners."""
        played = self.play(-(-self.total // CHUNKS))
        game = self.seats.game
        joints = played.joints[:, 0]
        payoffs = game.payoffs.reshape(-1, game.players)[joints].mean(axis=0)
        cooperates = (game.joint_actions[joints] == 0).mean(axis=0)
        found = {}
        for seat, earned in played.rewards.items():
            found[f"reward/player_{seat}"] = earned[0] / len(joints)
            found[f"payoff/player_{seat}"] = payoffs[:, seat]
            found[f"cooperation/player_{seat}"] = cooperates[:, seat]
        return found

    def state(self) -> State:
        """Return the Q-tables and where everybody is."""
        arrays: dict[str, NDArray[Any]] = {}
        for seat, learning in self.learning.items():
            arrays |= {f"values_{seat}": learning.values, f"states_{seat}": learning.states}
        return arrays | {f"memory_{seat}": fixed.memory for seat, fixed in self.fixed.items()}, {"done": self.done}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        for seat, learning in self.learning.items():
            learning.values, learning.states = arrays[f"values_{seat}"].copy(), arrays[f"states_{seat}"].copy()
        for seat, fixed in self.fixed.items():
            fixed.memory = arrays[f"memory_{seat}"].copy()
        self.done = rest["done"]

    def policies(self, match: int = 0) -> list[tuple[mg.PolicyTable, ...]]:
        """Return by seed the greedy policies of a match's learners."""
        by_seat = [learning.tables(match) for learning in self.learning.values()]
        return [tuple(mg.PolicyTable(tables[run], "tabular_q") for tables in by_seat) for run in range(self.runs)]

    def _draws(self, times: Ints) -> list[Floats]:
        """Return two draws a seat and round; 2n arrays (T, R)."""
        players = self.seats.game.players
        hashes = chance.hashes(players)
        at = [chance.advanced(self._streams, hashes + int(t) * players) for t in times]
        return [drawn.reshape(len(times), self.runs) for drawn in chance.uniforms(np.concatenate(at), 2 * players)]


def learner(seats: Seats, asked: Options) -> QLearning:
    """Return Q-learners; raises a ValueError if an option is out of range, or an opponent answers illegally."""
    return QLearning([seats], asked)


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


def _joint(seats: Seats, seat: int, chosen: Sequence[Ints]) -> Ints:
    """Return the joint action's number as `seat` counts, own action first."""
    number, *others = (chosen[other] for other in seats.order(seat))
    for other, action in zip(seats.order(seat)[1:], others, strict=True):
        number = number * seats.game.shape[other] + action
    return number


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
