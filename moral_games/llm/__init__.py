"""How a language model answers and learns. The only part of the library that needs torch."""

from moral_games.llm.models import TextModel, load
from moral_games.llm.policy import LLMPolicy

__all__ = ["LLMPolicy", "TextModel", "load"]
