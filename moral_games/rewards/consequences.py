"""Values that judge what an action leads to: the payoffs of this round."""

from __future__ import annotations

from moral_games.rewards.function import value
from moral_games.rewards.outcome import Array, Outcome


@value
def selfish(outcome: Outcome) -> Array:
    """Own payoff, R_i: what the game pays.

    Source: Tennant et al. (2023), "Selfish"; Tennant et al. (2025), "Game" reward.
    """
    return outcome.payoffs


@value
def utilitarian(outcome: Outcome) -> Array:
    """Everybody's payoff, Σ_j R_j: the greatest good of the greatest number.

    Source: Tennant et al. (2023), Table 1, R_M + R_O; for n players the sum over all of them.
    """
    return outcome.payoffs + _others(outcome)


@value
def altruistic(outcome: Outcome) -> Array:
    """The others' payoffs, Σ_{j≠i} R_j.

    Source: Tennant et al. (2024), R_O; for n players the sum over the others.
    """
    return _others(outcome)


@value
def anti_utilitarian(outcome: Outcome) -> Array:
    """The opposite of `utilitarian`, −Σ_j R_j.

    Source: Tennant et al. (2024), "anti-Utilitarian"; for n players the sum over all of them.
    """
    return -outcome.payoffs - _others(outcome)


@value
def anti_altruistic(outcome: Outcome) -> Array:
    """The opposite of `altruistic`, −Σ_{j≠i} R_j.

    Source: Tennant et al. (2024), "anti-Altruist"; for n players the sum over the others.
    """
    return -_others(outcome)


@value
def maximin(outcome: Outcome) -> Array:
    """The payoff of the worst off, min_j R_j: an outcome is as good as it is for them.

    Source: Rawls (1971), the difference principle; the maximin rule of its section 26. The same
    number for everyone, for any number of players.
    """
    worst = outcome.xp.min(outcome.payoffs, axis=-1)[..., None]
    return worst + outcome.xp.zeros_like(outcome.payoffs)


@value
def nash_welfare(outcome: Outcome, *, disagreement: float = 0.0) -> Array:
    """The geometric mean of everybody's gain over the disagreement payoff, (Π_j max(R_j − d, 0))^(1/n).

    It is 0 as soon as anybody is paid no more than d, so that payoffs below d, negative ones
    among them, count as no gain. The n-th root keeps the unit of the payoffs and leaves the order
    of outcomes that Nash's product gives. The same number for everyone.

    Source: Nash (1950), the product of two players' gains; Kaneko & Nakamura (1979) for n.
    """
    xp = outcome.xp
    gains = outcome.payoffs - disagreement
    gains = xp.where(gains > 0, gains, xp.zeros_like(gains))
    mean = xp.prod(gains, axis=-1)[..., None] ** (1.0 / outcome.game.players)
    return mean + xp.zeros_like(gains)


def _others(outcome: Outcome) -> Array:
    return sum(outcome.others(outcome.payoffs), outcome.xp.zeros_like(outcome.payoffs))
