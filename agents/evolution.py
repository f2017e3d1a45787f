"""Evolution: populations of tables under mutation and selection, each bred on its moral reward or on the bare payoff.

Mutations are rare: a mutant has taken over or vanished before the next one comes, so that a population is its resident
table and nothing else (Imhof & Nowak 2010, "Stochastic evolutionary dynamics of direct reciprocity"). A mutant plays
everybody and spreads by imitation, one player copying another with a probability that rises with the difference of
what they earn; the chance that it takes over is exact (Traulsen, Nowak & Pacheco 2006, "Stochastic dynamics of invasion
and fixation"). Run it with, for example::

    python -m agents.evolution --game "public_goods(players=2, multiplier=1.5)" --seeds 100
    python -m agents.evolution --reward utilitarian --seeds 20
    python -m agents.evolution --reward utilitarian --other-reward selfish --seeds 20

Two players in the same position, in a symmetric game and under one value, are members of one population. Otherwise
each seat that learns has a population of its own, which meets the residents of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

import moral_games as mg
from agents import options
from agents.command import command
from agents.seats import Seats
from agents.study import State, study
from agents.table_play import Floats, TablePlay
from moral_games.rewards import one_each
from moral_games.runs import Run

CHUNKS = 100
"""How many lines of history a run leaves."""


@dataclass(frozen=True)
class Options(options.Options):
    """Breed tables to play a game under a value."""

    agent: ClassVar[str] = "evolution"

    discount: float = 0.99
    fitness: Literal["reward", "payoff"] = "reward"
    """What selection looks at: the moral reward, or what the game pays."""
    population: int = 100
    """Members of a population."""
    selection: float = 1.0
    """Intensity of selection β: one copies another who earns d more a round with probability 1 / (1 + exp(-β d))."""
    mutants: int = 2000
    """How many mutants each population meets."""
    mutation: float = 1.0
    """Probability that a mutant's row is drawn anew and not inherited."""
    concentration: float = 0.5
    """Parameter of the symmetric Dirichlet distribution that rows are drawn from; below 1 favours pure actions."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        super().check()
        for name, least in (("population", 2), ("mutants", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, got {getattr(self, name)}")
        if not 0 < self.mutation <= 1:
            raise ValueError(f"mutation must be a probability in (0, 1], got {self.mutation}")
        if not self.selection >= 0 or not self.concentration > 0:
            raise ValueError(
                "selection must be at least 0 and concentration be positive, "
                f"got {self.selection} and {self.concentration}"
            )


class Mutations(NamedTuple):
    """What is drawn for T mutants of a population in each of R runs.

    ``rows`` (T, R, S, A) are the new rows of each table and ``anew`` (T, R, S) says which are taken; ``luck`` (T, R)
    is uniform, and decides whether the mutant takes over.
    """

    rows: Floats
    anew: NDArray[np.bool_]
    luck: Floats


class Evolution:
    """R runs, each of one population, or of one a seat that learns; see the top of this file.

    What a run draws depends on its seed alone.

    Parameters
    ----------
    seats
        Who plays.
    settings
        The constants, and the seeds.

    Attributes
    ----------
    residents
        By population: the table of its members; (R, S, A).

    Raises
    ------
    ValueError
        If an option is out of range.
    """

    def __init__(self, seats: Seats, settings: Options) -> None:
        settings.check()
        values = seats.rewards if settings.fitness == "reward" else one_each(seats.game, "selfish")
        self.seats, self.settings, self.done = seats, settings, 0
        self._judged = TablePlay(seats, settings.discount, settings.initial)
        self._bred = TablePlay(Seats(seats.game, values, seats.fixed), settings.discount, settings.initial)
        alike = seats.learners == (0, 1) and seats.game.players == 2 and seats.game.is_symmetric
        self.is_one_population = alike and values[0] == values[1]
        self.residents = [drawn.rows[0] for drawn in self._draw(1)]

    @property
    def total(self) -> int:
        """How many mutants each population meets."""
        return self.settings.mutants

    @property
    def tables(self) -> list[Floats]:
        """By seat that learns: the table of the residents; (R, S, A)."""
        return self.residents * 2 if self.is_one_population else self.residents

    def advance(self) -> Mapping[str, Floats]:
        """Meet a hundredth of the mutants; return the residents' exact rewards, payoffs and cooperation then."""
        count = min(-(-self.total // CHUNKS), self.total - self.done)
        drawn = self._draw(count)
        for step in range(count):
            for place, mutations in enumerate(drawn):
                self._meet(place, Mutations(*(each[step] for each in mutations)))
        self.done += count
        return self._judged.measures(self.tables)

    def state(self) -> State:
        """Return the residents."""
        return {f"residents_{place}": each for place, each in enumerate(self.residents)}, {"done": self.done}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        self.residents = [arrays[f"residents_{place}"].copy() for place in range(len(self.residents))]
        self.done = rest["done"]

    def policies(self) -> list[tuple[mg.PolicyTable, ...]]:
        """Return by seed the residents, as each seat that learns."""
        return [
            tuple(mg.PolicyTable(table, self.settings.agent) for table in tables)
            for tables in zip(*self.tables, strict=True)
        ]

    def _draw(self, count: int) -> list[Mutations]:
        """Draw the next mutants of each population."""
        places = self.seats.learners[:1] if self.is_one_population else self.seats.learners
        states = 1 + len(self.seats.game.joint_actions)
        first = self.settings.seed
        streams = [np.random.default_rng((seed, self.done)) for seed in range(first, first + self.settings.seeds)]
        drawn = []
        for seat in places:
            spread = np.full(self.seats.game.shape[seat], self.settings.concentration)
            each = [
                (rng.dirichlet(spread, (count, states)), rng.random((count, states)), rng.random(count))
                for rng in streams
            ]
            rows, anew, luck = (np.stack(column, axis=1) for column in zip(*each, strict=True))
            drawn.append(Mutations(rows, anew < self.settings.mutation, luck))
        return drawn

    def _meet(self, place: int, drawn: Mutations) -> None:
        """Let a mutant take over its population, or not."""
        residents = self.residents[place]
        mutants = np.where(drawn.anew[..., None], drawn.rows, residents)
        payoffs = self._among_one(mutants) if self.is_one_population else self._among_many(place, mutants)
        chances = fixation_probabilities(payoffs, self.settings.population, self.settings.selection)
        self.residents[place] = np.where((drawn.luck < chances)[:, None, None], mutants, residents)

    def _among_one(self, mutants: Floats) -> Floats:
        """Return what mutants and residents of one population get from each other, in this order; (R, 2, 2)."""
        (residents,) = self.residents
        own = np.concatenate([mutants, mutants, residents])
        other = np.concatenate([mutants, residents, residents])
        both, mixed, none = np.split((1 - self.settings.discount) * self._bred.values([own, other]), 3)
        return np.stack([both[:, 0], mixed[:, 0], mixed[:, 1], none[:, 0]], axis=1).reshape(-1, 2, 2)

    def _among_many(self, place: int, mutants: Floats) -> Floats:
        """Return the same where a population meets the residents of others, and never itself; (R, 2, 2)."""
        tables = [np.concatenate([each, each]) for each in self.residents]
        tables[place] = np.concatenate([mutants, self.residents[place]])
        values = (1 - self.settings.discount) * self._bred.values(tables)[:, self.seats.learners[place]]
        return np.repeat(values.reshape(2, -1).T[:, :, None], 2, axis=2)


def fixation_probabilities(payoffs: Floats, population: int, selection: float) -> Floats:
    """Return the probability that one mutant takes over a population of residents by imitation; (R,).

    ρ = 1 / (1 + Σₖ exp(−β Σ_{i ≤ k} (fᵢ − gᵢ))), k = 1 ... N − 1, where f and g are the mean payoffs of mutants
    and residents, each against all others, when there are i mutants. Source: Traulsen, Nowak & Pacheco (2006).

    Parameters
    ----------
    payoffs
        (R, 2, 2): what mutant (0) and resident (1) get from mutant and resident.
    population
        N, at least 2.
    selection
        β, at least 0; with 0 the probability is 1 / N.
    """
    mutants = np.arange(1, population)
    (a, b), (c, d) = np.moveaxis(payoffs, 0, 2)[..., None]
    of_mutants = a * (mutants - 1) + b * (population - mutants)
    of_residents = c * mutants + d * (population - mutants - 1)
    lead = np.cumsum((of_mutants - of_residents) / (population - 1), axis=1)
    return np.exp(-np.logaddexp.reduce(-selection * lead, axis=1, initial=0.0))


def learner(seats: Seats, asked: Options) -> Evolution:
    """Return populations; raises a ValueError if an option is out of range."""
    return Evolution(seats, asked)


def learn(asked: Options) -> Run:
    """Carry out a run, or what is left of it."""
    asked.check()
    seats = asked.seats()
    return study(asked, seats, learner(seats, asked))


if __name__ == "__main__":
    raise SystemExit(command(Options, learn))
