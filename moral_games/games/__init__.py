"""The games: payoff tables as data, one TOML file a game, and families of games as functions.

To add a game, add a file to ``catalogue/``, whose name is the game's name; its environment ids,
tests, documentation and prompts follow from it. To add a family, write a function decorated with
`families.family`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from moral_games.games.dilemmas import coordination, n_player_chicken, n_player_stag_hunt, travelers_dilemma
from moral_games.games.families import FAMILIES, family
from moral_games.games.formats import (
    from_nashpy,
    from_nfg,
    from_pygambit,
    from_toml,
    read,
    to_nashpy,
    to_nfg,
    to_pygambit,
    to_toml,
    write,
)
from moral_games.games.game import MatrixGame
from moral_games.games.indices import (
    Dilemma,
    dilemma,
    dilemma_strength,
    fear,
    greed,
    hughes,
    k_index,
    macy_flache,
)
from moral_games.games.ordinal_games import OrdinalClass, ordinal, ordinal_class
from moral_games.games.protocols import as_two_stage, protocol, protocols
from moral_games.games.public_goods import (
    commons,
    n_player_volunteers_dilemma,
    public_goods,
    threshold_public_goods,
)
from moral_games.games.random_games import random_game, random_of_kind, random_prisoners_dilemma, random_social_dilemma
from moral_games.games.roles import either_role
from moral_games.games.solutions import dominant_actions, nash_set, pareto_set, price_of_anarchy
from moral_games.games.symmetric import letters, schelling
from moral_games.games.two_stage import TwoStageGame, mini_trust, mini_ultimatum, sequential_prisoners_dilemma
from moral_games.names import call, unknown

__all__ = [
    "Dilemma",
    "MatrixGame",
    "OrdinalClass",
    "TwoStageGame",
    "as_game",
    "as_two_stage",
    "commons",
    "coordination",
    "dilemma",
    "dilemma_strength",
    "dominant_actions",
    "either_role",
    "families",
    "family",
    "fear",
    "from_nashpy",
    "from_nfg",
    "from_pygambit",
    "from_toml",
    "get",
    "greed",
    "hughes",
    "k_index",
    "letters",
    "macy_flache",
    "mini_trust",
    "mini_ultimatum",
    "n_player_chicken",
    "n_player_stag_hunt",
    "n_player_volunteers_dilemma",
    "names",
    "nash_set",
    "ordinal",
    "ordinal_class",
    "pareto_set",
    "price_of_anarchy",
    "protocol",
    "protocols",
    "public_goods",
    "random_game",
    "random_of_kind",
    "random_prisoners_dilemma",
    "random_social_dilemma",
    "read",
    "schelling",
    "sequential_prisoners_dilemma",
    "threshold_public_goods",
    "to_nashpy",
    "to_nfg",
    "to_pygambit",
    "to_toml",
    "travelers_dilemma",
    "write",
]


@cache
def names() -> tuple[str, ...]:
    """Return the names of all games of the catalogue, sorted."""
    return tuple(
        sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir() if entry.name.endswith(".toml"))
    )


def families() -> tuple[str, ...]:
    """Return the names of all families, sorted."""
    return tuple(sorted(FAMILIES))


def get(name: str) -> MatrixGame:
    """Return the game of that name.

    Parameters
    ----------
    name
        A game of the catalogue, a family with or without parameters, the path of a game file of
        your own that ends in ``.toml`` or ``.nfg`` (see `read`), or one of the two-stage `protocols`, whose
        game of strategies for both roles it is (see `TwoStageGame.either_role`).

    Raises
    ------
    ValueError
        If there is none (close matches are listed), or a parameter is unknown or out of range.

    Examples
    --------
    >>> get("ipd").payoffs[1, 0]
    array([4., 0.])
    >>> get("public_goods(players=5, multiplier=2)").players
    5
    """
    if not isinstance(name, str):
        raise TypeError(f"a game's name is a text, got {name!r}; a game file is read with moral_games.games.read")
    return read(name) if name.endswith((".toml", ".nfg")) else _known(name)


def as_game(game: str | MatrixGame) -> MatrixGame:
    """Return a game given as itself or by name.

    Raises
    ------
    TypeError
        If it is neither.
    ValueError
        If there is no game of that name.
    """
    if isinstance(game, MatrixGame):
        return game
    if isinstance(game, str):
        return get(game)
    raise TypeError(f"a game is a MatrixGame or the name of one, got {game!r}; see MatrixGame.from_payoffs")


@cache
def _known(name: str) -> MatrixGame:
    if name in names():
        return from_toml((_folder() / f"{name}.toml").read_text(encoding="utf-8"), name)
    asked, parameters = call(name) if "(" in name else (name.strip(), {})
    if asked in protocols() and not parameters:
        return protocol(asked).either_role
    if asked in names():
        raise ValueError(f"game {asked!r} takes no parameters, got {name!r}; families do: {', '.join(families())}")
    if asked not in FAMILIES:
        raise unknown("game", asked, (*names(), *families(), *protocols()))
    return FAMILIES[asked](**parameters)


def _folder():  # type: ignore[no-untyped-def]
    return files(__name__) / "catalogue"
