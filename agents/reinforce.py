"""REINFORCE: each learner follows an estimate of the gradient of its own reward, from episodes that are played.

Williams (1992), "Simple statistical gradient-following algorithms for connectionist reinforcement learning". A round
is followed by another with the discount for a probability, so that the sum of an episode's rewards has the discounted
value for its mean, and the estimate has the gradient that `agents.actor_critic` follows for its own. What is subtracted
from each return is the mean return from the same state in the other episodes (Kool, van Hoof & Welling 2019), which
does not change the mean of the estimate, only its spread. Run it with, for example::

    python -m agents.reinforce --seeds 20
    python -m agents.reinforce --game stag_hunt --reward utilitarian --opponent random --episodes 256
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents import table_ascent
from agents.command import command
from agents.seats import Seats
from agents.study import study
from agents.table_ascent import TableAscent
from agents.table_play import Floats, TablePlay, softmax
from moral_games import chance
from moral_games.runs import Run

Ints = NDArray[np.int64]

MOST_HASHES = 2**24
"""How far apart the streams of two episodes begin; no episode is as long."""


@dataclass(frozen=True)
class Options(table_ascent.Options):
    """Learn to play a game under a value, by the policy gradient of sampled episodes."""

    agent: ClassVar[str] = "reinforce"

    learning_rate: float = 0.03
    episodes: int = 64
    """Episodes between two updates."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        if self.episodes < 2:
            raise ValueError(
                f"episodes must be at least 2, for one to be compared with the others, got {self.episodes}"
            )


class Played(NamedTuple):
    """T rounds of all episodes together.

    ``episode``, ``situation`` and ``actions`` are (T,), (T,) and (T, n) int; ``returns`` is (T, n), the sum of each
    player's rewards from that round to the episode's end.
    """

    episode: Ints
    situation: Ints
    actions: Ints
    returns: Floats


def sample(play: TablePlay, tables: Sequence[Floats], streams: chance.Positions) -> Played:
    """Play an episode for each stream of draws, (R, E), those of a row with the tables of that seed.

    Round by round with the episodes that still go on; an illegal answer is the action after the last.
    """
    acting, players = play.acting(tables), play.memory.shape[1]
    heights = [chances.cumsum(axis=2)[..., :-1] for chances in acting]
    shape = [chances.shape[2] for chances in acting]
    episode, position = np.arange(streams.size), streams.ravel()
    seed = episode // streams.shape[1]
    (first,) = chance.uniforms(position, 1)
    now = np.searchsorted(play.first.cumsum()[:-1], first, side="right")
    position = chance.advanced(position, 1)
    rounds = []
    while len(episode):
        *draws, ending = chance.uniforms(position, players + 1)
        chosen = [(draw[:, None] >= each[seed, now]).sum(axis=1) for draw, each in zip(draws, heights, strict=True)]
        joint = np.ravel_multi_index(chosen, shape)
        rounds.append((episode, now, np.stack(chosen, axis=1), play.rewards[now, joint]))
        on = ending < play.discount
        episode, seed, now = episode[on], seed[on], play.following[now, joint][on]
        position = chance.advanced(position, chance.hashes(players + 1))[on]
    sums = np.zeros((streams.size, players))
    for episode, *_, rewards in reversed(rounds):
        sums[episode] += rewards
        rewards[:] = sums[episode]
    return Played(*(np.concatenate(column) for column in zip(*rounds, strict=True)))


def estimate(play: TablePlay, logits: Sequence[Floats], streams: chance.Positions) -> list[Floats]:
    """Return an unbiased estimate of how each learner's own value changes with its logits; (R, S, A) each.

    An episode's share is Σ_t (G_t − b) ∇ log π(a_t | s_t), with G_t the return from round t on, and b the mean
    return from s_t in the other episodes of that seed, or 0 if they never were there.
    """
    tables = [softmax(each) for each in logits]
    played = sample(play, tables, streams)
    runs, episodes = streams.shape
    seed = played.episode // episodes
    found = []
    for seat, table in zip(play.seats.learners, tables, strict=True):
        states = table.shape[1]
        state, returns = play.memory[played.situation, seat], played.returns[:, seat]
        advantage = returns - _mean_elsewhere(played.episode * states + state, returns, (runs, episodes, states))
        cell = (seed * states + state) * table.shape[2] + played.actions[:, seat]
        chosen = np.bincount(cell, advantage, table.size).reshape(table.shape) / episodes
        found.append(chosen - table * chosen.sum(axis=2, keepdims=True))
    return found


def _mean_elsewhere(cell: Ints, returns: Floats, shape: tuple[int, int, int]) -> Floats:
    """Return the mean of the returns at the same seed and state in other episodes; cells number (R, E, S)."""
    size = int(np.prod(shape))
    sums, counts = (np.bincount(cell, each, size).reshape(shape) for each in (returns, np.ones(len(cell))))
    sums, counts = (each.sum(axis=1, keepdims=True) - each for each in (sums, counts))
    return (sums / np.maximum(counts, 1)).ravel()[cell]


def learner(seats: Seats, asked: Options) -> TableAscent:
    """Return learners that estimate; raises a ValueError if an option is out of range."""
    play = TablePlay(seats, asked.discount, asked.initial)
    streams = chance.positions_from(asked.seed, asked.seeds)

    def gradient(logits: Sequence[Floats], update: int) -> list[Floats]:
        numbers = range(update * asked.episodes, (update + 1) * asked.episodes)
        episodes = [chance.advanced(streams, number * MOST_HASHES) for number in numbers]
        return estimate(play, logits, np.stack(episodes, axis=1))

    return TableAscent(play, asked, gradient)


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
