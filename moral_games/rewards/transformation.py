"""What a value makes of a game."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from moral_games.games import MatrixGame
from moral_games.games.kinds import classify
from moral_games.rewards.outcome import Outcome
from moral_games.rewards.reading import Rewards, one_each


def transform(game: MatrixGame, reward: Rewards) -> MatrixGame:
    """Return the game that a value makes of a game: its rewards as payoffs, and the kind they have.

    Parameters
    ----------
    game
        Any game.
    reward
        A memoryless reward, one that does not look at the round before; for all players, or one a
        player.

    Returns
    -------
    MatrixGame
        The same players and actions. Its `kind` is that of the new payoffs (see
        `moral_games.games.kinds`), ``"unclassified"`` where they have none.

    Raises
    ------
    TypeError
        If the reward depends on the round before, so that no single payoff table holds it.
    ValueError
        If the number of rewards is not the number of players, or a reward is not finite.

    Examples
    --------
    >>> from moral_games import games
    >>> transform(games.get("ipd"), "utilitarian").kind
    'harmony'
    """
    values = one_each(game, reward)
    actions = game.joint_actions

    def rewards(previous: np.ndarray) -> np.ndarray:
        outcome = Outcome(game, np.broadcast_to(previous, actions.shape), actions)
        judged = {value: np.asarray(value(outcome)) for value in set(values)}
        return np.stack([judged[value][..., i] for i, value in enumerate(values)], axis=-1)

    first = rewards(np.full(game.players, -1))
    named = str(values[0]) if len(set(values)) == 1 else ", ".join(map(str, values))
    after = MatrixGame(
        first.reshape(game.payoffs.shape), game.actions, f"{game.name} under {named}", source=game.source
    )
    if not all(np.array_equal(first, rewards(previous)) for previous in actions):
        raise TypeError(
            f"reward {named} looks at the round before, so it is not a payoff table of {game.name!r}; "
            "compile it with moral_games.RepeatedGame, or transform with a memoryless reward"
        )
    return replace(after, kind=classify(after))
