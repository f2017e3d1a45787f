"""What a policy responds to: a full factorial experiment on the telling of games, and its functional ANOVA.

Source: the decomposition of a function on a product space into orthogonal parts is Hoeffding's (1948),
"A class of statistics with asymptotically normal distribution"; on a balanced design it is Fisher's analysis
of variance. The shares are the sensitivity indices of Sobol' (1993), total ones those of Homma & Saltelli (1996).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.policy import TOLERANCE
from moral_games.text import Presentation
from moral_games.text.labels import HELD_OUT
from moral_games.text.presentation import ORDERED
from moral_games.text.wordings import ASKED_AT_ONCE

Floats = NDArray[np.float64]
Term = tuple[str, ...]
"""The factors that a part of the decomposition depends on."""

ToldPolicy = Callable[[MatrixGame, Sequence[Presentation]], Floats]
"""A policy that is told a game: from a game and P presentations of it to probabilities (P, S, A), one row a state.
What a row lacks to 1 is the probability of an illegal answer."""

FLOOR = 1e-3
"""The least probability that log-odds see: beyond once in a thousand answers it makes no difference."""

OWN, OTHER = "own last move", "opponent's last move"

FACTORS = (
    *("game", "wording", "label set", "label assignment"),
    *("row order", "column order", "option order", "answer order"),
    *(OWN, OTHER),
)
"""The factors of the experiment, in the order of the axes of `Design.shape`."""

FAMILIES = {
    "order": {"row order", "column order", "option order", "answer order"},
    "labels": {"label set", "label assignment"},
    "wording": {"wording"},
    "payoffs": {"game"},
}
"""Factors by what they are about, the first being the strongest claim on a term; see `family`."""

TOGETHER = "both moves together"

MIXED, NOTHING = "mixed", "nothing"
STEADY = 0.1
"""Log-odds with a lower standard deviation, in nats, do not vary: at even odds that is 0.025 in probability."""

ASSIGNMENTS = ((0, 1), (1, 0))
"""Which action each of two labels stands for."""


@dataclass(frozen=True)
class Design:
    """A full factorial design: every game is told in every way, and every last round is asked about.

    Parameters
    ----------
    games
        Different games of equally many players, two or more, with two actions each.
    labels
        Pairs of labels. Each is told under both assignments to the actions.
    wordings
        Names of `moral_games.text.wordings.WORDINGS`.

    Notes
    -----
    The lists of rows, columns, options and answers are each in either order, so that a game is told in
    32 · labels · wordings ways.

    Raises
    ------
    ValueError
        If a game has other actions or not as many players as the first, something is given twice or not at all,
        or labels or a wording cannot be used.
    """

    games: tuple[MatrixGame, ...]
    labels: tuple[tuple[str, ...], ...] = tuple(family[:2] for family in HELD_OUT)
    wordings: tuple[str, ...] = ASKED_AT_ONCE

    def __post_init__(self) -> None:
        given = {"games": [game.name for game in self.games], "labels": self.labels, "wordings": self.wordings}
        for name, levels in given.items():
            if not levels or len(set(levels)) < len(levels):
                raise ValueError(f"{name} of a design are one or more different ones, got {list(levels)}")
        for game in self.games:
            check_two_actions(game)
            if game.players != self.games[0].players:
                raise ValueError(
                    f"games that are compared have equally many players; {self.games[0].name!r} has "
                    f"{self.games[0].players}, {game.name!r} has {game.players}. Audit them one after the other"
                )
        for pair in self.labels:
            if len(pair) != 2:
                raise ValueError(f"a label set of a design is a pair of labels, got {pair}")
        self.presentations()

    @property
    def shape(self) -> tuple[int, ...]:
        """How many levels each of `FACTORS` has; the opponents' last moves together are one factor."""
        others = 2 ** (self.games[0].players - 1)
        return (len(self.games), len(self.wordings), len(self.labels), *(2,) * 6, others)

    def presentations(self) -> tuple[Presentation, ...]:
        """Return every way to tell a game, row-major over the factors from wording to answer order."""
        orders = product((False, True), repeat=len(ORDERED))
        return tuple(
            Presentation(labels, assignment, wording, *reversed_)
            for wording, labels, assignment, reversed_ in product(self.wordings, self.labels, ASSIGNMENTS, orders)
        )


def check_two_actions(game: MatrixGame) -> None:
    """Raise a ValueError unless a game has two players or more with two actions each."""
    if game.players < 2 or set(game.shape) != {2}:
        raise ValueError(
            f"an audit is of games in which each of two or more players has two actions; game {game.name!r} has "
            f"{' x '.join(map(str, game.shape))} actions. 'moral-games evaluate' judges players in other games"
        )


def observe(policy: ToldPolicy, design: Design) -> Floats:
    """Return what a policy answers in every cell of a design.

    Returns
    -------
    ndarray
        (G, P, S, 2) float64: by game, presentation, state (start, then the last round) and action.

    Raises
    ------
    ValueError
        If the policy gives no such probabilities.
    """
    told = design.presentations()
    return np.stack([ask(policy, game, told) for game in design.games])


def ask(policy: ToldPolicy, game: MatrixGame, told: Sequence[Presentation]) -> Floats:
    """Return a policy's answers (P, S, 2) about a game; a ValueError if they are no probabilities of that shape."""
    answers = np.asarray(policy(game, told), dtype=np.float64)
    expected = (len(told), 1 + len(game.joint_actions), 2)
    if answers.shape != expected:
        raise ValueError(
            f"a policy under audit gives probabilities of shape (presentations, states, actions) = {expected}; "
            f"on game {game.name!r} it gave {answers.shape}"
        )
    if not (np.isfinite(answers).all() and answers.min() >= -TOLERANCE and answers.sum(axis=2).max() <= 1 + TOLERANCE):
        raise ValueError(
            f"each row of a policy under audit must hold probabilities that sum to at most 1; on game {game.name!r} "
            f"it gave numbers from {answers.min():g} to {answers.max():g}, with row sums up to "
            f"{answers.sum(axis=2).max():g}"
        )
    return np.clip(answers, 0.0, 1.0)


def log_odds(answers: Floats, floor: float = FLOOR) -> Floats:
    """Return the log-odds of action 0 over action 1, in nats; shape (...) from probabilities (..., 2).

    They are those of a legal answer, its probability being clipped to [floor, 1 - floor]; where there is no
    legal answer they are 0.

    Examples
    --------
    >>> log_odds(np.array([[0.6, 0.2], [0.5, 0.0], [0.0, 0.0]])).round(3)
    array([1.099, 6.907, 0. ])
    """
    first = np.clip(preference(answers), floor, 1 - floor)
    return np.log(first) - np.log1p(-first)


def preference(answers: Floats) -> Floats:
    """Return the probability of action 0 given a legal answer, one half without any; (...) from (..., 2)."""
    legal = answers.sum(axis=-1)
    return np.where(legal > 0, answers[..., 0] / np.where(legal > 0, legal, 1.0), 0.5)


def by_factor(values: Floats, design: Design) -> Floats:
    """Return values of the cells (G, P, S) as a function of `FACTORS`, the start apart; shape `Design.shape`."""
    return values[:, :, 1:].reshape(design.shape)


def components(values: Floats) -> dict[tuple[int, ...], Floats]:
    """Decompose a function on a grid into orthogonal parts, one for each set of axes.

    Parameters
    ----------
    values
        (L_0, ..., L_k-1): the function at every combination of levels, which weigh alike.

    Returns
    -------
    dict
        By axes: the part that depends on these axes together and on no fewer, with one entry on every other
        axis. The parts sum to the function, each has mean zero along each of its axes, and the mean
        product of two parts is zero.

    Examples
    --------
    >>> parts = components(np.array([[4.0, 2.0], [0.0, 2.0]]))
    >>> {axes: part.ravel().tolist() for axes, part in parts.items()}
    {(): [2.0], (1,): [0.0, 0.0], (0,): [1.0, -1.0], (0, 1): [1.0, -1.0, -1.0, 1.0]}
    """
    parts: dict[tuple[int, ...], Floats] = {(): np.asarray(values, dtype=np.float64)}
    for axis, levels in enumerate(np.shape(values)):
        split = {}
        for axes, part in parts.items():
            mean = part.mean(axis=axis, keepdims=True)
            split[axes] = mean
            if levels > 1:
                split[(*axes, axis)] = part - mean
        parts = split
    return parts


@dataclass(frozen=True)
class Decomposition:
    """How much of a function's variance each set of factors accounts for.

    Attributes
    ----------
    mean, variance
        Over all cells, which weigh alike.
    shares
        By term: the share of the variance; they sum to 1, or are all 0 where there is no variance.
    """

    mean: float
    variance: float
    shares: Mapping[Term, float]

    @classmethod
    def of(cls, values: Floats, factors: Sequence[str] = FACTORS) -> Decomposition:
        """Decompose a function of some factors, one axis each.

        Parameters
        ----------
        values
            The function, of shape (levels of the first factor, levels of the second, ...).
        factors
            The factors' names, one an axis.

        Raises
        ------
        ValueError
            If there is not one factor an axis.
        """
        if np.ndim(values) != len(factors):
            raise ValueError(f"values with {np.ndim(values)} axes need a factor for each, got {len(factors)}")
        parts = components(values)
        mean = float(parts.pop(()).item())
        variances = {tuple(factors[axis] for axis in axes): float((part**2).mean()) for axes, part in parts.items()}
        total = sum(variances.values())
        if total <= 1e-20 * max(1.0, mean**2):  # what rounding makes of a constant
            return cls(mean, 0.0, dict.fromkeys(variances, 0.0))
        return cls(mean, total, {term: variance / total for term, variance in variances.items()})

    def main(self, factor: str) -> float:
        """Return the share of a factor by itself: its first-order index."""
        return self.shares.get((factor,), 0.0)

    def total(self, factor: str) -> float:
        """Return the share of all terms that involve a factor: its total index."""
        return sum(share for term, share in self.shares.items() if factor in term)

    def pair(self, one: str, other: str) -> float:
        """Return the share of the interaction of two factors."""
        return sum(share for term, share in self.shares.items() if set(term) == {one, other})

    def responds_to(self) -> str:
        """Return the family with more than half of the variance, else ``"mixed"``; ``"nothing"`` if there is none."""
        if self.variance < STEADY**2:
            return NOTHING
        name, share = next(iter(self.families().items()))
        return name if share > 0.5 else MIXED

    def families(self) -> dict[str, float]:
        """Return the share of each family of terms, the largest first (see `family`)."""
        found = dict.fromkeys((*FAMILIES, OWN, OTHER, TOGETHER), 0.0)
        for term, share in self.shares.items():
            found[family(term)] += share
        return dict(sorted(found.items(), key=lambda entry: -entry[1]))


def family(term: Term) -> str:
    """Return what a term is about, in plain words.

    Whatever depends on the telling is about the telling: a term with an order of a list is about ``"order"``;
    else one with a label set or an assignment about ``"labels"``; else one with the wording about
    ``"wording"``. Of what is left, a term with the game is about ``"payoffs"``, alone or with last moves, and the
    others are ``"own last move"``, ``"opponent's last move"`` and ``"both moves together"``.

    Notes
    -----
    In terms of actions, a policy that prefers a label prefers now one action and now the other, as the
    assignment says: it is the term of the assignment, or of label set and assignment. One that prefers the option
    listed first is the term of assignment and option order. So order has the first claim, and labels the second.

    Examples
    --------
    >>> family(("label assignment", "option order")), family(("game", "opponent's last move"))
    ('order', 'payoffs')
    """
    for name, factors in FAMILIES.items():
        if factors & set(term):
            return name
    return term[0] if len(term) == 1 else TOGETHER
