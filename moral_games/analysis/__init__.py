"""What it amounts to: exact values, moral regret, equilibria, tournaments, dynamics, and sampled play."""

from moral_games.analysis.audit import AuditPlan, audit
from moral_games.analysis.decision import DecisionProblem
from moral_games.analysis.dynamics import fixation_probability, moran, rare_mutation_distribution, replicator
from moral_games.analysis.equilibria import equilibria
from moral_games.analysis.evaluation import Evaluation, evaluate
from moral_games.analysis.factorial import Design
from moral_games.analysis.fingerprint import fingerprint
from moral_games.analysis.moral_equilibria import randomised_equilibria, solve
from moral_games.analysis.preferences import Preference, utilities, utility_terms
from moral_games.analysis.simulation import Episodes, simulate
from moral_games.analysis.symmetric_equilibria import best_replies, symmetric_equilibria
from moral_games.analysis.tournament import TournamentResult, tournament

__all__ = [
    "AuditPlan",
    "DecisionProblem",
    "Design",
    "Episodes",
    "Evaluation",
    "Preference",
    "TournamentResult",
    "audit",
    "best_replies",
    "equilibria",
    "evaluate",
    "fingerprint",
    "fixation_probability",
    "moran",
    "randomised_equilibria",
    "rare_mutation_distribution",
    "replicator",
    "simulate",
    "solve",
    "symmetric_equilibria",
    "tournament",
    "utilities",
    "utility_terms",
]
