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


def _others(outcome: Outcome) -> Array:
    return outcome.others_mean(outcome.payoffs) * (outcome.game.players - 1)
