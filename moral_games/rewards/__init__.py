"""The values: pure functions of an outcome.

To add a value, write one function decorated with `value` in the module it belongs to; it can
then be fetched by name, composed, and used by every environment, solver and trainer.
"""

from moral_games.rewards.consequences import (
    altruistic,
    anti_altruistic,
    anti_utilitarian,
    maximin,
    nash_welfare,
    selfish,
    utilitarian,
)
from moral_games.rewards.duties import deontological, malicious_deontological
from moral_games.rewards.function import RewardFunction, Value, between, value
from moral_games.rewards.graded import (
    deontological_graded,
    malicious_deontological_graded,
    virtue_aggression_graded,
    virtue_kindness_graded,
    virtue_mixed_graded,
)
from moral_games.rewards.kantian import homo_moralis, universalisability
from moral_games.rewards.legality import illegal
from moral_games.rewards.norms import norm
from moral_games.rewards.outcome import Outcome
from moral_games.rewards.reading import Rewards, as_reward, get, names, one_each, parse
from moral_games.rewards.social_preferences import (
    charness_rabin,
    inequity_aversion,
    reciprocity,
    social_value_orientation,
)
from moral_games.rewards.transformation import transform
from moral_games.rewards.virtues import (
    virtue_aggression,
    virtue_equality,
    virtue_inequality,
    virtue_kindness,
    virtue_mixed,
)

__all__ = [
    "Outcome",
    "RewardFunction",
    "Rewards",
    "Value",
    "altruistic",
    "anti_altruistic",
    "anti_utilitarian",
    "as_reward",
    "between",
    "charness_rabin",
    "deontological",
    "deontological_graded",
    "get",
    "homo_moralis",
    "illegal",
    "inequity_aversion",
    "malicious_deontological",
    "malicious_deontological_graded",
    "maximin",
    "names",
    "nash_welfare",
    "norm",
    "one_each",
    "parse",
    "reciprocity",
    "selfish",
    "social_value_orientation",
    "transform",
    "universalisability",
    "utilitarian",
    "value",
    "virtue_aggression",
    "virtue_aggression_graded",
    "virtue_equality",
    "virtue_inequality",
    "virtue_kindness",
    "virtue_kindness_graded",
    "virtue_mixed",
    "virtue_mixed_graded",
]
