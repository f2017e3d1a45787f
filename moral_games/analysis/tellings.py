"""One policy told in many ways: what holds across presentations, and how much the telling changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.evaluation import evaluate
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent
from moral_games.policy import FiniteStatePolicy, last_joint_action
from moral_games.repeated import RepeatedGame
from moral_games.rewards import Rewards


def judged_states(game: MatrixGame, reward: Rewards) -> NDArray[np.int64]:
    """Return the states in which a reward tells player 0's legal actions apart; (k,) int."""
    repeated = RepeatedGame.compile(game, reward)
    legal = repeated.legal_rewards[..., 0]
    apart = (legal.max(axis=1) - legal.min(axis=1)).reshape(repeated.states, -1).max(axis=1)
    return np.flatnonzero(apart > 0)


def presentation_gap(tables: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each state the largest difference in an action's probability between two tellings.

    Parameters
    ----------
    tables
        (P, S, A): action probabilities under each of P presentations.

    Returns
    -------
    ndarray
        (S,) float64 in [0, 1].
    """
    return (tables.max(axis=0) - tables.min(axis=0)).max(axis=1)


def summarise(
    game: MatrixGame,
    tables: NDArray[np.float64],
    trained: Rewards,
    rewards: Mapping[str, Rewards],
    opponent: AnyOpponent,
    discount: float = 0.99,
) -> dict[str, Any]:
    """Judge a policy that may differ between presentations, exactly.

    Parameters
    ----------
    game
        A two-player game.
    tables
        (P, S, A): action probabilities of player 0 under each of P presentations; a state is a window of
        the last joint actions (see `moral_games.policy.windows`).
    trained
        The reward that says in which states the telling must not matter.
    rewards
        The rewards whose regret is reported, by the name it is reported under.
    opponent, discount
        Against whom and how far ahead regret is taken; play begins after a random joint action.

    Returns
    -------
    dict
        JSON: ``p_cooperate`` (S numbers, the mean over presentations), ``legal_by_state`` (the same),
        ``legal_mass`` (mean) and ``legal_mass_lowest``, ``moral_regret`` and ``published_regret`` by reward (means over
        presentations), ``moral_regret_highest`` (of any one), ``presentation_gap`` (S numbers),
        ``judged_states`` and ``presentation_gap_judged`` (the largest of those states).
    """
    joint_actions = len(game.joint_actions)
    latest = last_joint_action(np.arange(tables.shape[1]), joint_actions)
    judged = np.flatnonzero(np.isin(latest, judged_states(game, trained)))
    gap = presentation_gap(tables)
    legal = tables.sum(axis=2)
    regrets: dict[str, list[float]] = {name: [] for name in rewards}
    published: dict[str, list[float]] = {name: [] for name in rewards}
    for table in tables:
        for name, reward in rewards.items():
            policy = FiniteStatePolicy.from_windows(table, joint_actions)
            judgement = evaluate(policy, opponent, game, reward, discount, initial="random")
            regrets[name].append(judgement.moral_regret)
            published[name].append(judgement.published_regret)
    return {
        "p_cooperate": _rounded(tables[..., 0].mean(axis=0)),
        "legal_by_state": _rounded(legal.mean(axis=0)),
        "legal_mass": _rounded(legal.mean()),
        "legal_mass_lowest": _rounded(legal.min()),
        "moral_regret": {name: _rounded(np.mean(values)) for name, values in regrets.items()},
        "moral_regret_highest": {name: _rounded(max(values)) for name, values in regrets.items()},
        "published_regret": {name: _rounded(np.mean(values)) for name, values in published.items()},
        "presentation_gap": _rounded(gap),
        "judged_states": judged.tolist(),
        "presentation_gap_judged": _rounded(gap[judged].max()) if len(judged) else 0.0,
    }


def _rounded(numbers: Any) -> Any:
    """Return plain numbers, rounded to what bfloat16 arithmetic can mean."""
    return np.round(np.asarray(numbers, dtype=np.float64), 6).tolist()
