"""How a game is told: an explicit object, so that what is learned can be separated from how it was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product
from typing import Any

import numpy as np

from moral_games.text.labels import HELD_OUT, VALIDATION, check_labels, draw_labels
from moral_games.text.wordings import WORDINGS, unknown_wording

ORDERED = ("rows", "columns", "options", "answers")


@dataclass(frozen=True)
class Presentation:
    """One way to tell a game.

    Parameters
    ----------
    labels
        The words that stand for actions, in the order in which lists name them.
    assignment
        Which action each label stands for, for every player; by default label j stands for action j.
    wording
        A name of `moral_games.text.wordings.WORDINGS`.
    rows, columns
        Whether the payoff table lists the own labels, and the others' labels, in reverse order.
    options, answers
        Whether the sentence that offers the labels, and the one that asks for an answer, list
        them in reverse order.

    Raises
    ------
    ValueError
        If labels cannot be told apart, the assignment does not give each action one label, or the
        wording is unknown.
    """

    labels: tuple[str, ...]
    assignment: tuple[int, ...] = ()
    wording: str = "compact"
    rows: bool = False
    columns: bool = False
    options: bool = False
    answers: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        object.__setattr__(self, "assignment", tuple(self.assignment) or tuple(range(len(self.labels))))
        check_labels(self.labels)
        if sorted(self.assignment) != list(range(len(self.labels))):
            raise ValueError(
                f"assignment {self.assignment} must give each of the {len(self.labels)} labels {self.labels} "
                f"another of the actions 0 to {len(self.labels) - 1}"
            )
        if self.wording not in WORDINGS:
            raise unknown_wording(self.wording)

    @property
    def names(self) -> tuple[str, ...]:
        """The label of each action: ``names[a]`` stands for action a."""
        return tuple(self.labels[self.assignment.index(action)] for action in range(len(self.labels)))

    def assignments(self) -> tuple[Presentation, ...]:
        """Return this telling under every assignment of the labels to the actions, itself among them.

        The texts differ in nothing but the payoffs and the moves of the last round: every label
        stands where it stood. So neither a label nor a place in a list tells which action is meant.
        """
        return tuple(replace(self, assignment=assignment) for assignment in permutations(range(len(self.labels))))

    def __str__(self) -> str:
        reversed_ = [name for name in ORDERED if getattr(self, name)]
        return f"{self.wording}, {'/'.join(self.names)}" + (f", reversed {' '.join(reversed_)}" if reversed_ else "")


def orders(parity: int) -> tuple[dict[str, Any], ...]:
    """Return the orders that reverse an even (0) or an odd (1) number of the four lists.

    Each half has every single order as often reversed as not, and they share no combination, so
    a model trained on one half is judged on orders that it never met.
    """
    combinations = (dict(zip(ORDERED, flags, strict=True)) for flags in product((False, True), repeat=len(ORDERED)))
    return tuple(order for order in combinations if sum(order.values()) % 2 == parity)


def draw(rng: np.random.Generator, actions: int = 2, wording: str = "compact") -> Presentation:
    """Draw a training presentation: training labels, in an order of even parity."""
    order = orders(0)[rng.integers(len(orders(0)))]
    return replace(Presentation(draw_labels(rng, actions), wording=wording), **order)


def validation(actions: int = 2, wording: str = "compact") -> tuple[Presentation, ...]:
    """Return the presentations on which training decides when to stop: own labels, every assignment."""
    return _crossed(VALIDATION, actions, wording, orders(1)[-1:])


def held_out(actions: int = 2, wording: str = "compact") -> tuple[Presentation, ...]:
    """Return the presentations that judge: own labels, every assignment, orders never trained on.

    Of the eight orders of odd parity those four are taken that keep every list balanced.
    """
    return _crossed(HELD_OUT, actions, wording, [order for order in orders(1) if sum(order.values()) == 1])


def _crossed(
    families: Sequence[tuple[str, ...]], actions: int, wording: str, among: Sequence[dict[str, Any]]
) -> tuple[Presentation, ...]:
    most = min(map(len, families))
    if actions > most:
        raise ValueError(
            f"held-out labels exist for up to {most} actions, not for {actions}; pass presentations of your own"
        )
    return tuple(
        told
        for family in families
        for order in among
        for told in replace(Presentation(family[:actions], wording=wording), **order).assignments()
    )
