"""What a comparison consists of: a study for each combination of agent, game, value and opponent."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_type_hints

import agents
from agents.options import Options
from moral_games.names import call, unknown

LEARNER = "learner"
"""The opponent that learns too; ``learner:REWARD`` has a value of its own."""

MOST_SAID = 10
"""How many combinations that do not fit an error names."""

MOST_LETTERS = 80

_SPELLING = re.compile(r"([^:@(]*)(?::([^@(]*))?(?:@([^(]*))?(.*)", re.DOTALL)
"""An agent's name, its algorithm, its model and its options."""


@dataclass(frozen=True)
class Cell:
    """One study of a comparison; ``name`` is its folder's."""

    name: str
    agent: str
    game: str
    reward: str
    opponent: str
    options: Options


@dataclass(frozen=True)
class Common:
    """What all studies of a comparison have in common."""

    seeds: int
    seed: int
    discount: float
    initial: Literal["start", "random"]


def known_agents() -> list[str]:
    """Return the modules of ``agents`` that can be compared: those with ``Options`` and a function ``learn``."""
    return [module.name for module in pkgutil.iter_modules(agents.__path__) if _can_learn(module.name)]


def grid(
    learners: Sequence[str],
    games: Sequence[str],
    rewards: Sequence[str],
    opponents: Sequence[str],
    common: Common,
    folder: Path,
) -> list[Cell]:
    """Return a study for each combination, in the order given, the last list fastest.

    Parameters
    ----------
    learners
        Names of agents, with options that are numbers if any: ``"tabular_q(steps=500)"``.
    games, rewards, opponents
        As an agent's command takes them; opponents may be ``"learner"`` or ``"learner:REWARD"``.
    common
        What all of them have in common.
    folder
        Where the studies' folders go.

    Raises
    ------
    ValueError
        If a list is empty or names one thing twice, an agent or one of its options is unknown, or
        combinations do not fit.
    TypeError
        If an agent's option has the wrong type.
    """
    lists = {"agents": learners, "games": games, "rewards": rewards, "opponents": opponents}
    for kind, listed in lists.items():
        if not listed:
            raise ValueError(f"a comparison needs at least one of its {kind}, got none")
        if len(set(listed)) < len(listed):
            raise ValueError(f"{kind} are compared once each, got {' '.join(listed)}")
    templates = {text: read_agent(text) for text in learners}
    cells = []
    for agent, *texts in product(learners, games, rewards, opponents):
        game, reward, opponent = texts
        name = folder_name((agent, *texts))
        options = replace(
            templates[agent],
            **_seating(opponent),
            **vars(common),
            game=game,
            reward=reward,
            name=name,
            folder=folder,
            resume=True,
        )
        cells.append(Cell(name, agent, game, reward, opponent, options))
    check(cells)
    return cells


def read_agent(text: str) -> Options:
    """Return the options of an agent given as ``NAME`` or ``NAME(option=number, ...)``.

    ``NAME:ALGORITHM`` and ``NAME:ALGORITHM@MODEL`` name the algorithm, and the model, of an agent that has several.

    Raises
    ------
    ValueError
        If the agent or an option is unknown, or the comparison itself decides that option.
    TypeError
        If an option is a whole number and another is given.
    """
    name, algorithm, model, rest = _SPELLING.fullmatch(text).groups("")  # type: ignore[union-attr]
    name, settings = call(name + rest)
    if name not in (known := known_agents()):
        raise unknown("agent", name, known)
    options: type[Options] = _module(name).Options
    types = get_type_hints(options)
    chosen = {key: said for key, said in (("algorithm", algorithm), ("model", model)) if said}
    for key, said in chosen.items():
        if key not in types:
            raise ValueError(f"agent {name!r} has no {key} to choose, got {said!r}; write {name}{rest}")
    decided = {field.name for field in fields(Options)}
    own = [field.name for field in fields(options) if field.name not in decided and types[field.name] in (int, float)]
    for key, setting in settings.items():
        if key in decided:
            raise ValueError(f"{key} of {text} is the same for all that are compared; give it with --{key}")
        if key not in own:
            raise unknown(f"numeric option of agent {name!r}", key, own)
        if types[key] is int and not isinstance(setting, int):
            raise TypeError(f"{key} of agent {name!r} is a whole number, got {setting}")
    return options(**chosen, **settings)  # type: ignore[arg-type]


def check(cells: Sequence[Cell]) -> None:
    """Raise a ValueError that names the combinations which do not fit, and why, if there are any."""
    failures = {cell.name: failure for cell in cells if (failure := _misfit(cell))}
    if failures:
        said = [f"{name}: {failure}" for name, failure in list(failures.items())[:MOST_SAID]]
        more = [f"and {len(failures) - MOST_SAID} more"] if len(failures) > MOST_SAID else []
        raise ValueError(
            f"{len(failures)} of {len(cells)} combinations do not fit, and nothing was run; leave them out, "
            "in a comparison of their own if need be\n  " + "\n  ".join([*said, *more])
        )


def folder_name(texts: Sequence[str]) -> str:
    """Return a plain folder name for a combination; no two combinations have the same one.

    Examples
    --------
    >>> folder_name(("tabular_q", "ipd", "selfish", "tit_for_tat"))
    'tabular_q-ipd-selfish-tit_for_tat'
    """
    plain = "-".join(re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_") for text in texts)
    if all(re.fullmatch(r"[A-Za-z0-9_]+", text) for text in texts) and len(plain) <= MOST_LETTERS:
        return plain
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:8]
    return f"{plain[:MOST_LETTERS]}-{digest}"


def learn(cell: Cell) -> None:
    """Carry out a cell's study, or what is left of it."""
    _of(cell).learn(cell.options)


def _misfit(cell: Cell) -> str | None:
    """Return why a combination cannot be learned from, or None."""
    try:
        cell.options.check()
        seats = cell.options.seats()
        module = _of(cell)
        fits = getattr(module, "learner", None) or module.check  # rllib's learners need Ray to be running
        fits(seats, cell.options)
    except (ValueError, TypeError) as error:
        return str(error)
    return None


def _seating(opponent: str) -> Mapping[str, Any]:
    """Return the options that say who sits on the other seats."""
    kind, _, reward = opponent.partition(":")
    if kind != LEARNER:
        return {"opponent": (opponent,)}
    return {"opponent": (), "other_reward": (reward,) if reward else ()}


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"agents.{name}")


def _of(cell: Cell) -> ModuleType:
    module = inspect.getmodule(type(cell.options))
    assert module is not None
    return module


def _can_learn(name: str) -> bool:
    """Tell whether a module defines what an agent does, without importing it."""
    (home,) = agents.__path__
    tree = ast.parse(Path(home, f"{name}.py").read_text(encoding="utf-8"))
    return {"Options", "learn"} <= {getattr(node, "name", None) for node in tree.body}
