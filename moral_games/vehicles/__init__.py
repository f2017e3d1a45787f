"""Moral dilemmas of autonomous vehicles: drawn, told, answered, and what answers say about whom a policy spares."""

from moral_games.vehicles.answers import Answers, ask_text, classify
from moral_games.vehicles.conjoint import ATTRIBUTES, directions, distance, effects
from moral_games.vehicles.passengers import Ride, curves, series, switch_point, tell_ride
from moral_games.vehicles.scenarios import Design, Scenario, generate
from moral_games.vehicles.survival import moral_switch_point, sacrifice_gain, survival_game, utilitarian_gain
from moral_games.vehicles.telling import Request, Telling, draw_telling, tell

__all__ = [
    "ATTRIBUTES",
    "Answers",
    "Design",
    "Request",
    "Ride",
    "Scenario",
    "Telling",
    "ask_text",
    "classify",
    "curves",
    "directions",
    "distance",
    "draw_telling",
    "effects",
    "generate",
    "moral_switch_point",
    "sacrifice_gain",
    "series",
    "survival_game",
    "switch_point",
    "tell",
    "tell_ride",
    "utilitarian_gain",
]
