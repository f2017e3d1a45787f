"""What it amounts to: exact values, moral regret, equilibria, and sampled play to check them."""

from moral_games.analysis.decision import DecisionProblem
from moral_games.analysis.equilibria import equilibria
from moral_games.analysis.evaluation import Evaluation, evaluate
from moral_games.analysis.simulation import Episodes, simulate

__all__ = ["DecisionProblem", "Episodes", "Evaluation", "equilibria", "evaluate", "simulate"]
