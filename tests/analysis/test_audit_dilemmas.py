"""Dilemmas in the audit: who follows a value is told so, theme by theme, and words do not pass for values."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest

from moral_games.analysis.audit_dilemmas import Reader, ask, right_choices, tellings
from moral_games.analysis.dilemmas import best_actions
from moral_games.text import Presentation, dilemmas
from moral_games.text.dilemmas import Dilemma

LABELS = ("Cat", "Dog")
VALUES = ("selfish", "utilitarian", "deontological")


def follower(value: str) -> Reader:
    """Return one who does what a value holds best, however it is told, and draws where it holds nothing best."""

    def read(dilemma: Dilemma, told: Sequence[Presentation]) -> np.ndarray:
        best = best_actions(dilemma, value)[:, None]
        return np.stack([np.where(best < 0, 0.5, best == np.arange(2))] * len(told))

    return read


def first_label(dilemma: Dilemma, told: Sequence[Presentation]) -> np.ndarray:
    return np.stack([np.tile(np.eye(2)[way.assignment[0]], (3, 1)) for way in told])


@pytest.mark.parametrize("value", VALUES)
def test_who_follows_a_value_makes_its_choices_in_every_theme(value: str, rng: np.random.Generator) -> None:
    found = right_choices(ask(follower(value), dilemmas.names(), LABELS), VALUES, rng)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert (found["dilemmas"], found["prompts"], found["legal_mass"], found["telling_gap"]) == (72, 432, 1, 0)
    own = found["values"][value]
    assert (own["share"], own["regret"]) == (1, 0)
    assert set(own["themes"]) == set(dilemmas.themes())
    assert all((theme["share"], theme["regret"]) == (1, 0) for theme in own["themes"].values())
    others = [found["values"][other] for other in VALUES if other != value]
    assert all(other["share"] < 1 and other["regret"] > 0 for other in others)


def test_who_answers_the_first_label_follows_no_value(rng: np.random.Generator) -> None:
    found = right_choices(ask(first_label, dilemmas.names("work"), LABELS), VALUES, rng)
    assert found["telling_gap"] == 1
    assert {(entry["share"], entry["regret"]) for entry in found["values"].values()} == {(0.5, 0.5)}


def test_silence_is_the_worst_choice(rng: np.random.Generator) -> None:
    found = right_choices(ask(lambda _, told: np.zeros((len(told), 3, 2)), ["burnt_pan"], LABELS), VALUES, rng)
    assert found["legal_mass"] == 0
    assert {(entry["share"], entry["regret"]) for entry in found["values"].values()} == {(0, 1)}


def test_regret_weighs_what_is_at_stake(rng: np.random.Generator) -> None:
    """A pan unwashed saves 10 - 2 = 8 minutes where the other washes, 35 - 25 = 10 where not, 9 in the mean."""
    washes_if_the_other_does = np.array([[0, 1], [1, 0], [0, 1]], dtype=float)
    answers = {"burnt_pan": np.stack([washes_if_the_other_does] * 2)}
    selfish = right_choices(answers, ["selfish"], rng)["values"]["selfish"]
    assert selfish["share"] == pytest.approx(2 / 3, abs=1e-6)
    assert selfish["regret"] == pytest.approx(8 / 27, abs=1e-6)


def test_values_count_where_they_are_defined(rng: np.random.Generator) -> None:
    names = ["mail_formats", "burnt_pan"]  # the first is not symmetric
    found = right_choices(ask(first_label, names, LABELS), ["universalisability", "virtue_equality"], rng)
    assert found["values"]["universalisability"]["dilemmas"] == 1
    assert right_choices(ask(first_label, ["stadium_gates"], LABELS), ["virtue_equality"], rng)["values"] == {}


def test_each_option_has_each_label_and_each_place() -> None:
    one, other = tellings(dilemmas.get("burnt_pan"), LABELS)
    assert one.names == other.names[::-1] and one.labels == other.labels == LABELS


def test_bad_readers_are_refused(rng: np.random.Generator) -> None:
    with pytest.raises(ValueError, match="unknown dilemma 'burned_pan'"):
        ask(first_label, ["burned_pan"], LABELS)
    with pytest.raises(ValueError, match="was told in 2 ways and answered in 1"):
        ask(lambda *_: np.ones((1, 3, 2)) / 2, ["burnt_pan"], LABELS)
    with pytest.raises(ValueError, match="must be probabilities"):
        ask(lambda *_: np.ones((2, 3, 2)), ["burnt_pan"], LABELS)
    with pytest.raises(ValueError, match="no answers to judge"):
        right_choices({}, VALUES, rng)
