"""What is chosen on a page, as the texts that name it: a game, a value and its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from numbers import Real

from moral_games import games, rewards
from moral_games.games import MatrixGame
from moral_games.games.kinds import classify
from moral_games.names import unknown
from moral_games.rewards import RewardFunction
from moral_games.rewards.function import Setting

OWN = "own"
"""The name of the choice to type payoffs."""

LARGEST = 1e6
"""The largest payoff that can be typed, either way."""

WEIGHT = "weight"

COMMON = (
    "selfish",
    "utilitarian",
    "altruistic",
    "homo_moralis(kappa=0.5)",
    "inequity_aversion(alpha=0.5, beta=0.25)",
    "charness_rabin(rho=0.4, sigma=0.1, theta=0)",
    "social_value_orientation(angle=45)",
    "maximin",
    "nash_welfare(disagreement=0)",
    "selfish + universalisability(penalty=3)",
    "selfish + virtue_kindness(bonus=5)",
    "virtue_equality",
    "selfish + deontological(penalty=3)",
    "reciprocity(positive=1, negative=1)",
)
"""Values to begin with."""

RANGES = {
    "kappa": (0.0, 1.0),
    "equality_weight": (0.0, 1.0),
    "alpha": (0.0, 2.0),
    "beta": (0.0, 1.0),
    "rho": (-1.0, 1.0),
    "sigma": (-1.0, 1.0),
    "theta": (0.0, 1.0),
    "angle": (-90.0, 90.0),
    "penalty": (0.0, 10.0),
    "bonus": (0.0, 10.0),
    "positive": (0.0, 2.0),
    "negative": (0.0, 2.0),
    "disagreement": (0.0, 5.0),
    WEIGHT: (-2.0, 2.0),
}
"""From where to where the slider of a parameter goes."""


@dataclass(frozen=True)
class Slider:
    """One number of a value that can be moved.

    Parameters
    ----------
    term
        Which term of the value it belongs to.
    value
        The name of that term.
    parameter
        Its name, `WEIGHT` for the term's weight.
    number
        Where it stands.
    low, high
        From where to where it goes.
    """

    term: int
    value: str
    parameter: str
    number: float
    low: float
    high: float


def game_named(text: str) -> MatrixGame:
    """Return the game that a text names: one of the catalogue, or eight payoffs as `own_game` takes them.

    Raises
    ------
    ValueError
        If there is none, or a payoff is no such number. No file is ever read.

    Examples
    --------
    >>> game_named("ipd").kind, game_named("4,4,0,3,3,0,2,2").kind
    ('prisoners_dilemma', 'stag_hunt')
    """
    if "," in text:
        return own_game([payoff(entry) for entry in text.split(",")])
    if text not in games.names():
        raise unknown("game", text[:100], games.names())
    return games.get(text)


def own_game(payoffs: Sequence[float]) -> MatrixGame:
    """Return the two-by-two game with these payoffs.

    Parameters
    ----------
    payoffs
        Eight: the row player's and the column player's after both play their first action, after the row player plays
        its first and the column player its second, and so on, row by row.

    Raises
    ------
    ValueError
        If there are not eight.
    """
    if len(payoffs) != 8:
        raise ValueError(f"two players with two actions each have eight payoffs, got {len(payoffs)}")
    table = [[payoffs[0:2], payoffs[2:4]], [payoffs[4:6], payoffs[6:8]]]
    game = MatrixGame.from_payoffs(table, name=OWN, title="A game of your own", source="typed")
    return replace(game, kind=classify(game))


def game_text(game: MatrixGame) -> str:
    """Return the text that `game_named` reads as this game: its name, or the payoffs of one's own."""
    return ",".join(f"{number:.12g}" for number in game.payoffs.ravel()) if game.name == OWN else game.name


def payoff(text: str) -> float:
    """Return a payoff that was typed.

    Raises
    ------
    ValueError
        If it is no number, or larger than `LARGEST` either way.
    """
    try:
        number = float(text)
    except ValueError:
        raise ValueError(f"a payoff is a number, got {text[:30]!r}") from None
    if not isfinite(number) or abs(number) > LARGEST:
        raise ValueError(f"a payoff lies between {-LARGEST:,.0f} and {LARGEST:,.0f}, got {text[:30]!r}")
    return number


def sliders(reward: RewardFunction) -> tuple[Slider, ...]:
    """Return what of a value can be moved: each number of each term, and the weights if there are several terms.

    A number outside its range widens the range.
    """
    found: list[Slider] = []
    for term, (weight, value) in enumerate(reward.terms):
        numbers: list[tuple[str, Setting]] = [(WEIGHT, weight)] if len(reward.terms) > 1 or weight != 1 else []
        for parameter, setting in (*numbers, *value.parameters):
            if isinstance(setting, Real):
                number = float(setting)
                low, high = RANGES.get(parameter, (0.0, 1.0))
                found.append(Slider(term, value.name, parameter, number, min(low, number), max(high, number)))
    return tuple(found)


def moved(reward: RewardFunction, slider: Slider, number: float) -> RewardFunction:
    """Return a value with one of its numbers replaced.

    Examples
    --------
    >>> value = rewards.parse("selfish + deontological(penalty=3)")
    >>> moved(value, sliders(value)[2], 4.5)
    selfish() + deontological(penalty=4.5)
    """
    terms = list(reward.terms)
    weight, value = terms[slider.term]
    if slider.parameter == WEIGHT:
        terms[slider.term] = (number, value)
    else:
        settings = dict(value.parameters) | {slider.parameter: number}
        ((_, other),) = rewards.get(value.name, **settings).terms
        terms[slider.term] = (weight, other)
    return RewardFunction(tuple(terms))
