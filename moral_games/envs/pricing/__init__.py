"""Firms that set prices, round after round: PettingZoo's and Gymnasium's environments of a market."""

from moral_games.envs.pricing.parallel import PricingParallelEnv, pricing_aec_env, pricing_env
from moral_games.envs.pricing.single import PricingEnv
from moral_games.envs.pricing.trade import Sale

__all__ = ["PricingEnv", "PricingParallelEnv", "Sale", "pricing_aec_env", "pricing_env"]
