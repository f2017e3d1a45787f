"""What people look at: figures and a page on a run."""

from moral_games.report.model import headline
from moral_games.report.page import write_report

__all__ = ["headline", "write_report"]
