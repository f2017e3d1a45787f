"""Sampled play of policies with finite memory, to check what is computed exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import RepeatedGame


class Episodes(NamedTuple):
    """Sampled episodes: states (E, T), actions, payoffs and rewards (E, T, n)."""

    states: NDArray[np.int64]
    """(E, T): in which state each round began."""
    actions: NDArray[np.int64]
    """(E, T, n): what was played, -1 for an illegal answer."""
    payoffs: NDArray[np.float64]
    """(E, T, n)."""
    rewards: NDArray[np.float64]
    """(E, T, n)."""


def simulate(
    repeated: RepeatedGame, policies: Sequence[FiniteStatePolicy], episodes: int, rounds: int, rng: np.random.Generator
) -> Episodes:
    """Play `episodes` independent episodes of `rounds` rounds from the start, all at once.

    Parameters
    ----------
    repeated
        The game's tables.
    policies
        One a player, each from its own seat.
    episodes, rounds
        E and T.
    rng
        Where every draw comes from.

    Raises
    ------
    ValueError
        If there is not one policy a player, or one does not fit the game.
    """
    if len(policies) != repeated.game.players:
        raise ValueError(
            f"game {repeated.game.name!r} has {repeated.game.players} players, but {len(policies)} policies were given"
        )
    for player, policy in enumerate(policies):
        policy.check(repeated.game.seen_by(player))
    seen = [repeated.seen_by(player) for player in range(repeated.game.players)]
    state = np.zeros(episodes, dtype=np.int64)
    memory = [np.zeros(episodes, dtype=np.int64) for _ in policies]
    histories: tuple[list, ...] = ([], [], [], [])
    for _ in range(rounds):
        played = np.stack([_draw(p.with_illegal[m], rng) for p, m in zip(policies, memory, strict=True)], axis=-1)
        step = repeated.step(state, played)
        for history, entry in zip(histories, (state, played, step.payoffs, step.rewards), strict=True):
            history.append(entry)
        state = step.state
        memory = [
            np.where(state > 0, p.transitions[m, seen[i][state] - 1], m)
            for i, (p, m) in enumerate(zip(policies, memory, strict=True))
        ]
    return Episodes(*(np.stack(history, axis=1) for history in histories))


def _draw(probabilities: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """Draw one action from each row (E, A + 1); the last column is an illegal answer, -1."""
    drawn = (rng.random(len(probabilities))[:, None] >= np.cumsum(probabilities[:, :-1], axis=1)).sum(axis=1)
    return np.where(drawn == probabilities.shape[1] - 1, -1, drawn)
