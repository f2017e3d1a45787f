"""Fixed strategies by name, and which games each of them understands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from inspect import signature

from moral_games.games import MatrixGame
from moral_games.names import unknown
from moral_games.policy import FiniteStatePolicy

Build = Callable[..., FiniteStatePolicy]
"""Makes a strategy's policy: ``build(game, **parameters)``, the game being seen with the strategy as player 0."""


@dataclass(frozen=True)
class Games:
    """Which games a strategy understands.

    Parameters
    ----------
    words
        What they have, as errors and lists say it.
    include
        Whether a game, seen with the strategy as player 0, is one of them.
    """

    words: str
    include: Callable[[MatrixGame], bool]


def _is_dilemma(game: MatrixGame) -> bool:
    if game.shape != (2, 2) or not game.is_symmetric:
        return False
    (reward, sucker), (temptation, punishment) = game.payoffs[..., 0].tolist()
    return temptation > reward > punishment > sucker


ANY_GAME = Games("any players and actions", lambda game: True)
TWO_ACTIONS = Games("two actions of its own", lambda game: game.shape[0] == 2)
ALL_TWO_ACTIONS = Games("two actions each", lambda game: set(game.shape) == {2})
SAME_ACTIONS = Games(
    "two players who have the same actions", lambda game: game.players == 2 and game.shape[0] == game.shape[1]
)
TWO_BY_TWO = Games("two players and two actions each", lambda game: game.shape == (2, 2))
DILEMMA = Games("the payoffs of a symmetric prisoner's dilemma, T > R > P > S", _is_dilemma)


@dataclass(frozen=True)
class Strategy:
    """A strategy of the catalogue: what makes its policy, and the games that it understands."""

    build: Build
    """Makes its policy for a game."""
    games: Games
    """The games that it understands."""


STRATEGIES: dict[str, Strategy] = {}
"""Every strategy by name."""


def strategy(games: Games) -> Callable[[Build], Build]:
    """Add a function to the strategies, under its own name.

    Parameters
    ----------
    games
        The games it understands; in any other it raises a ValueError that says so.

    Examples
    --------
    >>> from moral_games.policy import uniform
    >>> @strategy(ANY_GAME)
    ... def undecided(game):
    ...     return uniform(game)
    >>> "undecided" in names(), STRATEGIES.pop("undecided").games.words
    (True, 'any players and actions')
    """

    def add(function: Build) -> Build:
        name = function.__name__

        @wraps(function)
        def build(game: MatrixGame, **parameters: float) -> FiniteStatePolicy:
            if not games.include(game):
                raise ValueError(
                    f"opponent {name!r} plays games with {games.words}; "
                    f"game {game.name!r} has {' x '.join(map(str, game.shape))} actions"
                )
            return function(game, **parameters).named(str(Opponent(name, tuple(parameters.items()))))

        STRATEGIES[name] = Strategy(build, games)
        return build

    return add


@dataclass(frozen=True)
class Opponent:
    """A strategy of the catalogue with its parameters, not yet bound to a game."""

    name: str
    """The strategy's name."""
    parameters: tuple[tuple[str, float], ...] = ()
    """Its parameters, by name."""

    def __call__(self, game: MatrixGame) -> FiniteStatePolicy:
        """Return what it does as player 0 of `game` (see `MatrixGame.seen_by`).

        Raises
        ------
        ValueError
            If it does not understand such a game, or a parameter is out of range.
        """
        return STRATEGIES[self.name].build(game, **dict(self.parameters))

    def __str__(self) -> str:
        listed = ", ".join(f"{key}={_shortest(number)}" for key, number in self.parameters)
        return f"{self.name}({listed})" if listed else self.name

    @property
    def games(self) -> str:
        """What the games have that it understands, in words."""
        return STRATEGIES[self.name].games.words

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (STRATEGIES[self.name].build.__doc__ or "").partition("\n")[0]


def names(game: MatrixGame | None = None) -> tuple[str, ...]:
    """Return the names of all strategies, or of those that understand a game; sorted."""
    return tuple(sorted(name for name, entry in STRATEGIES.items() if game is None or entry.games.include(game)))


def get(name: str, **parameters: float) -> Opponent:
    """Return the strategy of that name, e.g. ``get("generous_tit_for_tat", generosity=0.2)``.

    Raises
    ------
    ValueError
        If the name (close matches are listed) or a parameter is unknown.
    """
    if name not in STRATEGIES:
        raise unknown("opponent", name, (*STRATEGIES, "human", "axelrod:NAME", "run:FOLDER"))
    known = [key for key in signature(STRATEGIES[name].build).parameters if key != "game"]
    for key in parameters:
        if key not in known:
            raise ValueError(f"opponent {name!r} has no parameter {key!r}; it has {known or 'none'}")
    return Opponent(name, tuple(parameters.items()))


def check_probabilities(**given: float) -> None:
    """Raise a ValueError that names the first parameter that is no probability."""
    for name, number in given.items():
        if not 0 <= number <= 1:
            raise ValueError(f"{name} must lie in [0, 1], got {number}")


def _shortest(number: float | None) -> str:
    """Return a parameter as it is written: whole numbers without a point, others with every digit."""
    return repr(int(number)) if isinstance(number, float) and number.is_integer() else repr(number)
