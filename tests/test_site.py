"""The documentation's site: links lead somewhere, generated pages say what is so, what contributors copy works."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown.extensions.toc import slugify

import moral_games as mg
from moral_games.opponents import as_policy
from moral_games.opponents.catalogue import STRATEGIES
from moral_games.rewards.function import VALUES
from moral_games.runs import read_json

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


def hook(name: str) -> ModuleType:
    """Import a module that MkDocs finds beside its hook."""
    sys.path.insert(0, str(DOCS / "hooks"))
    try:
        return import_module(name)
    finally:
        sys.path.remove(str(DOCS / "hooks"))


build, docstrings, game_pages, opponent_pages, reference_pages, value_pages, writing = map(
    hook,
    ("build", "docstrings", "game_pages", "opponent_pages", "reference_pages", "value_pages", "writing"),
)


def anchors(text: str) -> set[str]:
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    return {slugify(heading.replace("`", ""), "-") for heading in re.findall(r"^#+ (.+)$", prose, flags=re.MULTILINE)}


def blocks(page: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_pages_and_places_that_exist(page: Path) -> None:
    prose = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if target.is_file():
            assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{page.name}: {link}"
        else:
            assert target.relative_to(DOCS).as_posix() in build.generated(), f"{page.name} links to {link}"


def test_there_is_a_page_for_each_game_value_and_opponent() -> None:
    for folder, names in (
        (game_pages.FOLDER, (*mg.games.names(), *mg.games.families())),
        (value_pages.FOLDER, mg.rewards.names()),
        (opponent_pages.FOLDER, mg.opponents.names()),
    ):
        pages = {Path(path).stem for path in build.generated() if path.startswith(folder)}
        assert pages == {"index", *names}


@given(payoffs=st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_a_payoff_table_shades_the_equilibria_and_nothing_else(payoffs: list[int]) -> None:
    game = mg.MatrixGame.from_payoffs(np.reshape(payoffs, (2, 3, 2)), actions=[["a", "b"], ["c", "d", "<e>"]])
    drawn = writing.payoffs(game)
    assert drawn.count('class="equilibrium"') == len(mg.games.nash_set(game))
    assert "<e>" not in drawn and "&lt;e&gt;" in drawn
    best = (game.payoffs[..., 0] == game.payoffs[..., 0].max(axis=0)).sum()
    best += (game.payoffs[..., 1] == game.payoffs[..., 1].max(axis=1, keepdims=True)).sum()
    assert drawn.count("<u>") == best


def test_what_values_make_of_the_dilemma() -> None:
    rows, remembering, refused = game_pages.values_made(mg.games.get("ipd"))
    made = {re.sub(r"\[(.*?)\].*", r"\1", row[0]): row[1:] for row in rows}
    assert made["utilitarian"] == ("harmony", "cooperate / cooperate", "none")
    assert made["selfish"] == ("prisoners_dilemma", "defect / defect", "none")
    assert any("deontological" in value for value in remembering)
    assert not refused
    _, _, refused = game_pages.values_made(mg.games.get("matching_pennies"))
    assert [len(values) for values in refused.values()] == [2]  # homo moralis and universalisability


def test_mixed_equilibria_are_told_where_they_are_looked_for() -> None:
    assert game_pages.mixed(mg.games.get("matching_pennies")) == ["0.5 heads + 0.5 tails / 0.5 heads + 0.5 tails"]
    assert game_pages.mixed(mg.games.get("travelers_dilemma")) == ["not searched for"]


def test_many_players_who_are_alike_are_counted() -> None:
    game = mg.games.get("public_goods")
    assert writing.joints(game, mg.games.nash_set(game)) == "4 keep"
    assert writing.joints(game, game.joint_actions) == "every outcome"
    assert writing.joints(game, []) == "none"


def test_a_value_is_shown_state_by_state() -> None:
    after_start, after_cc, after_cd, after_dc, _ = value_pages.by_state("deontological")
    assert after_cc.tolist() == after_dc.tolist() == [0, 0, -3, -3]
    assert not after_start.any() and not after_cd.any()
    assert mg.rewards.parse(value_pages.written("norm")) == mg.rewards.get("norm")


def test_moves_are_told_where_nobody_draws() -> None:
    game = mg.games.get(opponent_pages.EXAMPLE)
    tit_for_tat, always_defect, random = (as_policy(name, game) for name in ("tit_for_tat", "always_defect", "random"))
    assert opponent_pages.moves(tit_for_tat, always_defect) == ("C" + "D" * 11, "D" * 12)
    assert opponent_pages.moves(tit_for_tat, random) is None


def test_what_a_strategy_earns_is_told() -> None:
    page = opponent_pages.opponent_page("alternator")
    assert "| [always_cooperate](always_cooperate.md) | `CDCDCDCDCDCD`<br>`CCCCCCCCCCCC` | 4.000 | 1.500 |" in page


def test_the_reference_has_every_exported_name() -> None:
    elsewhere = {*VALUES, *STRATEGIES, *mg.games.families(), "families"}  # on the catalogue's pages
    for package in ("analysis", "envs", "games", "markets", "opponents", "rewards", "text"):
        parts = [part for part in reference_pages.parts() if f"{part.path}.".startswith(f"moral_games.{package}.")]
        told = {name for part in parts for name in reference_pages.names(part)}
        module = import_module(f"moral_games.{package}")
        exported = {name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)}
        assert exported - elsewhere <= told


def test_parameters_that_share_a_description_are_told_apart_and_full_names_are_linked() -> None:
    said = "Parameters\n----------\nlow, high\n    From where to where.\n\nname\n    See `moral_games.runs.Run`.\n"
    apart = docstrings.separated(said)
    assert apart.count("    From where to where.\n") == 2 and "low\n" in apart and "high\n" in apart
    assert apart.endswith("\n\nname\n    See `moral_games.runs.Run`.\n")
    assert '<autoref optional identifier="moral_games.runs.Run">' in docstrings.linked(said)
    assert docstrings.linked("``moral_games.runs``") == "``moral_games.runs``"


def test_the_game_that_contributors_are_shown_is_one() -> None:
    (text,) = blocks("contributing.md", "toml")
    game = mg.games.from_toml(text, "hi_lo")
    assert game.kind == tomllib.loads(text)["kind"]
    assert mg.games.nash_set(game) == ((0, 0), (1, 1))


def test_the_strategy_that_contributors_are_shown_plays_as_it_says() -> None:
    (text,) = (block for block in blocks("contributing.md", "python") if "tit_for_three_tats" in block)
    shown: dict[str, Any] = {"__name__": "shown"}
    try:
        exec(compile(text, "shown", "exec", dont_inherit=True), shown)
        game = mg.games.get("ipd")
        policy = shown["tit_for_three_tats"](game)
    finally:
        STRATEGIES.pop("tit_for_three_tats", None)
    assert opponent_pages.moves(policy, as_policy("always_defect", game))[0] == "CCC" + "D" * 9


def test_the_agent_that_contributors_are_shown_is_a_command(tmp_path: Path) -> None:
    parts = [block for block in blocks("contributing.md", "python") if "RandomSearch" in block]
    (tmp_path / "random_search.py").write_text("\n\n".join(parts), encoding="utf-8")
    asked = ["--opponent", "tit_for_tat", "--tries", "30", "--folder", str(tmp_path)]
    command = [sys.executable, str(tmp_path / "random_search.py"), *asked]
    done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    measures = read_json(tmp_path / "random_search" / "metrics.json")["learners"]["player_0"]["measures"]
    assert 0 <= measures["moral regret"]["mean"] < 0.5


@pytest.mark.slow
def test_the_site_builds_without_a_warning_and_fetches_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in tmp_path.rglob("*.html"):
        fetched = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']?(https?:|//)", page.read_text())
        assert not fetched, page
    assert "tit_for_three_tats" in (tmp_path / "search" / "search_index.json").read_text()
