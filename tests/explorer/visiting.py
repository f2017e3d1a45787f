"""Runs to be explored, one of them hostile, and a user without a browser."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import moral_games as mg
from moral_games.runs import METRICS, POLICY, Run, write_json

HOSTILE = "<img src=x onerror=alert(1)>\u202egnp\x1b[31m"
REPORT = f"<!doctype html><h1>Report of kind</h1><p>{HOSTILE}</p><script>document.title = 'owned'</script>"


def add_run(folder: Path, name: str, **config: object) -> Path:
    """Make a finished run with a policy that cooperates, and leave it."""
    run = Run.create(folder / name, {"name": name, "agent": "reinforce", **config})
    write_json(run.path(METRICS), {"learners": {}})
    mg.PolicyTable([[0.9, 0.1]] * 5, "kind").save(run.path(POLICY))
    return run.folder


def visit(folder: Path, visiting: Callable[[Any], Awaitable[None]]) -> None:
    """Let a simulated user of NiceGUI visit the explorer of a folder, without a browser.

    The simulation takes the modules in which pages are made out of `sys.modules`; they are put back.
    """
    from nicegui.testing import user_simulation

    from moral_games.explorer.server import register

    async def session() -> None:
        async with user_simulation() as user:
            register(folder)
            await visiting(user)

    before = dict(sys.modules)
    try:
        asyncio.run(session())
    finally:
        for name, module in before.items():
            sys.modules.setdefault(name, module)
