"""Values of economics and psychology: how much the payoffs of others count beside one's own."""

from __future__ import annotations

from math import cos, radians, sin

from moral_games.rewards.function import value
from moral_games.rewards.outcome import Array, Outcome


@value
def inequity_aversion(outcome: Outcome, *, alpha: float = 0.5, beta: float = 0.25) -> Array:
    """Own payoff, less what it hurts to have less than others (alpha) and more than others (beta).

    R_i − α/(n − 1)·Σ_j max(R_j − R_i, 0) − β/(n − 1)·Σ_j max(R_i − R_j, 0).

    Any finite parameters are accepted. The source assumes β ≤ α and 0 ≤ β < 1; later estimates
    are often outside, and negative ones mean that one likes to be ahead (β) or behind (α).

    Source: Fehr & Schmidt (1999), equation 1; the defaults are one of the types in their
    Table III.
    """
    envy, guilt = _gaps(outcome)
    return outcome.payoffs - alpha * envy - beta * guilt


@value
def charness_rabin(outcome: Outcome, *, rho: float = 0.4, sigma: float = 0.1, theta: float = 0.0) -> Array:
    """Own and the other's payoff, the other's weighing rho where one is ahead and sigma where behind.

    (1 − w)·R_i + w·R_j with w = ρ if R_i > R_j, σ if R_i < R_j, each minus θ if j misbehaved. For n
    players it is the mean over the others j, which makes `inequity_aversion` the case ρ = β,
    σ = −α. As misbehaviour counts any action but action 0 in the round before: that reading is
    ours, and θ = 0 leaves it out. Any finite parameters are accepted: 1 ≥ ρ ≥ σ > 0 is a concern
    for social welfare, σ < 0 < ρ < 1 an aversion to differences, σ ≤ ρ ≤ 0 competitiveness.

    Source: Charness & Rabin (2002), the two-player utility of their section II; the defaults are
    ours. Their utility for n players, (1 − λ)·R_i + λ·(δ·min_j R_j + (1 − δ)·Σ_j R_j), is a sum
    of values: for λ = δ = 0.5 it is ``0.5*selfish + 0.25*maximin + 0.25*utilitarian``.
    """
    behind, ahead = _gaps(outcome)
    differences = [
        outcome.number(previous > 0) * (paid - outcome.payoffs)
        for previous, paid in zip(outcome.others(outcome.previous), outcome.others(outcome.payoffs), strict=True)
    ]
    blamed = sum(differences, outcome.xp.zeros_like(outcome.payoffs)) / max(outcome.game.players - 1, 1)
    return outcome.payoffs + sigma * behind - rho * ahead - theta * blamed


@value
def social_value_orientation(outcome: Outcome, *, angle: float = 45.0) -> Array:
    """Own payoff and the mean of the others', weighed by the cosine and sine of an angle in degrees.

    cos(angle)·R_i + sin(angle)·mean_{j≠i} R_j: individualistic at 0, prosocial at 45, altruistic
    at 90, competitive at −45. Measured angles above 57.15 count as altruistic, above 22.45 as
    prosocial, above −12.04 as individualistic, below as competitive (Murphy et al. 2011).

    Source: the angle, Liebrand (1984) and Murphy et al. (2011); as the weights of a reward,
    Schwarting et al. (2019). McKee et al. (2020), from whom the mean over the others is, use the
    angle differently: they penalise its distance from that of the payoffs.
    """
    # Rounded so that 45 degrees weigh both alike and 90 degrees give the own payoff no weight.
    own, others = round(cos(radians(angle)), 15), round(sin(radians(angle)), 15)
    return own * outcome.payoffs + others * outcome.others_mean(outcome.payoffs)


@value
def reciprocity(outcome: Outcome, *, positive: float = 1.0, negative: float = 1.0) -> Array:
    """The others' payoffs, wished to those who have just cooperated and grudged to those who have not.

    mean_{j≠i} w_j·R_j, w_j = positive if j played action 0 in the round before, −negative if
    another action, 0 if there was none. ``reciprocity(negative=0)`` is conditional kindness.

    Source: in the spirit of Rabin (1993) and Dufwenberg & Kirchsteiger (2004), whose utilities
    add kindness times kindness to the own payoff, as in ``selfish + 0.5 * reciprocity``. Theirs
    judge intentions by beliefs; this judges the last action alone, which is our simplification.
    """
    terms = [
        (positive * outcome.number(previous == 0) - negative * outcome.number(previous > 0)) * paid
        for previous, paid in zip(outcome.others(outcome.previous), outcome.others(outcome.payoffs), strict=True)
    ]
    return sum(terms, outcome.xp.zeros_like(outcome.payoffs)) / max(outcome.game.players - 1, 1)


def _gaps(outcome: Outcome) -> tuple[Array, Array]:
    """Return by how much each player is behind and ahead of the others, in the mean; (..., n) each."""
    xp, own = outcome.xp, outcome.payoffs
    behind = ahead = xp.zeros_like(own)
    for other in outcome.others(own):
        gap = other - own
        behind = behind + xp.where(gap > 0, gap, xp.zeros_like(gap))
        ahead = ahead + xp.where(gap < 0, -gap, xp.zeros_like(gap))
    others = max(outcome.game.players - 1, 1)
    return behind / others, ahead / others
