"""Two firms and two prices, the cartel's and that of competition: a market asked about as games of a data set are.

With two prices a duopoly is a Prisoner's Dilemma, in which to cooperate is to collude. So what a preference means for
customers can be asked of a model that was taught nothing about markets.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from moral_games.analysis.preferences import Preference
from moral_games.games import MatrixGame
from moral_games.markets import Market, joint_profit_prices, nash_prices, pricing_game
from moral_games.synthetic.task import Task, task
from moral_games.synthetic.tellings import Tellings

Floats = NDArray[np.float64]
COLLUSIVE, COMPETITIVE = 0, 1
"""The two prices."""


@dataclass(frozen=True)
class Duopoly:
    """What two sellers with two prices do round after round, each replying to the price that the other charged last.

    Attributes
    ----------
    replies
        How probably the collusive price is charged after each price of the other, (2,).
    collusive
        The share of rounds with the collusive price in the long run.
    price, profit_gain
        The mean price, and Δ = (π − π_N) / (π_M − π_N): 0 in competition and 1 in a cartel.
    """

    replies: tuple[float, float]
    collusive: float
    price: float
    profit_gain: float


def two_price_game(market: Market, highest: int = 9) -> MatrixGame:
    """Return a duopoly with the prices of a cartel and of competition, in whole points up to a highest.

    Raises
    ------
    ValueError
        If there are not two firms that are alike.

    Examples
    --------
    >>> two_price_game(Market()).payoffs[..., 0]
    array([[8., 3.],
           [9., 5.]])
    """
    exact = pricing_game(market, _prices(market))
    return replace(exact, payoffs=np.round(highest * exact.payoffs / exact.payoffs.max()))


def duopoly_tasks(preference: Preference, rng: np.random.Generator, tellings: int = 2) -> list[Task]:
    """Return what is asked about the published duopoly: which price, after each price of the other.

    Parameters
    ----------
    preference
        Whose answers are right.
    rng
        Draws the tellings, with labels and orders that are held out of training.
    tellings
        How many, each with either assignment of its labels.

    Returns
    -------
    list of Task
        Those after the collusive price first.

    Raises
    ------
    ValueError
        If to the preference both prices are equally good.
    """
    game = two_price_game(Market())
    dealt = Tellings("test", rng)
    drawn = [told for _ in range(tellings) for told in dealt.deal(2, COLLUSIVE).assignments()]
    return [task(game, game.name, preference, [expected], told) for expected in range(2) for told in drawn]


def in_the_long_run(collusive: ArrayLike, market: Market) -> Duopoly:
    """Return what two sellers alike come to who reply so to each other.

    Each reply depends on the other's last price alone. So the two prices of a round are independent, and prices form
    two chains of the same law, whose mean over all rounds is exact; they begin with either price alike.

    Parameters
    ----------
    collusive
        How probably each charges the collusive price after either price of the other, (2,).
    market
        Two firms that are alike.

    Raises
    ------
    ValueError
        If these are not two probabilities.

    Examples
    --------
    >>> in_the_long_run([0.0, 0.0], Market()).profit_gain, round(in_the_long_run([1.0, 1.0], Market()).price, 3)
    (0.0, 1.925)
    """
    p, q = (float(each) for each in np.asarray(collusive, dtype=np.float64))
    if not (0 <= p <= 1 and 0 <= q <= 1):
        raise ValueError(f"replies must be two probabilities, got {p} and {q}")
    leaving = 1 - p + q
    share = 0.5 if leaving == 0 else q / leaving
    prices = _prices(market)
    often = np.array([share, 1 - share])
    profits = pricing_game(market, prices).payoffs[..., 0]
    competition, cartel = profits[COMPETITIVE, COMPETITIVE], profits[COLLUSIVE, COLLUSIVE]
    gain = (often @ profits @ often - competition) / (cartel - competition)
    return Duopoly((p, q), share, float(often @ prices), float(gain))


def _prices(market: Market) -> Floats:
    """Return the cartel's price and that of competition."""
    both = np.array([joint_profit_prices(market), nash_prices(market)])
    if market.firms != 2 or not np.allclose(both[:, 0], both[:, 1]):
        raise ValueError(f"two prices are about two firms that are alike, got {market}")
    return both[:, 0]
