"""The situations that players with finite memory can meet in a repeated game, and what follows each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod

import numpy as np
from numpy.typing import NDArray

from moral_games.games.game import MatrixGame, own_first
from moral_games.policy import FiniteStatePolicy
from moral_games.repeated import MOST_CELLS, RepeatedGame, TooLarge
from moral_games.repetition import INITIAL, joint_number

Floats = NDArray[np.floating]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Situations:
    """Every situation that given memories can meet in a repeated game, and what follows.

    A situation is the game's state together with what each player remembers. It depends on what
    the players remember, not on how probable their actions are, so that the same situations serve a
    learner through all of its training. With observation noise a player may misread the others'
    actions; a *reading* says how each player took the round.

    Attributes
    ----------
    repeated
        The game's tables.
    states
        (K,) int: the game state of each situation. Situation s < S is the first one where play
        begins with state s.
    memory
        (K, n) int: each player's memory state.
    following
        (K, J, P) int: the situation after each joint action, illegal answers included (the action
        axes of `RepeatedGame.rewards`, flattened), and each reading.
    readings
        (P,) float64: the probability of each reading; one without noise. Readings are row-major by
        player; a player's own are row-major by the other players, in order, each of whose actions is
        read as (action + shift) modulo the number of its actions.
    """

    repeated: RepeatedGame
    states: Ints
    memory: Ints
    following: Ints
    readings: Floats

    @classmethod
    def build(
        cls, repeated: RepeatedGame, policies: Sequence[FiniteStatePolicy], observation_noise: float = 0.0
    ) -> Situations:
        """Find all situations reachable from any first situation, by any actions and readings.

        Raises
        ------
        ValueError
            If a policy does not fit.
        TooLarge
            If there is more to tabulate than `MOST_CELLS` entries.
        """
        game, n = repeated.game, repeated.game.players
        if len(policies) != n:
            raise ValueError(f"game {game.name!r} has {n} players, but {len(policies)} policies were given")
        for player, policy in enumerate(policies):
            policy.check(game.seen_by(player))
        seen = [_readings(repeated, player, observation_noise > 0) for player in range(n)]
        chances = [_reading_chances(game, player, observation_noise) for player in range(n)]
        explored = _explore(repeated, policies, seen)
        return cls(repeated, *explored, readings=reduce(np.kron, chances))

    def first(self, initial: str | Sequence[int]) -> Floats:
        """Return the probability of each situation in the first round; (K,).

        Parameters
        ----------
        initial
            See `moral_games.repetition.Repetition`.

        Raises
        ------
        ValueError
            If `initial` is none of ``"start"``, ``"random"`` and a joint action.
        """
        chances = np.zeros(len(self.states))
        if not isinstance(initial, str):
            chances[joint_number(self.repeated.game, initial)] = 1.0
        elif initial == "start":
            chances[0] = 1.0
        elif initial == "random":
            chances[1 : self.repeated.states] = 1.0 / (self.repeated.states - 1)
        else:
            raise ValueError(f"initial must be one of {INITIAL} or a joint action, got {initial!r}")
        return chances

    def acting(self, policies: Sequence[FiniteStatePolicy]) -> list[Floats]:
        """Return each player's action probabilities in each situation; n arrays (K, A_i + 1)."""
        return [policy.with_illegal[self.memory[:, i]] for i, policy in enumerate(policies)]

    @property
    def payoffs(self) -> Floats:
        """The payoffs of each joint action; (J, n)."""
        return self.repeated.payoffs.reshape(-1, self.repeated.game.players)

    @property
    def rewards(self) -> Floats:
        """The rewards of each joint action in each situation; (K, J, n)."""
        n = self.repeated.game.players
        return self.repeated.rewards.reshape(self.repeated.states, -1, n)[self.states]


def _readings(repeated: RepeatedGame, player: int, misread: bool) -> Ints:
    """Return the number of each state in the eyes of `player`, under each of its readings; (S, P_i)."""
    game = repeated.game
    if not misread or game.players == 1:
        return repeated.seen_by(player)[:, None]
    order = own_first(game.players, player)
    counts = [game.shape[other] for other in order[1:]]
    shifts = np.stack(np.unravel_index(np.arange(int(np.prod(counts))), counts), axis=-1)
    read = (game.joint_actions[:, None, list(order[1:])] + shifts) % np.array(counts)
    own = np.broadcast_to(game.joint_actions[:, None, [player]], (*read.shape[:2], 1))
    shape = tuple(game.shape[i] for i in order)
    numbers = 1 + np.ravel_multi_index(tuple(np.moveaxis(np.concatenate([own, read], axis=-1), -1, 0)), shape)
    return np.concatenate([np.zeros((1, len(shifts)), dtype=np.int64), numbers])


def _reading_chances(game: MatrixGame, player: int, observation_noise: float) -> Floats:
    """Return the probability of each reading of `player`; (P_i,)."""
    if not observation_noise:
        return np.ones(1)
    counts = [game.shape[other] for other in own_first(game.players, player)[1:]]
    return reduce(np.kron, [shift_chances(count, observation_noise) for count in counts], np.ones(1))


def shift_chances(count: int, noise: float) -> Floats:
    """Return the probability that an action stays (entry 0), or becomes each of the others; (count,)."""
    return np.array([1.0 - noise, *[noise / (count - 1)] * (count - 1)]) if count > 1 else np.ones(1)


def _explore(
    repeated: RepeatedGame, policies: Sequence[FiniteStatePolicy], seen: Sequence[Ints]
) -> tuple[Ints, Ints, Ints]:
    """Return states (K,), memory (K, n) and following (K, J, P) of all reachable situations."""
    after = repeated.next_state.reshape(repeated.states, -1)
    implied = [_implied(policy, numbers) for policy, numbers in zip(policies, seen, strict=True)]
    sizes = [
        repeated.states,
        *(len(p.probabilities) if known is None else 1 for p, known in zip(policies, implied, strict=True)),
    ]
    branches = after.shape[1] * prod(numbers.shape[1] for numbers in seen)
    if prod(sizes) > 2**62 or repeated.states * branches > MOST_CELLS:
        raise _too_many(repeated, f"{repeated.states:,} or more", branches)

    def following(situations: Ints) -> Ints:
        """Return the code of what follows; (F, J, P_0, ..., P_{n-1})."""
        states = after[situations[:, 0]]
        codes = states.reshape(*states.shape, *(1,) * len(seen))
        for i, (policy, numbers) in enumerate(zip(policies, seen, strict=True)):
            if implied[i] is not None:
                continue
            before = situations[:, 1 + i, None, None]
            # Without a complete joint action there is nothing new to remember.
            moved = np.where(states[..., None] > 0, policy.transitions[before, numbers[states] - 1], before)
            axes = [1] * len(seen)
            axes[i] = numbers.shape[1]
            codes = codes * sizes[1 + i] + moved.reshape(*states.shape, *axes)
        return codes

    starting = np.zeros((repeated.states, 1 + len(policies)), dtype=np.int64)
    starting[:, 0] = np.arange(repeated.states)
    for i, (policy, numbers) in enumerate(zip(policies, seen, strict=True)):
        if implied[i] is None:
            starting[1:, 1 + i] = policy.transitions[0, numbers[1:, 0] - 1]
    found = starting
    codes: list[Ints] = [np.asarray(np.ravel_multi_index(tuple(starting.T), sizes))]
    rows: list[Ints] = []
    frontier = starting
    while len(frontier):
        if len(found) * branches > MOST_CELLS:
            raise _too_many(repeated, f"{len(found):,} or more", branches)
        rows.append(following(frontier).reshape(len(frontier), after.shape[1], -1))
        new = np.setdiff1d(rows[-1], np.concatenate(codes))
        codes.append(new)
        frontier = np.stack(np.unravel_index(new, sizes), axis=-1)
        found = np.concatenate([found, frontier])
    known = np.concatenate(codes)
    order = np.argsort(known)
    reached = order[np.searchsorted(known, np.concatenate(rows), sorter=order)]
    for i, remembered in enumerate(implied):
        if remembered is not None:
            found[:, 1 + i] = remembered[found[:, 0]]
    return found[:, 0], found[:, 1:], reached


def _implied(policy: FiniteStatePolicy, numbers: Ints) -> Ints | None:
    """Return the memory state that each game state implies, (S,), of a player that remembers no more than that."""
    misreads = numbers.shape[1] > 1
    if misreads or (policy.transitions.strides[0] and not (policy.transitions == policy.transitions[:1]).all()):
        return None
    return np.concatenate([[0], policy.transitions[0, numbers[1:, 0] - 1]])


def _too_many(repeated: RepeatedGame, situations: str, branches: int) -> TooLarge:
    return TooLarge(
        f"the players of game {repeated.game.name!r} can meet {situations} situations with {branches:,} "
        f"continuations each; at most {MOST_CELLS:,} are tabulated. Use players that remember less, a smaller game, "
        "or no observation noise"
    )
