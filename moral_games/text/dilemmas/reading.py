"""From a file of dilemmas to `Dilemma` objects, or to an error that names file, entry and field."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import Any

from moral_games import games
from moral_games.games import MatrixGame, kinds
from moral_games.names import call, unknown
from moral_games.text.dilemmas.dilemma import Dilemma

_TEXTS = ("title", "kind", "unit", "setup", "first_time")
_PAIRS = ("options", "before")
_REQUIRED = (*_TEXTS, *_PAIRS, "outcomes", "first")
_OPTIONAL = ("others_options", "payoffs", "game")

SOURCE = "written for this library"

NUMBER = re.compile(r"(?:\b(lose|loses)\s+)?(?<![\w.])(\d+(?:\.\d+)?)(?!\w)")
"""A number of a sentence. One that follows "lose" or "loses" is a loss."""


def from_toml(text: str, theme: str) -> tuple[Dilemma, ...]:
    """Read the text of a file of dilemmas.

    Parameters
    ----------
    text
        TOML with a table for each dilemma, whose name is the dilemma's. It has ``title``, ``kind``,
        ``unit``, ``setup``, ``options`` (two, action 0 first), ``first`` (the action that is named
        first), ``outcomes`` (two lists of two sentences), ``before`` (two sentences), ``first_time``,
        and either ``payoffs`` (shape (2, 2, 2)) or ``game`` (a family of games with two actions
        each, as text). In a game in which the other has actions of another name,
        ``others_options``.
    theme
        The theme, and in errors the file's name, with ``.toml``.

    Raises
    ------
    ValueError
        Naming the file, the entry and the field: one that is missing, unknown or of a wrong type, a
        kind that the payoffs do not have, or a sentence whose numbers are not the payoffs.
    """
    file = f"{theme}.toml"
    try:
        entries = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{file}: not valid TOML: {error}") from None
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise ValueError(f"{file}: {name!r} must be a table, [{name}], with the fields of a dilemma")
    return tuple(_dilemma(f"{file}: entry {name!r}", theme, name, entry) for name, entry in entries.items())


def numbers(sentence: str) -> list[float]:
    """Return the numbers that a sentence tells, losses as negative ones.

    Examples
    --------
    >>> numbers("You lose 20 minutes and she gains 5.")
    [-20.0, 5.0]
    """
    return [-float(number) if lost else float(number) for lost, number in NUMBER.findall(sentence)]


def _dilemma(where: str, theme: str, name: str, entry: dict[str, Any]) -> Dilemma:
    _check_fields(where, entry)
    texts = {field: " ".join(entry[field].split()) for field in _TEXTS}
    game = _game(where, name, entry)
    outcomes = entry["outcomes"]
    for own in (0, 1):
        for others in (0, 1):
            _check_numbers(f"{where}: field 'outcomes'", outcomes[own][others], game, own, others)
    return Dilemma(
        name=name,
        theme=theme,
        title=texts["title"],
        setup=texts["setup"],
        options=tuple(entry["options"]),
        outcomes=(tuple(outcomes[0]), tuple(outcomes[1])),
        before=tuple(entry["before"]),
        first_time=texts["first_time"],
        first=entry["first"],
        unit=texts["unit"],
        game=game,
    )


def _check_fields(where: str, entry: dict[str, Any]) -> None:
    for field in _REQUIRED:
        if field not in entry:
            raise ValueError(f"{where}: field {field!r} is missing; a dilemma has {', '.join(_REQUIRED)}")
    for field in sorted(entry.keys() - {*_REQUIRED, *_OPTIONAL}):
        raise ValueError(f"{where}: field {unknown('field', field, (*_REQUIRED, *_OPTIONAL))}")
    for field in _TEXTS:
        if not _is_text(entry[field]):
            raise ValueError(f"{where}: field {field!r} must be a text that is not empty, got {entry[field]!r}")
    for field in (*_PAIRS, *({"others_options"} & entry.keys())):
        if not _is_pair(entry[field]) or len(set(entry[field])) != 2:
            raise ValueError(f"{where}: field {field!r} must be two different texts, got {entry[field]!r}")
    rows = entry["outcomes"]
    if not (isinstance(rows, list) and len(rows) == 2 and all(map(_is_pair, rows))):
        raise ValueError(f"{where}: field 'outcomes' must be two lists of two sentences, got {rows!r}")
    if isinstance(entry["first"], bool) or entry["first"] not in (0, 1):
        raise ValueError(f"{where}: field 'first' must be 0 or 1, the action named first, got {entry['first']!r}")
    if ("payoffs" in entry) == ("game" in entry):
        raise ValueError(f"{where}: give either field 'payoffs' or field 'game', and not both")
    known = (*kinds.KINDS, *kinds.ALSO, "unclassified")
    if entry["kind"] not in known:
        raise ValueError(f"{where}: field 'kind': {unknown('kind', entry['kind'], known)}")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_pair(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(_is_text, value))


def _game(where: str, name: str, entry: dict[str, Any]) -> MatrixGame:
    """Return the entry's game, which has the entry's name, options and kind."""
    field = "game" if "game" in entry else "payoffs"
    try:
        found = _of_family(entry["game"]) if field == "game" else MatrixGame.from_payoffs(entry["payoffs"])
    except (TypeError, ValueError) as error:
        raise ValueError(f"{where}: field {field!r}: {error}") from None
    if set(found.shape) != {2} or found.players < 2 or (field == "payoffs" and found.players != 2):
        raise ValueError(f"{where}: field {field!r}: everybody has two actions in a dilemma, got shape {found.shape}")
    if found.players > 2 and not found.is_symmetric:
        raise ValueError(
            f"{where}: field {field!r}: a game of more than two is told as one of equals; it must be symmetric"
        )
    kind = entry["kind"]
    if kind != "unclassified" and not kinds.is_kind(found, kind):
        test = kinds.KINDS[kinds.ALSO.get(kind, kind)][1]
        raise ValueError(f"{where}: field 'kind': the payoffs are not those of {kind!r}, which needs {test}")
    others = tuple(entry.get("others_options", entry["options"]))
    actions = (tuple(entry["options"]), *[others] * (found.players - 1))
    return replace(
        found, actions=actions, name=name, title=entry["title"], source=found.source or SOURCE, kind=kind, env_id=""
    )


def _of_family(text: object) -> MatrixGame:
    """Return a game of a family; no other name is looked up, so that no file is opened."""
    if not _is_text(text):
        raise TypeError(f"expected the text of a family of games, got {text!r}")
    family, _ = call(str(text))
    if family not in games.families():
        raise unknown("family", family, games.families())
    return games.get(str(text))


def _check_numbers(where: str, sentence: str, game: MatrixGame, own: int, others: int) -> None:
    """Refuse a sentence that does not tell the own payoff, and then the others' unless it is the same."""
    paid = game.payoffs[(own, *[others] * (game.players - 1))]
    expected, told = [float(paid[0]), float(paid[1])], numbers(sentence)
    if told != expected and not (expected[0] == expected[1] and told == expected[:1]):
        raise ValueError(f"{where}: the payoffs there are {expected}, own first, but {sentence!r} tells {told}")
