"""Errors speak in one voice; see ``docs/contributing.md``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "moral_games"
OURS = re.compile(r"(\w*Error|Nothing\w+|OutOfMemory|TooLarge|NoPrices|ProcessLost)")


def text(message: ast.expr) -> str:
    """Return a message as it is written; what is filled in is a brace."""
    if isinstance(message, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in message.values)
    return message.value if isinstance(message, ast.Constant) and isinstance(message.value, str) else "{}"


def messages(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        error = node.exc if isinstance(node, ast.Raise) else None
        if isinstance(error, ast.Call) and error.args and OURS.fullmatch(ast.unparse(error.func)):
            yield node.lineno, text(error.args[0])


def faults(message: str) -> Iterator[str]:
    first = message.split()[0]
    if first[0].isupper() and not re.search(r"[A-Z_.]", first[1:]):
        yield "begins with a capital, and not with a name"
    if message.endswith((".", "!", "\n")):
        yield "ends with a mark"
    if "'{}'" in message:
        yield "puts quotation marks around what is filled in, where {...!r} does"
    if re.search(r"pip install", message) and "install it with: pip install " not in message:
        yield "says otherwise how to install"


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=lambda path: str(path.relative_to(ROOT)))
def test_messages_have_one_voice(path: Path) -> None:
    found = [(line, message, fault) for line, message in messages(path) for fault in faults(message)]
    assert found == []


def test_what_is_not_of_that_voice_is_found() -> None:
    assert list(faults("unknown game {}; there are {}")) == []
    assert list(faults("DeepSpeed is not supported; launch the processes with --multi_gpu")) == []
    for message in ("Unknown game", "unknown game.", "unknown game '{}'", "needs TRL; pip install trl"):
        assert len(list(faults(message))) == 1
