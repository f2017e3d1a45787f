"""A game that is played once, told with what the other is going to do: so that an answer follows from the text.

A symmetric game is told as a payoff table. A game of two roles, one move after the other or both at once, is told as a
list of its ends, and strategies for both roles as a list of plans: a label stands for a plan. Moves have numbers, in
the order in which the game has them; "1-2" is where the first mover's move 1 and the second mover's move 2 lead.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

from moral_games.games import MatrixGame, TwoStageGame
from moral_games.text.wordings import Telling, listed, payoff_table

ALIKE = "They want what you want, and think as you do."
"""What is said of the other where it is not said what they do."""

Roles = MatrixGame | TwoStageGame
Strategy = tuple[int, tuple[int, ...]]
"""The own move as the first mover, and as the second mover the reply to each move of the other."""


def strategies(game: Roles) -> tuple[Strategy, ...]:
    """Return the strategies of a game for both roles, in the order of the actions of the game in either role.

    Where both move at once, the second mover does the same whatever the first does.

    Examples
    --------
    >>> from moral_games.games import get, protocol
    >>> strategies(protocol("tg1"))
    ((0, (0, 0)), (0, (1, 0)), (1, (0, 0)), (1, (1, 0)))
    >>> strategies(get("bach_or_stravinsky"))
    ((0, (0, 0)), (0, (1, 1)), (1, (0, 0)), (1, (1, 1)))
    """
    if isinstance(game, TwoStageGame):
        return tuple(product(range(len(game.first)), game.plans))
    moves, replies = game.shape
    return tuple((move, (reply,) * moves) for move in range(moves) for reply in range(replies))


def end(game: Roles, first: Strategy, second: Strategy) -> tuple[str, float, float]:
    """Return where two strategies lead: its name, and what the first and the second mover are paid there."""
    move, reply = first[0], second[1][first[0]]
    one, other = game.payoffs[move][reply]
    return _end_name(game, move, reply), float(one), float(other)


def plan(game: Roles, strategy: Strategy) -> str:
    """Return a strategy in numbers, as a list of plans has it.

    Examples
    --------
    >>> from moral_games.games import protocol
    >>> plan(protocol("spd1"), (0, (0, 1)))
    '1; 1 after 1, 2 after 2'
    """
    move, replies = strategy
    if not isinstance(game, TwoStageGame):
        return f"{move + 1}; {replies[0] + 1}"
    seen = (f"{reply + 1} after {k + 1}" for k, reply in enumerate(replies) if game.replies[k])
    return f"{move + 1}; {', '.join(seen)}"


def told_at_once(game: MatrixGame, told: Telling, expected: Sequence[int] = ()) -> str:
    """Return what is asked of a player of a symmetric game for two.

    Parameters
    ----------
    game
        Each action is a strategy.
    told
        The labels, and the orders of the lists.
    expected
        What the other is going to do: one strategy, or several that are as likely; `ALIKE` where there is none.

    Examples
    --------
    >>> from moral_games.games import get
    >>> from moral_games.text import Presentation
    >>> print(told_at_once(get("ipd"), Presentation(("left", "right")), [1]))
    You and they play this game once, and choose at the same time. Points (you, they):
    | | they: "left" | they: "right" |
    | you: "left" | 3, 3 | 0, 4 |
    | you: "right" | 4, 0 | 1, 1 |
    They are going to choose "right".
    What do you choose? Answer "left" or "right".
    """
    return (
        "You and they play this game once, and choose at the same time. Points (you, they):\n"
        f"{payoff_table(game, told, 'you: ', 'they: ', rule=False)}"
        f"{_said(told, expected)}\nWhat do you choose? Answer {_choice(told)}."
    )


def told_in_roles(game: Roles, told: Telling, expected: Sequence[int] = ()) -> str:
    """Return what is asked of somebody who may be either mover of a game.

    Parameters
    ----------
    game
        A two-stage game; or a matrix game for two, in which both choose at once.
    told
        A label for each of `strategies`, and the orders of the lists.
    expected
        As in `told_at_once`.

    Examples
    --------
    >>> from moral_games.games import protocol
    >>> from moral_games.text import Presentation
    >>> print(told_in_roles(protocol("tg1"), Presentation(("A", "B", "C", "D")), [1]))
    You and they play this game once. One of you moves first, the other sees it and may reply. You are as likely to \
be first as second. Points (first, second) for each move and reply:
    1-1: 50, 50
    1-2: 20, 80
    2: 30, 30
    Plans (your move if first; your replies if second):
    "A": 1; 1 after 1
    "B": 1; 2 after 1
    "C": 2; 1 after 1
    "D": 2; 2 after 1
    They are going to choose "B".
    What do you choose? Answer "A", "B", "C" or "D".
    """
    known, names = strategies(game), told.names
    if isinstance(game, TwoStageGame):
        setting = "One of you moves first, the other sees it and may reply."
        columns, roles = "each move and reply", "your move if first; your replies if second"
    else:
        setting = "One of you is first and the other second, and both move at the same time."
        columns, roles = "the moves of both", "your move if first; your move if second"
    ends = dict.fromkeys(
        (_end_name(game, move, reply), *(f"{points:g}" for points in pair))
        for move, pairs in enumerate(game.payoffs)
        for reply, pair in enumerate(pairs)
    )
    return (
        f"You and they play this game once. {setting} You are as likely to be first as second. "
        f"Points (first, second) for {columns}:\n"
        + "".join(f"{name}: {one}, {other}\n" for name, one, other in ends)
        + f"Plans ({roles}):\n"
        + "".join(f'"{names[s]}": {plan(game, known[s])}\n' for s in listed(len(known), told, told.rows))
        + f"{_said(told, expected)}\nWhat do you choose? Answer {_choice(told)}."
    )


def _end_name(game: Roles, move: int, reply: int) -> str:
    over = isinstance(game, TwoStageGame) and not game.replies[move]
    return f"{move + 1}" if over else f"{move + 1}-{reply + 1}"


def _said(told: Telling, expected: Sequence[int]) -> str:
    """Return what is said of the other."""
    if not expected:
        return ALIKE
    names = " or ".join(f'"{told.names[strategy]}"' for strategy in expected)
    return f"They are going to choose {names}{', each as likely' if len(expected) > 1 else ''}."


def _choice(told: Telling) -> str:
    *most, last = (f'"{told.names[action]}"' for action in listed(len(told.labels), told, told.answers))
    return f"{', '.join(most)} or {last}"
