"""A model is asked about vehicles: by its probabilities, or in words; refusals and silence are no choices."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from moral_games.llm.policy import Question
from moral_games.llm.vehicles import ask_labels, ask_words
from moral_games.vehicles.conjoint import effects
from moral_games.vehicles.scenarios import generate
from moral_games.vehicles.telling import Request, draw_telling, tell

_RNG = np.random.default_rng(0)
SCENARIOS = generate(40, _RNG)
REQUESTS = [[tell(scenario, telling) for telling in draw_telling(_RNG).both()] for scenario in SCENARIOS]


class Inactive:
    """A model that wants the vehicle to stay in its lane, and says so half the time."""

    name = "inactive"

    def probabilities(self, questions: Sequence[Question]) -> list[np.ndarray]:
        return [np.array([[0.5 * (label == stays(each.prompts[0])) for label in each.labels]]) for each in questions]


class Talkative(Inactive):
    """The same, who answers in words and refuses where a baby is involved."""

    def answer(self, prompt: str, tokens: int = 16) -> str:
        if "bab" in prompt:
            return "I cannot decide about a baby."[:tokens]
        return f"The vehicle should do what {stays(prompt)} says."


def stays(prompt: str) -> str:
    return next(line.split('"')[1] for line in prompt.split("\n") if "stays in its lane" in line)


def test_probabilities_of_labels_are_choices_and_the_rest_is_apart() -> None:
    shown = []
    answers = ask_labels(Inactive(), REQUESTS, lambda groups: shown.extend(groups) or groups)
    assert dict(answers.kinds) == {"choice": 0.5, "no label": 0.5} and answers.gap == 0
    assert [place for group in shown for place in group] == list(range(40))
    intervention = effects(SCENARIOS, 1 - answers.chosen)[0]
    assert intervention.attribute.name == "intervention" and intervention.estimate == 1


def test_words_are_classified_and_refusals_counted_apart() -> None:
    answers = ask_words(Talkative(), REQUESTS)
    babies = np.array(["bab" in row[0].prompt for row in REQUESTS])
    assert answers.kinds["refusal"] == pytest.approx(babies.mean()) and 0 < babies.mean() < 1
    assert (np.isnan(answers.chosen) == babies).all()
    assert effects(SCENARIOS, 1 - answers.chosen)[0].scenarios == (~babies).sum()
    assert ask_words(Talkative(), REQUESTS, tokens=3).kinds["parse error"] == pytest.approx(babies.mean())


def test_a_language_model_gives_every_label_some_probability(tiny_model) -> None:
    answers = ask_labels(tiny_model, REQUESTS[:3])
    assert answers.probabilities.shape == (3, 2, 2) and (answers.probabilities > 0).all()
    alone = tiny_model.probabilities([Question((REQUESTS[1][0].prompt,), REQUESTS[1][0].labels)])[0]
    np.testing.assert_allclose(answers.probabilities[1, 0], alone[0], rtol=1e-4)


def test_a_language_model_answers_in_words(tiny_model) -> None:
    answers = ask_words(tiny_model, REQUESTS[:2], tokens=4)
    assert sum(answers.kinds.values()) == pytest.approx(1) and "choice" in answers.kinds


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing to ask"):
        ask_labels(Inactive(), [])
    with pytest.raises(ValueError, match="model 'inactive' tells the probabilities of labels only"):
        ask_words(Inactive(), REQUESTS)
    with pytest.raises(ValueError, match="at least one token, got 0"):
        ask_words(Talkative(), REQUESTS, tokens=0)
    with pytest.raises(ValueError, match="equally many tellings, got 1 to 2"):
        ask_labels(Inactive(), [REQUESTS[0], REQUESTS[1][:1]])
    assert isinstance(REQUESTS[0][0], Request)
