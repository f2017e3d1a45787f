"""How a language model answers and learns. The only part of the library that needs torch."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moral_games.llm.finetuning import finetune
    from moral_games.llm.loading import load
    from moral_games.llm.models import TextModel
    from moral_games.llm.options import Finetune
    from moral_games.llm.policy import LLMPolicy

__all__ = ["Finetune", "LLMPolicy", "TextModel", "finetune", "load"]

_HOMES = {
    "Finetune": "options",
    "LLMPolicy": "policy",
    "TextModel": "models",
    "finetune": "finetuning",
    "load": "loading",
}


def __getattr__(name: str) -> Any:
    """Import torch only when something that needs it is asked for."""
    if name in _HOMES:
        return getattr(import_module(f"moral_games.llm.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'moral_games.llm' has no attribute {name!r}")
