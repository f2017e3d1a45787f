"""Where the games of questions come from: the published ones, and random ones of the same kinds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from moral_games import games
from moral_games.games import MatrixGame, TwoStageGame, mini_trust, mini_ultimatum, sequential_prisoners_dilemma
from moral_games.synthetic.sides import Split, side
from moral_games.text.once import Roles

SHARES: Mapping[str, float] = {"simultaneous": 0.7, "asymmetric": 0.1, "two_stage": 0.15, "equilibrium": 0.05}
"""How much of a data set each kind of question makes by default."""

KINDS: tuple[str, ...] = tuple(SHARES)
"""The kinds of questions.

``simultaneous``: symmetric games of two or three actions; ``asymmetric``: games of two roles, both moving at once;
``two_stage``: one move after the other; ``equilibrium``: symmetric games of two actions without a word about what
the other does, but that they want and think the same.
"""

NAMED = 0.02
"""How often each published game on the side that is asked for is drawn."""

THREE_ACTIONS = 0.25
"""How often a random simultaneous game has three actions and not two."""

LOWEST_HIGHEST = 3
"""A random tree needs up to four different payoffs, from 0 on; with these four there are trees on both sides."""

HIGHEST_HIGHEST = 10**6
"""With payoffs up to this every sum of a calculation is exact."""


def draw_game(kind: str, split: Split, rng: np.random.Generator, highest: int) -> tuple[str, Roles]:
    """Draw a game of a kind from one side of the split, its actions and roles in random order.

    Parameters
    ----------
    kind
        One of `KINDS`.
    split
        The side; see `moral_games.synthetic.sides.side`.
    rng
        Where the draws come from.
    highest
        The highest payoff of a random game; payoffs are whole numbers from 0.

    Returns
    -------
    tuple
        Where it comes from, such as ``"tg3"``, ``"ipd"`` or ``"random"``; and the game.
    """
    named = named_games(kind, split)
    place = int(rng.random() / NAMED)
    if place < len(named):
        return named[place], shuffled(_by_name(named[place]), rng)
    while True:
        game = _random(kind, rng, highest)
        if side(game) == split:
            return "random", shuffled(game, rng)


@cache
def named_games(kind: str, split: Split) -> tuple[str, ...]:
    """Return the published games of a kind on one side of the split."""
    if kind == "two_stage":
        return tuple(name for name in games.protocols() if side(name) == split)
    found = [games.get(name) for name in games.names()]
    actions = {"simultaneous": (2, 3), "asymmetric": (2,), "equilibrium": (2,)}[kind]
    return tuple(
        game.name
        for game in found
        if game.players == 2
        and game.is_symmetric == (kind != "asymmetric")
        and set(game.shape) <= set(actions)
        and side(game) == split
    )


def shuffled(game: Roles, rng: np.random.Generator) -> Roles:
    """Return a game with its actions in random order; where both move at once in two roles, the roles too."""
    if isinstance(game, TwoStageGame):
        return _shuffled_tree(game, rng)
    if game.is_symmetric:
        order = rng.permutation(game.shape[0])
        return _reordered(game, order, order)
    seen = game.seen_by(int(rng.integers(2)))
    return _reordered(seen, *(rng.permutation(count) for count in seen.shape))


def _reordered(game: MatrixGame, rows: np.ndarray, columns: np.ndarray) -> MatrixGame:
    one, other = game.actions
    actions = tuple(one[k] for k in rows), tuple(other[k] for k in columns)
    return MatrixGame(game.payoffs[np.ix_(rows, columns)], actions, game.name, game.title, game.source)


def _shuffled_tree(game: TwoStageGame, rng: np.random.Generator) -> TwoStageGame:
    moves = rng.permutation(len(game.first)).tolist()
    orders = [rng.permutation(len(game.payoffs[move])).tolist() for move in moves]
    return replace(
        game,
        first=tuple(game.first[move] for move in moves),
        replies=tuple(
            tuple(game.replies[move][k] for k in order if game.replies[move])
            for move, order in zip(moves, orders, strict=True)
        ),
        payoffs=tuple(tuple(game.payoffs[move][k] for k in order) for move, order in zip(moves, orders, strict=True)),
    )


def _by_name(name: str) -> Roles:
    return games.protocol(name) if name in games.protocols() else games.get(name)


def _random(kind: str, rng: np.random.Generator, highest: int) -> Roles:
    if kind == "two_stage":
        return _random_tree(rng, highest)
    if kind == "asymmetric":
        return MatrixGame.from_payoffs(rng.integers(highest + 1, size=(2, 2, 2)), name="random")
    actions = 3 if kind == "simultaneous" and rng.random() < THREE_ACTIONS else 2
    own = rng.integers(highest + 1, size=(actions, actions))
    return MatrixGame.from_payoffs(np.stack([own, own.T], axis=-1), name="random")


def _random_tree(rng: np.random.Generator, highest: int) -> TwoStageGame:
    """Draw a two-stage game of one of the three kinds, uniform among payoffs in its order."""
    which = rng.integers(3)
    if which == 0:
        temptation, reward, punishment, sucker = _descending(rng, 4, highest)
        return sequential_prisoners_dilemma(temptation, reward, punishment, sucker, name="random")
    if which == 1:
        higher, equal, lower, rejected = _descending(rng, 4, highest)
        return mini_ultimatum(equal, (higher, lower), rejected, name="random")
    while True:
        outside, *rest = rng.integers(highest + 1, size=5).tolist()
        (kept, trustee_kept), (back, trustee_back) = rest[:2], rest[2:]
        if back > outside > kept and trustee_kept > trustee_back > outside:
            return mini_trust(outside, (kept, trustee_kept), (back, trustee_back), name="random")


def _descending(rng: np.random.Generator, count: int, highest: int) -> list[float]:
    """Draw different whole numbers, the largest first."""
    return sorted(map(float, rng.choice(highest + 1, size=count, replace=False)), reverse=True)
