"""How questions are told: labels and orders dealt so that no place in a list is right more often than another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from moral_games.synthetic.sides import Split
from moral_games.text import Presentation, orders
from moral_games.text.labels import HELD_OUT, clash, draw_labels


class Tellings:
    """Presentations for one side of a data set.

    For each number of strategies there is a deck: every place that the right label can have, with every order of the
    lists. It is shuffled and dealt to its end, and then shuffled anew. Labels, and what the others stand for, are
    drawn.

    Parameters
    ----------
    split
        Training labels and orders as in `moral_games.text.draw`, or held-out ones as in `moral_games.text.held_out`;
        where more labels are needed than a held-out family has, from all families.
    rng
        Where the draws come from.
    """

    def __init__(self, split: Split, rng: np.random.Generator) -> None:
        self.split, self.rng = split, rng
        self._decks: dict[int, list[tuple[int, dict[str, Any]]]] = {}

    def deal(self, strategies: int, right: int) -> Presentation:
        """Return how to tell a question in which strategy `right` of so many is the right answer."""
        if not self._decks.get(strategies):
            deck = [(place, order) for place in range(strategies) for order in self._orders()]
            self._decks[strategies] = [deck[card] for card in self.rng.permutation(len(deck))]
        place, order = self._decks[strategies].pop()
        others = self.rng.permutation([strategy for strategy in range(strategies) if strategy != right]).tolist()
        assignment = (*others[:place], right, *others[place:])
        return replace(Presentation(self._labels(strategies), assignment), **order)

    def _orders(self) -> list[dict[str, Any]]:
        if self.split == "train":
            return list(orders(0))
        return [order for order in orders(1) if sum(order.values()) == 1]

    def _labels(self, count: int) -> tuple[str, ...]:
        if self.split == "train":
            return draw_labels(self.rng, count)
        family = HELD_OUT[self.rng.integers(len(HELD_OUT))]
        among = family if count <= len(family) else [label for each in HELD_OUT for label in each]
        while True:
            labels = tuple(str(label) for label in self.rng.choice(among, size=count, replace=False))
            if clash(labels) is None:
                return labels
