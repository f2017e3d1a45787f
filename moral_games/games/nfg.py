"""Gambit's file format for games in strategic form, ``.nfg``: payoff and outcome versions."""

from __future__ import annotations

import re
from decimal import Decimal
from math import prod

import numpy as np

from moral_games.games.game import MatrixGame
from moral_games.games.kinds import classify

_TOKEN = re.compile(r'"(?P<text>(?:[^"\\]|\\.)*)"|(?P<mark>[{}])|(?P<word>[^\s{},"]+)|(?P<open>")', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')


def to_nfg(game: MatrixGame) -> str:
    """Return the text of an ``.nfg`` file, in the payoff version.

    Players are called Player 1, Player 2, ... Payoffs are written in full as decimals, so that
    reading them gives the same numbers.

    Examples
    --------
    >>> print(to_nfg(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]], name="ipd")), end="")
    NFG 1 R "ipd" { "Player 1" "Player 2" }
    { { "cooperate" "defect" } { "cooperate" "defect" } }
    ""
    3 3 5 0 0 5 1 1
    """
    players = " ".join(f'"Player {player + 1}"' for player in range(game.players))
    actions = " ".join(f"{{ {' '.join(map(_quoted, names))} }}" for names in game.actions)
    cells = [game.payoffs[..., player].ravel(order="F") for player in range(game.players)]
    payoffs = " ".join(_decimal(float(payoff)) for payoff in np.stack(cells, axis=-1).flat)
    return f'NFG 1 R {_quoted(game.title or game.name)} {{ {players} }}\n{{ {actions} }}\n""\n{payoffs}\n'


def from_nfg(text: str, name: str = "custom") -> MatrixGame:
    """Read the text of an ``.nfg`` file, in the payoff or the outcome version.

    Parameters
    ----------
    text
        The file's content. Actions without a name are called 1, 2, ...; the names of players
        and outcomes are not kept.
    name
        The game's name, and in errors the file's, with ``.nfg``.

    Raises
    ------
    ValueError
        Naming the file, what was expected and what was found, if it is cut short or no such file.
    """
    reader = _Reader(f"{name}.nfg", text)
    title, actions = _header(reader)
    shape = tuple(map(len, actions))
    values = _outcomes(reader, shape) if reader.at("mark", "{") else _payoffs(reader, shape)
    table = np.array(values, dtype=np.float64).reshape(prod(shape), len(shape))
    payoffs = np.stack([column.reshape(shape, order="F") for column in table.T], axis=-1)
    try:
        game = MatrixGame.from_payoffs(payoffs, actions, name, title=title, source=f"{name}.nfg")
        return MatrixGame(game.payoffs, game.actions, name, title, game.source, classify(game))
    except ValueError as error:
        raise ValueError(f"{reader.file}: {error}") from None


def _header(reader: _Reader) -> tuple[str, list[tuple[str, ...]]]:
    for expected in ("NFG", "1"):
        reader.take("word", f"{expected!r} as the file begins with 'NFG 1 R'", expected)
    reader.take("word", "R or D after 'NFG 1'")
    title = reader.take("text", "a title in quotation marks")
    players = reader.braced("text", "the players' names")
    reader.take("mark", "'{' before the strategies", "{")
    actions: list[tuple[str, ...]] = []
    while not reader.at("mark", "}"):
        if reader.at("mark", "{"):
            found = reader.braced("text", f"the strategies of player {len(actions) + 1}")
        else:
            found = [""] * reader.whole("a number of strategies")
        actions.append(tuple(action or str(index + 1) for index, action in enumerate(found)))
    reader.take("mark", "'}' after the strategies", "}")
    if not players or len(actions) != len(players) or not all(actions):
        raise ValueError(
            f"{reader.file}: {len(players)} players are named, and strategies are given for {len(actions)}; "
            "every player needs at least one"
        )
    if reader.at("text"):
        reader.take("text", "a comment")
    return title, actions


def _payoffs(reader: _Reader, shape: tuple[int, ...]) -> list[float]:
    cells, players = prod(shape), len(shape)
    return reader.numbers(cells * players, f"payoffs ({cells:,} joint actions x {players} players)")


def _outcomes(reader: _Reader, shape: tuple[int, ...]) -> list[list[float]]:
    reader.take("mark", "'{' before the outcomes", "{")
    outcomes = [[0.0] * len(shape)]
    while not reader.at("mark", "}"):
        reader.take("mark", f"'{{' before outcome {len(outcomes)}", "{")
        reader.take("text", f"the name of outcome {len(outcomes)}")
        found = []
        while not reader.at("mark", "}"):
            found.append(reader.number(f"the payoffs of outcome {len(outcomes)}"))
        reader.take("mark", "'}' after an outcome", "}")
        if len(found) != len(shape):
            raise ValueError(
                f"{reader.file}: outcome {len(outcomes)} has {len(found)} payoffs; expected {len(shape)}, one a player"
            )
        outcomes.append(found)
    reader.take("mark", "'}' after the outcomes", "}")
    numbers = reader.numbers(prod(shape), "outcome numbers, one for each joint action")
    for number in numbers:
        if number not in range(len(outcomes)):
            raise ValueError(
                f"{reader.file}: there is no outcome {number:g}; they are 1 to {len(outcomes) - 1}, 0 is none"
            )
    return [outcomes[int(number)] for number in numbers]


class _Reader:
    """The tokens of a file, taken one after the other."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self._tokens = [(str(found.lastgroup), found[str(found.lastgroup)]) for found in _TOKEN.finditer(text)]
        self._next = 0

    def at(self, kind: str, value: str | None = None) -> bool:
        """Return whether the next token is of this kind and value."""
        if self._next >= len(self._tokens):
            return False
        found = self._tokens[self._next]
        return found[0] == kind and value in (None, found[1])

    def take(self, kind: str, expected: str, value: str | None = None) -> str:
        """Return the next token, which must be of this kind and value."""
        if self._next >= len(self._tokens):
            raise ValueError(f"{self.file}: cut short: expected {expected}, but the file ends")
        if not self.at(kind, value):
            found = self._tokens[self._next]
            if found[0] == "open":
                raise ValueError(f"{self.file}: cut short: expected {expected}, but a quotation mark is never closed")
            raise ValueError(f"{self.file}: expected {expected}, found {found[1]!r}")
        self._next += 1
        token = self._tokens[self._next - 1][1]
        return _ESCAPE.sub(r"\1", token) if kind == "text" else token

    def braced(self, kind: str, expected: str) -> list[str]:
        """Return the tokens between braces."""
        self.take("mark", f"'{{' before {expected}", "{")
        found = []
        while not self.at("mark", "}"):
            found.append(self.take(kind, f"{expected}, or '}}' after them"))
        self.take("mark", f"'}}' after {expected}", "}")
        return found

    def whole(self, expected: str) -> int:
        """Return the next token as a whole number, 0 or more and small enough for an array's axis."""
        token = self.take("word", expected)
        if not (token.isascii() and token.isdigit() and len(token) <= 6):
            raise ValueError(f"{self.file}: expected {expected}, found {token!r}")
        return int(token)

    def number(self, expected: str) -> float:
        """Return the next token, a decimal or a fraction, as a number."""
        token = self.take("word", expected)
        over, _, under = token.partition("/")
        try:
            return int(over) / int(under) if under else float(token)
        except (ValueError, ArithmeticError):
            raise ValueError(
                f"{self.file}: expected {expected}, found {token!r}, which is no decimal or fraction"
            ) from None

    def numbers(self, count: int, expected: str) -> list[float]:
        """Return the remaining tokens, which must be so many numbers."""
        left = len(self._tokens) - self._next
        if left != count:
            trouble = "cut short: " if left < count else ""
            raise ValueError(f"{self.file}: {trouble}expected {count:,} {expected}, found {left:,}")
        return [self.number(expected) for _ in range(count)]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _decimal(payoff: float) -> str:
    return str(int(payoff)) if payoff.is_integer() else format(Decimal(repr(payoff)), "f")
