"""What people look at: figures and a page on a run."""

from moral_games.report.page import headline, write_report

conversation_headline = headline

__all__ = ["conversation_headline", "headline", "write_report"]
