"""The value that owns the illegal case."""

from __future__ import annotations

from moral_games.rewards.function import value
from moral_games.rewards.outcome import Array, Outcome


@value(judges_illegal=True)
def illegal(outcome: Outcome, *, penalty: float = 6.0) -> Array:
    """Answer with an action of the game: −penalty for an illegal answer, else 0.

    Added to any other value, which gives 0 for an illegal answer, so that the sum there is
    −penalty alone. For n players it looks at the own answer only.

    Source: Tennant et al. (2025), r_illegal = −6.
    """
    return -penalty * outcome.number(outcome.actions < 0)
