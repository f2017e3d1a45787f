"""Docstrings say what types do not: what each field is, shapes, and errors. That there are any is ruff's to check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "moral_games"
PAGES = {"explorer", "report"}
"""What makes pages; nobody outside the library uses its records."""

FILES = [
    path
    for path in sorted(ROOT.rglob("*.py"))
    if not re.match(r"_[^_]", path.name) and path.relative_to(ROOT).parts[0] not in PAGES
]
SECTION = re.compile(r"^(?:Parameters|Attributes)\n-+\n(.*?)(?=^\w[\w ]*\n-{3,}|\Z)", re.MULTILINE | re.DOTALL)
ARRAY = re.compile(r"NDArray|ndarray|ArrayLike|Floats|Ints|Bools|\bArray\b")
# A shape as in (N, A) or (..., n), the word, what there is one of, or where it is said.
SHAPE = re.compile(
    r"\bshape|\([\w.…*+/ {}-]+(, ?[\w.…*+/ {}-]+)*,?\)|\bone (a|for each)\b|\bnumbers?\b|matrix|probabilit"
    r"|\b([Aa]s|[Ss]ee)\b[^.]*`"
)
ERRORS = re.compile("[Rr]aise|[Rr]efuse|[Ee]rror")
Function = ast.FunctionDef


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def doc(node: Function | ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def listed(text: str) -> list[str]:
    """Return the names of a docstring's sections on parameters and attributes."""
    lines = "\n".join(SECTION.findall(text)).splitlines()
    return [name.strip(" *") for line in lines if re.fullmatch(r"[\w*][\w*, ]*", line) for name in line.split(",")]


def classes(node: ast.AST) -> Iterator[ast.ClassDef]:
    for entry in ast.iter_child_nodes(node):
        if isinstance(entry, ast.ClassDef) and not entry.name.startswith("_"):
            yield entry
            yield from classes(entry)


def functions(path: Path) -> Iterator[Function]:
    """Yield a file's public functions and methods, but for what only declares or assigns."""
    for home in (parsed(path), *classes(parsed(path))):
        for entry in home.body:
            if isinstance(entry, Function) and not entry.name.startswith("_"):
                decorators = {ast.unparse(decorator) for decorator in entry.decorator_list}
                if not ({"overload", f"{entry.name}.setter"} & decorators):
                    yield entry


def fields(node: ast.ClassDef) -> Iterator[tuple[str, bool]]:
    """Yield the public fields of a class, and whether each has a docstring below it."""
    for entry, after in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(entry, ast.AnnAssign) and not ast.unparse(entry.annotation).startswith("ClassVar"):
            field, text = ast.unparse(entry.target), after.value if isinstance(after, ast.Expr) else None
            if not field.startswith("_"):
                yield field, isinstance(text, ast.Constant) and isinstance(text.value, str)


@cache
def known() -> dict[str, ast.ClassDef]:
    return {node.name: node for path in FILES for node in classes(parsed(path))}


def told(node: ast.ClassDef) -> set[str]:
    """Return the fields that a class or what it is made from tells of."""
    own = {name for name, below in fields(node) if below} | set(listed(doc(node)))
    bases = (known().get(ast.unparse(base).split(".")[-1]) for base in node.bases)
    return own.union(*(told(base) for base in bases if base is not None and base is not node))


def raises(node: ast.AST) -> bool:
    """Return whether a function's own body raises an error of its own."""
    own = [entry for entry in ast.iter_child_nodes(node) if not isinstance(entry, Function | ast.Lambda | ast.ClassDef)]
    return any(isinstance(entry, ast.Raise) and entry.exc is not None for entry in own) or any(map(raises, own))


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_docstrings_say_what_types_do_not(path: Path) -> None:
    missing = [
        f"{node.name}.{field} is not told of"
        for node in classes(parsed(path))
        for field, _ in fields(node)
        if field not in told(node)
    ]
    for function in functions(path):
        arguments = function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        given = [argument for argument in named if argument is not None]
        types = [ast.unparse(kind) for kind in (*(argument.annotation for argument in given), function.returns) if kind]
        if any(map(ARRAY.search, types)) and not SHAPE.search(doc(function)):
            missing.append(f"{function.name} tells no shape")
        if path.parent.name != "cli" and raises(function) and not ERRORS.search(doc(function)):
            missing.append(f"{function.name} tells of no errors")
        if not set(listed(doc(function))) <= {argument.arg for argument in given}:
            missing.append(f"{function.name} has no such parameters as it tells of")
    assert missing == []
