"""Pages and consoles show what models, options and names say as text, whatever it is."""

from __future__ import annotations

import io
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_report import finished_run

from moral_games.cli.console import SafeConsole
from moral_games.report import page, write_report
from moral_games.runs import Run, read_json, write_json
from moral_games.text.visible import visible

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(1)</script>\x1b[31mred\x1b[0m\u202egnp.exe\u2066{{ 7 * 7 }}\x00'
TEMPLATES = sorted(entry.name for entry in (files("moral_games.report") / "templates").iterdir())


def harmless(shown: str) -> None:
    assert "<script" not in shown and "<img src=x" not in shown
    assert not re.search("[\x00\x1b\u202e\u2066]", shown)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown and "x1b[31mred" in shown and "u202egnp.exe" in shown


def conversation(folder: Path, said: str) -> Run:
    """A finished run in which a model and its opponent said this."""
    entry = {"mean": 0.5, "standard_error": None}
    judged = {"legal": entry, "moral regret": {"duty": entry}, "action types": {"C|C": entry}}
    turns = [{"said": said}, {"told": said}]
    examples = {"ipd": [{"turns": turns, "rounds": [{"played": ["C", "D"], "reward": 0.0}]}]}
    config: dict[str, Any] = {"name": said, "model": said, "reward": said, "game": "ipd", "seed": 0, "wording": said}
    config |= {"opponent": said, "test_opponent": said, "train": {"rounds": 5}, "chat": {"judging": 2}}
    run = Run.create(folder, config)
    metrics = {key: {"ipd": judged} for key in ("before", "after")} | {"seconds": {"train": 1.0}}
    metrics["conversations"] = {"before": examples, "after": examples}
    metrics["training"] = {"updates": 1, "chosen_update": 1, "each_update": said}
    metrics["machine"] = {"gpu": None, "processor": said, "threads": 1, "torch": "2"}
    write_json(run.path("metrics.json"), metrics)
    run.append({"update": 1, "reward": 0.0, "legal_mass": 1.0, "action_types": {"C|C": 1.0}})
    return run


def test_what_is_said_in_a_conversation(tmp_path: Path) -> None:
    harmless(write_report(conversation(tmp_path / "run", HOSTILE).folder).read_text())


def test_what_a_models_run_was_asked(tmp_path: Path) -> None:
    run = finished_run(tmp_path / "run", ("ipd",), name=HOSTILE)
    asked = read_json(run.path("config.json")) | dict.fromkeys(("model", "reward", "opponent", "wording"), HOSTILE)
    write_json(run.path("config.json"), asked)
    harmless(write_report(run.folder).read_text())


@pytest.mark.parametrize("name", TEMPLATES)
def test_no_template_trusts_what_it_shows(name: str) -> None:
    source = (files("moral_games.report") / "templates" / name).read_text()
    assert not re.search(r"\|\s*safe|autoescape|<script", source)
    filled = page.environment().from_string("{{ said }}{{ said|upper }}").render(said=HOSTILE)
    harmless(filled)


def test_a_console_shows_codes() -> None:
    out = io.StringIO()
    console = SafeConsole(file=out, force_terminal=True, width=200)
    console.print(HOSTILE, markup=False, highlight=False)
    assert "\x1b[31m" not in out.getvalue() and "\u202e" not in out.getvalue()
    assert "x1b[31mred" in out.getvalue()


@given(st.text())
def test_visible_text_prints_and_tells_all(text: str) -> None:
    shown = visible(text)
    assert not set(shown) & {"\x1b", "\r", "\u202e", "\u2066", "\x00"}
    assert visible(shown) == shown
    if text.isprintable():
        assert shown == text
