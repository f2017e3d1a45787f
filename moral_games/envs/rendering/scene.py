"""What there is to be seen of an episode: plain data, and the words that every picture of it uses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from moral_games.games import MatrixGame
from moral_games.repeated import action_letters

ROUNDS_SHOWN = 20
"""How many of the latest rounds are shown of each player."""

ACTIONS_SHOWN = 8
"""How many rows, and how many columns, of a payoff table are shown."""

PLAYERS_SHOWN = 16
"""How many players are shown."""


@dataclass(frozen=True)
class Scene:
    """A moment of an episode.

    Parameters
    ----------
    game
        The game, for n players.
    history
        The joint actions of this episode, oldest first, -1 for an illegal answer. The latest
        `ROUNDS_SHOWN` are enough.
    payoffs, rewards
        Each player's payoffs and moral rewards, summed over the episode.
    played
        Rounds played.

    Raises
    ------
    ValueError
        If there is not one payoff, reward and action a player, or the game lacks an action.
    """

    game: MatrixGame
    history: tuple[tuple[int, ...], ...]
    payoffs: tuple[float, ...]
    rewards: tuple[float, ...]
    played: int

    def __post_init__(self) -> None:
        shape, n = self.game.shape, self.game.players
        for what, given in (("payoffs", self.payoffs), ("rewards", self.rewards)):
            if len(given) != n:
                raise ValueError(f"game {self.game.name!r} has {n} players, but {len(given)} {what} were given")
        for joint in self.latest:
            if len(joint) != n or not all(-1 <= action < count for action, count in zip(joint, shape, strict=True)):
                raise ValueError(
                    f"game {self.game.name!r} has {shape} actions a player, counted from 0, and -1 for an "
                    f"illegal answer; the history has {joint}"
                )

    @property
    def latest(self) -> tuple[tuple[int, ...], ...]:
        """The latest joint actions, at most `ROUNDS_SHOWN`, oldest first."""
        return self.history[-ROUNDS_SHOWN:]

    @property
    def cell(self) -> tuple[int, ...] | None:
        """The joint action that was played last; None at the start, or where an answer was illegal."""
        return self.history[-1] if self.history and min(self.history[-1]) >= 0 else None


class Standing(NamedTuple):
    """One player's line: its actions of the latest rounds, their letters, the last one's name, and its totals."""

    player: str
    """Who."""
    actions: tuple[int, ...]
    """Its actions, the latest last; -1 for an illegal answer."""
    letters: tuple[str, ...]
    """A letter for each."""
    last: str
    """The name of the last."""
    payoff: str
    """The sum of its payoffs, as it is written."""
    reward: str
    """The sum of its rewards, as it is written."""


def standings(scene: Scene) -> list[Standing]:
    """Return the lines of the players that are shown; rewards are empty where they equal the payoffs."""
    valued = scene.rewards != scene.payoffs
    lines = []
    for player in range(min(scene.game.players, PLAYERS_SHOWN)):
        actions = tuple(joint[player] for joint in scene.latest)
        names, letters = scene.game.actions[player], legible_letters(scene.game, player)
        lines.append(
            Standing(
                f"player_{player}",
                actions,
                tuple("-" if action < 0 else letters[action] for action in actions),
                "" if not actions else "illegal" if actions[-1] < 0 else one_line(names[actions[-1]]),
                number(scene.payoffs[player]),
                number(scene.rewards[player]) if valued else "",
            )
        )
    return lines


def title(game: MatrixGame) -> str:
    """Return what people call the game."""
    return one_line(game.title or game.name, 48)


def moment(scene: Scene) -> str:
    """Return how far the episode is, e.g. ``round 3``."""
    return f"round {scene.played}" if scene.played else "start"


def omitted(game: MatrixGame) -> str:
    """Return in words what of the game is too much to be shown, or an empty text."""
    if game.players > PLAYERS_SHOWN:
        return f"and {game.players - PLAYERS_SHOWN} more players"
    if game.players == 2 and max(game.shape) > ACTIONS_SHOWN:
        rows, columns = (f"{min(count, ACTIONS_SHOWN)} of {count}" for count in game.shape)
        return f"{rows} rows, {columns} columns"
    return ""


def shown(count: int, current: int | None) -> range:
    """Return which of `count` actions a table shows: all, or `ACTIONS_SHOWN` neighbours around the current one.

    Examples
    --------
    >>> shown(3, 1), shown(100, None), shown(100, 50)
    (range(0, 3), range(0, 8), range(46, 54))
    """
    first = min(max((current or 0) - ACTIONS_SHOWN // 2, 0), max(count - ACTIONS_SHOWN, 0))
    return range(first, min(first + ACTIONS_SHOWN, count))


def payoff_pair(game: MatrixGame, row: int, column: int) -> tuple[str, str]:
    """Return what the row and the column player of a two-player game are paid, in four digits."""
    first, second = game.payoffs[row, column]
    return number(first, 4), number(second, 4)


def legible_letters(game: MatrixGame, player: int) -> tuple[str, ...]:
    """Return the short names of a player's actions; the number of one whose letter cannot be printed."""
    letters = action_letters(game, player)
    return tuple(one_line(letter) or str(action) for action, letter in enumerate(letters))


def number(value: float, digits: int = 6) -> str:
    """Return a number in few digits, without a sign before zero."""
    return f"{value + 0.0:.{digits}g}"


def one_line(text: str, limit: int = 16) -> str:
    r"""Return a text as one line of printable characters, shortened to `limit` of them.

    Examples
    --------
    >>> one_line("a very\nlong name indeed")
    'a very long nam…'
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
