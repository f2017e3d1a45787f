"""What a policy responds to: policies with known answers, and the laws of an analysis of variance."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import moral_games as mg
from moral_games.analysis.factorial import (
    FACTORS,
    FLOOR,
    ORDERED,
    Decomposition,
    Design,
    ToldPolicy,
    by_factor,
    components,
    family,
    log_odds,
    observe,
)
from moral_games.opponents import as_policy
from moral_games.text import Presentation

STUDY = tuple(map(mg.games.get, ("ipd", "stag_hunt", "chicken", "bach_or_stravinsky", "defective_coordination")))
SMALL = Design(STUDY[:2], (("Cat", "Dog"),), ("compact",))
EDGE = np.log((1 - FLOOR) / FLOOR)


def same_for_all(row: Callable[[Presentation], Sequence[float]]) -> ToldPolicy:
    """The policy that answers alike in every game and state, as `row` says for a presentation."""
    return lambda game, told: np.stack([np.broadcast_to(row(way), (5, 2)) for way in told])


def strategy(name: str) -> ToldPolicy:
    """A named strategy, which does not care how it is told a game."""
    return lambda game, told: np.broadcast_to(as_policy(name, game).probabilities, (len(told), 5, 2))


def myopic_best_reply(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
    """The policy that replies best to what the other did last, and at the start to a coin."""
    own = game.payoffs[..., 0]
    best = [own.mean(axis=1).argmax(), *(own[:, other].argmax() for _, other in game.joint_actions)]
    return np.broadcast_to(np.eye(2)[best], (len(told), 5, 2))


def uncaring_best_reply(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
    """The policy that replies best to a coin, whatever happened."""
    return np.broadcast_to(np.eye(2)[game.payoffs[..., 0].mean(axis=1).argmax()], (len(told), 5, 2))


def first_in(list_name: str) -> ToldPolicy:
    """The policy that answers the label that a list begins with."""
    return same_for_all(lambda way: np.eye(2)[way.assignment[1 if getattr(way, list_name) else 0]])


def decomposed(policy: ToldPolicy, design: Design = SMALL) -> Decomposition:
    return Decomposition.of(by_factor(log_odds(observe(policy, design)), design))


def labels_by_set(way: Presentation) -> np.ndarray:
    """The row of a policy that likes Dog, and action3."""
    return np.eye(2)[way.assignment[way.labels.index("Dog" if "Dog" in way.labels else "action3")]]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (same_for_all(lambda way: np.eye(2)[way.assignment[0]]), "labels"),
        (same_for_all(labels_by_set), "labels"),
        *((first_in(name), "order") for name in ORDERED),
        (strategy("tit_for_tat"), "opponent's last move"),
        (strategy("bully"), "opponent's last move"),
        (strategy("alternator"), "own last move"),
        (strategy("win_stay_lose_shift"), "both moves together"),
        (same_for_all(lambda way: (1, 0) if way.wording == "compact" else (0, 1)), "wording"),
        (uncaring_best_reply, "payoffs"),
        (strategy("always_cooperate"), "nothing"),
        (strategy("random"), "nothing"),
        (same_for_all(lambda way: (0, 0)), "nothing"),
    ],
)
def test_a_policy_with_a_known_answer(policy: ToldPolicy, expected: str) -> None:
    found = decomposed(policy, Design(STUDY, (("Cat", "Dog"), ("action3", "action4"))))
    assert found.responds_to() == expected
    if expected != "nothing":
        assert found.families()[expected] == pytest.approx(1)


def test_a_best_reply_to_the_last_move_says_payoffs() -> None:
    # Best replies after C and D: IPD DD, Stag Hunt CD, Chicken DC, Bach or Stravinsky and Defective Coordination CD.
    # As ±1 their mean is -1/5 and their variance 24/25. By game the means are -1, 0, 0, 0, 0: 4/25. After C the mean
    # is 1/5 and after D -3/5: 4/25. The interaction is the rest, 16/25.
    found = decomposed(myopic_best_reply, Design(STUDY, (("Cat", "Dog"),), ("compact",)))
    assert found.responds_to() == "payoffs" and found.families()["payoffs"] == pytest.approx(20 / 24)
    assert [found.main("game"), found.main("opponent's last move")] == pytest.approx([4 / 24, 4 / 24])
    assert found.pair("game", "opponent's last move") == pytest.approx(16 / 24)
    assert found.total("opponent's last move") == pytest.approx(20 / 24)
    assert found.mean == pytest.approx(-EDGE / 5) and found.variance == pytest.approx(24 / 25 * EDGE**2)


@given(st.floats(0.1, 3), st.floats(0.1, 3))
def test_a_mixture_has_the_shares_of_its_squares(tit_for_tat: float, label: float) -> None:
    def mixed(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        copies = tit_for_tat * (2 * as_policy("tit_for_tat", game).probabilities[:, 0] - 1)
        odds = np.stack([copies + label * (1 if way.assignment == (0, 1) else -1) for way in told])
        first = 1 / (1 + np.exp(-odds))
        return np.stack([first, 1 - first], axis=-1)

    found, total = decomposed(mixed).families(), tit_for_tat**2 + label**2
    assert found["opponent's last move"] == pytest.approx(tit_for_tat**2 / total)
    assert found["labels"] == pytest.approx(label**2 / total)


def test_equal_parts_are_mixed() -> None:
    def mixed(game: mg.MatrixGame, told: Sequence[Presentation]) -> np.ndarray:
        copies = as_policy("tit_for_tat", game).probabilities
        return np.stack([(copies + np.eye(2)[way.assignment[0]]) / 2 for way in told])

    assert decomposed(mixed).responds_to() == "mixed"


@given(arrays(float, array_shapes(min_dims=1, max_dims=5, max_side=4), elements=st.floats(-10, 10)))
def test_the_decomposition_is_orthogonal_and_complete(values: np.ndarray) -> None:
    parts = components(values)
    assert sum(parts.values()) == pytest.approx(values, abs=1e-9)
    for axes, part in parts.items():
        assert part.shape == tuple(n if axis in axes else 1 for axis, n in enumerate(values.shape))
        for axis in axes:
            assert part.mean(axis=axis) == pytest.approx(0, abs=1e-9)
    whole = [np.broadcast_to(part, values.shape).ravel() for part in parts.values()]
    products = np.array(whole) @ np.array(whole).T
    assert products - np.diag(np.diag(products)) == pytest.approx(0, abs=1e-6)


@given(arrays(float, array_shapes(min_dims=1, max_dims=5, max_side=4), elements=st.floats(-10, 10)))
def test_shares_add_to_one(values: np.ndarray) -> None:
    factors = FACTORS[: values.ndim]
    found = Decomposition.of(values, factors)
    assert found.mean == pytest.approx(values.mean(), abs=1e-12)
    assert found.variance == pytest.approx(values.var(), abs=1e-9)
    total = 1 if found.variance else 0
    assert sum(found.shares.values()) == pytest.approx(total)
    assert sum(found.families().values()) == pytest.approx(total)
    assert all(found.main(name) <= found.total(name) + 1e-12 for name in factors)


@given(st.permutations(range(3)), st.integers(0, 10))
def test_the_order_of_factors_does_not_matter(order: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(2, 3, 4))
    one = Decomposition.of(values, FACTORS[:3])
    other = Decomposition.of(values.transpose(order), [FACTORS[axis] for axis in order])
    for term, share in one.shares.items():
        assert sum(found for same, found in other.shares.items() if set(same) == set(term)) == pytest.approx(share)


def test_an_analysis_of_variance_by_hand() -> None:
    # Rows 8 and 4 on average, columns 7 and 5; what is left is ±1. Mean squares 4, 1 and 1 of 6.
    found = Decomposition.of(np.array([[10.0, 6.0], [4.0, 4.0]]), ("game", "wording"))
    assert found.mean == 6 and found.variance == pytest.approx(6)
    assert found.main("game") == pytest.approx(4 / 6)
    assert found.main("wording") == found.pair("game", "wording") == pytest.approx(1 / 6)


def test_what_terms_are_about() -> None:
    assert family(("game", "row order")) == "order"
    assert family(("game", "label set", "wording")) == "labels"
    assert family(("wording", "own last move")) == "wording"
    assert family(("game", "own last move", "opponent's last move")) == "payoffs"
    assert family(("own last move", "opponent's last move")) == "both moves together"


def test_a_design_is_full_and_balanced() -> None:
    design = Design(STUDY, (("Cat", "Dog"), ("action3", "action4")), ("structured", "compact"))
    told = design.presentations()
    assert len(told) == len(set(told)) == 32 * 2 * 2 and design.shape == (5, 2, 2, *(2,) * 7)
    cells = np.arange(len(told)).reshape(design.shape[1:-2])
    for axis, read in enumerate(
        (lambda way: way.wording, lambda way: way.labels, lambda way: way.assignment, *(_flag(n) for n in ORDERED))
    ):
        for level in np.moveaxis(cells, axis, 0):
            assert len({read(told[cell]) for cell in level.ravel()}) == 1


def _flag(name: str) -> Callable[[Presentation], bool]:
    return lambda way: getattr(way, name)


def test_log_odds_are_those_of_a_legal_answer_and_stop_at_the_floor() -> None:
    rows = np.array([[0.6, 0.2], [0.06, 0.02], [1.0, 0.0], [0.0, 1e-5], [0.0, 0.0]])
    assert log_odds(rows) == pytest.approx([np.log(3), np.log(3), EDGE, -EDGE, 0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (((mg.games.get("rock_paper_scissors"),),), "two or more players has two actions; game 'rock_paper_scissors'"),
        (((mg.games.get("public_goods(players=3, levels=3)"),),), "has 3 x 3 x 3 actions"),
        (((STUDY[0], mg.games.get("public_goods(players=3)")),), "equally many players; 'ipd' has 2, .* has 3"),
        (((),), "games of a design are one or more different ones"),
        (((STUDY[0], STUDY[0]),), "different ones"),
        ((STUDY, (("a", "b", "c"),)), "a pair of labels"),
        ((STUDY, (("Cat", "Catfish"),)), "occurs inside"),
        ((STUDY, (("Cat", "Dog"),), ("compct",)), "unknown wording 'compct'. Did you mean 'compact'"),
    ],
)
def test_bad_designs(arguments: tuple, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Design(*arguments)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        (np.ones((5, 2)) / 2, "shape \\(presentations, states, actions\\) = \\(32, 5, 2\\)"),
        (np.ones((32, 5, 2)), "sum to at most 1; on game 'ipd'"),
        (np.full((32, 5, 2), np.nan), "must hold probabilities"),
        (np.full((32, 5, 2), -0.5), "must hold probabilities"),
    ],
)
def test_bad_policies(answers: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        observe(lambda game, told: answers, SMALL)
