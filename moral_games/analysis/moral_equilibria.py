"""What everyone with the same preference can do together, and what it means to universalise a chance.

What a player who mixes x universalises can be read in two ways, and they differ wherever κ > 0.

- *Each choice is judged as it is made*: what if everyone did what I have drawn? Utility is then an expectation over
  the matrix of pure strategies, as in the reward `homo_moralis` and in a logit choice, and a symmetric
  equilibrium always exists (Nash 1951): `moral_games.analysis.symmetric_equilibria`.
- *The randomisation is judged as a strategy*: what if everyone drew as I do? κ·π(x, x) is then quadratic in x, as in
  Alger & Weibull (2013), and there may be no equilibrium at all: `randomised_equilibria`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from moral_games.analysis.preferences import Floats, Interaction, Preference, symmetric_game, utility_terms
from moral_games.analysis.symmetric_equilibria import mixing, one_table, pure_equilibria, symmetric_equilibria


def randomised_equilibria(game: Interaction, preference: Preference) -> list[Floats]:
    """Return the symmetric equilibria of players who universalise the randomisation itself; possibly none.

    x is such that no z has a higher (1 − κ)·π(z, x) + κ·π(z, z) − α·behind(z, x) − β·ahead(z, x).

    Parameters
    ----------
    game
        A protocol's name, a two-stage game, or a matrix game for two, with at most 12 strategies.
    preference
        What the players value.

    Returns
    -------
    list
        Probabilities (S,), those that mix fewer strategies first; empty where none was found. For each set of
        strategies one solution of the first-order conditions is tried: in a degenerate game, where plans for what
        does not happen make no difference, some can be missed.

    Raises
    ------
    ValueError
        If there are more strategies.

    Notes
    -----
    The quadratic utility is maximised over the simplex face by face, since it need not be concave.

    Examples
    --------
    >>> randomised_equilibria("tg6", Preference(kappa=0.25))
    []
    """
    payoff, _, behind, ahead = utility_terms(game)
    against = (1 - preference.kappa) * payoff + preference.alpha * behind + preference.beta * ahead
    alike = preference.kappa * payoff
    slope = one_table(against + alike + alike.T)
    slack = 1e-7 * np.abs(slope).max()  # the solver's own
    found: list[Floats] = []
    for size in range(1, len(slope) + 1):
        for x in mixing(slope, size):
            known = any(np.allclose(x, other, atol=1e-7) for other in found)
            if not known and _highest(against @ x, alike) <= x @ (against + alike) @ x + slack:
                found.append(x)
    return found


@dataclass(frozen=True)
class Solution:
    """What everyone with a preference can do together, in words.

    Parameters
    ----------
    game, strategies, preference
        What was solved: the game's name, the names of its strategies, and what the players value.
    pure
        The strategies that are best replies to themselves, among pure strategies. In another game than the published
        protocols, one who universalises randomisation may gain by it even there; see `randomised_equilibria`.
    mixed
        Where no strategy is: the equilibria that mix the fewest, each choice being judged as it is made.
    randomised
        Where no strategy is: the equilibria that are found if the randomisation is universalised; often none.
    """

    game: str
    strategies: tuple[str, ...]
    preference: Preference
    pure: tuple[int, ...]
    mixed: tuple[tuple[float, ...], ...] = ()
    randomised: tuple[tuple[float, ...], ...] = ()

    def __str__(self) -> str:
        said = f"{self.game} under {self.preference}: "
        if self.pure:
            return said + "in equilibrium all play " + " or all ".join(f"'{self.strategies[x]}'" for x in self.pure)
        judged, universalised = (self._listed(found) for found in (self.mixed, self.randomised))
        return (
            f"{said}no equilibrium in pure strategies; mixed, if each choice is judged: {judged}; "
            f"if the randomisation is universalised: {universalised}"
        )

    def _listed(self, found: tuple[tuple[float, ...], ...]) -> str:
        mixtures = [
            ", ".join(f"{p:.3f} '{name}'" for p, name in zip(x, self.strategies, strict=True) if p) for x in found
        ]
        return " or ".join(mixtures) or "none found"


def solve(game: Interaction, preference: Preference) -> Solution:
    """Return the symmetric equilibria of a game among people of one preference: pure, mixed, or none said plainly.

    Parameters
    ----------
    game
        A protocol's name, a two-stage game, or a matrix game for two.
    preference
        What both players value.

    Raises
    ------
    ValueError
        If the game is unknown or not for two, or has none in pure strategies and too many to mix.

    Examples
    --------
    >>> print(solve("tg4", Preference(kappa=0.5)))
    tg4 under preference(kappa=0.5): in equilibrium all play 'invest; keep'
    >>> print(solve("tg6", Preference(kappa=0.25)))
    tg6 under preference(kappa=0.25): no equilibrium in pure strategies; mixed, if each choice is judged:
    0.111 'invest; give back', 0.556 'invest; keep', 0.333 'stay out; keep';
    if the randomisation is universalised: none found
    """
    utility, symmetric = preference.utility(game), symmetric_game(game)
    pure = tuple(np.flatnonzero(pure_equilibria(utility)).tolist())
    solution = Solution(symmetric.name, symmetric.actions[0], preference, pure)
    if pure:
        return solution
    mixed, randomised = symmetric_equilibria(utility), randomised_equilibria(game, preference)
    return replace(solution, mixed=tuple(map(_rounded, mixed)), randomised=tuple(map(_rounded, randomised)))


def _rounded(x: Floats) -> tuple[float, ...]:
    return tuple(np.round(x, 9).tolist())


def _highest(linear: Floats, quadratic: Floats) -> float:
    """Return the highest linear·z + z·quadratic·z over all probabilities z: the best stationary point of any face."""
    curvature = quadratic + quadratic.T
    highest = -np.inf
    for size in range(1, len(linear) + 1):
        for face in map(np.array, combinations(range(len(linear)), size)):
            system = np.ones((size + 1, size + 1))
            system[:size, :size], system[size, size] = curvature[np.ix_(face, face)], 0.0
            if size > 1 and np.linalg.cond(system) > 1e12:
                continue  # flat in some direction, so that a smaller face has as high a point
            z = np.linalg.solve(system, np.append(-linear[face], 1.0))[:size] if size > 1 else np.ones(1)
            if (z >= -1e-9).all():
                highest = max(highest, float(linear[face] @ z + z @ quadratic[np.ix_(face, face)] @ z))
    return highest
