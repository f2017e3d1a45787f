"""Learners of one seed each as one learner of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import ArrayLike

from agents.study import Learner, State


class SideBySide:
    """For an algorithm that cannot batch its seeds: they advance one after the other, chunk by chunk.

    Parameters
    ----------
    learners
        One a seed, alike in how far they are and go.
    """

    def __init__(self, learners: Sequence[Learner]) -> None:
        self.learners = list(learners)

    @property
    def done(self) -> int:
        """How far every seed is."""
        return self.learners[-1].done

    @property
    def total(self) -> int:
        """How far every seed goes."""
        return self.learners[-1].total

    def advance(self) -> Mapping[str, ArrayLike]:
        """Do a chunk of each seed's work; return each scalar as a list of one number a seed."""
        found = [learner.advance() for learner in self.learners]
        return {name: [scalars[name] for scalars in found] for name in found[0]}  # type: ignore[misc]

    def state(self) -> State:
        """Return the seeds' states, arrays under ``SEED/NAME``."""
        states = [learner.state() for learner in self.learners]
        arrays = {f"{i}/{name}": array for i, (own, _) in enumerate(states) for name, array in own.items()}
        return arrays, {str(i): rest for i, (_, rest) in enumerate(states)}

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        arrays, rest = state
        for i, learner in enumerate(self.learners):
            own = {name.partition("/")[2]: array for name, array in arrays.items() if name.startswith(f"{i}/")}
            learner.restore((own, rest[str(i)]))

    def policies(self) -> list[Sequence[Any]]:
        """Return by seed what each seat that learns has learned."""
        return [learner.policies()[0] for learner in self.learners]
