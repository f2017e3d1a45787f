"""Looking a thing up by its name, with an error that helps."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from difflib import get_close_matches


def unknown(kind: str, name: object, known: Iterable[str]) -> ValueError:
    """Return the error for a name that is not among the known ones.

    Parameters
    ----------
    kind
        What was looked for, e.g. ``"game"``.
    name
        What was asked for.
    known
        Every name that would have been accepted.

    Returns
    -------
    ValueError
        It names what was asked for, the close matches, and all that exists.
    """
    known = sorted(known)
    close = get_close_matches(str(name).lower(), known, n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(map(repr, close))}?" if close else ""
    return ValueError(f"unknown {kind} {name!r}.{hint} Known: {', '.join(known)}.")


def call(text: str) -> tuple[str, dict[str, float]]:
    """Read ``name`` or ``name(parameter=number, ...)``.

    Returns
    -------
    tuple
        The name, and its parameters as numbers.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        node = None
    match node:
        case ast.Name(id=name):
            return name, {}
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            return name, {str(keyword.arg): number(keyword.value) for keyword in keywords}
    raise ValueError(f"cannot read {text!r}; write a name, or a name with parameters as in 'name(parameter=0.5)'")


def number(node: ast.expr) -> float:
    """Return the number that a piece of a parsed expression is, sign included."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -number(operand)
        case ast.Constant(value=int() | float() as found) if not isinstance(found, bool):
            return found
    raise ValueError(f"expected a number, got {ast.unparse(node)!r}")
