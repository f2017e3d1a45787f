"""Names that folders may have: nothing that reaches elsewhere, hides, or says something else than it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.names import call, check_folder_name


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "not empty"),
        (".", "no dot"),
        ("..", "no dot"),
        (".hidden", "no dot"),
        ("ends.", "no dot"),
        (" blank", "no dot or blank"),
        ("../elsewhere", "without any of"),
        ("/etc", "without any of"),
        ("..\\elsewhere", "without any of"),
        ("C:", "without any of"),
        ("a\x1b[31m", "characters that print"),
        ("a\nb", "characters that print"),
        ("a\x00", "characters that print"),
        ("gpj.\u202etxt", "characters that print"),
        ("\ud800", "characters that print"),
        ("ä" * 101, "at most 200 bytes"),
        ("x" * 10_000, "at most 200 bytes"),
    ],
)
def test_hostile_names_are_refused(name: str, said: str) -> None:
    with pytest.raises(ValueError, match=f"a run's name is a plain folder name, .*{said}") as raised:
        check_folder_name("run", name)
    assert str(raised.value).isprintable() and str(raised.value).isascii() and len(str(raised.value)) < 300


def test_a_name_is_a_text() -> None:
    with pytest.raises(TypeError, match="the name of a run is a text, got None"):
        check_folder_name("run", None)  # type: ignore[arg-type]


@given(st.text())
def test_what_is_allowed_makes_one_folder_here(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    try:
        check_folder_name("run", name)
    except ValueError:
        return
    home = tmp_path_factory.mktemp("home")
    (home / name).mkdir()
    assert [entry.name for entry in home.iterdir()] == [name]


def test_hyphens_for_underscores_lead_to_the_name_that_was_meant() -> None:
    with pytest.raises(ValueError, match=r"unknown opponent 'tit-for-tat'\. Did you mean 'tit_for_tat'"):
        mg.opponents.as_policy("tit-for-tat", mg.games.get("ipd"))
    for text in ("1-for-tat", "tit-", "a -b", "lambda: 0"):
        with pytest.raises(ValueError, match="write a name"):
            call(text)
