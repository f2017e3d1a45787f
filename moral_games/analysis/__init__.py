"""What it amounts to: exact values, moral regret, equilibria, tournaments, dynamics, and sampled play."""

from moral_games.analysis.audit import AuditPlan, audit
from moral_games.analysis.decision import DecisionProblem
from moral_games.analysis.dynamics import fixation_probability, moran, rare_mutation_distribution, replicator
from moral_games.analysis.equilibria import equilibria
from moral_games.analysis.evaluation import Evaluation, evaluate
from moral_games.analysis.factorial import Design
from moral_games.analysis.fingerprint import fingerprint
from moral_games.analysis.simulation import Episodes, simulate
from moral_games.analysis.tournament import TournamentResult, tournament

__all__ = [
    "AuditPlan",
    "DecisionProblem",
    "Design",
    "Episodes",
    "Evaluation",
    "TournamentResult",
    "audit",
    "equilibria",
    "evaluate",
    "fingerprint",
    "fixation_probability",
    "moran",
    "rare_mutation_distribution",
    "replicator",
    "simulate",
    "tournament",
]
