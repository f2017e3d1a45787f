"""A match of two players: computed where both are tables, played where one is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, log

import numpy as np

from moral_games.analysis.chain import discounted_occupancy, episode_occupancy, joint, transition_matrix
from moral_games.envs.session import Session
from moral_games.opponents import Player
from moral_games.policy import FiniteStatePolicy, trembling
from moral_games.repeated import RepeatedGame
from moral_games.repetition import Repetition
from moral_games.situations import Floats, Situations

MEASURES = ("payoff", "reward", "cooperation")
"""What is counted of a match, for each player: means per round. Cooperation is the share of its first action."""

NEGLIGIBLE = 1e-6
"""A match that is played under a discount stops when all later rounds together weigh less than this."""


@dataclass(frozen=True, eq=False)
class Length:
    """How long a match is, and so how its rounds count.

    Attributes
    ----------
    occupancy
        From a Markov matrix (K, K) and the first situation (K,) to the share of each situation (K,).
    weights
        (T,) float64: how much each round counts where they are played; of sum 1.
    """

    occupancy: Callable[[Floats, Floats], Floats]
    weights: Floats

    @classmethod
    def of(cls, rounds: int | None = None, discount: float | None = None) -> Length:
        """Return the length of so many rounds, or of no end under a discount; one of the two is given.

        Raises
        ------
        ValueError
            If not one of them is given, or it is out of range.
        """
        if (rounds is None) == (discount is None):
            raise ValueError(f"a match has either rounds or a discount; got rounds={rounds} and discount={discount}")
        if rounds is not None:
            count = Repetition(rounds=rounds).rounds or 1
            return cls(partial(episode_occupancy, rounds=count), np.full(count, 1 / count))
        if discount is None or not 0 <= discount < 1:
            raise ValueError(f"discount must lie in [0, 1), got {discount}")
        weights = discount ** np.arange(ceil(log(NEGLIGIBLE) / log(discount)) if discount else 1)
        return cls(partial(discounted_occupancy, discount=discount), weights / weights.sum())


def exact_match(repeated: RepeatedGame, length: Length, noise: float, players: Sequence[FiniteStatePolicy]) -> Floats:
    """Return what two tables expect of a match; nothing is sampled.

    Parameters
    ----------
    repeated
        The game's tables.
    length
        How its rounds count.
    noise
        How often hands tremble; see `moral_games.repetition.Repetition`.
    players
        One a seat.

    Returns
    -------
    ndarray
        (1, measures, 2) float64: the `MEASURES` of each seat.
    """
    policies = [trembling(player, noise) for player in players]
    met = Situations.build(repeated, policies)
    acting = met.acting(policies)
    play = joint(acting)
    shares = length.occupancy(transition_matrix(met, play), met.first("start"))
    payoffs = shares @ play @ met.payoffs
    rewards = np.einsum("k,kj,kjn->n", shares, play, met.rewards)
    return np.array([[payoffs, rewards, [shares @ probabilities[:, 0] for probabilities in acting]]])


def sampled_matches(
    repeated: RepeatedGame,
    length: Length,
    noise: float,
    repetitions: int,
    rng: np.random.Generator,
    players: Sequence[Player],
) -> Floats:
    """Return what any two players got in each of several matches.

    Parameters
    ----------
    repeated, length, noise, players
        As for `exact_match`; players may be actors.
    repetitions
        How many matches.
    rng
        Where every draw comes from.

    Returns
    -------
    ndarray
        (repetitions, measures, 2) float64.
    """
    repetition = Repetition(rounds=len(length.weights), noise=noise)
    session = Session(repeated.game, repeated.rewards_of, repetition, dict(enumerate(players)))
    session.seed(int(rng.integers(2**63)))
    matches = np.empty((repetitions, len(MEASURES), 2))
    for match in matches:
        session.reset()
        rounds = [session.play([0, 0])[:3] for _ in length.weights]
        actions, payoffs, rewards = (np.array(entries) for entries in zip(*rounds, strict=True))
        match[:] = [length.weights @ measure for measure in (payoffs, rewards, actions == 0)]
    return matches
