"""One question and its right answer, both made from a game, a preference and a belief."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moral_games.analysis.preferences import Preference, symmetric_game, utility_terms
from moral_games.analysis.symmetric_equilibria import best_replies
from moral_games.games import MatrixGame
from moral_games.synthetic.reasons import reasons_at_once, reasons_in_equilibrium, reasons_in_roles
from moral_games.text import Presentation
from moral_games.text.once import Roles, told_at_once, told_in_roles

Floats = NDArray[np.float64]
TIE, NONE = "two answers are as good", "no equilibrium in pure strategies"
"""Why a question has no right answer."""


@dataclass(frozen=True, eq=False)
class Task:
    """A question with one right answer, and the reasons for it.

    Parameters
    ----------
    game
        The symmetric game whose S actions are the strategies (see `moral_games.analysis.preferences.symmetric_game`).
        Actions are in random order; ``game.actions`` says which is which.
    source
        Where it comes from: a name of the catalogue, of a protocol, or ``"random"``.
    prompt
        What is asked. It names the labels.
    labels
        ``labels[s]`` stands for strategy s.
    belief
        What the other does, as the prompt says it, (S,). Where it says nothing: the equilibrium.
    target
        Probabilities of the right answer, (S,): all on one strategy.
    best
        That strategy.
    reasoning
        The calculation, which ends with ``moral_games.text.reckoning.ANSWER``.
    terms
        What expected utility is linear in, against the belief, (4, S); see `moral_games.analysis.utility_terms`. In
        games of two roles those of being behind and ahead do not follow from `game`, where roles are averaged.
    """

    game: MatrixGame
    source: str
    prompt: str
    labels: tuple[str, ...]
    belief: Floats
    target: Floats
    best: int
    reasoning: str
    terms: Floats

    def answer(self, reasons: bool) -> str:
        """Return what is answered: the calculation and then the label in quotation marks, or the label alone."""
        label = self.labels[self.best]
        return f'{self.reasoning}{label}"' if reasons else label


def right_answer(game: Roles | str, preference: Preference, expected: Sequence[int] = ()) -> int | str:
    """Return the one right answer to a question, or why there is none.

    Parameters
    ----------
    game
        A protocol's name, a two-stage game, or a matrix game for two.
    preference
        What is valued.
    expected
        What the other does: one strategy, or several that are as likely. Without any it is the symmetric equilibrium
        that is asked for.

    Returns
    -------
    int or str
        The strategy; or `TIE` where two are best, also against what the other might do in an equilibrium; or `NONE`.

    Examples
    --------
    >>> right_answer("tg6", Preference(kappa=0.5)), right_answer("tg6", Preference(kappa=0.25), [0])
    (0, 1)
    """
    good = np.flatnonzero(good_answers(game, preference, expected))
    if not len(good):
        return NONE
    if len(good) > 1 or (not expected and (_replies(game, preference).sum(axis=1) > 1).any()):
        return TIE
    return int(good[0])


def good_answers(game: Roles | str, preference: Preference, expected: Sequence[int] = ()) -> NDArray[np.bool_]:
    """Return which strategies are best against what is expected, or equilibria where nothing is; (S,)."""
    if not expected:
        return np.diagonal(_replies(game, preference))
    utility = preference.utility(game)
    return best_replies(utility, _uniform(expected, len(utility)))


def task(game: Roles, source: str, preference: Preference, expected: Sequence[int], told: Presentation) -> Task:
    """Return a question with its answer.

    Parameters
    ----------
    game
        A symmetric matrix game is told as a table; any other, and a two-stage game, with plans for both roles.
    source
        Where it comes from.
    preference, expected
        As in `right_answer`.
    told
        A label for each strategy, and the orders of the lists.

    Raises
    ------
    ValueError
        If there are not as many labels as strategies, an equilibrium is asked for in a game of two roles, or there
        is no one right answer.
    """
    symmetric = symmetric_game(game)
    size = symmetric.shape[0]
    if len(told.labels) != size:
        raise ValueError(f"game {symmetric.name!r} has {size} strategies, and there are {len(told.labels)} labels")
    if symmetric is not game and not expected:
        raise ValueError(f"in game {symmetric.name!r}, of two roles, say what the other is expected to do")
    best = right_answer(game, preference, expected)
    if isinstance(best, str):
        raise ValueError(f"a question about game {symmetric.name!r} has no one right answer: {best}")
    if symmetric is not game:
        prompt = told_in_roles(game, told, expected)
        reasoning = reasons_in_roles(game, told, expected, preference)
    else:
        prompt = told_at_once(symmetric, told, expected)
        reasoning = (
            reasons_at_once(symmetric, told, expected[0], preference)
            if expected
            else reasons_in_equilibrium(symmetric, told, preference)
        )
    target = _uniform([best], size)
    belief = _uniform(expected, size) if expected else target
    terms = utility_terms(game) @ belief
    return Task(symmetric, source, prompt, told.names, belief, target, best, reasoning, terms)


def _replies(game: Roles | str, preference: Preference) -> NDArray[np.bool_]:
    """Return the best replies to each strategy, a row for each; (S, S)."""
    utility = preference.utility(game)
    return best_replies(utility, np.eye(len(utility)))


def _uniform(among: Sequence[int], size: int) -> Floats:
    """Return the probabilities of drawing from some strategies alike, (S,)."""
    return np.bincount(among, minlength=size) / len(among)
