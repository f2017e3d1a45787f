"""Games from elsewhere and to elsewhere: TOML and ``.nfg`` files, nashpy's and pygambit's objects."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from moral_games.games import kinds
from moral_games.games.game import MatrixGame
from moral_games.games.nfg import from_nfg, to_nfg
from moral_games.names import unknown

__all__ = [
    "from_nashpy",
    "from_nfg",
    "from_pygambit",
    "from_toml",
    "read",
    "to_nashpy",
    "to_nfg",
    "to_pygambit",
    "to_toml",
    "write",
]

_FIELDS = {"title", "id", "kind", "source", "actions", "payoffs"}
_SUFFIXES = (".nfg", ".toml")


def read(path: str | Path) -> MatrixGame:
    """Read one game file, whose name is the game's name.

    Parameters
    ----------
    path
        A ``.toml`` file (see `from_toml`) or a Gambit ``.nfg`` file (see `from_nfg`).

    Raises
    ------
    ValueError
        Naming the file and what is wrong with it; or if it is of another type.
    """
    path = Path(path)
    reader = {".toml": from_toml, ".nfg": from_nfg}.get(path.suffix)
    if reader is None:
        raise unknown("type of game file", path.suffix, _SUFFIXES)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path.name}: not a text in UTF-8: {error}") from None
    except (OSError, ValueError) as error:
        raise ValueError(f"game file {str(path)!r} cannot be read: {error}") from None
    return reader(text, path.stem)


def write(game: MatrixGame, path: str | Path) -> None:
    """Write one game file, ``.toml`` or ``.nfg``; `read` gives the game back under the file's name.

    Raises
    ------
    ValueError
        If the file is of another type.
    """
    path = Path(path)
    writer = {".toml": to_toml, ".nfg": to_nfg}.get(path.suffix)
    if writer is None:
        raise unknown("type of game file", path.suffix, _SUFFIXES)
    path.write_text(writer(game), encoding="utf-8", newline="\n")


def from_toml(text: str, name: str = "custom") -> MatrixGame:
    """Read the text of a game file.

    Parameters
    ----------
    text
        TOML with ``title``, ``id``, ``kind``, ``source``, ``actions`` (one list of names, or one
        list a player) and ``payoffs`` (nested lists of shape (A_0, ..., A_{n-1}, n)).
    name
        The game's name, and in errors the file's, with ``.toml``.

    Raises
    ------
    ValueError
        Naming the file and the field: one that is missing or unknown, payoffs of a wrong
        shape, or a kind that the payoffs do not have.
    """
    file = f"{name}.toml"
    entry = _fields(file, text)
    try:
        game = MatrixGame.from_payoffs(
            entry["payoffs"],
            entry["actions"],
            name,
            title=entry["title"],
            source=entry["source"],
            kind=entry["kind"],
            env_id=entry["id"],
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: field 'payoffs' or 'actions': {error}") from None
    if game.kind != "unclassified" and not kinds.is_kind(game, game.kind):
        test = kinds.KINDS[kinds.ALSO.get(game.kind, game.kind)][1]
        raise ValueError(f"{file}: field 'kind': the payoffs are not those of {game.kind!r}, which needs {test}")
    return game


def _fields(file: str, text: str) -> dict[str, Any]:
    try:
        entry = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: not valid TOML: {error}") from None
    for field in sorted(_FIELDS - entry.keys()):
        raise ValueError(f"{file}: field {field!r} is missing; a game file has {', '.join(sorted(_FIELDS))}")
    for field in sorted(entry.keys() - _FIELDS):
        raise ValueError(f"{file}: field {field!r} is not one of {', '.join(sorted(_FIELDS))}")
    for field in ("title", "id", "kind", "source"):
        if not isinstance(entry[field], str) or not entry[field].strip():
            raise ValueError(f"{file}: field {field!r} must be a text that is not empty, got {entry[field]!r}")
    known = (*kinds.KINDS, *kinds.ALSO, "unclassified")
    if entry["kind"] not in known:
        raise ValueError(f"{file}: field 'kind': {unknown('kind', entry['kind'], known)}")
    return entry


def to_toml(game: MatrixGame) -> str:
    """Return the text of a game file, which `from_toml` reads.

    What a game file must have and the game lacks is filled in: the name for the title, the name
    in capitalised words for the id, "not stated" for the source.

    Examples
    --------
    >>> print(to_toml(MatrixGame.from_payoffs([[[3, 3], [0, 5]], [[5, 0], [1, 1]]], name="my_game")), end="")
    title = "my_game"
    id = "MyGame"
    kind = "unclassified"
    source = "not stated"
    actions = ["cooperate", "defect"]
    payoffs = [
        [[3, 3], [0, 5]],
        [[5, 0], [1, 1]],
    ]
    """
    shared = len(set(game.actions)) == 1
    rows = "".join(f"    {_nested(row)},\n" for row in game.payoffs.tolist())
    words = "".join(character if character.isalnum() else " " for character in game.name).split()
    env_id = game.env_id or "".join(word[:1].upper() + word[1:] for word in words) or "Custom"
    return (
        f"title = {_string(game.title.strip() or game.name.strip() or 'custom')}\n"
        f"id = {_string(env_id)}\n"
        f"kind = {_string(game.kind)}\n"
        f"source = {_string(game.source.strip() or 'not stated')}\n"
        f"actions = {_nested(game.actions[0] if shared else game.actions)}\n"
        f"payoffs = [\n{rows}]\n"
    )


def _nested(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_nested, value))}]"
    if isinstance(value, str):
        return _string(value)
    return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def to_nashpy(game: MatrixGame) -> Any:
    """Return the game as a ``nashpy.Game``, which knows payoffs only.

    Raises
    ------
    ValueError
        If the game does not have two players.
    """
    import nashpy

    if game.players != 2:
        raise ValueError(f"a nashpy game has two players; game {game.name!r} has {game.players}")
    return nashpy.Game(game.payoffs[..., 0].copy(), game.payoffs[..., 1].copy())


def from_nashpy(
    game: Any, actions: Sequence[str] | Sequence[Sequence[str]] | None = None, name: str = "custom"
) -> MatrixGame:
    """Return the game of a ``nashpy.Game``.

    Parameters
    ----------
    game
        Its ``payoff_matrices`` are taken.
    actions, name
        As for `MatrixGame.from_payoffs`.

    Raises
    ------
    ValueError
        If the payoffs are not finite, or the actions do not fit them.
    """
    return _classified(MatrixGame.from_payoffs(np.stack(game.payoff_matrices, axis=-1), actions, name))


def to_pygambit(game: MatrixGame) -> Any:
    """Return the game as a ``pygambit.Game``, with exact payoffs, the title and the actions' names.

    Raises
    ------
    ValueError
        If a name is not allowed there: since pygambit 16.7 they are printable ASCII, without
        blanks at their ends or two in a row.
    """
    import pygambit

    exact = [
        np.array([Fraction(repr(payoff)) for payoff in game.payoffs[..., player].ravel().tolist()]).reshape(game.shape)
        for player in range(game.players)
    ]
    made = pygambit.Game.from_arrays(*exact, title=game.title or game.name)
    for player, names in zip(made.players, game.actions, strict=True):
        strategies = list(player.strategies)
        for index, strategy in enumerate(strategies):
            strategy.label = f"strategy {index} before it is named"
        for strategy, action in zip(strategies, names, strict=True):
            try:
                strategy.label = action
            except ValueError as error:
                raise ValueError(f"pygambit does not allow the name {action!r} of an action: {error}") from None
    return made


def from_pygambit(game: Any, name: str = "custom") -> MatrixGame:
    """Return the strategic form of a ``pygambit.Game``.

    Parameters
    ----------
    game
        Its payoffs, title and strategies' labels are taken; exact payoffs are rounded to floats.
    name
        The new game's name.

    Raises
    ------
    ValueError
        If a payoff is too large for a float.
    """
    payoffs = np.stack([np.asarray(array, dtype=np.float64) for array in game.to_arrays(dtype=float)], axis=-1)
    actions = [[strategy.label for strategy in player.strategies] for player in game.players]
    return _classified(MatrixGame.from_payoffs(payoffs, actions, name, title=game.title))


def _classified(game: MatrixGame) -> MatrixGame:
    return MatrixGame(game.payoffs, game.actions, game.name, game.title, game.source, kinds.classify(game))
