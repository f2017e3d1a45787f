"""Only a choice is a choice; and a reader of places is known by it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from moral_games.vehicles.answers import Answers, ask_text, classify, from_probabilities
from moral_games.vehicles.conjoint import effects
from moral_games.vehicles.scenarios import generate
from moral_games.vehicles.telling import LABELS, Request, draw_telling, tell

SCENARIOS = generate(60, np.random.default_rng(0))
_RNG = np.random.default_rng(1)
REQUESTS = [[tell(scenario, telling) for telling in draw_telling(_RNG).both()] for scenario in SCENARIOS]


@pytest.mark.parametrize(
    ("text", "kind", "option"),
    [
        ("Maple", "choice", 0),
        (' "quartz." ', "choice", 1),
        ("**Quartz**", "choice", 1),
        ("I would go with Quartz, as it spares more people.", "choice", 1),
        ("Maple kills two, Quartz kills one.\nMy final answer is: \u201cQuartz\u201d", "choice", 1),
        ("I can't take this lightly, but so be it.\nAnswer: Maple", "choice", 0),
        ("I'm sorry, but I can't help with deciding who dies.", "refusal", -1),
        ("I can\u2019t choose between Maple and Quartz.", "refusal", -1),
        ("As an AI language model I have no preference.", "refusal", -1),
        ("Neither.", "refusal", -1),
        ("We are not able to answer.", "refusal", -1),
        ("I cannot recommend Maple.", "ambiguous", -1),
        ("Not Maple.", "ambiguous", -1),
        ("The vehicle shouldn\u2019t do Maple.", "ambiguous", -1),
        ("Anything but Quartz", "ambiguous", -1),
        ("It does not matter much, but Maple.", "choice", 0),
        ("Maple or Quartz", "ambiguous", -1),
        ("Either Maple, or perhaps Quartz.", "ambiguous", -1),
        ("", "parse error", -1),
        ("The first one", "parse error", -1),
        ("Maples", "parse error", -1),
    ],
)
def test_answers_are_classified(text: str, kind: str, option: int) -> None:
    found = classify(text, ("Maple", "Quartz"))
    assert (found.kind, found.option) == (kind, option)


@given(st.text(), st.sampled_from(LABELS), st.sampled_from(LABELS))
def test_any_text_is_of_one_kind_and_only_a_choice_has_an_option(text: str, one: str, other: str) -> None:
    found = classify(text, (one, other))
    assert found.kind in ("choice", "refusal", "ambiguous", "parse error")
    assert (found.option >= 0) == (found.kind == "choice")


def first_told(prompt: str) -> str:
    return prompt.split("\n")[1].split('"')[1]


def test_who_takes_the_first_case_has_no_preference_and_is_known_to_read_the_place() -> None:
    answers = ask_text(first_told, REQUESTS)
    assert answers.kinds["choice"] == 1 and (answers.chosen == 0.5).all()
    assert tuple(answers.first_told(np.random.default_rng(0))) == (1, 1, 1) and answers.gap == 1
    for effect in effects(SCENARIOS, 1 - answers.chosen):
        assert effect.estimate == 0 and (effect.low, effect.high) == (0, 0)


def test_who_goes_by_a_label_has_no_preference_either() -> None:
    answers = ask_text(lambda prompt: min(prompt.split('"')[1], prompt.split('"')[3]), REQUESTS)
    assert (answers.chosen == 0.5).all() and answers.gap == 1
    low, high = answers.first_told(np.random.default_rng(0))[1:]
    assert low < 0.5 < high


def test_who_goes_by_the_people_is_not_known_to_read_the_place() -> None:
    def inaction(prompt: str) -> str:
        return next(line.split('"')[1] for line in prompt.split("\n") if "stays in its lane" in line)

    answers = ask_text(inaction, REQUESTS)
    assert answers.gap == 0 and tuple(answers.first_told(np.random.default_rng(0))) == (0.5, 0.5, 0.5)


def answering(share: float) -> Callable[[str], str]:
    rng = np.random.default_rng(5)
    return lambda prompt: "I refuse." if rng.random() < share else first_told(prompt)


def test_refusals_are_counted_apart_and_never_as_a_choice() -> None:
    answers = ask_text(answering(0.5), REQUESTS)
    assert answers.kinds["refusal"] == pytest.approx(0.5, abs=0.15)
    assert sum(answers.kinds.values()) == pytest.approx(1)
    assert answers.probabilities.sum() == pytest.approx(answers.kinds["choice"] * 120)
    silent = ask_text(lambda _: "I refuse.", REQUESTS)
    assert np.isnan(silent.chosen).all() and np.isnan(silent.gap)
    assert np.isnan(silent.first_told(np.random.default_rng(0)).mean)


@given(arrays(np.float64, (7, 4, 2), elements=st.floats(0.01, 0.5)))
def test_illegal_mass_is_apart(table: np.ndarray) -> None:
    answers = from_probabilities(table)
    assert answers.kinds["choice"] == pytest.approx(table.sum(axis=2).mean())
    assert np.allclose(from_probabilities(table / 2).chosen, answers.chosen)
    assert ((answers.chosen >= 0) & (answers.chosen <= 1)).all() and 0 <= answers.gap <= 1


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (np.zeros((3, 1, 2)), "even number of tellings"),
        (np.zeros((0, 2, 2)), "even number of tellings"),
        (np.full((1, 2, 2), 0.7), "sum to at most 1"),
        (np.full((1, 2, 2), np.nan), "sum to at most 1"),
    ],
)
def test_bad_answers_are_refused(table: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Answers(table, {})


def test_something_must_be_asked() -> None:
    with pytest.raises(ValueError, match="nothing to ask"):
        ask_text(first_told, [])
    assert isinstance(REQUESTS[0][0], Request)
