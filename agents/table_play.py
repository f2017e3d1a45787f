"""Tables of many seeds at play: what every player earns, exactly, and how that changes with every table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.seats import Seats
from moral_games.policy import uniform
from moral_games.repeated import MOST_CELLS, TooLarge
from moral_games.situations import Situations

Floats = NDArray[np.floating]
Numbers = NDArray[Any]
"""Real, or complex."""


class Solved(NamedTuple):
    """What play comes to.

    ``values`` is (R, K, n), the discounted sum of each player's rewards from each situation on; ``visits`` is
    (R, K), the discounted number of rounds spent in each, of sum 1 / (1 − γ).
    """

    values: Numbers
    visits: Numbers


class TablePlay:
    """The game of a study where those who learn are tables; R seeds at once, each with tables of its own.

    A learner's table is (R, S, A), a row for each state as it sees it: start, then joint actions, own action first.
    Values are discounted sums, V = p0ᵀ(I − γP)⁻¹r with P and r the chain and the rewards of everybody's policies.
    All arithmetic is meant for complex numbers too, so that complex steps can be taken (see `agents.lola`).

    Parameters
    ----------
    seats
        Who plays.
    discount
        γ in [0, 1).
    initial
        How play begins: ``"start"`` or ``"random"``.

    Raises
    ------
    TooLarge
        If the chain would have more than `MOST_CELLS` entries, as it has with many players or actions.

    Attributes
    ----------
    first
        (K,) float64: the probability of each situation in the first round.
    memory
        (K, n) int: the row that each player looks up in each situation.
    following
        (K, J) int: the situation after each joint action, where each player's last action is an illegal answer.
    rewards
        (K, J, n) float64.
    """

    def __init__(self, seats: Seats, discount: float, initial: str) -> None:
        undecided = [uniform(seats.game.seen_by(seat)) for seat in seats.learners]
        met = Situations.build(seats.repeated, seats.everybody(undecided))
        self.seats, self.discount, self.first = seats, discount, met.first(initial)
        self.memory, self.following, self.rewards = met.memory, met.following[..., 0], met.rewards
        self._payoffs, self._shape = met.payoffs, seats.repeated.payoffs.shape[:-1]
        cells = self.following.size * len(self.first)
        if cells > MOST_CELLS:
            raise TooLarge(
                f"the chain of game {seats.game.name!r} has {cells:,} entries; at most {MOST_CELLS:,} are tabulated. "
                "Take fewer players or actions, opponents that remember less, or agents.tabular_q"
            )
        self._moves = np.eye(len(self.first))[self.following]
        self._fixed = {seat: policy.with_illegal[self.memory[:, seat]] for seat, policy in seats.fixed.items()}

    def acting(self, tables: Sequence[Numbers]) -> list[Numbers]:
        """Return by seat what is done in each situation, an illegal answer last; (R, K, A + 1) each."""
        learned = dict(zip(self.seats.learners, tables, strict=True))
        runs = len(tables[0])
        return [
            _with_illegal(learned[seat][:, self.memory[:, seat]])
            if seat in learned
            else np.broadcast_to(self._fixed[seat], (runs, *self._fixed[seat].shape))
            for seat in range(len(self._shape))
        ]

    def solve(self, acting: Sequence[Numbers]) -> Solved:
        """Return values and visits, by two linear solves."""
        play = _joint(acting)
        system = np.eye(len(self.first)) - self.discount * np.einsum("rkj,kjl->rkl", play, self._moves)
        values = np.linalg.solve(system, np.einsum("rkj,kjn->rkn", play, self.rewards))
        visits = np.linalg.solve(system.swapaxes(1, 2), self.first[:, None])
        return Solved(values, visits[..., 0])

    def values(self, tables: Sequence[Numbers]) -> Numbers:
        """Return each player's value; (R, n)."""
        return np.einsum("k,rkn->rn", self.first, self.solve(self.acting(tables)).values)

    def gradients(self, logits: Sequence[Numbers]) -> list[Numbers]:
        """Return how every player's value changes with every learner's logits; (R, S, A, n) for each learner.

        A table is the softmax of its logits. By the policy gradient theorem (Sutton et al. 2000) an action's
        probability is worth Σ d(k) Q(k, a), over the situations k in which its row is looked up: d are the visits,
        and Q is what is earned from there on after that action, for any of the players.
        """
        tables = [softmax(each) for each in logits]
        acting = self.acting(tables)
        values, visits = self.solve(acting)
        earned = visits[..., None, None] * (self.rewards + self.discount * values[:, self.following])
        found = []
        for seat, table in zip(self.seats.learners, tables, strict=True):
            worth = _without_others(earned.reshape(*visits.shape, *self._shape, -1), acting, seat)[:, :, :-1]
            rows = np.eye(table.shape[1])[self.memory[:, seat]]
            worth = np.einsum("ks,rkan->rsan", rows, worth)
            mean = (table[..., None] * worth).sum(axis=2, keepdims=True)
            found.append(table[..., None] * (worth - mean))
        return found

    def measures(self, tables: Sequence[Floats]) -> Mapping[str, Floats]:
        """Return discounted means per round by name and learner; (R,) each."""
        acting = self.acting(tables)
        shares = (1 - self.discount) * self.solve(acting).visits
        often = shares[..., None] * _joint(acting)
        rewards, payoffs = np.einsum("rkj,kjn->nr", often, self.rewards), np.einsum("rkj,jn->nr", often, self._payoffs)
        found = {}
        for seat in self.seats.learners:
            found[f"reward/player_{seat}"], found[f"payoff/player_{seat}"] = rewards[seat], payoffs[seat]
            found[f"cooperation/player_{seat}"] = (shares * acting[seat][..., 0]).sum(axis=1)
        return found


def softmax(logits: Numbers) -> Numbers:
    """Return the probabilities of logits on the last axis; real or complex."""
    heights = np.exp(logits - logits.real.max(axis=-1, keepdims=True))
    return heights / heights.sum(axis=-1, keepdims=True)


def _with_illegal(chances: Numbers) -> Numbers:
    return np.concatenate([chances, np.zeros_like(chances[..., :1])], axis=-1)


def _joint(acting: Sequence[Numbers]) -> Numbers:
    """Return the probability of each joint action in each situation; (R, K, J)."""
    chances = np.einsum(*_factors(acting), [0, 1, *range(2, 2 + len(acting))])
    return chances.reshape(*chances.shape[:2], -1)


def _without_others(table: Numbers, acting: Sequence[Numbers], seat: int) -> Numbers:
    """Average (R, K, A_0 + 1, ..., A_{n-1} + 1, n) over what the others do; (R, K, A + 1, n)."""
    axes = [0, 1, *range(2, 3 + len(acting))]
    return np.einsum(table, axes, *_factors(acting, without=seat), [0, 1, 2 + seat, axes[-1]])


def _factors(acting: Sequence[Numbers], without: int = -1) -> list[Any]:
    """Return players' action probabilities with the axes that einsum knows them by: runs, situations, actions."""
    return [part for seat, each in enumerate(acting) if seat != without for part in (each, [0, 1, 2 + seat])]
