"""Questions and their answers: both follow from the text, and from the solution of the game."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy.stats import chisquare

import moral_games as mg
from moral_games.analysis import Preference, best_replies, solve, utilities, utility_terms
from moral_games.games import protocol
from moral_games.synthetic import KINDS, Task, drawing, right_answer, tasks
from moral_games.synthetic.drawing import draw_tasks, rival
from moral_games.synthetic.examples import offered_labels
from moral_games.synthetic.reasons import Weights, whole_weights
from moral_games.synthetic.task import NONE, TIE, good_answers, task
from moral_games.synthetic.tellings import Tellings
from moral_games.text import Presentation
from moral_games.text.labels import HELD_OUT
from moral_games.text.presentation import ORDERED
from moral_games.text.reckoning import ANSWER

MORALIS, ECONOMICUS, ALL = Preference(kappa=0.5), Preference(), Preference(kappa=0.25, alpha=0.4, beta=-0.2)
COUNT = 60
every_preference = pytest.mark.parametrize("preference", (MORALIS, ECONOMICUS, ALL), ids=str)


@cache
def drawn(preference: Preference, split: str = "train") -> tuple[Task, ...]:
    return tuple(tasks(preference, split, COUNT, np.random.default_rng(5)))


def states_belief(found: Task) -> bool:
    return "They are going to choose" in found.prompt


def weights_of(preference: Preference) -> np.ndarray:
    return np.array([1, preference.kappa, preference.alpha, preference.beta])


def utility_as_told(prompt: str, preference: Preference) -> dict[str, float]:
    """Return each label's utility as somebody works it out who has the text and nothing else."""
    ends = {place: (float(one), float(two)) for place, one, two in re.findall(r"(?m)^([-\d]+): (.+), (.+)$", prompt)}
    expected = re.findall(r'"([^"]+)"', re.search("They are going to choose (.*)", prompt)[1])
    if ends:
        plans = dict(re.findall(r'(?m)^"([^"]+)": (.+)$', prompt))

        def end(first: str, second: str) -> tuple[float, float]:
            move, reply = plans[first].split("; ")[0], plans[second].split("; ")[1]
            replies = {seen: made for made, seen in re.findall(r"(\d) after (\d)", reply)} or {move: reply}
            return ends[f"{move}-{replies[move]}" if move in replies and move not in ends else move]

        def pairs(own: str, other: str) -> list[tuple[float, float]]:
            return [end(own, other), end(other, own)[::-1]]

        labels = list(plans)
    else:
        columns = re.findall(r'they: "([^"]+)"', prompt)
        rows = re.findall(r'(?m)^\| you: "([^"]+)" \| (.*) \|$', prompt)
        cells = {
            (row, column): tuple(map(float, cell.split(", ")))
            for row, line in rows
            for column, cell in zip(columns, line.split(" | "), strict=True)
        }

        def pairs(own: str, other: str) -> list[tuple[float, float]]:
            return [cells[own, other]]

        labels = columns
    found = {}
    for own in labels:
        now = [pair for other in expected for pair in pairs(own, other)]
        alike = np.mean([mine for mine, _ in pairs(own, own)])
        behind, ahead = (np.mean([max(0, sign * (theirs - mine)) for mine, theirs in now]) for sign in (1, -1))
        payoff = np.mean([mine for mine, _ in now])
        found[own] = (
            (1 - preference.kappa) * payoff
            + preference.kappa * alike
            - preference.alpha * behind
            - preference.beta * ahead
        )
    return found


def numbers(reasoning: str) -> dict[str, float]:
    """Return the last number of the last calculation of each label."""
    said = dict(re.findall(r'"([^"]+)": ([^"]*?)\. (?=["M])', reasoning))
    return {label: float(re.findall(r"-?\d[\d.]*", words)[-1]) for label, words in said.items()}


@every_preference
def test_the_answer_follows_from_the_text_alone(preference: Preference) -> None:
    for found in filter(states_belief, drawn(preference)):
        told = utility_as_told(found.prompt, preference)
        assert set(told) == set(found.labels)
        assert [told[label] for label in found.labels] == pytest.approx(list(weights_of(preference) @ found.terms))
        assert max(told, key=lambda label: told[label]) == found.labels[found.best]


@every_preference
def test_the_highest_number_of_the_calculation_is_at_the_answer_and_nowhere_else(preference: Preference) -> None:
    for found in filter(states_belief, drawn(preference)):
        last = numbers(found.reasoning)
        highest = max(last.values())
        assert [label for label, number in last.items() if number == highest] == [found.labels[found.best]]
        assert set(last) == set(found.labels)
        assert found.reasoning.endswith(f"Most: {highest:.15g}. {ANSWER}")
        told = utility_as_told(found.prompt, preference)
        utility, calculated = (np.array([each[label] for label in found.labels]) for each in (told, last))
        scale = calculated @ utility / (utility @ utility)
        assert scale > 0 and calculated == pytest.approx(scale * utility)


@every_preference
def test_every_sum_of_a_calculation_is_right(preference: Preference) -> None:
    sums = 0
    for found in drawn(preference):
        reasoning = re.sub(r"column \d: (?=-?\d)", "", found.reasoning)
        for left, right in re.findall(r"(?:^|[;,:] )([^;,:]+?) = (-?[\d.]*\d)", reasoning):
            terms = re.sub(r"both |behind |ahead |\b\d(?:-\d)? (?=-?\d)", "", left)
            assert re.fullmatch(r"[-+*.\d ]+", terms), left
            assert eval(terms) == pytest.approx(float(right))
            sums += 1
    assert sums > COUNT / 2


def test_in_an_equilibrium_only_the_answer_is_the_best_reply_to_itself() -> None:
    for found in tasks(MORALIS, "train", 20, np.random.default_rng(2), kinds=["equilibrium"]):
        steps = re.findall(r'If they do "([^"]+)", column (\d)\. (.*?) Most: (\S+): "([^"]+)"\.', found.reasoning)
        assert {candidate for candidate, *_ in steps} == set(found.labels)
        assert [candidate for candidate, *_, reply in steps if candidate == reply] == [found.labels[found.best]]
        for candidate, _, words, most, reply in steps:
            asked = found.prompt.replace("They want what you want, and think as you do.", "") + (
                f'\nThey are going to choose "{candidate}".'
            )
            told = utility_as_told(asked, MORALIS)
            assert max(told, key=lambda label: told[label]) == reply
            assert numbers(f"{words} M")[reply] == float(most) == 2 * told[reply]
        assert solve(found.game, MORALIS).pure == (found.best,)
        assert np.array_equal(found.belief, found.target)


@every_preference
def test_the_target_is_the_best_reply_of_the_analysis_to_the_belief_that_is_told(preference: Preference) -> None:
    for found in filter(states_belief, drawn(preference)):
        named = re.findall(r'"([^"]+)"', re.search("They are going to choose (.*)", found.prompt)[1])
        assert set(named) == {found.labels[s] for s in np.flatnonzero(found.belief)}
        assert found.target.tolist() == np.eye(len(found.labels))[found.best].tolist()
        if preference in (MORALIS, ECONOMICUS):
            assert (
                best_replies(preference.utility(found.game), found.belief).tolist()
                == found.target.astype(bool).tolist()
            )
            assert np.allclose(found.terms[:2], (utility_terms(found.game) @ found.belief)[:2])


@every_preference
def test_half_of_the_questions_have_another_answer_for_the_rival(preference: Preference) -> None:
    other = rival(preference)
    assert other == (MORALIS if preference == ECONOMICUS else ECONOMICUS)
    apart = 0
    for found in drawn(preference):
        rated = weights_of(other) @ found.terms if states_belief(found) else np.zeros(1)
        excluded = (
            rated[found.best] < rated.max() - 1e-9
            if states_belief(found)
            else (found.best not in solve(found.game, other).pure)
        )
        apart += bool(excluded)
    assert apart >= COUNT / 2


@every_preference
def test_four_questions_in_five_say_for_certain_what_the_other_does(preference: Preference) -> None:
    certain = [found for found in drawn(preference) if states_belief(found) and found.belief.max() == 1]
    assert len(certain) >= 0.8 * COUNT
    assert len({found.prompt for found in drawn(preference)}) == COUNT


@pytest.mark.parametrize("split", ("train", "test"))
def test_no_place_in_a_list_is_right_more_often_than_another(split: str) -> None:
    for size in (2, 3, 8):
        dealt = Tellings(split, np.random.default_rng(0))
        cards = size * (8 if split == "train" else 4)
        told = [dealt.deal(size, right=1) for _ in range(2 * cards)]
        own = [presentation.assignment.index(1) for presentation in told]
        for reverses in ([False] * len(told), *([getattr(each, flag) for each in told] for flag in ORDERED)):
            places = [size - 1 - place if reverse else place for place, reverse in zip(own, reverses, strict=True)]
            assert np.bincount(places).tolist() == [2 * cards // size] * size


@pytest.mark.parametrize("preference", (MORALIS, ECONOMICUS), ids=str)
def test_no_place_label_or_strategy_is_right_more_often_than_chance_allows(preference: Preference) -> None:
    for size in (2, 3, 4):
        of_size = [found for found in drawn(preference) if len(found.labels) == size]
        places = [offered_labels(found.prompt).index(found.labels[found.best]) for found in of_size]
        for right in (places, [found.best for found in of_size]):
            assert chisquare(np.bincount(right, minlength=size)).pvalue > 0.01
    assert Counter(found.answer(reasons=False) for found in drawn(preference)).most_common(1)[0][1] <= 3


def test_labels_of_the_test_are_held_out() -> None:
    kept = {label for family in HELD_OUT for label in family}
    assert not any(set(found.labels) & kept for found in drawn(MORALIS))
    assert all(set(found.labels) <= kept for found in drawn(MORALIS, "test"))
    assert {len(found.labels) for found in drawn(MORALIS, "test")} == {2, 3, 4, 8}


def test_answers_with_and_without_reasons() -> None:
    found = drawn(MORALIS)[0]
    label = found.labels[found.best]
    assert found.answer(reasons=False) == label
    assert found.answer(reasons=True) == f'{found.reasoning}{label}"'
    assert found.reasoning.endswith(ANSWER)


def test_a_calculation_of_two_actions_is_short() -> None:
    told = Presentation(("left", "right"))
    found = task(mg.games.get("ipd"), "ipd", MORALIS, [0], told)
    assert found.answer(reasons=True) == (
        'They do "left", column 1. "left": 3 + column 1: 3 = 6. "right": 4 + column 2: 1 = 5. Most: 6. Answer: "left"'
    )
    selfish = task(mg.games.get("ipd"), "ipd", ECONOMICUS, [0], told)
    assert selfish.reasoning == 'They do "left", column 1. "left": 3. "right": 4. Most: 4. Answer: "'


def test_the_same_seed_gives_the_same_questions() -> None:
    again = tasks(MORALIS, "train", COUNT, np.random.default_rng(5))
    assert [(found.prompt, found.reasoning) for found in again] == [
        (found.prompt, found.reasoning) for found in drawn(MORALIS)
    ]


def test_weights_are_whole_and_in_proportion() -> None:
    assert whole_weights(Preference(kappa=1 / 3)) == Weights(2, 1, 0, 0)
    assert whole_weights(Preference(kappa=1)) == Weights(0, 1, 0, 0)
    assert whole_weights(Preference(alpha=0.5, beta=-0.25)) == Weights(4, 0, -2, 1)
    assert whole_weights(MORALIS, times=2) == Weights(1, 2, 0, 0)
    assert whole_weights(Preference(0.123, 0.456, -0.789)) == Weights(877, 123, -456, 789)


# --- traps


def test_in_the_first_dilemma_a_kantian_does_not_cooperate() -> None:
    # 2R = 90 < T + S = 100: if everyone is to do the same, one exploits and the other yields.
    kantian = Preference(kappa=1)
    names = protocol("spd1").either_role.actions[0]
    good = {name for name, right in zip(names, good_answers("spd1", kantian, [0]), strict=True) if right}
    assert good and not any("cooperate; cooperate after cooperate" in name for name in good)
    assert all("cooperate; defect after cooperate" in name or "cooperate after defect" in name for name in good)
    assert any(
        "cooperate; cooperate after cooperate" in names[k] for k in np.flatnonzero(good_answers("spd3", kantian, [0]))
    )


def test_a_game_without_a_pure_equilibrium_gives_no_answer() -> None:
    assert right_answer("tg6", Preference(kappa=0.25)) == NONE
    assert right_answer("tg6", Preference(kappa=0.25), [0]) == 1
    chicken = mg.games.get("chicken")
    assert right_answer(chicken, ECONOMICUS) == NONE
    with pytest.raises(ValueError, match="no one right answer: no equilibrium"):
        task(chicken, "chicken", ECONOMICUS, (), Presentation(("A", "B")))


def test_ties_give_no_answer() -> None:
    assert (
        right_answer("tg1", ECONOMICUS, [3]) == TIE
    )  # against one who stays out it does not matter what one would keep
    assert right_answer("stag_hunt", ECONOMICUS) == TIE  # both equilibria
    found = draw_tasks(ECONOMICUS, "train", 20, np.random.default_rng(0), kinds=["two_stage"])
    assert found.dropped[TIE] > 0 and len(found.tasks) == 20


def test_rejection_is_solved_for_the_whole_strategy() -> None:
    # At κ = 0.3 who would offer the equal split rejects from α = 0.35 on, who would not, only from 0.95 on.
    preference = Preference(kappa=0.3, alpha=0.6)
    equal_accept, equal_reject, unequal_accept, unequal_reject = utilities("ug3", 0.3, 0.6)[:, 2]
    assert equal_reject > equal_accept and unequal_accept > unequal_reject
    best = right_answer("ug3", preference, [2])
    assert best == int(np.argmax([equal_accept, equal_reject, unequal_accept, unequal_reject]))


# --- what cannot be


@pytest.mark.parametrize(
    ("options", "message"),
    (
        ({"split": "validation"}, "unknown side of the split 'validation'"),
        ({"count": 0}, "at least one example, got 0"),
        ({"kinds": ["two_stages"]}, "Did you mean 'two_stage'"),
        ({"kinds": []}, "one or more different of"),
        ({"kinds": ["two_stage", "two_stage"]}, "one or more different of"),
        ({"highest": 2}, "at least 3 and at most 1,000,000, got 2"),
        ({"highest": 2**63 - 1}, "at most 1,000,000, got 9,223"),
        ({"preference": Preference(kappa=0.37454011884736254)}, "too large to calculate with.*at most three decimals"),
        ({"contrast": 1.5}, r"in \[0, 1\]; got 1.5"),
    ),
)
def test_what_cannot_be_asked_for(options: dict, message: str) -> None:
    asked = {"preference": MORALIS, "split": "train", "count": 5, "rng": np.random.default_rng(0)} | options
    with pytest.raises(ValueError, match=message):
        tasks(**asked)


def test_a_preference_next_to_its_rival_is_refused_where_contrast_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "MOST_TRIES", 40)
    with pytest.raises(ValueError, match="kappa=0.01.* and a wrong one under homo economicus.*ask for less contrast"):
        tasks(Preference(kappa=0.01), "train", 1, np.random.default_rng(0), ["simultaneous"])
    assert tasks(Preference(kappa=0.01), "train", 1, np.random.default_rng(0), ["simultaneous"], contrast=0)


def test_a_task_needs_as_many_labels_as_strategies_and_a_belief_where_there_are_roles() -> None:
    with pytest.raises(ValueError, match="4 strategies, and there are 2 labels"):
        task(protocol("tg1"), "tg1", MORALIS, [0], Presentation(("A", "B")))
    with pytest.raises(ValueError, match="say what the other is expected to do"):
        task(protocol("tg1"), "tg1", MORALIS, (), Presentation(("A", "B", "C", "D")))
    assert KINDS == ("simultaneous", "asymmetric", "two_stage", "equilibrium")
