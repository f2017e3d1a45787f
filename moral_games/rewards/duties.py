"""Values that judge whether an action keeps a rule, whatever it leads to."""

from __future__ import annotations

from moral_games.rewards.function import value
from moral_games.rewards.outcome import Array, Outcome


@value
def deontological(outcome: Outcome, *, penalty: float = 3.0) -> Array:
    """Do not defect against one who has just cooperated: −penalty if broken, else 0.

    Source: Tennant et al. (2023), Table 1 (penalty 5); Tennant et al. (2025) (penalty 3). For n
    players the penalty is multiplied by the share of the others who cooperated in the round
    before; with two players that share is 0 or 1, as published. Defecting is any action but
    action 0. No duty is owed before the first round or to an illegal answer.
    """
    return -penalty * _betrayal(outcome)


@value
def malicious_deontological(outcome: Outcome, *, bonus: float = 5.0) -> Array:
    """Seek to defect against one who has just cooperated: +bonus, else 0.

    Source: Tennant et al. (2024), "malicious Deontological". For n players the bonus is
    multiplied by the share of the others who cooperated in the round before.
    """
    return bonus * _betrayal(outcome)


def _betrayal(outcome: Outcome) -> Array:
    """Return own defection (0 or 1) times the share of the others who had cooperated; (..., n)."""
    defects = outcome.number(outcome.actions > 0)
    return defects * outcome.others_mean(outcome.previous == 0)
