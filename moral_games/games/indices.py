"""How much of a social dilemma a game is: indices that are functions of its payoffs alone.

They are for symmetric games with two actions, of which action 0 is to cooperate. With two
players R, S, T and P are the customary letters; with n, C(k) and D(k) are the payoffs of a
cooperator and of a defector when k of the others cooperate.

The conditions of Macy & Flache and of Hughes et al. and the scaling of Wang et al. are stated as
they are commonly cited; the papers themselves were not at hand to check the wording.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from moral_games.games.game import MatrixGame
from moral_games.games.solutions import JointAction, nash_set, pareto_set, price_of_anarchy
from moral_games.games.symmetric import letters, schelling


def greed(game: MatrixGame) -> float:
    """Return what defecting gains when all others cooperate: T - R, or D(n-1) - C(n-1).

    Raises
    ------
    ValueError
        If the game is not symmetric with two actions a player.

    Notes
    -----
    Macy & Flache (2002), Learning dynamics in social dilemmas, PNAS 99; with n players Hughes et
    al. (2018), Inequity aversion improves cooperation in intertemporal social dilemmas.

    Examples
    --------
    >>> greed(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    2.0
    """
    cooperators, defectors = _curves(game)
    return defectors[-1] - cooperators[-1]


def fear(game: MatrixGame) -> float:
    """Return what defecting gains when all others defect: P - S, or D(0) - C(0).

    Raises
    ------
    ValueError
        If the game is not symmetric with two actions a player.

    Notes
    -----
    Sources as for `greed`.

    Examples
    --------
    >>> fear(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    1.0
    """
    cooperators, defectors = _curves(game)
    return defectors[0] - cooperators[0]


def dilemma_strength(game: MatrixGame) -> tuple[float, float] | None:
    """Return greed and fear in units of what cooperation is worth: (T - R) / (R - P) and (P - S) / (R - P).

    Returns
    -------
    tuple or None
        None where mutual cooperation pays no more than mutual defection.

    Raises
    ------
    ValueError
        If the game is not a symmetric two-by-two game.

    Notes
    -----
    Wang, Kokubo, Jusup & Tanimoto (2015), Universal scaling for the dilemma strength in
    evolutionary games, Physics of Life Reviews 14.

    Examples
    --------
    >>> dilemma_strength(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    (1.0, 0.5)
    """
    t, r, p, s = _letters(game)
    return ((t - r) / (r - p), (p - s) / (r - p)) if r > p else None


def k_index(game: MatrixGame) -> float | None:
    """Return the index of cooperation K = (R - P) / (T - S) of a Prisoner's Dilemma.

    Between 0 and 1 where T > R > P > S; the larger it is, the more cooperation is to be expected.

    Returns
    -------
    float or None
        None where T = S.

    Raises
    ------
    ValueError
        If the game is not a symmetric two-by-two game.

    Notes
    -----
    Rapoport (1967), A note on the "index of cooperation" for Prisoner's Dilemma, J. Conflict
    Resolution 11.

    Examples
    --------
    >>> k_index(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    0.4
    """
    t, r, p, s = _letters(game)
    return (r - p) / (t - s) if t != s else None


def macy_flache(game: MatrixGame) -> dict[str, bool]:
    """Return which of the conditions of a two-player social dilemma hold; all do in a dilemma.

    Raises
    ------
    ValueError
        If the game is not a symmetric two-by-two game.

    Notes
    -----
    Macy & Flache (2002). Chicken, Stag Hunt and the Prisoner's Dilemma are dilemmas in this sense.

    Examples
    --------
    >>> macy_flache(MatrixGame.from_payoffs([[[3, 3], [0, 7]], [[7, 0], [1, 1]]]))
    {'R > P': True, 'R > S': True, '2R > T + S': False, 'T > R or P > S': True}
    """
    t, r, p, s = _letters(game)
    return {"R > P": r > p, "R > S": r > s, "2R > T + S": 2 * r > t + s, "T > R or P > S": t > r or p > s}


def hughes(game: MatrixGame) -> dict[str, bool]:
    """Return which of the conditions of an n-player social dilemma hold; all do in a dilemma.

    Greed and fear are taken at the ends of the Schelling diagram. (The source asks for them when
    sufficiently many, or sufficiently few, of the others cooperate.)

    Raises
    ------
    ValueError
        If the game is not symmetric with two actions a player.

    Notes
    -----
    Hughes et al. (2018), definition of an intertemporal social dilemma.

    Examples
    --------
    >>> hughes(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]]))
    {'C(n-1) > D(0)': True, 'C(n-1) > C(0)': True, 'D(n-1) > C(n-1) or D(0) > C(0)': True}
    """
    cooperators, defectors = _curves(game)
    return {
        "C(n-1) > D(0)": cooperators[-1] > defectors[0],
        "C(n-1) > C(0)": cooperators[-1] > cooperators[0],
        "D(n-1) > C(n-1) or D(0) > C(0)": greed(game) > 0 or fear(game) > 0,
    }


@dataclass(frozen=True)
class Dilemma:
    """Everything that `dilemma` finds; None where an index is not defined for the game.

    Parameters
    ----------
    greed, fear, strength, k_index
        See the functions of these names (`dilemma_strength` for the strength).
    conditions
        Those of `macy_flache` for two players, of `hughes` for more.
    pareto_set, nash_set, price_of_anarchy
        See the functions of these names.
    """

    greed: float | None
    fear: float | None
    strength: tuple[float, float] | None
    k_index: float | None
    conditions: dict[str, bool] | None
    pareto_set: tuple[JointAction, ...]
    nash_set: tuple[JointAction, ...]
    price_of_anarchy: float | None

    @property
    def is_social_dilemma(self) -> bool | None:
        """Whether all conditions hold; None where they are not defined."""
        return None if self.conditions is None else all(self.conditions.values())

    def __str__(self) -> str:
        shown = {field.name.replace("_", " "): getattr(self, field.name) for field in fields(self)}
        shown["social dilemma"] = self.is_social_dilemma
        return "\n".join(f"{name}: {_shown(value)}" for name, value in shown.items())


def dilemma(game: MatrixGame) -> Dilemma:
    """Return all indices of a game, for printing.

    Parameters
    ----------
    game
        Any game; what is not defined for it is None.

    Examples
    --------
    >>> print(dilemma(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]])))
    greed: 2
    fear: 1
    strength: (1, 0.5)
    k index: 0.4
    conditions: R > P, R > S, 2R > T + S, T > R or P > S
    pareto set: (0, 0), (0, 1), (1, 0)
    nash set: (1, 1)
    price of anarchy: 3
    social dilemma: yes
    """
    has_curves, has_letters = schelling(game) is not None, letters(game) is not None
    conditions = macy_flache if has_letters else hughes
    return Dilemma(
        greed=greed(game) if has_curves else None,
        fear=fear(game) if has_curves else None,
        strength=dilemma_strength(game) if has_letters else None,
        k_index=k_index(game) if has_letters else None,
        conditions=conditions(game) if has_curves else None,
        pareto_set=pareto_set(game),
        nash_set=nash_set(game),
        price_of_anarchy=price_of_anarchy(game),
    )


def _letters(game: MatrixGame) -> tuple[float, float, float, float]:
    found = letters(game)
    if found is None:
        raise ValueError(f"game {game.name!r} has no T, R, P and S: they are for symmetric two-by-two games")
    return found


def _curves(game: MatrixGame) -> tuple[list[float], list[float]]:
    found = schelling(game)
    if found is None:
        raise ValueError(
            f"game {game.name!r} has no greed and fear: they are for symmetric games of two players or more with "
            f"two actions each, and it has actions {game.shape}"
        )
    return found[0].tolist(), found[1].tolist()


def _shown(value: object) -> str:
    match value:
        case None:
            return "not defined"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case dict():
            return ", ".join(name if holds else f"not {name}" for name, holds in value.items())
        case (float(), float()):
            return f"({value[0]:g}, {value[1]:g})"
        case tuple() if len(value) > 8:
            return f"{len(value):,} joint actions"
        case tuple():
            return ", ".join(map(str, value)) or "none"
    return str(value)
