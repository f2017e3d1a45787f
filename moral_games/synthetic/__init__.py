"""Questions about games with the answers of a preference, and the reasons for them: data for supervised fine-tuning."""

from moral_games.synthetic.drawing import tasks
from moral_games.synthetic.examples import read_examples
from moral_games.synthetic.folder import write_data
from moral_games.synthetic.sources import KINDS
from moral_games.synthetic.task import Task, right_answer

__all__ = ["KINDS", "Task", "read_examples", "right_answer", "tasks", "write_data"]
