"""Q-learners that set prices, all runs at once as arrays: algorithmic collusion.

The protocol of Calvano, Calzolari, Denicolò & Pastorello (2020), "Artificial Intelligence, Algorithmic Pricing, and
Collusion", American Economic Review 110: each firm remembers everybody's last prices, explores with a probability of
exp(−βt), and learns until nobody's strategy has changed for 100 000 periods. Run it with, for example::

    python -m agents.calvano
    python -m agents.calvano --seeds 10 --extension 1 --consumers 0.5 --name counting-consumers

The defaults are the published parameters. The run's folder keeps every firm's strategy in ``strategies.safetensors``,
and in ``metrics.json`` what the strategies amount to: see `agents.calvano_measures`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import moral_games as mg
from agents.calvano_measures import Repetition, limit_cycle, mean_over, summarise
from agents.command import command
from agents.options import ELSEWHERE
from agents.study import State, carry_out
from moral_games import chance
from moral_games.markets import Market, SellerValue, price_grid, pricing_game, profit_gain
from moral_games.names import check_folder_name
from moral_games.report import write_report
from moral_games.report.page import REPORT
from moral_games.runs import METRICS, Run, read_json, whole_file, write_json

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CHUNK = 10_000
"""Periods between two looks at which runs have converged, and between two lines of history."""
BLOCK = 500
"""Periods whose draws are made at once."""
LARGEST = 2**28
"""The most entries of all Q-tables (2 GiB)."""
STRATEGIES = "strategies.safetensors"


@dataclass(frozen=True)
class Options:
    """Let firms learn to price, and measure how far they collude."""

    sellers: int = 2
    """How many firms there are, all alike."""
    quality: float = 2.0
    """What a product is worth to the mean buyer."""
    cost: float = 1.0
    """What a unit costs."""
    outside: float = 0.0
    """What buying nothing is worth."""
    differentiation: float = 0.25
    """How much tastes differ."""
    prices: int = 15
    """How many prices there are to choose from."""
    extension: float = 0.1
    """How far they go beyond those of competition and of collusion, as a share of what is between."""
    kappa: float = 0.0
    """What firms learn from: the degree to which they ask what if all did the same; see moral_games.markets."""
    firms: float = 0.0
    """How much another firm's profit counts to them."""
    consumers: float = 0.0
    """How much consumer surplus counts to them."""
    discount: float = 0.95
    """Discount of later periods."""
    learning_rate: float = 0.15
    """Step size of an update, in (0, 1]."""
    exploration_decay: float = 4e-6
    """β in exp(-βt), the probability of a random price in period t."""
    stable: int = 100_000
    """For how many periods strategies must not have changed for a run to be finished."""
    most: int = 10_000_000
    """After how many periods a run is finished in any case."""
    seeds: int = 100
    """How many runs, with seeds from --seed upwards."""
    seed: int = 0
    """The first seed; seeds decide everything that is drawn."""
    name: str = "calvano"
    """Name of the run, and of its folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    checkpoint_every: int = 10
    """Chunks of 10 000 periods between two checkpoints."""
    resume: bool = False
    """Continue the run of that name where it stopped."""
    checkpoint: str | None = None
    """Resume from this checkpoint, e.g. step-000020, instead of the newest."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        check_folder_name("run", self.name)
        least = {"sellers": 2, "prices": 2, "seeds": 1, "seed": 0, "stable": 1, "most": 1, "checkpoint_every": 1}
        for name, number in least.items():
            if getattr(self, name) < number:
                raise ValueError(f"{name} must be at least {number}, got {getattr(self, name)}")
        if not 0 <= self.discount < 1:
            raise ValueError(f"discount must lie in [0, 1), got {self.discount}")
        if not 0 < self.learning_rate <= 1:
            raise ValueError(f"learning_rate must lie in (0, 1], got {self.learning_rate}")
        if not 0 < self.exploration_decay < np.inf:
            raise ValueError(f"exploration_decay must be positive, got {self.exploration_decay}")
        entries = self.seeds * self.sellers * self.prices ** (self.sellers + 1)
        if entries > LARGEST:
            raise ValueError(
                f"the Q-tables of {self.seeds} runs with {self.sellers} firms and {self.prices} prices have "
                f"{entries:,} entries; at most {LARGEST:,} are allowed: take fewer of any"
            )
        price_grid(self.market, self.prices, self.extension)
        self.value.check(self.market)

    @property
    def market(self) -> Market:
        """Who sells."""
        return Market.symmetric(
            self.sellers, self.quality, self.cost, outside=self.outside, differentiation=self.differentiation
        )

    @property
    def value(self) -> SellerValue:
        """What the firms value."""
        return SellerValue(self.kappa, self.firms, self.consumers)

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE}
        return {"agent": "calvano"} | json.loads(json.dumps(kept))


class PricingQ:
    """Firms that learn to price, in R runs; what a run draws and does depends on its seed alone.

    Parameters
    ----------
    options
        The constants, and the seeds.

    Attributes
    ----------
    worth
        (R, n, S, m) float64: the Q-tables. A state is the number of the last joint action, of which there are S = mⁿ.
    greedy
        (R, n, S) int: the price that each firm believes best in each state.
    states
        (R,) int: the last joint action.
    changed
        (R,) int: the period after which some firm's strategy last changed.
    finished
        (R,) int: the period in which a run was finished, 0 for those that are not.
    """

    def __init__(self, options: Options) -> None:
        options.check()
        self.options, self.done = options, 0
        grid = price_grid(options.market, options.prices, options.extension)
        self.game = pricing_game(options.market, grid)
        self.repetition = Repetition.of(options.market, grid, options.value)
        n, runs, states = options.sellers, options.seeds, options.prices**options.sellers
        # As published: what a price earns on average against random ones, for ever.
        others = [
            self.repetition.utilities[:, firm].reshape(self.game.shape).mean(axis=tuple(set(range(n)) - {firm}))
            for firm in range(n)
        ]
        begun = np.stack(others) / (1 - options.discount)
        self.worth = np.tile(begun[None, :, None], (runs, 1, states, 1))
        self.greedy = self.worth.argmax(axis=-1)
        self._streams = chance.positions_from(options.seed, runs)
        self.states = (chance.uniforms(self._streams, 1)[0] * states).astype(np.int64)
        self.changed, self.finished = np.zeros(runs, np.int64), np.zeros(runs, np.int64)

    @property
    def total(self) -> int:
        """How far the runs go: at most as far as is allowed."""
        return self.done if self.finished.all() else self.options.most

    def advance(self) -> Mapping[str, Floats]:
        """Play a chunk and learn; return what play without exploration would come to by now, (R,) each."""
        until = min(self.done + CHUNK, self.options.most)
        active = np.flatnonzero(self.finished == 0)
        while self.done < until:
            rounds = min(BLOCK, until - self.done)
            self._play(active, rounds)
            self.done += rounds
        stable = self.done - self.changed[active] >= self.options.stable
        self.finished[active[stable | (self.done >= self.options.most)]] = self.done
        on_cycle = limit_cycle(self.greedy, self.states, self.options.prices)
        profits = mean_over(on_cycle, self.repetition.profits)
        return {
            "profit gain": profit_gain(self.options.market, profits),
            "price": mean_over(on_cycle, self.repetition.charged).mean(axis=-1),
            "finished": (self.finished > 0).astype(np.float64),
        }

    def state(self) -> State:
        """Return all that what follows depends on; draws are counted, so that the count is their state."""
        kept = ("worth", "greedy", "states", "changed", "finished")
        return {name: getattr(self, name).copy() for name in kept}, {"done": self.done}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        for name, array in arrays.items():
            setattr(self, name, array.copy())
        self.done = int(rest["done"])

    def policies(self) -> list[list[mg.PolicyTable]]:
        """Return by run what each firm does when it does not explore, as a policy of `pricing_game`.

        A policy counts from its own seat, own price first. Its first price is that after the first joint action.
        """
        m, n = self.options.prices, self.options.sellers
        learned = []
        for run in self.greedy:
            seen = [np.moveaxis(own.reshape((m,) * n), firm, 0).ravel() for firm, own in enumerate(run)]
            learned.append([mg.PolicyTable(np.eye(m)[np.r_[own[:1], own]], "calvano") for own in seen])
        return learned

    def _play(self, active: Ints, rounds: int) -> None:
        """Play some periods in the active runs and learn from each; arrays are (n · R,), firm by firm."""
        options, m = self.options, self.options.prices
        n, states, runs = options.sellers, m**options.sellers, len(active)
        explores, moves = self._draws(active, rounds)
        exploring = explores.any(axis=1)
        base = ((active * n + np.arange(n)[:, None]) * states).ravel()
        paid = (options.learning_rate * self.repetition.utilities.T).ravel()
        seats = np.repeat(np.arange(n) * states, runs)
        worth, greedy = self.worth.reshape(-1), self.greedy.reshape(-1)
        table = worth.reshape(-1, m)
        keep, ahead = 1 - options.learning_rate, options.learning_rate * options.discount
        everywhere = np.empty((n, runs), np.int64)
        everywhere[:] = self.states[active]
        numbers = everywhere.reshape(-1)
        rows = base + numbers
        best = greedy.take(rows)
        for number in range(rounds):
            chosen = np.where(explores[number], moves[number], best) if exploring[number] else best
            cells = rows * m + chosen
            everywhere[:] = _joint(chosen.reshape(n, runs), m)
            following = base + numbers
            later = worth.take(following * m + greedy.take(following))
            worth[cells] = keep * worth.take(cells) + (paid.take(seats + numbers) + ahead * later)
            now = table.take(rows, axis=0).argmax(axis=1)
            differs = now != best
            if np.count_nonzero(differs):
                greedy[rows] = now
                self.changed[active[differs.reshape(n, runs).any(axis=0)]] = self.done + number + 1
            rows, best = following, greedy.take(following)
        self.states[active] = everywhere[0]

    def _draws(self, active: Ints, rounds: int) -> tuple[NDArray[np.bool_], Ints]:
        """Return who explores and with which price; (T, n · R) each."""
        n = self.options.sellers
        hashes = chance.hashes(2 * n)
        periods = np.arange(self.done, self.done + rounds)
        stride = chance.advanced(np.zeros(1, np.uint64), hashes) * np.arange(rounds, dtype=np.uint64)
        at = chance.advanced(self._streams[active], 1 + hashes * self.done) + stride[:, None]
        drawn = np.stack(chance.uniforms(at, 2 * n), axis=1)
        likely = np.exp(-self.options.exploration_decay * periods)[:, None, None]
        moves = (drawn[:, n:] * self.options.prices).astype(np.int64)
        return (drawn[:, :n] < likely).reshape(rounds, -1), moves.reshape(rounds, -1)


def learn(options: Options) -> Run:
    """Carry out a run, or what is left of it, and write its report.

    A run that was killed and goes on with ``resume`` leaves the same files as one that was not, but for what depends
    on the clock.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used, or a checkpoint is corrupt or another run's.
    """
    learner = PricingQ(options)
    asked = options.to_json()
    needs = 4 * sum(array.nbytes for array in learner.state()[0].values())
    run = Run.open(options.folder / options.name, asked, options.resume, needs)
    if not run.path(METRICS).exists():
        carry_out(run, learner, asked, options.checkpoint_every, options.checkpoint)
        _conclude(run, learner)
    write_report(run.folder)
    return run


def show(run: Run) -> None:
    """Print a finished run's measures: means over runs, with 95 % bootstrap intervals."""
    metrics = read_json(run.path(METRICS))
    for name, found in metrics["measures"].items():
        print(f"{name}: {found['mean']:.3f} [{found['low']:.3f}, {found['high']:.3f}]")
    prices = ", ".join(f"{price:.3f}" for price in metrics["impulse_response"]["mean"][0][:8])
    print(f"the first firm's prices before, in and after a period in which it is forced to cut: {prices}, ...")
    print(f"report: {run.path(REPORT)}")


def _joint(chosen: Ints, m: int) -> Ints:
    """Return the numbers of joint actions (n, R), row-major; (R,)."""
    number = chosen[0]
    for action in chosen[1:]:
        number = number * m + action
    return number


def _conclude(run: Run, learner: PricingQ) -> None:
    """Write the strategies and what they amount to."""
    from safetensors.numpy import save_file

    with whole_file(run.path(STRATEGIES)) as partial:
        save_file({"greedy": learner.greedy, "states": learner.states, "finished": learner.finished}, partial)
    found = summarise(learner.repetition, learner.greedy, learner.states, learner.options.discount)
    write_json(run.path(METRICS), found | {"periods": learner.finished.tolist()})


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the options, let the firms learn, and print what it came to; return the exit status."""
    return command(Options, learn, arguments, show)


if __name__ == "__main__":
    sys.exit(main())
