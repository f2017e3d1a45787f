"""A page of reference for each part of the library: its public names, from their docstrings."""

from __future__ import annotations

from collections.abc import Container
from functools import cache, partial

import griffe
from writing import Pages, table

from moral_games.games.families import FAMILIES
from moral_games.opponents.catalogue import STRATEGIES
from moral_games.rewards.function import VALUES

FOLDER = "reference"

IN_CATALOGUE = {"games": FAMILIES, "rewards": VALUES, "opponents": STRATEGIES}
"""What has pages of its own in the catalogue, by part."""


LEFT_OUT = {"cli", "explorer", "__main__"}
"""What is used by typing and clicking; `moral-games COMMAND --help` documents it."""

WORKINGS = ("envs", "llm", "report")
"""Packages whose modules are their own business, but for these."""

FACES = {"envs.population", "envs.pricing", "envs.rllib", "envs.sb3", "llm.dilemmas", "llm.lesson", "llm.policy"}


def pages() -> Pages:
    """Return what writes each page, by its path."""
    single = {_file(part): partial(part_page, part) for part in parts()}
    return {f"{FOLDER}/index.md": index, **single}


def index() -> str:
    """Return the page that lists packages and modules."""
    rows = [(f"[{_path(part)}]({_file(part).removeprefix(FOLDER)[1:]})", summary(part)) for part in parts()]
    return f"""# Reference

Every public name of the library, from its docstring. `import moral_games as mg` gives the names that are used most:
{", ".join(f"`mg.{name}`" for name in library().exports or [])}.

Games, values and opponents have pages of their own in the [catalogue](../catalogue/games/index.md), and commands
explain themselves: `moral-games --help`. A package's page has what the package exports, and what else its modules
define has a page for each module. How environments, language models and reports work inside is not listed here;
their modules are documented where they are written.

{table(("part of moral_games", "what it is for"), rows)}
"""


def part_page(part: griffe.Module) -> str:
    """Return the page of a package or module."""
    listed = "".join(f"\n        - {name}" for name in names(part))
    return f"""# {_path(part)}

::: {part.path}
    options:
      members:{listed}
"""


def names(part: griffe.Module) -> list[str]:
    """Return the public names that a part's page documents.

    They are what a package exports; and what a module defines and no package above it exports.
    """
    if part.exports:
        found = [str(name) for name in part.exports]
        return [name for name in found if name not in _in_catalogue(part) and name not in part.modules]
    above = _exported_above(part)
    return [
        name
        for name, member in part.members.items()
        if _is_public(name, member) and name not in above and name not in _in_catalogue(part)
    ]


def parts() -> list[griffe.Module]:
    """Return every package and module with names to document, packages before their modules."""
    return [part for part in _below(library()) if names(part)]


def summary(part: griffe.Module) -> str:
    """Return the first line of a part's docstring."""
    return part.docstring.value.partition("\n")[0] if part.docstring else ""


@cache
def library() -> griffe.Module:
    """Return the library as it is written, without importing it."""
    return griffe.load("moral_games", docstring_parser="numpy")  # type: ignore[return-value]


def _below(module: griffe.Module) -> list[griffe.Module]:
    return [found for part in _modules(module) for found in (part, *_below(part))]


def _modules(package: griffe.Module) -> list[griffe.Module]:
    """Return the modules that lie in a package; it may have imported others."""
    return [part for name, part in sorted(package.modules.items()) if not part.is_alias and _is_documented(name, part)]


def _is_documented(name: str, part: griffe.Module) -> bool:
    package, _, inner = _path(part).partition(".")
    return name not in LEFT_OUT and (not inner or package not in WORKINGS or _path(part) in FACES)


def _exported_above(part: griffe.Module) -> set[str]:
    """Return what the packages above export; a name that a module has too is left to the module's page."""
    parent = part.parent
    if not isinstance(parent, griffe.Module):
        return set()
    return {str(name) for name in parent.exports or []} - set(parent.modules) | _exported_above(parent)


def _in_catalogue(part: griffe.Module) -> Container[str]:
    return IN_CATALOGUE.get(_path(part).partition(".")[0], ())


def _is_public(name: str, member: griffe.Object | griffe.Alias) -> bool:
    return not (name.startswith("_") or member.is_alias or member.is_module) and member.has_docstring


def _path(part: griffe.Module) -> str:
    return part.path.removeprefix("moral_games.")


def _file(part: griffe.Module) -> str:
    path = _path(part).replace(".", "/")
    return f"{FOLDER}/{path}/index.md" if _modules(part) else f"{FOLDER}/{path}.md"
