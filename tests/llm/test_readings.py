"""What answers with log-probabilities say about labels: exactly where they say it, else within bounds, else counted."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.llm.readings import LOG_PROBABILITIES, SAMPLES, Place, Reading, Reply, bounds, read, replies, settled


def place(listed: dict[str, float]) -> Place:
    return Place(listed, max(0.0, min(min(listed.values()), 1 - sum(listed.values()))))


def told(text: str, *steps: tuple[str, dict[str, float]]) -> Reply:
    return Reply(text, tuple(token for token, _ in steps), tuple(place(listed) for _, listed in steps))


def test_labels_of_one_token_are_read_off_one_answer() -> None:
    row = read([told("Cat", ("Cat", {"Cat": 0.7, "Dog": 0.2, "I": 0.05}))], ("Cat", "Dog"), 0.01)
    np.testing.assert_allclose(row.probabilities, [0.7, 0.2])
    assert row.method == LOG_PROBABILITIES and row.samples == 1
    assert not row.unknown.any() and not row.standard_error.any()


def test_labels_of_several_tokens_multiply_along_the_way() -> None:
    answer = told("action4", ("action", {"action": 0.9, "I": 0.099, "'": 0.001}), ("4", {"3": 0.25, "4": 0.75}))
    row = read([answer], ("action3", "action4"), 0.01)
    np.testing.assert_allclose(row.probabilities, [0.225, 0.675])
    assert (row.unknown < 1e-9).all(), "nothing is missing to 1, so that no unlisted token can be their beginning"


def test_a_label_that_is_not_listed_is_at_most_as_probable_as_the_last_that_is() -> None:
    assert bounds({(): place({"Cat": 0.9, "The": 0.04})}, "Dog") == pytest.approx((0.0, 0.04))
    assert bounds({(): place({"Cat": 0.9, "The": 0.08})}, "Dog") == pytest.approx((0.0, 0.02)), (
        "nor as all that is missing"
    )


def test_a_beginning_that_was_not_followed_is_unknown_until_another_answer_follows_it() -> None:
    start = {"Cat": 0.5, "D": 0.4, "The": 0.1}
    first = told("Cat", ("Cat", start))
    assert bounds({(): place(start)}, "Dog") == pytest.approx((0.0, 0.4))
    assert not settled([first], ("Cat", "Dog"), 0.01)
    second = told("Do", ("D", start), ("o", {"og": 0.5, "o": 0.5}))
    row = read([first, second], ("Cat", "Dog"), 0.3)
    np.testing.assert_allclose(row.probabilities, [0.5, 0.2])
    np.testing.assert_allclose(row.unknown, [0.0, 0.2])


def test_answers_tell_together_what_each_tells_alone() -> None:
    """A server that lists nothing but what was said: each answer adds what it said."""
    said = [Reply(text, (text,), (Place({text: share}, 1 - share),)) for text, share in (("Cat", 0.6), ("I", 0.399))]
    assert not settled(said[:1], ("Cat", "Dog"), 0.01)
    row = read(said, ("Cat", "Dog"), 0.01)
    assert row.method == LOG_PROBABILITIES and row.probabilities.tolist() == [0.6, 0.0]
    np.testing.assert_allclose(row.unknown, [0.0, 0.001])


def test_space_around_a_label_is_allowed_as_the_parser_allows_it() -> None:
    answer = told(" Cat", (" Cat", {" Cat": 0.5, "Cat": 0.2, "Cat\n": 0.1, "Category": 0.1, "cat": 0.1}))
    assert read([answer], ("Cat", "Dog"), 0.01).probabilities[0] == pytest.approx(0.8)


def test_a_special_token_that_shows_as_nothing_spells_nothing() -> None:
    assert bounds({(): place({"": 0.6, "Cat": 0.4})}, "Cat") == (0.4, 0.4)


def test_without_log_probabilities_answers_are_counted_strictly() -> None:
    answers = ["Cat", "Cat", " Dog\n", "I take Cat", "", "Cat or Dog", "cat", "Cat"]
    row = read([Reply(text) for text in answers], ("Cat", "Dog"), 0.01)
    np.testing.assert_allclose(row.probabilities, [3 / 8, 1 / 8])
    assert row.method == SAMPLES and row.samples == 8
    assert row.illegal == {"more than the label": 2, "empty": 1, "several labels": 1}
    np.testing.assert_allclose(row.standard_error[0], math.sqrt(5 / 12 * 7 / 12 / 12))


def test_whichever_says_more_is_used() -> None:
    """A tenth is unknown by log-probabilities: less than after few counted answers, more than after many."""
    answer = told("Cat", ("Cat", {"Cat": 0.8, "The": 0.1}))
    few, many = (read([answer] * count, ("Cat", "Dog"), 0.01) for count in (4, 100))
    assert few.method == LOG_PROBABILITIES and few.unknown.max() == pytest.approx(0.1)
    assert many.method == SAMPLES and many.standard_error.max() < 0.1


def test_nothing_is_certain_because_it_was_counted() -> None:
    row = read([Reply("Cat")] * 50, ("Cat", "Dog"), 0.01)
    assert row.probabilities.tolist() == [1.0, 0.0] and (row.standard_error > 0.02).all()


VOCABULARY = ("a", "b", "ab", "ba", "aab")


@given(st.data())
def test_the_truth_lies_within_the_bounds(data: st.DataObject) -> None:
    """A model over five tokens, of which the likeliest few are told along the answers that it gave."""

    def distribution(said: tuple[str, ...]) -> dict[str, float]:
        rng = np.random.default_rng([seed, *"".join(said).encode()])
        return dict(zip(VOCABULARY, rng.dirichlet(np.full(len(VOCABULARY), 0.3)).tolist(), strict=True))

    seed, listed = data.draw(st.integers(0, 1000)), data.draw(st.integers(1, 5))
    known = {}
    for said in data.draw(st.lists(st.lists(st.sampled_from(VOCABULARY), max_size=2), max_size=4)):
        for length in range(len(said) + 1):
            prefix = tuple(said[:length])
            likeliest = sorted(distribution(prefix).items(), key=lambda entry: -entry[1])[:listed]
            known[prefix] = place(dict(likeliest))
    label, truth = "aab", {}
    for tokens in (path for length in (1, 2, 3) for path in product(VOCABULARY, repeat=length)):
        if "".join(tokens) == label:
            truth[tokens] = math.prod(distribution(tokens[:place])[token] for place, token in enumerate(tokens))
    low, high = bounds(known, label)
    # A tokenizer has one way to spell a label; any one is within the bounds, and low counts no other than these.
    assert 0 <= low <= sum(truth.values()) + 1e-9 and high <= 1
    assert max(truth.values()) <= high + 1e-9
    if listed == len(VOCABULARY) and all(tokens[:k] in known for tokens in truth for k in range(len(tokens))):
        assert low == pytest.approx(sum(truth.values())) == high


def test_the_shape_of_a_chat_completion() -> None:
    top = [{"token": "Cat", "logprob": math.log(0.5)}, {"token": "Cat", "logprob": math.log(0.25)}]
    step = {"token": "Dog", "logprob": math.log(0.125), "top_logprobs": top}
    choices = [{"message": {"content": "Dog"}, "logprobs": {"content": [step]}}, {"message": {"content": None}}]
    one, other = replies({"choices": choices})
    assert one.tokens == ("Dog",) and one.places[0].listed == pytest.approx({"Cat": 0.75, "Dog": 0.125})
    assert one.places[0].unlisted == pytest.approx(0.125), (
        "what is missing; what was said need not be among the likeliest"
    )
    assert other == Reply("")


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        [],
        "yes",
        {},
        {"choices": []},
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"message": {"content": ["Cat"]}}]},
        {"choices": [{"message": {"content": "Cat"}, "logprobs": {"content": [{"token": "Cat"}]}}]},
        {"choices": [{"message": {"content": "Cat"}, "logprobs": {"content": [{"token": "C", "logprob": math.nan}]}}]},
        {"choices": [{"message": {"content": "Cat"}, "logprobs": {"content": 7}}]},
        {"error": {"message": "overloaded"}},
    ],
)
def test_what_is_no_chat_completion_is_refused(garbage: object) -> None:
    with pytest.raises(ValueError, match="chat completion"):
        replies(garbage)


def test_a_reading_says_how_well_it_is_known() -> None:
    exact = read([told("Cat", ("Cat", {"Cat": 0.7, "The": 0.295}))], ("Cat", "Dog"), 0.01)
    counted = read([Reply("Cat")] * 50, ("Cat", "Dog"), 0.01)
    assert str(Reading((exact, counted))) == (
        "1 rows from log-probabilities, of which at most 0.005 is unknown; "
        "1 rows from 50 samples each, with standard errors up to 0.026"
    )
    np.testing.assert_allclose(Reading((exact, counted)).probabilities, [[0.7, 0.0], [1.0, 0.0]])
