"""Symmetric equilibria and best replies: the published protocols' to the digit, mixed ones, and none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from moral_games.analysis import (
    Preference,
    best_replies,
    randomised_equilibria,
    solve,
    symmetric_equilibria,
    utilities,
    utility_terms,
)
from moral_games.analysis.symmetric_equilibria import pure_equilibria
from moral_games.games import protocols

square = st.integers(1, 5).flatmap(
    lambda count: arrays(np.float64, (count, count), elements=st.integers(-5, 5).map(float))
)


def stable(name: str, kappa: float, **aversions: float) -> set[str]:
    """The pure equilibria in the code of the literature: 1 for C, invest, give back, unequal offer, accept."""
    found = np.flatnonzero(pure_equilibria(utilities(name, kappa, **aversions)))
    kind, codes = name[:-1], set()
    for x in found.tolist():
        if kind == "spd":
            codes.add("".join("1" if not bit else "0" for bit in (x // 4, x // 2 % 2, x % 2)))
        elif kind == "tg":
            codes.add(f"{1 - x // 2}{1 - x % 2}")
        else:
            codes.add(f"{x // 2}{1 - x % 2}")
    return codes


@pytest.mark.parametrize("number", range(1, 7))
def test_homo_economicus_defects_in_the_sequential_dilemma(number: int) -> None:
    assert stable(f"spd{number}", 0) == {"000"}


@pytest.mark.parametrize(
    ("name", "codes"),
    [
        ("spd1", {"001", "011"}),
        ("spd2", {"001", "011"}),
        ("spd3", {"001", "110", "111"}),
        ("spd4", {"001", "110"}),
        ("spd5", {"001", "110", "111"}),
        ("spd6", {"001", "110", "111"}),
        ("tg1", {"10"}),
        ("tg2", {"10"}),
        ("tg3", {"10", "11"}),
        ("tg4", {"10"}),
        ("tg5", {"11"}),
        ("tg6", {"11"}),
    ],
)
def test_homo_moralis_half_way(name: str, codes: set[str]) -> None:
    assert stable(name, 0.5) == codes


@pytest.mark.parametrize("number", range(1, 7))
def test_homo_economicus_does_not_trust(number: int) -> None:
    assert stable(f"tg{number}", 0) == {"00"}


@pytest.mark.parametrize("number", range(1, 7))
@pytest.mark.parametrize(("kappa", "codes"), [(0, {"00", "11"}), (0.5, {"00", "11"}), (0.99, {"00", "11"})])
def test_equal_and_unequal_offers_are_equilibria_of_the_ultimatum_game(
    number: int, kappa: float, codes: set[str]
) -> None:
    assert stable(f"ug{number}", kappa) == codes
    assert stable(f"ug{number}", 1) == codes | {"01"}


CUTS = {  # κ = 0, 0.3, 0.6
    "equal": {
        "ug1": (1.5, 1.05, 0.6),
        "ug2": (0.833, 0.583, 0.333),
        "ug3": (0.5, 0.35, 0.2),
        "ug4": (0.3, 0.21, 0.12),
        "ug5": (0.167, 0.117, 0.067),
        "ug6": (0.071, 0.05, 0.029),
    },
    "unequal": {
        "ug1": (1.5, 2.25, 3.0),
        "ug2": (0.833, 1.383, 1.933),
        "ug3": (0.5, 0.95, 1.4),
        "ug4": (0.3, 0.69, 1.08),
        "ug5": (0.167, 0.517, 0.867),
        "ug6": (0.071, 0.393, 0.714),
    },
}


@pytest.mark.parametrize(
    ("own", "name", "kappa", "cut"),
    [
        (own, name, kappa, cut)
        for own, rows in CUTS.items()
        for name, cuts in rows.items()
        for kappa, cut in zip((0, 0.3, 0.6), cuts, strict=True)
    ],
)
@pytest.mark.parametrize("beta", [0.0, 0.4])
def test_who_rejects_an_unequal_offer(own: str, name: str, kappa: float, cut: float, beta: float) -> None:
    """Against one who makes it for sure: whoever is more averse to being behind than the cut, beta or no beta."""
    accept, reject = (0, 1) if own == "equal" else (2, 3)
    payoff, universal, behind, ahead = (term[reject, 2] - term[accept, 2] for term in utility_terms(name))
    exact = -(payoff + kappa * universal + beta * ahead) / behind
    assert exact == pytest.approx(cut, abs=5.1e-4) and behind > 0
    for alpha, rejects in ((cut - 0.002, False), (cut + 0.002, True)):
        utility = Preference(kappa, alpha, beta).utility(name)
        assert (utility[reject, 2] > utility[accept, 2]) == rejects


@given(q=st.floats(0.05, 1), kappa=st.floats(0, 1), own=st.sampled_from([0, 1]), name=st.sampled_from(protocols()[12:]))
def test_the_cut_at_any_belief(q: float, kappa: float, own: int, name: str) -> None:
    # Reject iff α > [(1 − κ) q (r − 10) + κ x₁ (p + r − 20)] / (q (p − r)), x₁ = 1 for who makes the offer too.
    p, r = mg.games.protocol(name).payoffs[1][0]
    cut = ((1 - kappa) * q * (r - 10) + kappa * own * (p + r - 20)) / (q * (p - r))
    belief = [1 - q, 0, q, 0]
    for alpha, rejects in ((cut - 1e-3, False), (cut + 1e-3, True)):
        accepted, rejected = (utilities(name, kappa, alpha) @ belief)[2 * own : 2 * own + 2]
        assert (rejected > accepted) == rejects


# Mixed equilibria, and none.


@given(square)
def test_there_is_always_a_symmetric_equilibrium(utility: np.ndarray) -> None:
    found = symmetric_equilibria(utility)
    sizes = {int((x > 0).sum()) for x in found}
    assert found and len(sizes) == 1
    for x in found:
        assert x.min() >= 0 and x.sum() == pytest.approx(1)
        assert best_replies(utility, x)[x > 1e-6].all() or x @ utility @ x == pytest.approx(
            (utility @ x).max(), abs=1e-6
        )
    assert (sizes == {1}) == bool(pure_equilibria(utility).any())


@pytest.mark.parametrize(
    ("game", "mixed"), [("rock_paper_scissors", [1 / 3] * 3), ("chicken", None), ("bach_or_stravinsky", None)]
)
def test_they_are_among_the_equilibria_that_nashpy_finds(game: str, mixed: list[float] | None) -> None:
    utility = utilities(game)
    found = symmetric_equilibria(utility)
    assert mixed is None or (len(found) == 1 and found[0] == pytest.approx(mixed))
    known = mg.analysis.equilibria(mg.MatrixGame.from_payoffs(np.stack([utility, utility.T], axis=-1)))
    for x in found:
        assert any(np.allclose(row, x) and np.allclose(column, x) for row, column in known)


def test_where_no_pure_equilibrium_exists_it_is_said() -> None:
    solution = solve("tg6", Preference(kappa=0.25))
    assert solution.pure == () and solution.randomised == ()
    (mixed,) = solution.mixed
    assert mixed == pytest.approx([1 / 9, 5 / 9, 0, 1 / 3])
    said = str(solution)
    assert "no equilibrium in pure strategies" in said and said.endswith(
        "if the randomisation is universalised: none found"
    )


def test_nobody_who_universalises_randomisation_is_at_rest_there() -> None:
    """In the sixth trust game at κ = 1/4, by trying how likely it is to invest, and how likely to give back."""
    payoff, grid = utility_terms("tg6")[0], np.linspace(0, 1, 26)
    invest, give = (each.ravel() for each in np.meshgrid(grid, grid, indexing="ij"))
    z = np.stack([invest * give, invest * (1 - give), (1 - invest) * give, (1 - invest) * (1 - give)], axis=-1)
    for kappa, at_rest in ((0.25, False), (0.5, True)):
        against = (1 - kappa) * z @ payoff @ z.T
        alike = kappa * np.einsum("ix,xy,iy->i", z, payoff, z)
        total = against + alike[:, None]
        gains = total.max(axis=0) - np.diagonal(total)
        assert (gains.min() < 1e-9) == at_rest
        assert at_rest or gains.min() > 0.15


def test_one_who_universalises_randomisation_agrees_where_nothing_is_to_be_gained_by_it() -> None:
    for name, kappa in (("tg6", 0), ("tg6", 0.5), ("tg4", 0.5), ("ug1", 0.3)):
        pure = np.flatnonzero(pure_equilibria(utilities(name, kappa)))
        found = randomised_equilibria(name, Preference(kappa))
        assert [np.flatnonzero(x).tolist() for x in found if x.max() == 1] == [[x] for x in pure.tolist()]


@pytest.mark.parametrize("name", protocols())
def test_from_a_pure_equilibrium_of_a_protocol_no_randomisation_gains(name: str) -> None:
    payoff, _, behind, ahead = utility_terms(name)
    z = np.random.default_rng(0).dirichlet(np.full(len(payoff), 0.3), size=3000)
    for kappa, alpha, beta in ((0.3, 0, 0), (0.5, 0.5, 0.25), (0.7, -0.3, 0.2), (1, 0, 0)):
        against = (1 - kappa) * payoff + alpha * behind + beta * ahead
        alike = kappa * np.einsum("ix,xy,iy->i", z, payoff, z)
        for x in np.flatnonzero(pure_equilibria(utilities(name, kappa, alpha, beta))):
            assert (z @ against[:, x] + alike).max() <= against[x, x] + kappa * payoff[x, x] + 1e-9


def test_at_kappa_zero_randomising_is_what_it_always_was() -> None:
    # Stay out, and give back with probability at most 2/5, so that it does not pay to invest: its extreme points.
    found = randomised_equilibria("tg4", Preference())
    assert [x.tolist() for x in found] == [[0, 0, 0, 1], pytest.approx([0, 0, 0.4, 0.6])]


def test_a_coordination_failure_cannot_be_universalised_by_a_coin() -> None:
    # Matching the other by chance: (T, R, P, S) with 2R < T + S, where a coin does best if everyone flips one.
    leader = mg.MatrixGame.from_payoffs([[[0, 0], [2, 2]], [[2, 2], [0, 0]]])
    (x,) = randomised_equilibria(leader, Preference(kappa=1))
    assert x == pytest.approx([0.5, 0.5])
    assert pure_equilibria(utilities(leader, 1)).all()


def test_best_replies_to_arrays_of_beliefs() -> None:
    utility = utilities("ipd", kappa=[0, 1 / 3, 1])
    beliefs = np.array([[1, 0], [0.5, 0.5], [0, 1]])
    assert best_replies(utility, beliefs).tolist() == [[False, True], [True, True], [True, False]]


def test_solutions_are_told_in_words() -> None:
    assert str(solve("tg3", Preference(0.5))) == (
        "tg3 under preference(kappa=0.5): in equilibrium all play 'invest; give back' or all 'invest; keep'"
    )
    assert str(solve("ipd", Preference())) == "ipd under homo economicus: in equilibrium all play 'defect'"


@pytest.mark.parametrize(
    ("utility", "message"),
    [
        ([[1, 2]], r"shape \(1, 2\)"),
        ([[1, float("nan")], [0, 0]], "finite"),
        (np.zeros((13, 13)), "at most 12 strategies"),
        (np.zeros((2, 3, 3)), "one matrix"),
    ],
)
def test_tables_that_are_no_utilities_are_refused(utility: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        symmetric_equilibria(utility)


@pytest.mark.parametrize(
    ("belief", "message"),
    [([1.0], "2 strategies, got shape"), ([0.7, 0.7], "sum to 1"), ([1.5, -0.5], "probabilities")],
)
def test_beliefs_that_are_none_are_refused(belief: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        best_replies(np.zeros((2, 2)), belief)
