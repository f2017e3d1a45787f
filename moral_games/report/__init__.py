"""What people look at: figures and a page on a run."""

from moral_games.report.page import headline, write_report

__all__ = ["headline", "write_report"]
