"""Fingerprints: against closed forms; ``tests/opponents/test_axelrod.py`` has the Axelrod library's samples."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.analysis.fingerprint import dual, fingerprint, joss_ann
from moral_games.opponents import as_policy

R, S, T, P = 3, 0, 5, 1
AXELROD = mg.MatrixGame.from_payoffs([[[R, R], [S, T]], [[T, S], [P, P]]], name="axelrod")
POINTS = 7
X, Y = np.meshgrid(*[np.linspace(0, 1, POINTS)[1:-1]] * 2, indexing="ij")
INSIDE = slice(1, -1)


def pavlov_inside() -> np.ndarray:
    """The fingerprint of win-stay lose-shift, from the balance of its chain of joint actions.

    After CC or DD it cooperates, else it defects; tit-for-tat's transform cooperates with
    probability 1 - y after its C, and x after its D.
    """
    values = np.empty_like(X)
    for cell in np.ndindex(X.shape):
        x, y = X[cell], Y[cell]
        chain = np.array(  # after CC, CD, DC, DD (win-stay lose-shift's action first)
            [[1 - y, y, 0, 0], [0, 0, 1 - y, y], [0, 0, x, 1 - x], [x, 1 - x, 0, 0]]
        )
        balance = np.vstack([chain.T - np.eye(4), np.ones(4)])
        values[cell] = np.linalg.lstsq(balance, np.array([0, 0, 0, 0, 1.0]), rcond=None)[0] @ [R, S, T, P]
    return values


@pytest.mark.parametrize(
    ("strategy", "closed_form"),
    [
        ("always_cooperate", (1 - Y) * R + Y * S),
        ("always_defect", X * T + (1 - X) * P),
        # The probe's even rounds and odd rounds are two independent chains that cooperate x / (x + y) of the time.
        ("tit_for_tat", (X**2 * R + X * Y * (S + T) + Y**2 * P) / (X + Y) ** 2),
        # The probe defects sooner or later; then grim is always_defect.
        ("grim", X * T + (1 - X) * P),
        ("random", (x_half := (1 + X - Y) / 2) * (R + T) / 2 + (1 - x_half) * (S + P) / 2),
        ("win_stay_lose_shift", pavlov_inside()),
    ],
)
def test_closed_forms_on_the_whole_square(strategy: str, closed_form: np.ndarray) -> None:
    found = fingerprint(strategy, AXELROD, points=POINTS)
    assert found.shape == (POINTS, POINTS)
    assert found[INSIDE, INSIDE] == pytest.approx(closed_form, abs=1e-9)


def test_the_edge_is_what_is_really_played() -> None:
    found = fingerprint("grim", AXELROD, points=3)
    assert found[0, 0] == pytest.approx(R)  # tit-for-tat itself
    assert found[:, 0] == pytest.approx([R, R, R])  # a probe that never defects first
    assert found[0, 2] == pytest.approx(P)  # a probe that always defects
    assert found[2, 2] == pytest.approx(T)  # tit-for-tat's dual: it defects first, and then pays for defection


def test_another_value_has_another_fingerprint() -> None:
    # The duty is broken by defecting against someone who has just cooperated: a share x of the rounds.
    found = fingerprint("always_defect", AXELROD, "deontological(penalty=3)", points=5)
    assert found == pytest.approx(np.repeat(-3 * np.linspace(0, 1, 5)[:, None], 5, axis=1), abs=1e-9)


@given(st.floats(0, 1), st.floats(0, 1), st.sampled_from(mg.opponents.names()))
def test_the_dual_reflects_the_square(x: float, y: float, name: str) -> None:
    # Ashlock & Kim (2008): the dual of the transform at (x, y) is the transform of the dual at (y, x).
    policy = as_policy(name, AXELROD)
    x, y = (x, y) if x + y <= 1 else (1 - x, 1 - y)
    one, other = dual(joss_ann(policy, x, y)), joss_ann(dual(policy), y, x)
    assert one.probabilities == pytest.approx(other.probabilities, abs=1e-9)
    assert (one.transitions == other.transitions).all()
    twice = dual(dual(policy))
    assert (twice.probabilities == policy.probabilities).all() and (twice.transitions == policy.transitions).all()


def test_the_dual_of_grim_answers_for_what_it_would_have_played() -> None:
    # Grim, turned: defects until the other defects, then cooperates for ever.
    turned = dual(as_policy("grim", AXELROD))
    memory, played = 0, ""
    for other in "CCDCC":
        own = int(turned.probabilities[memory].argmax())
        played += "CD"[own]
        memory = int(turned.transitions[memory, 2 * own + "CD".index(other)])
    assert played == "DDDCC"


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="two players and two actions"):
        fingerprint("random", mg.games.get("rock_paper_scissors"))
    with pytest.raises(ValueError, match="points must be at least 2"):
        fingerprint("grim", AXELROD, points=1)
    with pytest.raises(ValueError, match="unknown opponent 'tit_for_tatt'"):
        fingerprint("grim", AXELROD, probe="tit_for_tatt")
    with pytest.raises(ValueError, match="sum to at most 1"):
        joss_ann(as_policy("grim", AXELROD), 0.7, 0.7)
    three = as_policy("random", mg.games.get("rock_paper_scissors"))
    for transform in (dual, lambda policy: joss_ann(policy, 0.1, 0.1)):
        with pytest.raises(ValueError, match="two actions"):
            transform(three)
