"""Moral Games: give any learner a moral value and a social dilemma, and say exactly what it learned."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from moral_games import games, opponents, rewards
from moral_games.analysis import evaluate
from moral_games.envs import parallel_env
from moral_games.envs.registration import register as _register
from moral_games.games import MatrixGame
from moral_games.policy import FiniteStatePolicy, PolicyTable
from moral_games.repeated import RepeatedGame
from moral_games.rewards import Outcome, RewardFunction, transform
from moral_games.text import Presentation

if TYPE_CHECKING:
    from moral_games import llm, report

__version__ = "0.1.0"

__all__ = [
    "FiniteStatePolicy",
    "MatrixGame",
    "Outcome",
    "PolicyTable",
    "Presentation",
    "RepeatedGame",
    "RewardFunction",
    "evaluate",
    "games",
    "llm",
    "opponents",
    "parallel_env",
    "report",
    "rewards",
    "transform",
]

_register()


def __getattr__(name: str) -> Any:
    """Import what needs the optional packages only when it is asked for."""
    if name in ("llm", "report"):
        return import_module(f"moral_games.{name}")
    raise AttributeError(f"module 'moral_games' has no attribute {name!r}")
