"""Markets: firms that set prices, buyers who choose, and what a firm may value beyond its own profit."""

from moral_games.markets.grids import price_grid, pricing_game
from moral_games.markets.market import Market
from moral_games.markets.solutions import best_reply, joint_profit_prices, nash_prices, profit_gain
from moral_games.markets.values import EVERYONE, FIRMS, OWN, SellerValue, equilibrium, moral_reply

__all__ = [
    "EVERYONE",
    "FIRMS",
    "OWN",
    "Market",
    "SellerValue",
    "best_reply",
    "equilibrium",
    "joint_profit_prices",
    "moral_reply",
    "nash_prices",
    "price_grid",
    "pricing_game",
    "profit_gain",
]
