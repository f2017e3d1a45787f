"""Values that ask what would happen if everyone did as I do. Only a symmetric game can answer.

What would happen is read from the game's table, also where an outcome was `paid` otherwise, and
depends on the own action alone: what the others answered, legal or not, does not enter the question.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from moral_games.games import MatrixGame
from moral_games.rewards.function import between, value
from moral_games.rewards.outcome import Array, Outcome


@value(check=between(0, 1, "kappa"))
def homo_moralis(outcome: Outcome, *, kappa: float = 0.5) -> Array:
    """Own payoff, mixed with what it would be if everyone did as I do: (1 − κ)·π(x, y) + κ·π(x, x).

    For n players the second term is π(x, ..., x). κ in [0, 1] is the degree of morality: 0 is
    homo economicus (`selfish`), 1 is homo kantiensis. Actions are judged as they are played; of a mixed
    strategy x this is the expectation, where the authors' κ·π(x, x) is quadratic in x, so that their mixed
    equilibria are others. In a round that another's illegal answer
    made void the first term is 0, as it is for everyone; the second remains.

    Source: Alger & Weibull (2013). For n players Alger & Weibull (2016) let any number of the
    others do likewise, each with a weight; this gives weight 1 − κ to none of them and κ to all.

    Raises
    ------
    ValueError
        If the game is not symmetric.
    """
    return (1.0 - kappa) * outcome.payoffs + kappa * outcome.by_action(_if_all_did(outcome.game, "homo_moralis"))


@value
def universalisability(outcome: Outcome, *, penalty: float = 3.0) -> Array:
    """Do what you could will everyone to do: −penalty unless no other action pays more if all play it.

    Only pure actions are compared. Where players do best by doing different things (T + S > 2R)
    the duty is still the best common action.

    Source: Kant (1785), the formula of universal law, read as Roemer's (2010) simple Kantian
    equilibrium of a symmetric game. As a bonus instead of a duty it is ``homo_moralis(kappa=1)``.

    Raises
    ------
    ValueError
        If the game is not symmetric.
    """
    universal = _if_all_did(outcome.game, "universalisability")
    return -penalty * outcome.by_action((universal < universal.max()).astype(np.float64))


def _if_all_did(game: MatrixGame, name: str) -> NDArray[np.float64]:
    """Return each action's payoff if everyone plays it; (A,)."""
    if not game.is_symmetric:
        raise ValueError(
            f"reward {name!r} asks what would happen if everyone did the same, so it needs a symmetric game; "
            f"{game.name!r} is not symmetric"
        )
    same = np.arange(game.shape[0])
    return game.payoffs[(same,) * game.players + (0,)]
