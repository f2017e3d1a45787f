"""Families in which players give to, or take from, what they share."""

from __future__ import annotations

import numpy as np

from moral_games.games.families import everyone, family, require, table
from moral_games.games.game import MatrixGame


@family("Public Goods", "Isaac & Walker (1988), Group size effects in public goods provision, QJE 103", "PublicGoods")
def public_goods(players: int = 4, multiplier: float = 1.6, endowment: float = 1.0, levels: int = 2) -> MatrixGame:
    """Give to a fund that is multiplied and shared equally: the linear public goods game.

    A player that contributes c_i of its endowment e is paid e - c_i + (m / n) (c_1 + ... + c_n).
    To keep everything is dominant if m < n; to contribute everything is best for all if m > 1.

    Parameters
    ----------
    players
        How many, n.
    multiplier
        What the fund is multiplied by, m; not negative.
    endowment
        What each player has, e; positive.
    levels
        How many contributions there are to choose from: e in equal steps down to nothing.

    Examples
    --------
    >>> public_goods(players=3, multiplier=1.5).payoffs[0, 1, 1]
    array([0.5, 1.5, 1.5])
    """
    require("public_goods", multiplier >= 0, "multiplier >= 0", multiplier=multiplier)
    require("public_goods", endowment > 0, "endowment > 0", endowment=endowment)
    steps = levels - 1 - everyone("public_goods", players, levels)
    given, fund = endowment * steps / (levels - 1), endowment * steps.sum(axis=0) / (levels - 1)
    return table(endowment - given + multiplier / players * fund, _contributions(levels))


def _contributions(levels: int) -> tuple[str, ...]:
    if levels == 2:
        return ("contribute", "keep")
    between = (f"contribute_{step}_of_{levels - 1}" for step in range(levels - 2, 0, -1))
    return ("contribute_all", *between, "contribute_nothing")


@family(
    "Threshold Public Goods",
    "Palfrey & Rosenthal (1984), Participation and the provision of discrete public goods, J. Public Economics 24",
    "ThresholdPublicGoods",
)
def threshold_public_goods(players: int = 4, threshold: int = 2, benefit: float = 3.0, cost: float = 1.0) -> MatrixGame:
    """Contribute to a good that everybody gets if enough contribute; nobody is paid back.

    A player is paid the benefit if the contributors are at least as many as the threshold, and
    pays the cost if it contributes.

    Parameters
    ----------
    players, threshold
        How many there are, and how many contributors it takes, 1 to all of them.
    benefit, cost
        0 < cost < benefit.

    Examples
    --------
    >>> threshold_public_goods(players=3).payoffs[0, 0, 1]
    array([2., 2., 3.])
    """
    return _threshold("threshold_public_goods", ("contribute", "keep"), players, threshold, benefit, cost)


@family(
    "Volunteer's Dilemma, n players",
    "Diekmann (1985), Volunteer's Dilemma, J. Conflict Resolution 29",
    "NPlayerVolunteersDilemma",
)
def n_player_volunteers_dilemma(players: int = 4, benefit: float = 2.0, cost: float = 1.0) -> MatrixGame:
    """One volunteer is enough for all.

    With benefit U and cost K a volunteer is paid U - K, another player U if somebody volunteers
    and else nothing. In the symmetric equilibrium each leaves it to the others with
    probability (K / U)^(1 / (n - 1)).

    Parameters
    ----------
    players
        How many, n.
    benefit, cost
        U and K; 0 < cost < benefit.

    Examples
    --------
    >>> n_player_volunteers_dilemma(players=3).payoffs[1, 0, 1]
    array([2., 1., 2.])
    """
    return _threshold("n_player_volunteers_dilemma", ("volunteer", "wait"), players, 1, benefit, cost)


def _threshold(
    family: str, actions: tuple[str, str], players: int, threshold: int, benefit: float, cost: float
) -> MatrixGame:
    require(family, 0 < cost < benefit, "0 < cost < benefit", benefit=benefit, cost=cost)
    gives = 1 - everyone(family, players, 2)
    require(family, 1 <= threshold <= players, "1 <= threshold <= players", threshold=threshold, players=players)
    return table(benefit * (gives.sum(axis=0) >= threshold) - cost * gives, actions)


@family(
    "Commons",
    "Ostrom, Gardner & Walker (1994), Rules, Games, and Common-Pool Resources, chapter 5",
    "Commons",
)
def commons(
    players: int = 3,
    levels: int = 4,
    endowment: float = 18.0,
    wage: float = 5.0,
    productivity: float = 23.0,
    congestion: float = 0.25,
) -> MatrixGame:
    """Appropriate from a common-pool resource whose yield falls with use.

    A player that puts x_i of its endowment e into the resource is paid
    w (e - x_i) + (x_i / X) (a X - b X²), where X is the sum over all players. Without steps,
    everybody plays (a - w) / (b (n + 1)) in equilibrium, and X = (a - w) / (2 b) is best for all
    together. The wage, productivity and congestion are those of the book's experiments, which had
    8 players with 10 or 25 tokens.

    Parameters
    ----------
    players, levels
        How many, n, and how many uses there are to choose from: nothing up to e in equal steps.
    endowment
        What each can put to use, e; positive.
    wage, productivity, congestion
        w, a and b.

    Examples
    --------
    >>> commons().payoffs[3, 3, 3], commons().payoffs[2, 2, 2]
    (array([171., 171., 171.]), array([198., 198., 198.]))
    """
    require("commons", endowment > 0, "endowment > 0", endowment=endowment)
    steps = everyone("commons", players, levels)
    used, total = endowment * steps / (levels - 1), endowment * steps.sum(axis=0) / (levels - 1)
    amounts = tuple(f"use_{use:g}" for use in np.linspace(0, endowment, levels))
    return table(wage * (endowment - used) + used * (productivity - congestion * total), amounts)
