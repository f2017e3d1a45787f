"""Games of two stages: one player moves, the other sees it and replies.

A `TwoStageGame` is a tree. Its normal form is a `MatrixGame` like any other, in which the second mover's
actions are plans: a reply to each first move. In `TwoStageGame.either_role` a strategy is a plan for both
roles, which is what the strategy method asks for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from math import isfinite, prod
from numbers import Real

import numpy as np

from moral_games.games.families import LARGEST
from moral_games.games.game import MatrixGame
from moral_games.games.roles import either_role

Pair = tuple[float, float]


@dataclass(frozen=True)
class TwoStageGame:
    """A first move, and where the game is not over then, a reply by the other player who has seen it.

    Parameters
    ----------
    first
        The names of the first moves; the most cooperative one first, where that has a meaning.
    replies
        For each first move the names of the replies to it; none where the game is over.
    payoffs
        For each first move and each reply what the first mover and the second mover are paid; one pair
        alone where there is no reply.
    name, title, source
        As in `MatrixGame`.
    roles
        What the first and the second mover are called.

    Raises
    ------
    ValueError
        If numbers of moves and payoffs disagree, names are repeated, or a payoff is not a finite number.

    Examples
    --------
    >>> game = TwoStageGame(("invest", "stay out"), (("give back", "keep"), ()), (((50, 50), (20, 80)), ((30, 30),)))
    >>> game.matrix.shape, game.either_role.shape
    ((2, 2), (4, 4))
    """

    first: tuple[str, ...]
    replies: tuple[tuple[str, ...], ...]
    payoffs: tuple[tuple[Pair, ...], ...]
    name: str = "custom"
    title: str = ""
    source: str = ""
    roles: tuple[str, str] = ("first mover", "second mover")

    def __post_init__(self) -> None:
        first, replies = tuple(self.first), tuple(tuple(names) for names in self.replies)
        if not first or len(replies) != len(first) or len(self.payoffs) != len(first):
            raise ValueError(
                f"two-stage game {self.name!r} needs at least one first move, and for each its replies and payoffs; "
                f"got {len(first)} moves, {len(replies)} lists of replies and {len(self.payoffs)} of payoffs"
            )
        for names in (first, *replies):
            if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
                raise ValueError(f"moves of two-stage game {self.name!r} need different names, got {names}")
        paid = tuple(
            _pairs(self.name, move, names, pairs)
            for move, names, pairs in zip(first, replies, self.payoffs, strict=True)
        )
        for field, value in (("first", first), ("replies", replies), ("payoffs", paid)):
            object.__setattr__(self, field, value)

    def outcome(self, first: int, plan: Sequence[int]) -> Pair:
        """Return what the two movers are paid for a first move against a plan (see `plans`)."""
        return self.payoffs[first][plan[first]]

    @property
    def plans(self) -> tuple[tuple[int, ...], ...]:
        """All plans of the second mover: its reply to each first move, 0 where there is none."""
        return tuple(product(*(range(max(len(names), 1)) for names in self.replies)))

    @cached_property
    def matrix(self) -> MatrixGame:
        """The normal form: first moves against plans, shape (F, P); player 0 moves first.

        Raises
        ------
        ValueError
            If there are too many plans for a table.
        """
        plans = prod(max(len(names), 1) for names in self.replies)
        if 2 * len(self.first) * plans > LARGEST:
            raise ValueError(
                f"two-stage game {self.name!r} has {plans:,} plans of the second mover; a table of at most "
                f"{LARGEST:,} payoffs is allowed: take fewer moves"
            )
        payoffs = [[self.outcome(move, plan) for plan in self.plans] for move in range(len(self.first))]
        names = tuple(self._named(plan) for plan in self.plans)
        return MatrixGame(np.array(payoffs), (self.first, names), self.name, self.title, self.source)

    @cached_property
    def either_role(self) -> MatrixGame:
        """The symmetric game of strategies for both roles, each role with probability one half; (F·P, F·P).

        Strategy f·P + p makes first move f, and follows plan p as the second mover.
        """
        return either_role(self.matrix)

    @cached_property
    def moves(self) -> MatrixGame:
        """What is done and paid, plan or no plan: first moves against replies.

        Replies are told apart by their number. Where there are fewer, the payoffs of the last one fill the table.
        """
        names = max(self.replies, key=len) or ("none",)
        payoffs = [[pairs[min(reply, len(pairs) - 1)] for reply in range(len(names))] for pairs in self.payoffs]
        return MatrixGame(np.array(payoffs), (self.first, names), self.name, self.title, self.source)

    def _named(self, plan: Sequence[int]) -> str:
        """Return a plan in words; the first move is left out where there is only one to reply to."""
        chosen = [
            (names[reply], move) for move, names, reply in zip(self.first, self.replies, plan, strict=True) if names
        ]
        if len(chosen) == 1:
            return chosen[0][0]
        return ", ".join(f"{reply} after {move}" for reply, move in chosen) or "nothing to decide"


def sequential_prisoners_dilemma(
    temptation: float, reward: float, punishment: float, sucker: float, name: str = "sequential_prisoners_dilemma"
) -> TwoStageGame:
    """Return a Prisoner's Dilemma in which the second mover sees what the first has done.

    Raises
    ------
    ValueError
        Unless temptation > reward > punishment > sucker. (2·reward may be less than temptation + sucker, as in the
        protocol ``spd1``; mutual cooperation is then not what pays two players most.)

    Examples
    --------
    >>> sequential_prisoners_dilemma(90, 45, 15, 10).either_role.actions[0][1]
    'cooperate; cooperate after cooperate, defect after defect'
    """
    given = {"temptation": temptation, "reward": reward, "punishment": punishment, "sucker": sucker}
    _in_order(name, "temptation > reward > punishment > sucker", (temptation, reward, punishment, sucker), given)
    return TwoStageGame(
        ("cooperate", "defect"),
        (("cooperate", "defect"),) * 2,
        (((reward, reward), (sucker, temptation)), ((temptation, sucker), (punishment, punishment))),
        name,
        "Sequential Prisoner's Dilemma",
    )


def mini_trust(outside: float, keep: Pair, give_back: Pair, name: str = "mini_trust") -> TwoStageGame:
    """Return a trust game: stay out, or invest and let the other keep the gain or give some back.

    Parameters
    ----------
    outside
        What each is paid where the investor stays out.
    keep, give_back
        What the investor and the trustee are paid for either reply.
    name
        The game's identifier.

    Raises
    ------
    ValueError
        Unless the investor prefers giving back to staying out to keeping, and the trustee keeping to giving back
        to staying out.
    """
    given = {"outside": outside, "keep": keep, "give_back": give_back}
    (investor_kept, trustee_kept), (investor_back, trustee_back) = _two(name, keep), _two(name, give_back)
    _in_order(name, "for the investor give_back > outside > keep", (investor_back, outside, investor_kept), given)
    _in_order(name, "for the trustee keep > give_back > outside", (trustee_kept, trustee_back, outside), given)
    return TwoStageGame(
        ("invest", "stay out"),
        (("give back", "keep"), ()),
        ((give_back, keep), ((outside, outside),)),
        name,
        "Mini Trust Game",
        roles=("investor", "trustee"),
    )


def mini_ultimatum(equal: float, unequal: Pair, rejected: float, name: str = "mini_ultimatum") -> TwoStageGame:
    """Return an ultimatum game: split equally, or make an unequal offer that the other accepts or rejects.

    Parameters
    ----------
    equal
        What each is paid for the equal split, to which there is no reply.
    unequal
        What the proposer and the responder are paid where the unequal offer is accepted.
    rejected
        What each is paid where it is rejected.
    name
        The game's identifier.

    Raises
    ------
    ValueError
        Unless proposer's share > equal > responder's share > rejected.
    """
    given = {"equal": equal, "unequal": unequal, "rejected": rejected}
    proposer, responder = _two(name, unequal)
    _in_order(
        name,
        "the unequal offer's larger share > equal > its smaller share > rejected",
        (proposer, equal, responder, rejected),
        given,
    )
    return TwoStageGame(
        ("equal split", "unequal offer"),
        ((), ("accept", "reject")),
        (((equal, equal),), (unequal, (rejected, rejected))),
        name,
        "Mini Ultimatum Game",
        roles=("proposer", "responder"),
    )


def _pairs(name: str, move: str, replies: Sequence[str], pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """Return the payoffs after a first move, checked."""
    if len(pairs) != max(len(replies), 1):
        raise ValueError(
            f"two-stage game {name!r} has {len(replies)} replies to {move!r}, which need {max(len(replies), 1)} "
            f"pairs of payoffs, got {len(pairs)}"
        )
    return tuple(_two(name, pair) for pair in pairs)


def _two(name: str, pair: Sequence[float]) -> Pair:
    if not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
        raise ValueError(f"two-stage game {name!r} needs payoffs (first mover, second mover), got {pair!r}")
    if not all(_is_number(number) for number in pair):
        raise ValueError(f"payoffs of two-stage game {name!r} must be finite numbers, got {pair!r}")
    return float(pair[0]), float(pair[1])


def _is_number(number: object) -> bool:
    return isinstance(number, Real) and not isinstance(number, bool) and isfinite(number)


def _in_order(name: str, order: str, descending: Sequence[float], given: Mapping[str, object]) -> None:
    listed = ", ".join(f"{key}={value}" for key, value in given.items())
    if not all(_is_number(number) for number in descending):
        raise ValueError(f"payoffs of two-stage game {name!r} must be finite numbers, got {listed}")
    if any(higher <= lower for higher, lower in pairwise(descending)):
        raise ValueError(f"two-stage game {name!r} needs {order}, got {listed}")
