"""What people look at: figures and a page on a run."""

from moral_games.report.conversation import conversation_headline
from moral_games.report.model import headline
from moral_games.report.page import write_report

__all__ = ["conversation_headline", "headline", "write_report"]
