"""How a state is told and how an answer is read."""

from __future__ import annotations

from moral_games.games import MatrixGame
from moral_games.text import dilemmas
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


def prompts(game: MatrixGame, presentation: Presentation, player: int = 0) -> tuple[str, ...]:
    """Return the prompt of every state: the start, then each joint action, own action first.

    Raises
    ------
    ValueError
        If the presentation has too few labels for the game.
    """
    seen = game.seen_by(player)
    if len(presentation.labels) < max(seen.shape):
        raise ValueError(
            f"presentation {presentation} has {len(presentation.labels)} labels; "
            f"game {game.name!r} needs {max(seen.shape)}"
        )
    wording = WORDINGS[presentation.wording]
    states = [None, *(tuple(map(int, joint)) for joint in seen.joint_actions)]
    return tuple(wording(seen, presentation, state) for state in states)
