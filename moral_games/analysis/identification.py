"""Which rule a policy follows: the nearest named strategies, and the values that explain its choices best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import log

import numpy as np

from moral_games import opponents, rewards
from moral_games.analysis.chain import episode_occupancy, joint, transition_matrix
from moral_games.analysis.evaluation import PUBLISHED_ROUNDS
from moral_games.analysis.factorial import Floats, check_two_actions, preference
from moral_games.analysis.sensitivity import SAME_AGAIN, advantages
from moral_games.games import MatrixGame
from moral_games.opponents import AnyOpponent, as_policy, seated
from moral_games.policy import PolicyTable
from moral_games.repeated import RepeatedGame
from moral_games.situations import Situations

ALIKE = 1e-6
"""Distances, and shares explained, that differ by no more than this are ties."""

STEEPEST = 1e6


@dataclass(frozen=True)
class Nearby:
    """Named strategies at one distance from a policy.

    Attributes
    ----------
    names
        Several where they are equally near on these games.
    distance
        Mean total variation, in [0, 1].
    """

    names: tuple[str, ...]
    distance: float


@dataclass(frozen=True)
class Explanation:
    """Values that explain a policy's choices equally well.

    Attributes
    ----------
    names
        Several where they cannot be told apart on these games.
    explained
        1 − KL(choices, rule) / KL(choices, coin), in [0, 1]: 0 is a coin's, 1 says that the rule is the policy.
    bits
        Cross-entropy of the choices under the fitted rule, per choice; a coin needs 1.
    steepness
        λ of the first value's rule, in nats per unit of reward; it is large where choices are all but certain.
    """

    names: tuple[str, ...]
    explained: float
    bits: float
    steepness: float


def visits(game: MatrixGame, table: Floats) -> Floats:
    """Return how often a policy decides in each state, in the published five rounds against random players; (S,).

    Play begins in every state alike, the start among them, so that each state counts.
    """
    repeated = RepeatedGame.compile(game)
    policies = [PolicyTable(table), *seated("random", game)]
    met = Situations.build(repeated, policies)
    first = np.where(np.arange(len(met.states)) < repeated.states, 1.0 / repeated.states, 0.0)
    matrix = transition_matrix(met, joint(met.acting(policies)))
    shares = episode_occupancy(matrix, first, PUBLISHED_ROUNDS)
    return np.bincount(met.states, shares, repeated.states).astype(np.float64)


def nearest_strategies(
    games: Sequence[MatrixGame], tables: Sequence[Floats], strategies: Iterable[str] | None = None
) -> tuple[Nearby, ...]:
    """Return the named strategies by their distance from a policy, the nearest first.

    The distance is the total variation between two rows of action probabilities, illegal answers being an outcome
    of their own; it is averaged over states as `visits` says, and over games.

    Parameters
    ----------
    games, tables
        Games of two actions each, and for each the policy's probabilities (S, 2), one row a state.
    strategies
        Their names; by default all that remember no more than the last round and understand every game.

    Raises
    ------
    ValueError
        If games and tables do not fit, or a strategy is unknown or remembers more.

    Examples
    --------
    >>> from moral_games.games import get
    >>> nearest_strategies([get("ipd")], [np.eye(2)[[0, 0, 1, 0, 1]]])[0]
    Nearby(names=('tit_for_tat',), distance=0.0)
    """
    _check(games, tables)
    names = _comparable(games) if strategies is None else tuple(strategies)
    weights = [visits(game, table) for game, table in zip(games, tables, strict=True)]
    given = [PolicyTable(table).with_illegal for table in tables]
    distances = {}
    for name in names:
        others = [_memory_one(name, game).with_illegal for game in games]
        apart = [0.5 * np.abs(own - other).sum(axis=1) for own, other in zip(given, others, strict=True)]
        distances[name] = float(np.mean([weight @ far for weight, far in zip(weights, apart, strict=True)]))
    ordered = sorted(distances, key=lambda name: (distances[name], name))
    return tuple(Nearby(tied, distances[tied[0]]) for tied in _ties(ordered, [distances[name] for name in ordered]))


def consistent_values(
    games: Sequence[MatrixGame],
    tables: Sequence[Floats],
    values: Iterable[str] | None = None,
    opponent: AnyOpponent = SAME_AGAIN,
    discount: float = 0.0,
) -> tuple[Explanation, ...]:
    """Return values by how well they explain a policy's legal choices, the best first.

    The rule of a value is a logit choice: in state s it takes action 0 with probability 1 / (1 + exp(−λ Δ(s))),
    Δ being the value's exact advantage (see `advantages`), and one λ ≥ 0 for all games and states is fitted by
    maximum likelihood. States count as `visits` says, games alike.

    Parameters
    ----------
    games, tables
        Games of two actions each, and for each the policy's probabilities (S, 2), one row a state.
    values
        Texts of rewards; by default every value, with its default parameters, that has a say on some of the games
        and is defined on all of them.
    opponent, discount
        Against whom, and how far ahead, actions are judged.

    Raises
    ------
    ValueError
        If games and tables do not fit, or a value or the opponent cannot be used.

    Notes
    -----
    The logit rule: Luce (1959), McFadden (1974), whose pseudo-R² ``explained`` is but for the entropy that the
    choices have of themselves.

    Examples
    --------
    >>> from moral_games.games import get
    >>> found = consistent_values([get("ipd")], [np.full((5, 2), [0.9, 0.1])], ["selfish", "utilitarian"])
    >>> [(entry.names, round(entry.explained, 3)) for entry in found]
    [(('utilitarian',), 1.0), (('selfish',), 0.0)]
    """
    _check(games, tables)
    weights = np.concatenate([visits(game, table) for game, table in zip(games, tables, strict=True)]) / len(games)
    chosen = np.concatenate([preference(table) for table in tables])
    found = {}
    for value in _defined(games) if values is None else values:
        advantage = np.concatenate([advantages(game, value, opponent, discount) for game in games])
        if advantage.any() or values is not None:
            found[value] = _explained(chosen, weights, advantage)
    ordered = sorted(found, key=lambda value: (-found[value][0], value))
    ties = _ties(ordered, [found[value][0] for value in ordered])
    return tuple(Explanation(tied, *found[tied[0]]) for tied in ties)


def fit_logit(chosen: Floats, weights: Floats, advantage: Floats) -> float:
    """Return the λ ≥ 0 of the logit choice under which choices are most likely.

    Parameters
    ----------
    chosen, weights, advantage
        (N,): the probability of action 0, how much each choice counts, and the advantage of action 0.

    Returns
    -------
    float
        In nats per unit of advantage; finite also where choices are certain.

    Examples
    --------
    >>> from scipy.special import expit
    >>> round(fit_logit(expit(0.7 * np.array([1.0, -2.0])), np.ones(2), np.array([1.0, -2.0])), 9)
    0.7
    """
    from scipy.optimize import brentq
    from scipy.special import expit

    scale = float(np.abs(advantage).max())
    if scale == 0:
        return 0.0
    unit = advantage / scale

    def slope(steepness: float) -> float:
        return float(weights @ (unit * (chosen - expit(steepness * unit))))

    high = 1.0
    while slope(high) > 1e-12 and high < STEEPEST:
        high *= 2
    if slope(0.0) <= 0:
        return 0.0
    return float(high if slope(high) > 0 else brentq(slope, 0.0, high, xtol=1e-12)) / scale


def _explained(chosen: Floats, weights: Floats, advantage: Floats) -> tuple[float, float, float]:
    """Return the share explained, the bits a choice and the steepness of a value's best rule."""
    from scipy.special import xlogy

    steepness = fit_logit(chosen, weights, advantage)
    odds = steepness * advantage
    entropy = -float(weights @ (xlogy(chosen, chosen) + xlogy(1 - chosen, 1 - chosen)))
    cross = float(weights @ (chosen * np.logaddexp(0, -odds) + (1 - chosen) * np.logaddexp(0, odds)))
    coin = log(2) * float(weights.sum())
    explained = 1 - (cross - entropy) / (coin - entropy) if coin - entropy > 1e-12 else 0.0
    return float(np.clip(explained, 0, 1)), cross / log(2), steepness


def _check(games: Sequence[MatrixGame], tables: Sequence[Floats]) -> None:
    if not games or len(games) != len(tables):
        raise ValueError(f"one table a game is needed, got {len(games)} games and {len(tables)} tables")
    for game, table in zip(games, tables, strict=True):
        check_two_actions(game)
        PolicyTable(table).check(game)


def _comparable(games: Sequence[MatrixGame]) -> tuple[str, ...]:
    """Return the strategies that understand every game and remember no more than its last round."""
    known = set.intersection(*(set(opponents.names(game)) for game in games))
    return tuple(sorted(name for name in known if isinstance(as_policy(name, games[0]), PolicyTable)))


def _memory_one(name: str, game: MatrixGame) -> PolicyTable:
    policy = as_policy(name, game)
    if not isinstance(policy, PolicyTable):
        raise ValueError(f"strategy {name!r} remembers more than the last round, and a policy under audit does not")
    return policy


def _defined(games: Sequence[MatrixGame]) -> tuple[str, ...]:
    """Return the values, with their default parameters, that are defined on every game."""

    def defined(value: str) -> bool:
        try:
            return all(RepeatedGame.compile(game, value) is not None for game in games)
        except ValueError:  # a value that needs a symmetric game says so
            return False

    return tuple(value for value in rewards.names() if defined(value))


def _ties(names: Sequence[str], numbers: Sequence[float]) -> list[tuple[str, ...]]:
    """Return names, which are in the order of their numbers, in groups with like numbers."""
    groups: list[list[str]] = []
    first = 0.0
    for name, number in zip(names, numbers, strict=True):
        if groups and abs(number - first) <= ALIKE:
            groups[-1].append(name)
        else:
            groups.append([name])
            first = number
    return [tuple(sorted(group)) for group in groups]
