"""Writing down strategies of two-by-two games as finite automata and as rules over the last rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from moral_games.policy import FiniteStatePolicy, windows

Rounds = Sequence[tuple[int, int]]
"""The last rounds, most recent first: pairs of own action and the other's, 0 to cooperate and 1 to defect."""


def machine(first: str, *states: str) -> FiniteStatePolicy:
    """Return a deterministic automaton that reacts to the other's actions.

    Parameters
    ----------
    first
        What it does in the first round, C or D, before it goes on in state 1.
    *states
        For state 1, 2, ... what follows the other's C and its D: the next state and what it does
        on the way there. ``"1C 2D"`` stays in state 1 and cooperates after C, and goes to state 2
        and defects after D.

    Examples
    --------
    Tit-for-tat and grim:

    >>> machine("C", "1C 1D").probabilities[:, 0]
    array([1., 0.])
    >>> machine("C", "1C 2D", "2D 2D").transitions
    array([[0, 1, 0, 1],
           [1, 1, 1, 1]])
    """
    table = [[(int(move[:-1]), move[-1]) for move in state.split()] for state in states]
    reached = [(1, first)]
    after: list[list[int]] = []
    for state, _ in reached:  # grows as it is walked
        moves = table[state - 1]
        reached += [move for move in dict.fromkeys(moves) if move not in reached]
        after.append([reached.index(move) for move in (*moves, *moves)])
    return FiniteStatePolicy(np.eye(2)[["CD".index(action) for _, action in reached]], np.array(after))


def rule(memory: int, cooperates: Callable[[Rounds], bool]) -> FiniteStatePolicy:
    """Return the deterministic strategy that follows a rule over the last rounds.

    Parameters
    ----------
    memory
        How many rounds it remembers.
    cooperates
        Whether it cooperates after the last rounds; fewer than `memory` at the beginning.
    """
    seen = [[divmod(int(joint), 2) for joint in window if joint >= 0] for window in windows(4, memory)]
    return FiniteStatePolicy.from_windows(np.eye(2)[[0 if cooperates(rounds) else 1 for rounds in seen]], 4)
