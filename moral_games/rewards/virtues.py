"""Values that judge what kind of player an action shows."""

from __future__ import annotations

import numpy as np

from moral_games.rewards.function import between, value
from moral_games.rewards.outcome import Array, Outcome


@value
def virtue_equality(outcome: Outcome) -> Array:
    """Equal payoffs: 1 if all are paid the same, 0 if one takes everything.

    Source: Tennant et al. (2023), Table 1, 1 − |R_M − R_O| / (R_M + R_O). For n players it is one
    minus the Gini coefficient of the payoffs scaled by n / (n − 1), which is the same number for
    two. The denominator takes absolute values, which changes nothing where payoffs are not
    negative and keeps the result in [0, 1] where they are. If all payoffs are 0 they are equal:
    0/0 counts as 1.
    """
    return 1.0 - inequality(outcome)


@value
def virtue_inequality(outcome: Outcome) -> Array:
    """Unequal payoffs: one minus `virtue_equality`.

    Source: Tennant et al. (2024), "Virtue-inequality", |R_M − R_O| / (R_M + R_O).
    """
    return inequality(outcome)


@value
def virtue_kindness(outcome: Outcome, *, bonus: float = 5.0) -> Array:
    """Cooperating for its own sake: +bonus for action 0, else 0.

    Source: Tennant et al. (2023), Table 1. For n players it is the same: it looks at the own
    action only.
    """
    return bonus * _cooperates(outcome)


@value
def virtue_aggression(outcome: Outcome, *, bonus: float = 5.0) -> Array:
    """Defecting for its own sake: +bonus for any action but action 0, else 0.

    Source: Tennant et al. (2024), "Virtue-aggression". For n players it is the same.
    """
    return bonus * outcome.number(outcome.actions > 0)


@value(check=between(0, 1, "equality_weight"))
def virtue_mixed(outcome: Outcome, *, equality_weight: float = 0.5) -> Array:
    """Equality and kindness, each worth at most 1: β·equality + (1 − β)·[cooperates].

    `equality_weight` β lies in [0, 1].

    Source: Tennant et al. (2023), Table 1, β = 0.5 (the published code truncates β to 0, which
    leaves kindness alone; this follows the text). For n players as in `virtue_equality`.
    """
    return equality_weight * (1.0 - inequality(outcome)) + (1.0 - equality_weight) * _cooperates(outcome)


def inequality(outcome: Outcome) -> Array:
    """Return the payoffs' normalised Gini coefficient, the same for every player; (..., n) in [0, 1].

    0 if all are paid the same, 1 if one is paid everything.
    """
    xp, n = outcome.xp, outcome.game.players
    paid = outcome.payoffs
    ordered = xp.sort(paid, axis=-1)
    # Each gap between neighbours in that order lies between (k + 1)(n - k - 1) pairs of players.
    pairs = outcome.like(np.array([(k + 1.0) * (n - k - 1.0) for k in range(n - 1)]))
    spread = xp.sum(pairs * (ordered[..., 1:] - ordered[..., :-1]), axis=-1)
    size = max(n - 1, 1) * xp.sum(xp.abs(paid), axis=-1)
    nothing = size == 0
    ratio = xp.where(nothing, xp.zeros_like(size), spread / xp.where(nothing, xp.ones_like(size), size))
    return ratio[..., None] + xp.zeros_like(paid)


def _cooperates(outcome: Outcome) -> Array:
    return outcome.number(outcome.actions == 0)
