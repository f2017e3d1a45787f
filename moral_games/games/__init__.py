"""The games: payoff tables as data, one TOML file a game, whose name is the game's name.

To add a game, add a file to ``catalogue/``; its environment ids, tests, documentation and
prompts follow from it.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

from moral_games.games import kinds
from moral_games.games.game import MatrixGame
from moral_games.names import unknown

__all__ = ["MatrixGame", "get", "names", "read"]

_FIELDS = {"title", "id", "kind", "source", "actions", "payoffs"}


def read(path: str | Path) -> MatrixGame:
    """Read one game file.

    Parameters
    ----------
    path
        A TOML file with ``title``, ``id``, ``kind``, ``source``, ``actions`` and ``payoffs``
        (nested lists of shape (A_0, ..., A_{n-1}, n)).

    Raises
    ------
    ValueError
        Naming the file and the field: one that is missing or unknown, payoffs of a wrong
        shape, or a kind that the payoffs do not have.
    """
    return _parse(Path(path).name, Path(path).read_text(encoding="utf-8"))


def _parse(file: str, text: str) -> MatrixGame:
    try:
        entry = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{file}: not valid TOML: {error}") from None
    for field in sorted(_FIELDS - entry.keys()):
        raise ValueError(f"{file}: field {field!r} is missing; a game file has {', '.join(sorted(_FIELDS))}")
    for field in sorted(entry.keys() - _FIELDS):
        raise ValueError(f"{file}: field {field!r} is not one of {', '.join(sorted(_FIELDS))}")
    for field in ("title", "id", "kind", "source"):
        if not isinstance(entry[field], str) or not entry[field].strip():
            raise ValueError(f"{file}: field {field!r} must be a text that is not empty, got {entry[field]!r}")
    if entry["kind"] not in kinds.KINDS and entry["kind"] not in kinds.ALSO:
        raise ValueError(f"{file}: field 'kind': {unknown('kind', entry['kind'], (*kinds.KINDS, *kinds.ALSO))}")
    try:
        game = MatrixGame.from_payoffs(
            entry["payoffs"],
            entry["actions"],
            file.removesuffix(".toml"),
            title=entry["title"],
            source=entry["source"],
            kind=entry["kind"],
            env_id=entry["id"],
        )
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file}: field 'payoffs' or 'actions': {error}") from None
    if not kinds.is_kind(game, game.kind):
        test = kinds.KINDS[kinds.ALSO.get(game.kind, game.kind)][1]
        raise ValueError(f"{file}: field 'kind': the payoffs are not those of {game.kind!r}, which needs {test}")
    return game


@cache
def names() -> tuple[str, ...]:
    """Return the names of all games of the catalogue, sorted."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))
    )


@cache
def get(name: str) -> MatrixGame:
    """Return the game of that name.

    Raises
    ------
    ValueError
        If there is none; close matches are listed.

    Examples
    --------
    >>> get("ipd").payoffs[1, 0]
    array([4., 0.])
    """
    if name not in names():
        raise unknown("game", name, names())
    return _parse(f"{name}.toml", (_folder() / f"{name}.toml").read_text(encoding="utf-8"))


def _folder():  # type: ignore[no-untyped-def]
    return files(__name__) / "catalogue"
