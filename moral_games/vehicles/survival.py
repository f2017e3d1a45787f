"""Whether a vehicle should sacrifice those inside it: the game behind the question, and what three values choose.

In an accident m people are inside a vehicle and n on the road, and the vehicle either protects those inside or
sacrifices them. Whoever buys a vehicle chooses its rule before it is known who will be where. Our assumptions:

- Everybody meets one such accident, and is any of the m + n people in it with equal probability.
- Inside, one is in one's own vehicle; on the road, one meets the other's.
- One's own life is worth 1. Who rides with others adds `care` for them.

So a rule x against the other's rule y earns π(x, y) = (m (1 + care) [x protects] + n [y sacrifices]) / (m + n). This is
a social dilemma: to protect is best for oneself whatever the other does, and all are better off with vehicles that
sacrifice as soon as n > m (1 + care). The payoffs are ours, in the spirit of Bonnefon, Shariff & Rahwan (2016), "The
social dilemma of autonomous vehicles".
"""

from __future__ import annotations

from math import inf, isfinite

from moral_games.games import MatrixGame

SACRIFICE, PROTECT = "sacrifice", "protect"


def survival_game(pedestrians: int, passengers: int = 1, care: float = 0.0) -> MatrixGame:
    """Return the game of two people who each choose the rule of their vehicle, see the module.

    Parameters
    ----------
    pedestrians
        n ≥ 1, on the road.
    passengers
        m ≥ 1, inside.
    care
        How much the lives of those who ride along are worth, compared with one's own; 0 where nobody does.

    Raises
    ------
    ValueError
        If a number is out of range.

    Examples
    --------
    >>> survival_game(3).payoffs[..., 0].tolist()  # a prisoner's dilemma: 1 > 3/4 > 1/4 > 0
    [[0.75, 0.0], [1.0, 0.25]]
    """
    n, own = pedestrians, _stake(pedestrians, passengers, care)
    everybody = passengers + n
    payoffs = [[(keep * own + given * n) / everybody for given in (1, 0)] for keep in (0, 1)]
    table = [[(payoffs[x][y], payoffs[y][x]) for y in (0, 1)] for x in (0, 1)]
    return MatrixGame.from_payoffs(table, (SACRIFICE, PROTECT), name="survival")


def sacrifice_gain(pedestrians: int, passengers: int = 1, kappa: float = 0.0, care: float = 0.0) -> float:
    """Return what homo moralis gains by a rule that sacrifices: positive where it chooses it, 0 if either is as good.

    With u(x, y) = (1 − κ) π(x, y) + κ π(x, x) the gain is (κ n − m (1 + care)) / (m + n), whatever the other's rule.
    Homo economicus has κ = 0.

    Parameters
    ----------
    pedestrians, passengers, care
        As for `survival_game`.
    kappa
        The degree of morality, in [0, 1].

    Raises
    ------
    ValueError
        If a number is out of range.

    Notes
    -----
    Source: Alger & Weibull (2013) for the utility.
    """
    stake = _stake(pedestrians, passengers, care)
    return (_checked_kappa(kappa) * pedestrians - stake) / (pedestrians + passengers)


def utilitarian_gain(pedestrians: int, passengers: int = 1) -> int:
    """Return how many lives a rule that sacrifices saves: n − m. A utilitarian counts every life as one."""
    _stake(pedestrians, passengers, 0.0)
    return pedestrians - passengers


def moral_switch_point(passengers: int = 1, kappa: float = 0.0, care: float = 0.0) -> float:
    """Return above how many pedestrians homo moralis sacrifices: m (1 + care) / κ. A utilitarian's is m.

    It is infinity for homo economicus, κ = 0.

    Examples
    --------
    >>> moral_switch_point(kappa=0.5), moral_switch_point(passengers=2, kappa=0.5, care=1)
    (2.0, 8.0)
    """
    stake = _stake(1, passengers, care)
    return stake / kappa if _checked_kappa(kappa) > 0 else inf


def _stake(pedestrians: int, passengers: int, care: float) -> float:
    """Return what is lost inside the vehicle: m (1 + care)."""
    for name, number in (("pedestrians", pedestrians), ("passengers", passengers)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise ValueError(f"{name} must be a whole number, at least 1, got {number!r}")
    if not (care >= 0 and isfinite(care)):
        raise ValueError(f"care must be finite and not negative, got {care!r}")
    if care and passengers == 1:
        raise ValueError(f"who rides alone has nobody to care for in the vehicle: care must be 0, got {care:g}")
    return passengers * (1 + care)


def _checked_kappa(kappa: float) -> float:
    if not 0 <= kappa <= 1:
        raise ValueError(f"kappa must lie in [0, 1], got {kappa!r}")
    return kappa
