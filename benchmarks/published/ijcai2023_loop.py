"""The protocol of the IJCAI 2023 study as a plain loop: one match, one run, one round after the other.

It shares nothing with the library: what the tests compare the arrays with, and what `benchmarks.ijcai_speed` times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

PAYOFFS = {"IPD": (3, 1, 4, 2), "IVD": (4, 2, 5, 1), "ISH": (5, 1, 4, 2)}
"""What a player is paid for CC, CD, DC and DD, own action first."""

VALUES: dict[str, Callable[[float, float, int, int], float]] = {
    "Selfish": lambda mine, theirs, action, before: mine,
    "Utilitarian": lambda mine, theirs, action, before: mine + theirs,
    "Deontological": lambda mine, theirs, action, before: -5.0 if action == 1 and before == 0 else 0.0,
    "Virtue-equality": lambda mine, theirs, action, before: 1 - abs(mine - theirs) / (mine + theirs),
    "Virtue-kindness": lambda mine, theirs, action, before: 5.0 if action == 0 else 0.0,
    "Virtue-mixed": lambda mine, theirs, action, before: (
        0.5 * (1 - abs(mine - theirs) / (mine + theirs)) + 0.5 * (action == 0)
    ),
}
"""Learners, by own payoff, other's payoff, own action and the other's last action."""

FIXED: dict[str, Callable[[int, float], int]] = {
    "AC": lambda before, draw: 0,
    "AD": lambda before, draw: 1,
    "TFT": lambda before, draw: before,
    "Random": lambda before, draw: int(draw >= 0.5),
}
"""Fixed players, by the other's last action and a draw."""


def run(
    game: str,
    players: tuple[str, str],
    first: tuple[float, float],
    draws: Sequence[Sequence[tuple[float, float]]],
    alpha: float = 0.01,
    gamma: float = 0.9,
) -> tuple[list[dict[str, Any]], list[dict[tuple[int, int], list[float]]]]:
    """Play one run; return a record of each round, and each player's Q-values by state (own, other's last action).

    Parameters
    ----------
    game, players
        Names as in `PAYOFFS`, `VALUES` and `FIXED`.
    first
        A draw a player for the state in which it begins.
    draws
        By round and player: a draw for whether to explore, and one for the random action.
    alpha, gamma
        Learning rate and discount.
    """
    values: list[dict[tuple[int, int], list[float]]] = [
        {(i, j): [0.0, 0.0] for i in (0, 1) for j in (0, 1)} for _ in players
    ]
    states = [(int(4 * draw) // 2, int(4 * draw) % 2) for draw in first]
    states = [(0, 0) if name in FIXED else state for name, state in zip(players, states, strict=True)]
    history = []
    for t, drawn in enumerate(draws):
        epsilon = (len(draws) - t) / len(draws)
        actions = []
        for name, state, q, (explore, move) in zip(players, states, values, drawn, strict=True):
            if name in FIXED:
                actions.append(FIXED[name](state[1], move))
            elif explore <= epsilon or q[state] == [0, 0]:
                actions.append(int(2 * move))
            else:
                actions.append(int(q[state][1] > q[state][0]))
        paid = [PAYOFFS[game][2 * actions[i] + actions[1 - i]] for i in (0, 1)]
        rewards = [0.0, 0.0]
        for i, name in enumerate(players):
            after = (actions[i], actions[1 - i])
            if name in VALUES:
                rewards[i] = VALUES[name](paid[i], paid[1 - i], actions[i], states[i][1])
                old = values[i][states[i]][actions[i]]
                target = rewards[i] + gamma * max(values[i][after])
                values[i][states[i]][actions[i]] = old + alpha * (target - old)
            states[i] = after
        history.append({"actions": actions, "payoffs": paid, "rewards": rewards, "epsilon": epsilon})
    return history, values
