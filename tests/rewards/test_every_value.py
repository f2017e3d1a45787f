"""What holds for every value that has a name: libraries, games, players, copies, text."""

from __future__ import annotations

import copy
import pickle
from itertools import permutations, product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import moral_games as mg
from moral_games.rewards import value
from moral_games.rewards.function import VALUES

NAMES = mg.rewards.names()
SYMMETRIC_ONLY = ("homo_moralis", "universalisability")


def by_count(players: int, count: int, seed: int = 0) -> mg.MatrixGame:
    """A symmetric game: the payoff depends on the own action and how much the others' add up to."""
    drawn = np.random.default_rng(seed).integers(-3, 9, (count, count * players)).astype(float)
    payoffs = np.zeros((count,) * players + (players,))
    for joint in product(range(count), repeat=players):
        payoffs[joint] = [drawn[own, sum(joint) - own] for own in joint]
    return mg.MatrixGame.from_payoffs(payoffs)


def rounds(game: mg.MatrixGame, rng: np.random.Generator, size: int = 60) -> tuple[np.ndarray, np.ndarray]:
    previous, actions = rng.integers(-1, min(game.shape), (2, size, game.players))
    return previous, actions


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("game", [mg.games.get("ipd"), mg.games.get("rock_paper_scissors"), by_count(3, 3)])
def test_torch_agrees_with_numpy(name: str, game: mg.MatrixGame, rng: np.random.Generator) -> None:
    previous, actions = rounds(game, rng)
    reward = mg.rewards.get(name)
    found = reward(mg.Outcome(game, torch.from_numpy(previous), torch.from_numpy(actions)))
    assert isinstance(found, torch.Tensor)
    np.testing.assert_allclose(found.numpy(), reward(mg.Outcome(game, previous, actions)), atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_jax_agrees_with_numpy_under_jit(name: str, rng: np.random.Generator) -> None:
    import jax

    game = by_count(3, 3)
    previous, actions = rounds(game, rng)
    reward = mg.rewards.get(name)
    found = jax.jit(lambda p, a: reward(mg.Outcome(game, p, a)))(previous, actions)
    np.testing.assert_allclose(np.asarray(found), reward(mg.Outcome(game, previous, actions)), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("game_name", mg.games.names())
def test_it_is_finite_on_every_catalogue_game_or_says_why_not(name: str, game_name: str) -> None:
    game = mg.games.get(game_name)
    reward = mg.rewards.get(name)
    joint = np.array(list(product(*(range(-1, count) for count in game.shape))))
    before, now = np.broadcast_arrays(joint[:, None], joint[None, :])
    outcome = mg.Outcome(game, before, now)
    if name in SYMMETRIC_ONLY and not game.is_symmetric:
        with pytest.raises(ValueError, match=f"{name}.*symmetric.*{game_name}"):
            reward(outcome)
    else:
        assert np.isfinite(reward(outcome)).all()


@pytest.mark.parametrize("name", NAMES)
def test_it_does_not_matter_in_which_seat_a_player_sits(name: str, rng: np.random.Generator) -> None:
    game = by_count(3, 3)
    previous, actions = rounds(game, rng)
    expected = mg.rewards.get(name)(mg.Outcome(game, previous, actions))
    for order in permutations(range(3)):
        seats = list(order)
        found = mg.rewards.get(name)(mg.Outcome(game, previous[:, seats], actions[:, seats]))
        np.testing.assert_allclose(found, expected[:, seats], atol=1e-12)


@value
def values_of_ones_own(outcome, label="plain", *, weight=1.0):
    return weight * outcome.payoffs


VALUES.pop("values_of_ones_own")


def strikes_first(others, action):
    return (action > 0) & (others == 0)


@pytest.mark.parametrize(
    "reward",
    [
        *map(mg.rewards.get, NAMES),
        mg.rewards.parse("selfish - 0.5 * norm('own == 1', penalty=2) + homo_moralis(kappa=0.3)"),
        mg.rewards.norm(strikes_first, penalty=2),
        values_of_ones_own("mine", weight=2),
    ],
    ids=str,
)
def test_it_survives_pickling_and_copying(reward: mg.RewardFunction, rng: np.random.Generator) -> None:
    game = by_count(3, 3)
    outcome = mg.Outcome(game, *rounds(game, rng))
    for again in (pickle.loads(pickle.dumps(reward)), copy.deepcopy(reward)):
        assert again == reward and hash(again) == hash(reward) and str(again) == str(reward)
        assert np.array_equal(again(outcome), reward(outcome))


finite = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.floats(-1e9, 1e9)), min_size=1, max_size=4), finite, finite)
def test_it_is_read_as_it_is_printed(terms, alpha: float, beta: float) -> None:
    reward = mg.rewards.inequity_aversion(alpha=alpha, beta=beta)
    for name, weight in terms:
        reward = reward + weight * mg.rewards.get(name)
    assert mg.rewards.parse(str(reward)) == reward


def test_numbers_print_without_needless_digits() -> None:
    assert str(mg.rewards.get("deontological", penalty=3)) == "deontological(penalty=3)"
    assert str(mg.rewards.get("homo_moralis", kappa=np.float64(1 / 3))) == "homo_moralis(kappa=0.3333333333333333)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("utilitarain", "unknown reward 'utilitarain'.*'utilitarian'"),
        ("deontological(penality=3)", "no parameter 'penality'; it has penalty"),
        ("selfish(penalty=3)", "no parameter 'penalty'; it has none"),
        ("deontological(3)", r"by name: deontological\(penalty=3\)"),
        ("deontological(**{'penalty': 3})", "cannot read"),
        ("selfish + 3", "only be added to a reward"),
        ("selfish * selfish", "multiplied by a number"),
        ("__import__('os')", "unknown reward '__import__'"),
        ("selfish.__class__", "cannot read"),
        ("selfish(", "cannot read"),
        ("3", "cannot read"),
        ("True * selfish", "cannot read"),
        ("virtue_mixed(equality_weight='x')", "must be a finite number, got 'x'"),
        ("virtue_mixed(equality_weight=x)", "expected a number, got 'x'"),
        ("virtue_mixed(equality_weight=2)", r"equality_weight must lie in \[0, 1\], got 2"),
        ("virtue_mixed_graded(equality_weight=-1)", r"equality_weight must lie in \[0, 1\], got -1"),
        ("homo_moralis(kappa=1.5)", r"kappa must lie in \[0, 1\], got 1.5"),
        ("norm(3)", "must be a text, got 3"),
    ],
)
def test_what_is_not_a_reward_is_refused_when_it_is_made(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        mg.rewards.parse(text)


def test_parameters_are_finite_numbers() -> None:
    for wrong in (float("nan"), float("inf"), True, "3", None):
        with pytest.raises(ValueError, match="finite number"):
            mg.rewards.get("deontological", penalty=wrong)
    with pytest.raises(TypeError, match="a reward is"):
        mg.rewards.as_reward(3)  # type: ignore[arg-type]
