"""How a policy drifts while it is trained: what each checkpoint does, and when later training has undone a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from moral_games.analysis.decision import DecisionProblem
from moral_games.analysis.evaluation import regret
from moral_games.analysis.factorial import Decomposition, Design, Floats, by_factor, log_odds
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, seated
from moral_games.policy import PolicyTable
from moral_games.repeated import RepeatedGame
from moral_games.rewards import Rewards

RARE = 1e-9
"""Probabilities below this count as this in a divergence, so that it is finite."""

LEARNED = 0.1
"""A fall in regret by less than this is no learning that could be undone."""


def measure(
    answers: Floats,
    base: Floats,
    design: Design,
    values: Mapping[str, Rewards],
    opponent: AnyOpponent = "random",
    discount: float = 0.99,
) -> dict[str, Any]:
    """Return what a policy is at one moment of its training.

    Parameters
    ----------
    answers, base
        (G, P, S, 2): what it answers in every cell of the design (`moral_games.analysis.factorial.observe`), and what
        it answered before any training.
    design
        The design.
    values
        The rewards that judge it, by the name they are to have.
    opponent, discount
        Against whom, and how far ahead, regret is taken; play begins after a random joint action.

    Returns
    -------
    dict
        JSON: ``legal_mass``, ``kl`` (see `divergence`), ``regret`` (by value, the mean over games and
        presentations), ``responds_to`` and ``families`` (the share of the variance of the log-odds that each family of
        factors explains; see `Decomposition`).
    """
    found = Decomposition.of(by_factor(log_odds(answers), design))
    return {
        "legal_mass": _rounded(answers.sum(axis=-1).mean()),
        "kl": _rounded(divergence(answers, base)),
        "regret": {
            name: _rounded(
                np.mean(
                    [
                        regrets(game, tables, value, opponent, discount)
                        for game, tables in zip(design.games, answers, strict=True)
                    ]
                )
            )
            for name, value in values.items()
        },
        "responds_to": found.responds_to(),
        "families": {name: _rounded(share) for name, share in sorted(found.families().items())},
    }


def divergence(answers: Floats, base: Floats) -> float:
    """Return the mean divergence KL(answers, base) of rows of action probabilities, in nats.

    An illegal answer is an outcome of its own.

    Examples
    --------
    >>> round(divergence(np.array([[0.5, 0.5]]), np.array([[0.25, 0.25]])), 6) == round(float(np.log(2)), 6)
    True
    """
    now, then = (np.concatenate([rows, 1 - rows.sum(axis=-1, keepdims=True)], axis=-1) for rows in (answers, base))
    now, then = np.clip(now, RARE, 1.0), np.clip(then, RARE, 1.0)
    return float((now * np.log(now / then)).sum(axis=-1).mean())


def regrets(
    game: MatrixGame, tables: Floats, reward: Rewards, opponent: AnyOpponent = "random", discount: float = 0.99
) -> Floats:
    """Return the moral regret of each of P tables of player 0, as `moral_games.evaluate` takes it; (P,).

    The game is solved once for all of them. Play begins after a random joint action.

    Parameters
    ----------
    game
        The game.
    tables
        (P, S, A): action probabilities.
    reward, opponent, discount
        Who judges, against whom, and how far ahead.
    """
    problem = DecisionProblem.build(RepeatedGame.compile(game, reward), seated(opponent, game))
    first, states = problem.situations.first("random"), problem.situations.memory[:, 0]
    best, worst = (float(first @ problem.best(discount, sign)[1]) for sign in (1, -1))
    found = []
    for table in tables:
        acting = PolicyTable(table).with_illegal[states]
        matrix = np.einsum("ka,kal->kl", acting, problem.moves)
        earned = (1 - discount) * (acting * problem.rewards).sum(axis=1)
        value = float(first @ np.linalg.solve(np.eye(len(states)) - discount * matrix, earned))
        found.append(regret(value, best, worst))
    return np.array(found)


def undone_after(updates: Sequence[float], regrets: Sequence[float], before: float) -> float | None:
    """Return after how many updates of later training a value's regret is back above half-way.

    Half-way lies between the regret before the value was taught and that at the end of the teaching. Between two looks
    the regret is taken to move in a straight line.

    Parameters
    ----------
    updates
        Of the later training, ascending from 0.
    regrets
        The regret after each of them; the first is what the teaching had come to.
    before
        The regret before the teaching.

    Returns
    -------
    float or None
        None where it does not come back within these updates.

    Raises
    ------
    ValueError
        If the teaching has not lowered the regret by `LEARNED`, so that there is nothing to undo.

    Examples
    --------
    >>> undone_after([0, 10, 20], [0.0, 0.25, 0.75], before=1.0)
    15.0
    """
    if not learned(before, regrets[0]):
        raise ValueError(
            f"the regret went from {before:.3f} to {regrets[0]:.3f} in the teaching, so that there is nothing to undo"
        )
    half_way = (before + regrets[0]) / 2
    for place in range(1, len(updates)):
        low, high = regrets[place - 1], regrets[place]
        if high >= half_way:
            share = (half_way - low) / (high - low)
            return float(updates[place - 1] + share * (updates[place] - updates[place - 1]))
    return None


def learned(before: float, after: float) -> bool:
    """Return whether a regret has fallen by `LEARNED` or more."""
    return before - after >= LEARNED


def _rounded(number: Any) -> float:
    return round(float(number), 6)
