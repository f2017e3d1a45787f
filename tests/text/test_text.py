"""Tellings, labels and answers."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games import text
from moral_games.text import Presentation, parse
from moral_games.text.labels import HELD_OUT, VALIDATION, draw_labels, training
from moral_games.text.presentation import ORDERED

IPD = mg.games.get("ipd")
WORDINGS = tuple(text.WORDINGS)


@pytest.mark.parametrize("wording", ["structured", "compact"])
def test_a_prompt_tells_the_state_and_every_payoff(wording: str) -> None:
    start, cc, cd, dc, dd = text.prompts(IPD, Presentation(("Cat", "Dog"), wording=wording))
    assert len({start, cc, cd, dc, dd}) == 5
    for cell in ("3, 3", "0, 4", "4, 0", "1, 1"):
        assert all(cell in prompt for prompt in (start, cc, cd, dc, dd))
    own, other = cd.splitlines()[-1 if wording == "compact" else 6], dc.splitlines()[-1 if wording == "compact" else 6]
    assert own.index('"Cat"') < own.index('"Dog"') and other.index('"Dog"') < other.index('"Cat"')


def test_the_structured_prompt_has_the_published_fields_in_order() -> None:
    prompt = text.prompts(IPD, Presentation(("X", "Q"), wording="structured"))[2]
    places = [
        prompt.index(part)
        for part in (
            "either",
            "row player",
            '| "X" |',
            "You have played",
            "0 points",
            "4 points",
            "highest",
            "only",
            "Your answer:",
        )
    ]
    assert places == sorted(places)
    assert "cooperate" not in prompt and "dilemma" not in prompt.lower()


def test_the_compact_prompt_is_about_half_as_long() -> None:
    lengths = {wording: len(text.prompts(IPD, Presentation(("X", "Q"), wording=wording))[1]) for wording in WORDINGS}
    assert lengths["compact"] < 0.5 * lengths["structured"]


@pytest.mark.parametrize("wording", WORDINGS)
def test_assignments_change_nothing_but_payoffs_and_history(wording: str) -> None:
    """The same label stands in the same place whichever action it means."""
    for order in text.orders(1):
        one, other = Presentation(("Cat", "Dog"), wording=wording, **order).assignments()
        skeletons = []
        for told in (one, other):
            prompt = text.prompts(IPD, told)[0]
            skeletons.append(re.sub(r"\d|points?|(second |third )?(best|worst)|cooperate|defect", "", prompt))
        assert skeletons[0] == skeletons[1]
        assert text.prompts(IPD, one)[0] != text.prompts(IPD, other)[0]
        assert one.names == other.names[::-1]


@given(st.integers(0, 15), st.permutations(range(3)))
def test_a_telling_can_be_read_back(order: int, assignment: list[int]) -> None:
    """From the words alone, the payoffs of every joint action are found again."""
    game = mg.games.get("rock_paper_scissors")
    flags = {name: bool(order >> k & 1) for k, name in enumerate(ORDERED)}
    told = Presentation(("Cat", "Dog", "Zip"), tuple(assignment), "structured", **flags)
    lines = [
        [cell.strip(' "') for cell in line.split("|")[1:-1]]
        for line in text.prompts(game, told)[0].splitlines()
        if line.startswith("|")
    ]
    head, rows = lines[0][1:], lines[2:]
    for row in rows:
        for label, cell in zip(head, row[1:], strict=True):
            a, b = told.names.index(row[0]), told.names.index(label)
            assert [float(points) for points in cell.split(",")] == game.payoffs[a, b].tolist()


def test_the_second_player_reads_its_own_payoffs_first() -> None:
    game = mg.games.get("bach_or_stravinsky")
    prompts = text.prompts(game, Presentation(("Cat", "Dog")), player=1)
    assert '| you: "Cat" | 2, 3 |' in prompts[0]


def test_more_than_two_players() -> None:
    game = mg.MatrixGame.from_payoffs(np.arange(24.0).reshape(2, 2, 2, 3))
    prompts = text.prompts(game, Presentation(("Cat", "Dog")))
    assert len(prompts) == 9 and 'you "Cat", they "Dog", "Cat": 6, 7, 8' in prompts[0]
    assert 'you "Dog", they "Cat", "Cat"' in prompts[5]


def test_labels_are_split_without_overlap() -> None:
    judged, chosen = (
        {label.casefold() for family in families for label in family} for families in (HELD_OUT, VALIDATION)
    )
    trained = {label.casefold() for label in training()}
    assert not judged & chosen and not judged & trained and not chosen & trained
    assert len(training()) == len(set(training())) > 300


def test_orders_are_split_without_overlap() -> None:
    even, odd = text.orders(0), text.orders(1)
    assert len(even) == len(odd) == 8 and not [order for order in even if order in odd]
    for name in ORDERED:
        assert sum(order[name] for order in even) == sum(order[name] for order in odd) == 4


def test_what_judges_was_never_trained_on_nor_chosen_with(rng: np.random.Generator) -> None:
    judged, chosen = text.held_out(), text.validation()
    assert len(judged) == 32 and len(chosen) == 6 and len({*judged, *chosen}) == 38
    assert Counter(told.assignment for told in judged) == {(0, 1): 16, (1, 0): 16}
    for _ in range(200):
        drawn = text.draw(rng)
        for told in (*judged, *chosen):
            assert not set(drawn.labels) & set(told.labels)
            assert any(getattr(drawn, name) != getattr(told, name) for name in ORDERED)


def test_three_actions_are_told_under_all_six_assignments() -> None:
    assert len(text.held_out(3)) == 4 * 4 * 6
    with pytest.raises(ValueError, match="up to 3 actions, not for 4"):
        text.held_out(4)


@given(st.integers(0, 2**32))
def test_drawn_labels_can_be_told_apart(seed: int) -> None:
    text.check_labels(draw_labels(np.random.default_rng(seed), 3))


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (("A", "A"), "two actions"),
        (("cat", "Catalogue"), "'cat' occurs inside label 'Catalogue'"),
        (("", "B"), "without space"),
        ((" A", "B"), "without space"),
    ],
)
def test_labels_that_cannot_be_told_apart_are_refused(labels: tuple[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Presentation(labels)


def test_bad_presentations_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown wording 'compct'.*'compact'"):
        Presentation(("A", "B"), wording="compct")
    with pytest.raises(ValueError, match="assignment"):
        Presentation(("A", "B"), (0, 0))
    with pytest.raises(ValueError, match="needs 3"):
        text.prompts(mg.games.get("rock_paper_scissors"), Presentation(("A", "B")))


@pytest.mark.parametrize(
    ("answer", "strict", "lenient"),
    [
        ("Cat", (0, "ok"), (0, "ok")),
        ("  Dog\n", (1, "ok"), (1, "ok")),
        ("", (-1, "empty"), (-1, "empty")),
        (" \n", (-1, "empty"), (-1, "empty")),
        ("cat", (-1, "more than the label"), (0, "ok")),
        ('"Cat".', (-1, "more than the label"), (0, "ok")),
        ("I choose Dog.", (-1, "more than the label"), (1, "ok")),
        ("Cat or Dog", (-1, "several labels"), (-1, "several labels")),
        ("Catalogue", (-1, "no label"), (-1, "no label")),
        ("I cannot help with that.", (-1, "no label"), (-1, "no label")),
    ],
)
def test_answers(answer: str, strict: tuple[int, str], lenient: tuple[int, str]) -> None:
    for flag, expected in ((True, strict), (False, lenient)):
        found = parse(answer, ("Cat", "Dog"), strict=flag)
        assert (found.action, found.reason) == expected
        assert found.legal == (expected[0] >= 0) and found.text == answer


@given(st.text())
def test_any_text_is_an_action_or_says_why_not(answer: str) -> None:
    found = parse(answer, ("Cat", "Dog"), strict=False)
    assert found.legal == (found.reason == "ok")
