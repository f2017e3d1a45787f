"""A duty in one line."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.rewards import norm

IPD = mg.games.get("ipd")
THREE_BY_THREE = mg.MatrixGame.from_payoffs(np.zeros((3, 3, 2)))
FOUR_PLAYERS = mg.MatrixGame.from_payoffs(np.zeros((2, 2, 2, 2, 4)))
C, D = 0, 1


def broken(rule, previous, actions, game: mg.MatrixGame = IPD, **options) -> list[float]:
    """How far each player broke the rule: 0 to 1."""
    outcome = mg.Outcome(game, np.array(previous), np.array(actions))
    return np.abs(norm(rule, penalty=1, **options)(outcome)).tolist()


@pytest.mark.parametrize("game", [IPD, THREE_BY_THREE, FOUR_PLAYERS])
def test_the_duty_of_the_studies_in_one_line(game: mg.MatrixGame, rng: np.random.Generator) -> None:
    outcome = mg.Outcome(game, *rng.integers(-1, min(game.shape), (2, 200, game.players)))
    ruled = mg.rewards.parse('norm("action > 0 and others == 0", penalty=4)')
    assert np.array_equal(ruled(outcome), mg.rewards.deontological(penalty=4)(outcome))
    assert norm() == norm("action > 0 and others == 0", penalty=3)


comparisons = st.builds(
    "{} {} {}".format,
    st.sampled_from(["own", "others", "action"]),
    st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    st.sampled_from(["0", "1", "2", "own", "others", "action"]),
)
chains = st.builds("{} <= {} < others".format, st.sampled_from("012"), st.sampled_from(["own", "action"]))
rules = st.recursive(
    comparisons | chains,
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not {}".format, inner.map("({})".format))
    ),
    max_leaves=5,
)


@given(rules)
def test_a_rule_means_what_it_says_in_python(rule: str) -> None:
    every = list(product(range(3), repeat=3))
    found = [broken(rule, (own, others), (action, 0), THREE_BY_THREE)[0] for own, others, action in every]
    said = [bool(eval(rule, {"own": own, "others": others, "action": action})) for own, others, action in every]
    assert found == said


@given(rules, st.floats(-100, 100))
def test_a_norm_is_read_as_it_is_printed(rule: str, penalty: float) -> None:
    reward = 2 * norm(rule, penalty=penalty) + mg.rewards.selfish()
    assert mg.rewards.parse(str(reward)) == reward


def test_its_text_stays_as_it_was_written() -> None:
    text = 'selfish() + norm("action>0 and (not others == 1)", penalty=3)'
    assert str(mg.rewards.parse(text)) == text


def test_it_is_broken_towards_a_share_of_the_others() -> None:
    # Player 0 defects; of the others one had cooperated, one defected, and one was silent.
    assert broken("action == 1 and others == 0", (D, C, D, -1), (D, C, C, C), FOUR_PLAYERS) == [1 / 3, 0, 0, 0]


def test_no_norm_is_broken_in_respect_of_what_was_not_done() -> None:
    for rule in ("others != 0 and action == 1", "not others == 0", "own < 1", "not (own == 1 and action == 0)"):
        assert broken(rule, (-1, -1), (D, D)) == [0, 0]
    assert broken("action == 1 and own == 0", (C, -1), (D, D)) == [1, 0]
    assert broken("action == 1 and others == 0", (C, -1), (D, D)) == [0, 1]


def test_a_rule_on_the_action_alone_binds_from_the_first_round_and_never_the_silent() -> None:
    assert broken("action == 1", (-1, -1), (D, C)) == [1, 0]
    assert broken("not action == 0", (-1, -1), (-1, D)) == [0, 1]


def test_a_rule_may_be_a_function_of_what_it_looks_at() -> None:
    def no_backsliding(own, action):
        return action > own

    assert str(norm(no_backsliding)) == "norm(no_backsliding, penalty=3)"
    for previous, actions in product(product((-1, C, D), repeat=2), repeat=2):
        assert broken(no_backsliding, previous, actions) == broken("action > own", previous, actions)


def test_a_lambda_needs_a_name() -> None:
    reward = norm(lambda own, others, action: (action > 0) & ~(others == 1), name="no_first_strike")
    assert 'name="no_first_strike"' in str(reward)
    assert reward(mg.Outcome(IPD, np.array([C, C]), np.array([D, C]))).tolist() == [-3, 0]
    with pytest.raises(ValueError, match="lambda needs a name"):
        norm(lambda action: action > 0)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (
            "action > 0 and other == 0",
            "unknown name in a rule 'other'. Did you mean 'others'.*action, others, own",
        ),
        ("action", "cannot read 'action' in a rule; it is made of comparisons"),
        ("action > 0 and", "cannot read the rule"),
        ("", "cannot read the rule"),
        ("action > 0.5", "cannot read '0.5'"),
        ("action == True", "cannot read 'True'"),
        ("action == '0'", "cannot read \"'0'\""),
        ("action + 1 > own", r"cannot read 'action \+ 1'"),
        ("1 < 2", "are both numbers"),
        ("action in (0, 1)", "compares with ==, !=, <, <=, > and >= only"),
        ("__import__('os').system('true') == 0", "cannot read"),
        ("(lambda: 0)() == action", "cannot read"),
        ("own.__class__ == 0", "cannot read 'own.__class__'"),
        (lambda me: me, "unknown parameter of a norm's rule 'me'"),
        (3, "must be a text, got 3"),
    ],
)
def test_what_is_no_rule_is_refused_when_the_norm_is_made(rule, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        norm(rule)
