"""The words of a conversation in which a game is played round by round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from moral_games.games import MatrixGame
from moral_games.text.histories import moves, tell
from moral_games.text.wordings import WORDINGS, Telling

BEFORE: Mapping[str, str] = {
    "nothing": "",
    "belief": "First say in a few words what you expect them to do.",
    "message": "First send them a short message, which they read before they choose.",
}
"""What a player may be asked for before its answer, and how."""

VOID = {(True, False): "your answer was", (False, True): "their answer was", (True, True): "both answers were"}


def opening(game: MatrixGame, telling: Telling, wording: str, rounds: Sequence[Sequence[int]]) -> str:
    """Return what begins a conversation: the game, and some last rounds, the latest first (see `histories.tell`)."""
    return tell(WORDINGS[wording], game, telling, rounds)


def next_round(telling: Telling, own: int, other: int) -> str:
    """Return what is told of a round that was just played; an answer of -1 was illegal and made it void."""
    if own < 0 or other < 0:
        return f"The last round did not count: {VOID[own < 0, other < 0]} none of the words."
    return f"Last round: {moves(telling, (own, other))}."


def now_answer(game: MatrixGame, telling: Telling, before: str, heard: str) -> str:
    """Return what asks for the answer after a belief or a message of one's own.

    Parameters
    ----------
    game
        With the reader as player 0.
    telling
        Labels and orders.
    before
        A name of `BEFORE`.
    heard
        The other's message, as `plain` returns it; nothing if there was none.
    """
    said = {"message": f'They say: "{heard}"\n' if heard else "They say nothing.\n"}.get(before, "")
    labels = [f'"{telling.labels[place]}"' for place, action in enumerate(telling.assignment) if action < game.shape[0]]
    *most, last = labels[::-1] if telling.answers else labels
    return f"{said}Now answer only {' or '.join([', '.join(most), last]) if most else last}."


def plain(text: str, special: Sequence[str]) -> str:
    """Return a player's words as they may be told to another: on one line, without quotation marks or special tokens.

    Parameters
    ----------
    text
        What was said.
    special
        Texts that mean something to a tokenizer, such as the end of a turn, which nobody may say.
    """
    for token in special:
        text = text.replace(token, " ")
    return " ".join(text.replace('"', "'").split())
