"""How a learner sees a game: as a Gymnasium or as a PettingZoo environment, one or many at once.

``moral_games.envs.sb3`` and ``moral_games.envs.rllib`` are imported on demand: they need those libraries.
"""

from moral_games.envs.parallel import ParallelMatrixGame, env, parallel_env, raw_env
from moral_games.envs.population import PopulationEnv, population_env
from moral_games.envs.pricing import PricingEnv, PricingParallelEnv, pricing_env
from moral_games.envs.single import MatrixGameEnv
from moral_games.envs.two_stage import TwoStageEnv, raw_two_stage_env, two_stage_env
from moral_games.envs.vector import MatrixGameVectorEnv

__all__ = [
    "MatrixGameEnv",
    "MatrixGameVectorEnv",
    "ParallelMatrixGame",
    "PopulationEnv",
    "PricingEnv",
    "PricingParallelEnv",
    "TwoStageEnv",
    "env",
    "parallel_env",
    "population_env",
    "pricing_env",
    "raw_env",
    "raw_two_stage_env",
    "two_stage_env",
]
