"""Utilities of moral and social preferences: linear, the library's own values, and what they can be estimated from."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

import moral_games as mg
from moral_games.analysis import Preference, utilities, utility_terms
from moral_games.analysis.preferences import symmetric_game
from moral_games.games import either_role, protocol, protocols

KAPPAS, SIZES = st.floats(0, 1), st.floats(-3, 3)
every_game = pytest.mark.parametrize("game", ("spd1", "tg6", "ug3", "ipd", "rock_paper_scissors", "bach_or_stravinsky"))
few = settings(max_examples=10)


@every_game
@few
@given(kappa=KAPPAS)
def test_homo_moralis_is_the_reward_of_that_name(game: str, kappa: float) -> None:
    rewarded = mg.transform(symmetric_game(game), mg.rewards.homo_moralis(kappa=kappa))
    assert np.allclose(utilities(game, kappa), rewarded.payoffs[..., 0], atol=1e-9)


@every_game
@few
@given(alpha=SIZES, beta=SIZES)
def test_inequity_aversion_is_the_reward_of_that_name_in_each_role(game: str, alpha: float, beta: float) -> None:
    value = mg.rewards.inequity_aversion(alpha=alpha, beta=beta)
    roles = protocol(game).matrix if game in protocols() else mg.games.get(game)
    rewarded = mg.transform(roles, value)
    rewarded = rewarded if roles.is_symmetric else either_role(rewarded)
    assert np.allclose(utilities(game, alpha=alpha, beta=beta), rewarded.payoffs[..., 0], atol=1e-9)


def test_inequity_is_felt_in_each_role_and_not_on_average() -> None:
    # Two who offer the unequal split and accept it earn 50 each on average, one of them 85 and the other 15.
    offered = 2
    assert utilities("ug6")[offered, offered] == 50
    assert utilities("ug6", alpha=1)[offered, offered] == 50 - (85 - 15) / 2
    judged = mg.transform(mg.games.get("ug6"), "inequity_aversion(alpha=1, beta=0)")
    assert judged.payoffs[offered, offered, 0] == 50


@every_game
@few
@given(kappa=KAPPAS, alpha=SIZES, beta=SIZES)
def test_utilities_are_linear_in_what_is_valued(game: str, kappa: float, alpha: float, beta: float) -> None:
    payoff, universal, behind, ahead = utility_terms(game)
    expected = payoff + kappa * universal + alpha * behind + beta * ahead
    assert np.allclose(Preference(kappa, alpha, beta).utility(game), expected)
    assert (behind <= 0).all() and (ahead <= 0).all() and not np.diagonal(universal).any()


@every_game
def test_who_is_behind_sees_the_other_ahead(game: str) -> None:
    _, _, behind, ahead = utility_terms(game)
    assert np.allclose(behind, ahead.T)


def test_arrays_of_preferences_give_what_each_gives() -> None:
    kappa, alpha = np.array([[0.0], [0.4]]), np.array([-0.5, 0.0, 2.0])
    found = utilities("spd3", kappa, alpha, 0.25)
    assert found.shape == (2, 3, 8, 8)
    for (i, k), (j, a) in ((x, y) for x in enumerate(kappa[:, 0]) for y in enumerate(alpha)):
        assert np.allclose(found[i, j], Preference(k, a, 0.25).utility("spd3"))


def test_a_symmetric_game_is_taken_as_it_is() -> None:
    assert symmetric_game("ipd") is mg.games.get("ipd")
    assert symmetric_game("bach_or_stravinsky").shape == (4, 4)


def test_the_kantian_optimum_of_the_first_dilemma_is_not_mutual_cooperation() -> None:
    # 2R = 90 < T + S = 100: one who exploits whoever yields, and yields, earns 50 against itself.
    alike = np.diagonal(utilities("spd1", kappa=1))
    cooperates, exploits_and_yields = 0, [2, 3, 4, 6]
    assert alike[cooperates] == 45 and np.flatnonzero(alike == alike.max()).tolist() == exploits_and_yields
    for name in ("spd2", "spd3", "spd4", "spd5", "spd6"):
        alike = np.diagonal(utilities(name, kappa=1))
        assert alike.argmax() == cooperates


@pytest.mark.parametrize("belief", [0, 0.3, 1])
@pytest.mark.parametrize(("kappa", "cooperates"), [(0.333, False), (0.334, True)])
def test_in_a_simultaneous_dilemma_one_degree_of_morality_decides(
    kappa: float, cooperates: bool, belief: float
) -> None:
    # (T, R, P, S) = (4, 3, 1, 0): C if (1 − κ)[q(R − T) + (1 − q)(S − P)] + κ(R − P) ≥ 0, so from κ = 1/3 on.
    expected = utilities("ipd", kappa) @ [belief, 1 - belief]
    assert (expected[0] > expected[1]) == cooperates


# What an estimator does with the terms: logit choices of strategies in all protocols, beliefs uniform.

TRUE = np.array([0.3, 0.1, 0.2, 5.0])  # kappa, alpha, beta, lambda
EXPECTED = [
    np.stack([utility_terms(name).mean(axis=-1) for name in names]) for names in (protocols()[:6], protocols()[6:])
]  # of the games with eight strategies, and of those with four


def choice(terms: np.ndarray, parameters: np.ndarray) -> np.ndarray:
    """Return the log-probability of each strategy; (games, strategies)."""
    utility = np.tensordot(np.append(1, parameters[:3]), terms, axes=([0], [1])) / parameters[3]
    utility = utility - utility.max(axis=-1, keepdims=True)
    return utility - np.log(np.exp(utility).sum(axis=-1, keepdims=True))


def loss(parameters: np.ndarray, chosen: list[np.ndarray]) -> float:
    pairs = zip(EXPECTED, chosen, strict=True)
    return -sum(float((counts * choice(terms, parameters)).sum()) for terms, counts in pairs)


def fitted(chosen: list[np.ndarray]) -> np.ndarray:
    return minimize(loss, [0, 0, 0, 10], args=(chosen,), method="BFGS").x


def test_how_precisely_preferences_can_be_estimated() -> None:
    # Standard deviations of kappa, alpha, beta and lambda over simulated runs of this likelihood were measured to be
    # .20, .24, .20, 2.3 with one pass over the protocols, and over few runs of 30 passes .030, .041, .021, .18.
    information = np.zeros((4, 4))
    for terms in EXPECTED:
        probability = np.exp(choice(terms, TRUE))
        utility = np.tensordot(np.append(1, TRUE[:3]), terms, axes=([0], [1]))
        slopes = np.concatenate([terms[:, 1:] / TRUE[3], -utility[:, None] / TRUE[3] ** 2], axis=1)
        centred = slopes - np.einsum("gkx,gx->gk", slopes, probability)[..., None]
        information += np.einsum("gkx,glx,gx->kl", centred, centred, probability)
    bound = np.sqrt(np.diagonal(np.linalg.inv(information)))
    assert bound == pytest.approx([0.20, 0.24, 0.20, 2.3], rel=0.15)
    thirty = bound / np.sqrt(30)
    assert (np.array([0.030, 0.041, 0.021, 0.18]) < 1.1 * thirty).all() and thirty[:3].max() < 0.05


def test_preferences_are_recovered_from_choice_probabilities() -> None:
    assert fitted([np.exp(choice(terms, TRUE)) for terms in EXPECTED]) == pytest.approx(TRUE, rel=1e-3)


def test_preferences_are_recovered_from_thirty_passes() -> None:
    rng = np.random.default_rng(0)
    likely = [np.exp(choice(terms, TRUE)) for terms in EXPECTED]
    found = [fitted([rng.multinomial(30, p) for p in likely]) for _ in range(15)]
    assert np.median(found, axis=0) == pytest.approx(TRUE, abs=0.03, rel=0.1)


def test_one_who_never_wavers_has_no_estimate() -> None:
    """Whoever chooses the first strategy in every game is explained better and better by less and less noise."""
    always_first = [np.eye(terms.shape[-1])[[0] * len(terms)] for terms in EXPECTED]
    found = fitted(always_first)
    losses = [loss(found * [1, 1, 1, factor], always_first) for factor in (2, 1, 0.5)]
    assert losses == sorted(losses, reverse=True) and losses[1] < 1e-3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"kappa": 1.1}, r"kappa must lie in \[0, 1\].*got 1.1"),
        ({"kappa": -0.1}, "kappa must lie"),
        ({"kappa": float("nan")}, "kappa.*finite"),
        ({"alpha": float("inf")}, "alpha.*finite.*inf"),
    ],
)
def test_preferences_out_of_range_are_refused(given: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Preference(**given)
    with pytest.raises(ValueError, match=message):
        utilities("spd1", **{name: [0.0, number] for name, number in given.items()})


def test_what_is_no_number_or_no_game_is_refused() -> None:
    with pytest.raises(ValueError, match="beta of a preference must be a finite number, got 'much'"):
        Preference(beta="much")
    with pytest.raises(ValueError, match="unknown game 'tg9'. Did you mean 'tg"):
        utilities("tg9")
    with pytest.raises(ValueError, match="two players"):
        utilities("public_goods")
