"""Families of well-known games for many players or many actions."""

from __future__ import annotations

import numpy as np

from moral_games.games.families import everyone, family, require, table
from moral_games.games.game import MatrixGame


@family(
    "Stag Hunt, n players",
    "Pacheco, Santos, Souza & Skyrms (2009), Evolutionary dynamics of collective action in N-person stag hunt "
    "dilemmas, Proc. R. Soc. B 276",
    "NPlayerStagHunt",
)
def n_player_stag_hunt(players: int = 4, threshold: int = 4, multiplier: float = 3.0, cost: float = 1.0) -> MatrixGame:
    """Hunt together: with too few hunters the effort is lost.

    With k hunters each player gets m k c / n if k reaches the threshold, and a hunter pays c.
    By default it takes all. With a threshold of 1 this is a linear public goods game.

    Parameters
    ----------
    players, threshold
        How many there are, n, and how many hunters it takes, 1 to n.
    multiplier, cost
        m and c, both positive.

    Examples
    --------
    >>> n_player_stag_hunt().payoffs[0, 0, 0, [0, 1]]
    array([[ 2.,  2.,  2.,  2.], [-1., -1., -1.,  0.]])
    """
    name = "n_player_stag_hunt"
    require(name, multiplier > 0 and cost > 0, "multiplier > 0 and cost > 0", multiplier=multiplier, cost=cost)
    hunts = 1 - everyone(name, players, 2)
    require(name, 1 <= threshold <= players, "1 <= threshold <= players", threshold=threshold, players=players)
    hunters = hunts.sum(axis=0)
    return table(multiplier * cost * hunters / players * (hunters >= threshold) - cost * hunts, ("stag", "hare"))


@family(
    "Chicken, n players (snowdrift)",
    "Zheng, Yin, Chan & Hui (2007), Cooperative behavior in a model of evolutionary snowdrift games with N-person "
    "interactions, EPL 80",
    "NPlayerChicken",
)
def n_player_chicken(players: int = 4, benefit: float = 2.0, cost: float = 1.0) -> MatrixGame:
    """Share a task that must be done by somebody, and that each would rather leave to the others.

    With k cooperators each of them is paid b - c / k and each other player b; with none, all get 0.

    Parameters
    ----------
    players
        How many.
    benefit, cost
        b and c; 0 < cost < benefit.

    Examples
    --------
    >>> n_player_chicken(players=3).payoffs[0, 0, 1]
    array([1.5, 1.5, 2. ])
    """
    name = "n_player_chicken"
    require(name, 0 < cost < benefit, "0 < cost < benefit", benefit=benefit, cost=cost)
    cooperates = 1 - everyone(name, players, 2)
    cooperators = cooperates.sum(axis=0)
    share = cost / np.maximum(cooperators, 1)
    return table(benefit * (cooperators > 0) - share * cooperates, ("cooperate", "defect"))


@family("Traveler's Dilemma", "Basu (1994), The Traveler's Dilemma, American Economic Review 84", "TravelersDilemma")
def travelers_dilemma(lowest: int = 2, highest: int = 10, reward: float = 2.0) -> MatrixGame:
    """Claim for lost luggage: both are paid the lower claim, and who made it gets a reward from the other.

    Action 0 is the highest claim, the last action the lowest. In the original, claims go from 2
    to 100 and the reward is 2; the only equilibrium is the lowest claim.

    Parameters
    ----------
    lowest, highest
        The claims allowed, whole numbers; lowest < highest.
    reward
        What the lower claim earns and the higher one loses; above 1 for the dilemma.

    Examples
    --------
    >>> travelers_dilemma(highest=100).payoffs[0, :2]
    array([[100., 100.], [ 97., 101.]])
    """
    name = "travelers_dilemma"
    require(name, lowest < highest, "lowest < highest", lowest=lowest, highest=highest)
    require(name, reward > 0, "reward > 0", reward=reward)
    claims = highest - everyone(name, 2, highest - lowest + 1)
    own_is_lower = np.sign(claims[::-1] - claims)
    return table(
        claims.min(axis=0) + reward * own_is_lower, tuple(f"claim_{c}" for c in range(highest, lowest - 1, -1))
    )


@family("Coordination", "Schelling (1960), The Strategy of Conflict: pure coordination", "Coordination")
def coordination(players: int = 2, options: int = 3, reward: float = 1.0) -> MatrixGame:
    """Choose alike: everybody gets the reward if all choose the same option, else nothing.

    Parameters
    ----------
    players, options
        How many of each.
    reward
        Positive.

    Examples
    --------
    >>> coordination().payoffs[..., 0]
    array([[1., 0., 0.], [0., 1., 0.], [0., 0., 1.]])
    """
    require("coordination", reward > 0, "reward > 0", reward=reward)
    choices = everyone("coordination", players, options)
    alike = np.broadcast_to((choices == choices[0]).all(axis=0), choices.shape)
    return table(reward * alike, tuple(f"option_{option}" for option in range(options)))
