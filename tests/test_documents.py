"""The examples of README and docs run, and the imports keep to the floors of docs/architecture.md."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from moral_games.opponents.catalogue import STRATEGIES
from moral_games.rewards.function import VALUES

ROOT = Path(__file__).parents[1]
EXAMPLES = {
    f"{page.relative_to(ROOT).with_suffix('')}-{number}".removeprefix("docs/"): example
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    for number, example in enumerate(
        re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    )
}

# Each folder or file of the library, and the floor it stands on. Imports run downward only.
FLOORS = {
    **dict.fromkeys(("names", "chance", "games", "locks", "progress", "provenance", "runs"), 0),
    **dict.fromkeys(("rewards", "text", "policy", "repetition", "markets"), 1),
    **dict.fromkeys(("repeated", "situations", "opponents"), 2),
    **dict.fromkeys(("envs", "analysis", "synthetic", "testing", "vehicles"), 3),
    **dict.fromkeys(("llm", "report"), 4),
    "explorer": 5,
    "cli": 6,
}


@pytest.fixture(autouse=True)
def registries() -> Iterator[None]:
    """Take back what an example adds to the values and strategies."""
    before = [(registry, dict(registry)) for registry in (VALUES, STRATEGIES)]
    yield
    for registry, entries in before:
        registry.clear()
        registry.update(entries)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(EXAMPLES[name].strip().splitlines()) < (20 if "stable_baselines3" in EXAMPLES[name] else 30)
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)  # so that what it defines can be pickled, as in a script
    exec(compile(EXAMPLES[name], name, "exec", dont_inherit=True), vars(module))


def test_the_pages_have_their_examples() -> None:
    assert "gymnasium.make" in EXAMPLES["README-0"]
    told = "".join(example for name, example in EXAMPLES.items() if name.startswith("environments"))
    assert all(f"import {algorithm}\n" in told for algorithm in ("PPO", "A2C", "DQN"))


def test_figures_that_pages_show_exist() -> None:
    for page in (ROOT / "docs").rglob("*.md"):
        for path in re.findall(r"!\[.*?\]\((.*?)\)", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            assert (page.parent / path).is_file(), f"{page.name} shows {path}"


@pytest.mark.parametrize("place", FLOORS)
def test_imports_run_downward(place: str) -> None:
    home = ROOT / "moral_games" / place
    for file in sorted(home.rglob("*.py")) if home.is_dir() else [home.with_suffix(".py")]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            modules += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module == "moral_games":
                modules = [f"moral_games.{name.name}" for name in node.names]
            for module in modules:
                assert module.split(".")[0] not in ("agents", "benchmarks", "tests"), f"{file} imports {module}"
                if module.startswith("moral_games."):
                    other = module.split(".")[1]
                    assert other in FLOORS and FLOORS[other] <= FLOORS[place], f"{file} imports {module}"
                if module.split(".")[0] in ("torch", "transformers", "peft"):
                    assert place == "llm", f"{file} imports {module}"


def test_every_part_of_the_library_stands_on_a_floor() -> None:
    parts = {
        entry.stem
        for entry in (ROOT / "moral_games").iterdir()
        if entry.suffix == ".py" or (entry / "__init__.py").exists()
    }
    assert parts - {"__init__", "__main__"} == set(FLOORS)
