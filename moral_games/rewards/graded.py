"""Duties and virtues by degrees, for games in which one can cooperate more or less.

The actions count down from the most cooperative: of A actions, action a contributes the share
1 − a/(A − 1) and withholds a/(A − 1), as in a public goods game whose action 0 gives everything
and whose last action gives nothing. With two actions each value here is the one without
``_graded`` in its name.
"""

from __future__ import annotations

import numpy as np

from moral_games.rewards.function import between, value
from moral_games.rewards.outcome import Array, Outcome
from moral_games.rewards.virtues import inequality


@value
def deontological_graded(outcome: Outcome, *, penalty: float = 3.0) -> Array:
    """Do not withhold from those who have just contributed: −penalty · withheld · their mean contribution.

    The own share withheld now, times the mean share the others contributed in the round before.
    No duty is owed before the first round.

    Source: graded version, ours, of `deontological`, Tennant et al. (2023).
    """
    return -penalty * _betrayal(outcome)


@value
def malicious_deontological_graded(outcome: Outcome, *, bonus: float = 5.0) -> Array:
    """Seek to withhold from those who have just contributed: +bonus · withheld · their mean contribution.

    Source: graded version, ours, of `malicious_deontological`, Tennant et al. (2024).
    """
    return bonus * _betrayal(outcome)


@value
def virtue_kindness_graded(outcome: Outcome, *, bonus: float = 5.0) -> Array:
    """Contributing for its own sake: +bonus · share contributed.

    Source: graded version, ours, of `virtue_kindness`, Tennant et al. (2023).
    """
    return bonus * _contributed(outcome, outcome.actions)


@value
def virtue_aggression_graded(outcome: Outcome, *, bonus: float = 5.0) -> Array:
    """Withholding for its own sake: +bonus · share withheld.

    Source: graded version, ours, of `virtue_aggression`, Tennant et al. (2024).
    """
    return bonus * _withheld(outcome, outcome.actions)


@value(check=between(0, 1, "equality_weight"))
def virtue_mixed_graded(outcome: Outcome, *, equality_weight: float = 0.5) -> Array:
    """Equality and kindness, each worth at most 1: β·equality + (1 − β)·share contributed.

    Source: graded version, ours, of `virtue_mixed`, Tennant et al. (2023).
    """
    kindness = _contributed(outcome, outcome.actions)
    return equality_weight * (1.0 - inequality(outcome)) + (1.0 - equality_weight) * kindness


def _betrayal(outcome: Outcome) -> Array:
    return _withheld(outcome, outcome.actions) * outcome.others_mean(_contributed(outcome, outcome.previous))


def _withheld(outcome: Outcome, actions: Array) -> Array:
    """Return the share each action withholds; (..., n) in [0, 1], 0 where there was no action."""
    share = outcome.number(actions) / outcome.like(np.array([max(count - 1.0, 1.0) for count in outcome.game.shape]))
    return outcome.xp.where(actions >= 0, share, outcome.xp.zeros_like(share))


def _contributed(outcome: Outcome, actions: Array) -> Array:
    """Return the share each action contributes; (..., n) in [0, 1], 0 where there was no action."""
    return outcome.number(actions >= 0) - _withheld(outcome, actions)
