"""What learned pricing strategies amount to, exactly: greedy play is deterministic, so it ends in a cycle.

Arrays of strategies are (R, n, S): for each run and firm the price's number in each state, the last joint action of
mⁿ = S, row-major.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.judgement import interval
from moral_games.markets import Market, SellerValue, joint_profit_prices, nash_prices, pricing_game, profit_gain
from moral_games.markets.market import Floats

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
FOLLOWED = 25
"""Periods that an impulse response tells."""
HORIZON = 500
"""Periods after which what is discounted no longer counts."""


class Repetition(NamedTuple):
    """What each joint action brings, numbered row-major.

    Attributes
    ----------
    market
        Who sells.
    charged, profits, utilities
        (S, n) float64: prices, profits, and what the firms learn from.
    surplus
        (S,) float64: consumer surplus.
    """

    market: Market
    charged: Floats
    profits: Floats
    utilities: Floats
    surplus: Floats

    @classmethod
    def of(cls, market: Market, grid: Floats, value: SellerValue) -> Repetition:
        """Return the tables of a market whose firms choose from a grid (n, m)."""
        n = market.firms
        charged = np.stack(np.meshgrid(*grid, indexing="ij"), axis=-1).reshape(-1, n)
        utilities = pricing_game(market, grid, value).payoffs.reshape(-1, n)
        return cls(market, charged, market.profits(charged), utilities, market.consumer_surplus(charged))


def successors(greedy: Ints, m: int) -> Ints:
    """Return the joint action that follows each, (R, S), if all play their strategies of m prices."""
    number = greedy[:, 0]
    for firm in range(1, greedy.shape[1]):
        number = number * m + greedy[:, firm]
    return number


def limit_cycle(greedy: Ints, states: Ints, m: int) -> Bools:
    """Return which joint actions greedy play repeats for ever from the given states (R,) on; (R, S)."""
    following = successors(greedy, m)
    runs, count = following.shape
    flat, first = following.ravel(), np.arange(runs) * count
    # After so many doubled steps every state has been mapped into its cycle.
    jump = following
    for _ in range(int(count).bit_length()):
        jump = np.take_along_axis(jump, jump, axis=1)
    at = jump.ravel()[first + states]
    on_cycle = np.zeros((runs, count), dtype=bool)
    while not on_cycle.ravel()[first + at].all():
        on_cycle.ravel()[first + at] = True
        at = flat[first + at]
    return on_cycle


def mean_over(on_cycle: Bools, table: Floats) -> Floats:
    """Return the mean of a table (S, ...) over each run's cycle; (R, ...)."""
    return np.tensordot(on_cycle / on_cycle.sum(axis=1, keepdims=True), table, axes=1)


def paths(greedy: Ints, runs: Ints, first: Ints, periods: int, m: int) -> Ints:
    """Return joint actions from the first on (K,), in the runs given (K,), if all play greedily; (T, K)."""
    flat, count = successors(greedy, m).ravel(), greedy.shape[2]
    played = np.empty((periods, len(first)), np.int64)
    played[0] = first
    for period in range(1, periods):
        played[period] = flat[runs * count + played[period - 1]]
    return played


class Deviation(NamedTuple):
    """What follows if firm 0 is forced for one period to the price that earns it most in that period.

    Attributes
    ----------
    prices
        (R, n, 1 + T): before, in the period of the deviation and after it; means over the states of the run's cycle.
    gain
        (R,): by how much the firm's discounted utility rises by it, as a share of what it had.
    """

    prices: Floats
    gain: Floats


def deviate(repetition: Repetition, greedy: Ints, on_cycle: Bools, discount: float) -> Deviation:
    """Force firm 0 to deviate in each state of each run's cycle, and let all go on by their strategies."""
    n, states = greedy.shape[1:]
    m = round(states ** (1 / n))
    runs, begun = np.nonzero(on_cycle)
    agreed = successors(greedy, m)[runs, begun]
    rest = agreed % (states // m)
    alternatives = rest[:, None] + np.arange(m) * (states // m)
    own = repetition.utilities[:, 0]
    forced = np.take_along_axis(alternatives, own[alternatives].argmax(axis=1)[:, None], axis=1)[:, 0]
    without, after = (paths(greedy, runs, first, HORIZON, m) for first in (agreed, forced))
    weights = discount ** np.arange(HORIZON)
    before, now = (weights @ own[each] for each in (without, after))
    shares = on_cycle[runs, begun] / on_cycle.sum(axis=1)[runs]
    told = np.concatenate([begun[None], after[:FOLLOWED]])
    prices = np.zeros((len(greedy), n, len(told)))
    np.add.at(prices, runs, shares[:, None, None] * repetition.charged[told].transpose(1, 2, 0))
    gains = np.bincount(runs, shares * (now - before) / np.abs(before), len(greedy))
    return Deviation(prices, gains)


def equilibrium_gaps(repetition: Repetition, greedy: Ints, on_cycle: Bools, discount: float) -> Floats:
    """Return how much more a best response would earn each firm, as a share of what it earns; (R, n).

    In the mean over the states of the cycle; the others keep their strategies. Zero for all firms is a Nash
    equilibrium on the path that is played. Values are iterated until nothing that counts is left.
    """
    runs, n, states = greedy.shape
    m = round(states ** (1 / n))
    played = successors(greedy, m)
    gaps = np.empty((runs, n))
    for firm in range(n):
        place = m ** (n - 1 - firm)
        others = played - greedy[:, firm] * place
        reached = others[..., None] + np.arange(m) * place
        earned = repetition.utilities[:, firm]
        best, own = np.zeros((2, runs, states))
        flat, first = reached.reshape(runs, -1), earned[reached]
        for _ in range(HORIZON):
            best = (first + discount * np.take_along_axis(best, flat, axis=1).reshape(first.shape)).max(axis=-1)
            own = earned[played] + discount * np.take_along_axis(own, played, axis=1)
        gaps[:, firm] = (((best - own) / np.abs(own)) * on_cycle).sum(axis=1) / on_cycle.sum(axis=1)
    return gaps


def summarise(repetition: Repetition, greedy: Ints, states: Ints, discount: float) -> dict[str, Any]:
    """Return what strategies amount to, each an interval over runs; JSON.

    Returns
    -------
    dict
        ``measures``: mean price, profit gain Δ, profit of a firm, consumer surplus, length of the cycle, the share of
        runs whose deviation does not pay, what it gains, the gap to a best response, and the share of runs in which
        every firm is within 0.1 % of one. ``impulse_response``: prices by firm and period, see `Deviation`.
        ``anchors``: the prices of competition and of collusion.
    """
    m = round(greedy.shape[2] ** (1 / greedy.shape[1]))
    on_cycle = limit_cycle(greedy, states, m)
    profits = mean_over(on_cycle, repetition.profits)
    deviation = deviate(repetition, greedy, on_cycle, discount)
    gaps = equilibrium_gaps(repetition, greedy, on_cycle, discount)
    measures = {
        "price": mean_over(on_cycle, repetition.charged).mean(axis=-1),
        "profit gain": profit_gain(repetition.market, profits),
        "profit": profits.mean(axis=-1),
        "consumer surplus": mean_over(on_cycle, repetition.surplus),
        "cycle length": on_cycle.sum(axis=1),
        "deviation does not pay": deviation.gain <= 0,
        "gain by deviation": deviation.gain,
        "best-response gap": gaps.mean(axis=-1),
        "equilibrium on path": (gaps < 1e-3).all(axis=-1),
    }
    numbers = {name: np.asarray(found, np.float64) for name, found in measures.items()}
    return {
        "measures": {name: interval(found) | {"by_seed": found.round(6).tolist()} for name, found in numbers.items()},
        "impulse_response": interval(deviation.prices),
        "anchors": {
            "competition": float(nash_prices(repetition.market).mean()),
            "collusion": float(joint_profit_prices(repetition.market).mean()),
        },
    }
