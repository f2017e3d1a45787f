"""How more than the last round is told, in any wording."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from moral_games.games import MatrixGame
from moral_games.text.wordings import Telling, Wording


def tell(wording: Wording, game: MatrixGame, telling: Telling, rounds: Sequence[Sequence[int]]) -> str:
    """Return the prompt that tells some rounds.

    Earlier rounds stand behind the last one, in the line that tells it. So prompts that share their latest
    rounds begin alike, and a model that reads them as a tree of tokens reads these once.

    Parameters
    ----------
    wording
        How a game and its last round are told.
    game
        With the reader as player 0.
    telling
        Labels and orders.
    rounds
        The last joint actions, own action first, the latest round first; none at the start.

    Raises
    ------
    ValueError
        If there is more than one round and the wording tells none.
    """
    start = wording(game, telling, None)
    if not rounds:
        return start
    prompt = wording(game, telling, rounds[0])
    if len(rounds) == 1:
        return prompt
    lines = prompt.split("\n")
    after = _common_end(lines, start.split("\n"))
    if after == len(lines):
        raise ValueError("the wording does not tell the last round, so that none can be told behind it")
    earlier = (f"Before that: {moves(telling, joint)}." for joint in rounds[1:])
    lines[-1 - after] = " ".join([lines[-1 - after], *earlier])
    return "\n".join(lines)


def moves(telling: Telling, joint: Sequence[int]) -> str:
    """Return a joint action in words, own action first: ``you "A", they "B"``."""
    own, *others = (f'"{telling.names[action]}"' for action in joint)
    return f"you {own}, they {', '.join(others)}"


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many last entries two sequences have in common."""
    pairs = zip(reversed(one), reversed(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
