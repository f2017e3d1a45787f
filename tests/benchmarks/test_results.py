"""Generated blocks: written from runs and from nothing else, twice the same, and stale ones are seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import results
from benchmarks.blocks import BEGIN, END, Block, made_by, rewrite, span
from benchmarks.results import BLOCKS, PAGES, ROOT, Options, main, write_pages
from moral_games.provenance import PROVENANCE, provenance
from moral_games.runs import METRICS, Run, write_json

PAGE = (
    f"# Matches\n\nBy hand.\n\n{BEGIN.format('ijcai2023-slips')}\n{END}\n\nBy hand.\n\n"
    f"{BEGIN.format('learners')}\nold\n{END}\n"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a page of two blocks, and the run of the first."""
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    Run.create(tmp_path / "runs" / "ijcai2023-slips", {"seed": 1, "runs": 100})
    return tmp_path


def learner(folder: Path, name: str, cooperation: float) -> None:
    """Keep a run of one learner."""
    number = {"mean": cooperation, "low": cooperation, "high": cooperation}
    run = Run.create(folder / name, {"agent": name, "seed": 0, "seeds": 3})
    measures = dict.fromkeys(("cooperation", "payoff", "exploitability"), number)
    write_json(run.path(METRICS), {"learners": {"player_0": {"measures": measures}}})


def test_blocks_are_written_from_runs_and_those_without_one_are_left(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = Options(folder=home / "runs")
    assert write_pages(options, home, ["page.md"]) == 0
    said = capsys.readouterr().out
    assert "learners is left as it is: there is no run folder" in said and "written anew: ijcai2023-slips" in said
    page = (home / "page.md").read_text(encoding="utf-8")
    assert "seeds 1 to 100; " in page and "\nold\n" in page and page.count("By hand.") == 2
    assert write_pages(options, home, ["page.md"]) == 0
    assert (home / "page.md").read_text(encoding="utf-8") == page and "up to date" in capsys.readouterr().out


def test_a_changed_number_is_seen_by_check_which_writes_nothing(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    runs = home / "runs"
    for name in ("actor_critic", "lola"):
        learner(runs, name, 0.25)
    check, write = Options(check=True, folder=runs), Options(folder=runs)
    assert write_pages(check, home, ["page.md"]) == 1
    assert (home / "page.md").read_text(encoding="utf-8") == PAGE
    assert write_pages(write, home, ["page.md"]) == write_pages(check, home, ["page.md"]) == 0
    page = (home / "page.md").read_text(encoding="utf-8")
    assert "| `lola`, player_0 | 0.250 [0.250, 0.250] |" in page
    (home / "page.md").write_text(page.replace("0.250", "0.260", 1), encoding="utf-8")
    capsys.readouterr()
    assert write_pages(check, home, ["page.md"]) == 1
    assert capsys.readouterr().out == "page.md: would change: learners\n"


def test_a_run_that_is_not_finished_leaves_its_block(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("actor_critic", "lola"):
        Run.create(home / "runs" / name, {"agent": name})
    assert write_pages(Options(folder=home / "runs"), home, ["page.md"]) == 0
    assert "learners is left as it is: " in (said := capsys.readouterr().out) and METRICS in said
    write_json(home / "runs" / "lola" / METRICS, {"learners": 3})
    write_json(home / "runs" / "actor_critic" / METRICS, {"learners": 3})
    assert write_pages(Options(folder=home / "runs"), home, ["page.md"]) == 0
    assert "not as this version of Moral Games writes them" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("<!-- results: learnerz -->\n<!-- end -->\n", "Did you mean 'learners'"),
        ("<!-- results: learners -->\n", "'learners' has no <!-- end -->"),
        ("<!-- end -->\n", "<!-- end --> does not follow"),
        ("<!-- results: learners -->\n<!-- results: learners -->\n<!-- end -->\n", "does not follow a <!-- end -->"),
    ],
)
def test_markers_that_do_not_fit_are_refused(page: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=said):
        rewrite(page, BLOCKS, tmp_path)


@given(st.text(), st.text(), st.text())
def test_what_stands_outside_blocks_is_untouched(before: str, block: str, after: str) -> None:
    told = "".join(block.split("<!--")).replace("\r", "")
    page = f"{before.replace('<!--', '')}\n<!-- results: one -->\nold\n<!-- end -->\n{after.replace('<!--', '')}"
    blocks = {"one": Block((".",), lambda run: told)}
    found = rewrite(page, blocks, ROOT)
    assert found.page.startswith(page[: page.index("\nold")]) and found.page.endswith(page[page.index("<!-- end") :])
    again = rewrite(found.page, blocks, ROOT)
    assert again.page == found.page and not again.changed


def test_where_numbers_come_from_is_said_and_what_is_not_known_too(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "one", {})
    run.path(PROVENANCE).unlink(missing_ok=True)
    assert made_by(run, [0, 1, 2]) == (
        "<small>From `one`: seeds 0 to 2; commit, date, command, machine, versions not recorded.</small>"
    )
    inner = run.path("trained", "model-0")
    inner.mkdir(parents=True)
    write_json(inner / METRICS, {"machine": {"cores": 2, "gpu": None}})
    assert "seeds 7; machine cores 2; commit, date, command, versions not recorded" in made_by(run, [7])
    write_json(inner / PROVENANCE, provenance() | {"commit": "abc", "command": "python -m agents.lola"})
    told = made_by(run, [7])
    write_json(inner / PROVENANCE, provenance() | {"command": "python -m agents.lola --folder /home/me/runs --seed 1"})
    assert "command `python -m agents.lola --folder …/runs --seed 1`" in made_by(run, [7])
    assert "commit abc; date 20" in told and "command `python -m agents.lola`" in told and "numpy " in told


def test_numbers_in_short() -> None:
    assert (span(range(1, 101)), span([2, 0, 1]), span([4, 2]), span([])) == ("1 to 100", "0 to 2", "2, 4", "")


def test_every_page_has_its_blocks_and_every_block_a_page() -> None:
    pages = "".join((ROOT / name).read_text(encoding="utf-8") for name in PAGES)
    unplaced = [name for name in BLOCKS if BEGIN.format(name) not in pages]
    assert unplaced == []


def test_the_command_refuses_a_page_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(results, "write_pages", lambda options: write_pages(options, tmp_path, ["no.md"]))
    assert main(["--folder", str(tmp_path)]) == 2
    assert "no.md" in capsys.readouterr().err
