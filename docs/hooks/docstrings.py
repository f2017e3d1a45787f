"""What griffe does to docstrings before it reads them.

Where several parameters share a description, griffe 2.4 gives all of them the first one's type and default. So they
are told apart first. And a full name, such as `moral_games.policy.windows`, becomes a link where the site has a place
for it.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

SHARED = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)+)\n((?: {4}.*(?:\n|\Z)|\n(?= {4}))+)", re.MULTILINE)
"""Names before the description that they share."""

FULL_NAME = re.compile(r"(?<!`)`(moral_games(?:\.\w+)+)`(?!`)")


def separated(text: str) -> str:
    r"""Return a docstring in which each parameter has its own description.

    Examples
    --------
    >>> print(separated("first, second\n    What both are."))
    first
        What both are.
    second
        What both are.
    """
    return SHARED.sub(_one_each, text)


def linked(text: str) -> str:
    """Return a docstring in which full names are links; those that lead nowhere stay as they are."""
    return FULL_NAME.sub(r'<autoref optional identifier="\1"><code>\1</code></autoref>', text)


class ReadableDocstrings(griffe.Extension):
    """Rewrite the docstring of every object."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Separate the parameters that share a description, and link full names."""
        if obj.docstring:
            obj.docstring.value = linked(separated(obj.docstring.value))


def _one_each(found: re.Match[str]) -> str:
    description = found[2].rstrip("\n")
    ending = found[2][len(description) :]
    return "\n".join(f"{name}\n{description}" for name in found[1].split(", ")) + ending
