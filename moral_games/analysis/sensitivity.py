"""What payoffs do to a choice: paths of games, where each value changes its mind, and whether a policy follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from moral_games.analysis.decision import DecisionProblem
from moral_games.analysis.factorial import Floats
from moral_games.games import MatrixGame, letters
from moral_games.opponents import AnyOpponent, seated
from moral_games.repeated import RepeatedGame
from moral_games.rewards import Rewards

SAME_AGAIN = "repeat(start=0.5)"
"""An opponent who does again what it did: against it, without a discount, what is best is Cournot's (1838) best
reply to the last action, whatever a value makes of it."""

POINTS = 9


@dataclass(frozen=True)
class PayoffPath:
    """A game, one payoff of which moves.

    Attributes
    ----------
    moves
        What moves, e.g. ``"temptation"``.
    game
        The game at a point of the path.
    grid
        The points at which policies are asked, ascending.
    """

    moves: str
    game: Callable[[float], MatrixGame]
    grid: tuple[float, ...]


def payoff_paths(base: MatrixGame) -> tuple[PayoffPath, ...]:
    """Return the paths of temptation, sucker's payoff and stakes from a symmetric two-by-two game.

    Temptation T goes from R − w to R + w and the sucker's payoff S from P − w to P + w, w being the largest
    payoff less the smallest; stakes multiply all payoffs by powers of two, from 1/4 to 64. No value that looks at
    payoffs alone can change its mind where only stakes do.

    Raises
    ------
    ValueError
        If the game is another, or all its payoffs are the same.

    Examples
    --------
    >>> from moral_games import games
    >>> for path in payoff_paths(games.get("ipd")):
    ...     print(path.moves, path.grid[0], path.grid[-1], path.game(path.grid[-1]).payoffs[..., 0].tolist())
    temptation -1.0 7.0 [[3.0, 0.0], [7.0, 1.0]]
    sucker's payoff -3.0 5.0 [[3.0, 5.0], [4.0, 1.0]]
    stakes 0.25 64.0 [[192.0, 0.0], [256.0, 64.0]]
    """
    named = letters(base)
    if named is None:
        raise ValueError(
            f"payoff paths begin at a symmetric game of two players and two actions; game {base.name!r} is not one"
        )
    width = float(np.ptp(base.payoffs))
    if width == 0:
        raise ValueError(f"payoff paths need a game with different payoffs; all of game {base.name!r} are {named[1]:g}")
    _, reward, punishment, _ = named

    def around(centre: float) -> tuple[float, ...]:
        return tuple(np.linspace(centre - width, centre + width, POINTS).tolist())

    return (
        PayoffPath("temptation", lambda payoff: _with_one(base, payoff, (1, 0)), around(reward)),
        PayoffPath("sucker's payoff", lambda payoff: _with_one(base, payoff, (0, 1)), around(punishment)),
        PayoffPath(
            "stakes", lambda factor: _paying(base, factor * base.payoffs), tuple(2.0**k for k in range(-2, POINTS - 2))
        ),
    )


def _with_one(base: MatrixGame, payoff: float, cell: tuple[int, int]) -> MatrixGame:
    """Return the symmetric game in which a player gets another payoff at a joint action, own action first."""
    payoffs = base.payoffs.copy()
    payoffs[(*cell, 0)] = payoffs[(*cell[::-1], 1)] = payoff
    return _paying(base, payoffs)


def _paying(base: MatrixGame, payoffs: Floats) -> MatrixGame:
    return MatrixGame(payoffs, base.actions, base.name)


def advantages(game: MatrixGame, reward: Rewards, opponent: AnyOpponent = SAME_AGAIN, discount: float = 0.0) -> Floats:
    """Return by how much action 0 beats action 1 in each state under a value, exactly.

    It is Q(s, 0) − Q(s, 1), each action being followed by the best legal play against the opponent. With discount
    0 it is the difference of the expected rewards of the round.

    Parameters
    ----------
    game
        A game in which player 0 has two actions.
    reward
        The value.
    opponent
        Who plays the other seat; it remembers the last round at most.
    discount
        In [0, 1).

    Returns
    -------
    ndarray
        (S,) float64, in units of reward; exactly 0 where it is no larger than what rounding makes.

    Raises
    ------
    ValueError
        If the opponent remembers more, the discount is not in [0, 1), or something does not fit.

    Examples
    --------
    Who is tempted gains 1 by defecting; for the sum of payoffs that costs 2:

    >>> from moral_games import games
    >>> advantages(games.get("ipd"), "selfish"), advantages(games.get("ipd"), "utilitarian")
    (array([-1., -1., -1., -1., -1.]), array([2., 2., 2., 2., 2.]))
    """
    if not 0 <= discount < 1:
        raise ValueError(f"discount must lie in [0, 1), got {discount}")
    repeated = RepeatedGame.compile(game, reward)
    others = seated(opponent, game)
    problem = DecisionProblem.build(repeated, others)
    if len(problem.situations.states) != repeated.states:
        raise ValueError(
            f"opponent {others[0].name!r} remembers more than the last round, so that what is best does not depend on "
            "the last round alone; take one that remembers less, such as tit_for_tat"
        )
    _, values = problem.best(discount)
    quality = problem.rewards[:, :2] + discount / (1 - discount) * problem.moves[:, :2] @ values
    difference = quality[:, 0] - quality[:, 1]
    rounding = 1e-9 * max(float(np.abs(quality).max()), float(np.abs(problem.rewards).max()))
    return np.where(np.abs(difference) <= rounding, 0.0, difference)


def switch_points(advantage: Callable[[float], float], grid: Sequence[float]) -> tuple[float, ...]:
    """Return where an advantage changes its sign along a path, to within 1e-9.

    Parameters
    ----------
    advantage
        The advantage of action 0 at a point of the path.
    grid
        Ascending points; between two of them no more than one change is found.

    Examples
    --------
    >>> switch_points(lambda temptation: 3.0 - temptation, [0.0, 2.0, 4.0, 6.0])
    (3.0,)
    """
    from scipy.optimize import brentq

    signed = [(point, found) for point in grid if (found := advantage(point)) != 0]
    return tuple(
        round(float(brentq(advantage, low, high, xtol=1e-10)), 9)
        for (low, before), (high, after) in pairwise(signed)
        if before * after < 0
    )


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a value asks for along a path of payoffs.

    Attributes
    ----------
    advantages
        (N, S): of action 0 over action 1, at each point of the grid in each state.
    switch_points
        For each state where along the path the best action changes.
    """

    advantages: Floats
    switch_points: tuple[tuple[float, ...], ...]

    def agreement(self, answers: Floats) -> float | None:
        """Return how probably a policy takes the best action, where there is a single one; None if there never is.

        Parameters
        ----------
        answers
            (N, S, 2): the policy's probabilities along the path.

        Returns
        -------
        float or None
            The mean over points and states; one half is what a coin has.
        """
        judged = self.advantages != 0
        if not judged.any():
            return None
        best = np.where(self.advantages > 0, answers[..., 0], answers[..., 1])
        return float(best[judged].mean())


def predict(path: PayoffPath, reward: Rewards, opponent: AnyOpponent = SAME_AGAIN, discount: float = 0.0) -> Prediction:
    """Return what a value asks for along a path of payoffs; see `advantages`."""
    known: dict[float, Floats] = {}

    def found(point: float) -> Floats:
        if point not in known:
            known[point] = advantages(path.game(point), reward, opponent, discount)
        return known[point]

    along = np.stack([found(point) for point in path.grid])

    def switches(state: int) -> tuple[float, ...]:
        return switch_points(lambda point: float(found(point)[state]), path.grid)

    return Prediction(along, tuple(map(switches, range(along.shape[1]))))
