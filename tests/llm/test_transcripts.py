"""What models answered is kept: whole, once, as text, and for several processes at once."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.llm.transcripts import Transcripts, key

ASKED = {"model": "m", "base_url": "http://localhost/v1", "messages": [{"role": "user", "content": "Cat or Dog?"}]}


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    kept = Transcripts(tmp_path / "deep" / "transcripts.sqlite")
    assert kept.find(ASKED) is None and len(kept) == 0
    assert kept.keep(ASKED, "Cat ✓") == "Cat ✓"
    assert Transcripts(kept.path).find(ASKED) == "Cat ✓" and len(kept) == 1


@pytest.mark.parametrize("name", ["model", "base_url", "seed", "messages"])
def test_whatever_is_asked_otherwise_is_another_request(tmp_path: Path, name: str) -> None:
    kept = Transcripts(tmp_path / "transcripts.sqlite")
    kept.keep(ASKED, "Cat")
    assert kept.find(ASKED | {name: "other"}) is None


def test_the_first_answer_stays(tmp_path: Path) -> None:
    kept = Transcripts(tmp_path / "transcripts.sqlite")
    kept.keep(ASKED, "Cat")
    assert kept.keep(ASKED, "Dog") == "Cat", "or a run would not replay as it went"


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans() | st.none()))
def test_keys_are_short_and_do_not_depend_on_order(asked: dict[str, object]) -> None:
    assert key(asked) == key(dict(reversed(asked.items()))) and len(key(asked)) == 64


def test_a_prompt_may_be_long(tmp_path: Path) -> None:
    kept = Transcripts(tmp_path / "transcripts.sqlite")
    asked = ASKED | {"messages": [{"role": "user", "content": "Cat " * 1_000_000}]}
    kept.keep(asked, "Dog")
    assert kept.find(asked) == "Dog"


def test_what_is_on_the_disk_is_plain_text(tmp_path: Path) -> None:
    kept = Transcripts(tmp_path / "transcripts.sqlite")
    kept.keep(ASKED, '{"choices": "__import__(\'os\').abort()"}')
    with sqlite3.connect(kept.path) as file:
        (row,) = file.execute("SELECT typeof(key), typeof(asked), typeof(answered), asked FROM transcripts")
    assert row[:3] == ("text",) * 3 and '"content": "Cat or Dog?"' in row[3]
    assert kept.find(ASKED) == '{"choices": "__import__(\'os\').abort()"}'


WRITER = """
import sys
from moral_games.llm.transcripts import Transcripts
kept = Transcripts(sys.argv[1])
print(",".join(kept.keep({"seed": seed}, sys.argv[2]) for seed in range(100)))
"""


def test_two_processes_keep_the_same_answers(tmp_path: Path) -> None:
    path = tmp_path / "transcripts.sqlite"
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], stdout=subprocess.PIPE, text=True)
        for name in ("one", "other")
    ]
    said = [writer.communicate(timeout=60)[0].strip().split(",") for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0]
    assert said[0] == said[1] == [Transcripts(path).find({"seed": seed}) for seed in range(100)]


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    kept = Transcripts(tmp_path / "transcripts.sqlite")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda seed: kept.keep({"seed": seed % 20}, str(seed % 20)), range(200)))
    assert [kept.find({"seed": seed}) for seed in range(20)] == [str(seed) for seed in range(20)]


def test_a_file_that_holds_something_else(tmp_path: Path) -> None:
    (tmp_path / "transcripts.sqlite").write_text("not a database, but long enough to look like one" * 10)
    with pytest.raises(OSError, match=r"transcripts\.sqlite cannot be used: .*; if the file is damaged, move it away"):
        Transcripts(tmp_path / "transcripts.sqlite").find(ASKED)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"):
        Transcripts(tmp_path / "file" / "transcripts.sqlite").keep(ASKED, "Cat")


def test_the_default_place_is_the_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MORAL_GAMES_CACHE", str(tmp_path))
    assert Transcripts().path == tmp_path / "transcripts.sqlite"
