"""The 18 two-stage protocols by which van Leeuwen & Alger estimate preferences, as data.

van Leeuwen & Alger (2024), Estimating Social Preferences and Kantian Morality in Strategic Interactions,
Journal of Political Economy Microeconomics 2(4). The payoffs are those of another study's replication package,
which says that its design follows theirs; the authors' own table was not at hand. In that package's ``pd6`` one of
two defectors is paid 10, and the other P = 30; here both are paid P.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

from moral_games.games.two_stage import TwoStageGame, mini_trust, mini_ultimatum, sequential_prisoners_dilemma
from moral_games.names import unknown

SOURCE = "van Leeuwen & Alger (2024), as in a replication of their design"

# temptation, reward, punishment, sucker
SEQUENTIAL_PRISONERS_DILEMMAS = {
    "spd1": (90, 45, 15, 10),
    "spd2": (90, 55, 20, 10),
    "spd3": (80, 65, 25, 20),
    "spd4": (90, 65, 25, 10),
    "spd5": (80, 75, 30, 20),
    "spd6": (90, 75, 30, 10),
}
# outside, (investor, trustee) where the trustee keeps, and where it gives back
TRUST_GAMES = {
    "tg1": (30, (20, 80), (50, 50)),
    "tg2": (30, (10, 90), (50, 50)),
    "tg3": (30, (20, 80), (60, 60)),
    "tg4": (30, (10, 90), (60, 60)),
    "tg5": (30, (20, 80), (70, 70)),
    "tg6": (30, (10, 90), (70, 70)),
}
# equal split, (proposer, responder) of the unequal offer, rejected
ULTIMATUM_GAMES = {
    "ug1": (50, (60, 40), 10),
    "ug2": (50, (65, 35), 10),
    "ug3": (50, (70, 30), 10),
    "ug4": (50, (75, 25), 10),
    "ug5": (50, (80, 20), 10),
    "ug6": (50, (85, 15), 10),
}
_BUILT_BY: tuple[tuple[dict[str, tuple], Callable[..., TwoStageGame]], ...] = (
    (SEQUENTIAL_PRISONERS_DILEMMAS, sequential_prisoners_dilemma),
    (TRUST_GAMES, mini_trust),
    (ULTIMATUM_GAMES, mini_ultimatum),
)


def protocols() -> tuple[str, ...]:
    """Return the names of the published protocols: ``spd1`` to ``spd6``, ``tg1`` to ``tg6``, ``ug1`` to ``ug6``."""
    return tuple(name for table, _ in _BUILT_BY for name in table)


@cache
def protocol(name: str) -> TwoStageGame:
    """Return a published protocol by its name.

    Raises
    ------
    ValueError
        If there is none of that name; close matches are listed.

    Examples
    --------
    >>> protocol("tg6").payoffs
    (((70.0, 70.0), (10.0, 90.0)), ((30.0, 30.0),))
    """
    for table, build in _BUILT_BY:
        if name in table:
            return replace(build(*table[name], name=name), source=SOURCE)
    raise unknown("protocol", name, protocols())


def as_two_stage(game: str | TwoStageGame) -> TwoStageGame:
    """Return a two-stage game given as itself or by the name of a protocol.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If there is no protocol of that name.
    """
    if isinstance(game, TwoStageGame):
        return game
    if isinstance(game, str):
        return protocol(game)
    raise TypeError(f"a two-stage game is a TwoStageGame or the name of a protocol, got {game!r}")
