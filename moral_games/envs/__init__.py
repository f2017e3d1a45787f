"""How a learner sees a game: as a PettingZoo or as a Gymnasium environment."""

from moral_games.envs.parallel import ParallelMatrixGame, parallel_env
from moral_games.envs.single import MatrixGameEnv

__all__ = ["MatrixGameEnv", "ParallelMatrixGame", "parallel_env"]
