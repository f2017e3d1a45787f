"""How a state is told and how an answer is read."""

from __future__ import annotations

from moral_games.games import MatrixGame
from moral_games.policy import windows
from moral_games.text import dilemmas
from moral_games.text.histories import tell
from moral_games.text.labels import check_labels
from moral_games.text.parsing import Answer, parse
from moral_games.text.presentation import Presentation, draw, held_out, orders, validation
from moral_games.text.wordings import WORDINGS

__all__ = [
    "WORDINGS",
    "Answer",
    "Presentation",
    "check_labels",
    "dilemmas",
    "draw",
    "held_out",
    "orders",
    "parse",
    "prompts",
    "validation",
]


def prompts(game: MatrixGame, presentation: Presentation, player: int = 0, memory: int = 1) -> tuple[str, ...]:
    """Return the prompt of every state: the start, then each joint action, own action first.

    Parameters
    ----------
    game, presentation
        What is told, and how.
    player
        Who is asked.
    memory
        How many rounds are told, k >= 1. There is a prompt for each window of at most k joint actions, in the
        order of `moral_games.policy.windows`.

    Raises
    ------
    ValueError
        If the presentation has too few labels for the game, or the memory is out of range.
    """
    if memory < 1:
        raise ValueError(f"a prompt tells at least the last round: memory must be at least 1, got {memory}")
    seen = game.seen_by(player)
    if len(presentation.labels) < max(seen.shape):
        raise ValueError(
            f"presentation {presentation} has {len(presentation.labels)} labels; "
            f"game {game.name!r} needs {max(seen.shape)}"
        )
    wording, joints = WORDINGS[presentation.wording], seen.joint_actions.tolist()
    return tuple(
        tell(wording, seen, presentation, [tuple(joints[joint]) for joint in window if joint >= 0])
        for window in windows(len(joints), memory)
    )
