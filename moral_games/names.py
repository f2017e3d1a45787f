"""Names: looking a thing up by its name, with an error that helps, and which names folders may have."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches

MOST_NESTED = 100
"""How deep a parsed expression may be nested; a sum is as deep as it has terms."""

_LARGEST = sys.float_info.max
_FORBIDDEN = '/\\<>:"|?*'
MOST_BYTES = 200
"""The longest name of a folder, in bytes of UTF-8; disks allow 255, and files in it may add to it."""


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
    return ValueError(f"unknown {kind} {name!r}.{hint} Known: {', '.join(known)}")


def check_folder_name(what: str, name: str) -> None:
    r"""Raise a ValueError unless a name can be that of a folder, on every system and without reaching elsewhere.

    Parameters
    ----------
    what
        Whose name it is, e.g. ``"run"``.
    name
        The name. It must have no separator of paths, begin with no dot or blank and end with none, hold only characters
        that print (no control characters, no marks that change the direction of writing), none of ``<>:"|?*``, and be
        at most `MOST_BYTES` long.

    Examples
    --------
    >>> check_folder_name("run", "deontological seed=1")
    >>> check_folder_name("run", "../elsewhere")
    Traceback (most recent call last):
    ValueError: a run's name is a plain folder name, without any of / \ < > : " | ? *, got '../elsewhere'
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a {what} is a text, got {name!r}")
    article = "an" if what[:1] in "aeiou" else "a"
    wrong = _wrong_in_folder_name(name)
    if wrong is not None:
        shown = ascii(name if len(name) <= 60 else f"{name[:20]}...")
        raise ValueError(f"{article} {what}'s name is a plain folder name, {wrong}, got {shown}")


def _wrong_in_folder_name(name: str) -> str | None:
    """Return what a folder's name must be and this one is not, or None."""
    if not name.isprintable():
        return "of characters that print"
    if any(character in name for character in _FORBIDDEN):
        return f"without any of {' '.join(_FORBIDDEN)}"
    if not name.strip(". ") or name != name.strip() or name[0] == "." or name[-1] == ".":
        return "which is not empty and has no dot or blank at an end"
    if len(name.encode()) > MOST_BYTES:
        return f"of at most {MOST_BYTES} bytes"
    return None


def call(text: str) -> tuple[str, dict[str, float]]:
    """Read ``name`` or ``name(parameter=number, ...)``; words with hyphens are read too, as a name that nothing has.

    Returns
    -------
    tuple
        The name, and its parameters as numbers.

    Raises
    ------
    ValueError
        If the text is neither.
    """
    match expression(text):
        case ast.Name(id=name):
            return name, {}
        case ast.Call(func=ast.Name(id=name), args=[], keywords=keywords):
            return name, {str(keyword.arg): number(keyword.value) for keyword in keywords}
    if re.fullmatch(r"[^\W\d]\w*(-\w+)+", text.strip()):
        return text.strip(), {}
    raise ValueError(f"cannot read {text!r}; write a name, or a name with parameters as in 'name(parameter=0.5)'")


def expression(text: str) -> ast.expr | None:
    """Return the parsed expression that a text is; None if it is none, or nested deeper than `MOST_NESTED`.

    Nothing of it is evaluated.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on style
            node = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    level: list[ast.AST] = [node]
    for _ in range(MOST_NESTED):
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
    return None if level else node


def number(node: ast.expr) -> float:
    """Return the number that a piece of a parsed expression is, sign included; a ValueError if it is none."""
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -number(operand)
        case ast.Constant(value=int() | float() as found) if not isinstance(found, bool):
            if isinstance(found, int) and abs(found) > _LARGEST:
                raise ValueError(f"expected a number of at most {_LARGEST:.2g}, got {ast.unparse(node)[:30]!r}")
            return found
    raise ValueError(f"expected a number, got {ast.unparse(node)!r}")


def slug(text: str) -> str:
    """Return a text as part of a file's name: letters, digits and few signs, hyphens for everything else.

    Examples
    --------
    >>> slug("runs/mine: the first")
    'runs-mine-the-first'
    """
    return re.sub(r"[^\w.=-]+", "-", text).strip("-.")
