"""Populations: many players who meet two at a time, and may select with whom."""

from moral_games.envs.population.environment import PopulationEnv, population_aec_env, population_env
from moral_games.envs.population.matching import MATCHINGS
from moral_games.envs.population.measures import (
    collective_payoff,
    cooperation,
    cooperative_selections,
    minimum_payoff,
    payoff_equality,
    popularity,
    selections,
)
from moral_games.envs.population.record import PlayedGame, Round

__all__ = [
    "MATCHINGS",
    "PlayedGame",
    "PopulationEnv",
    "Round",
    "collective_payoff",
    "cooperation",
    "cooperative_selections",
    "minimum_payoff",
    "payoff_equality",
    "popularity",
    "population_aec_env",
    "population_env",
    "selections",
]
