"""The mathematics of PPO: every function is what the papers say, checked by hand and against definitions."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from moral_games.llm.losses import (
    Moments,
    advantages,
    next_kl_weight,
    ppo_loss,
    token_rewards,
    value_loss,
    whitened,
)

UNIT = st.floats(0, 1)
NUMBERS = st.floats(-10, 10)


def drawn(seed: int, rows: int = 4, length: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Two arrays (N, L) and a mask in which every row has a first token."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, length + 1, rows)
    one, other = rng.normal(size=(2, rows, length))
    return torch.tensor(one), torch.tensor(other), torch.tensor(np.arange(length) < lengths[:, None])


def test_the_score_falls_on_the_last_token_and_each_token_pays_for_its_divergence() -> None:
    mask = torch.tensor([[True, True], [True, False]])
    divergence = torch.tensor([[0.5, -1.0], [2.0, 99.0]])
    found = token_rewards(torch.tensor([3.0, -1.0]), divergence, mask, 0.2)
    torch.testing.assert_close(found, torch.tensor([[-0.1, 3.2], [-1.4, 0.0]]))


@given(seed=st.integers(0, 1000), discount=UNIT, gae_lambda=UNIT)
def test_advantages_are_their_definition(seed: int, discount: float, gae_lambda: float) -> None:
    """A_t = Σ_k (γλ)^k δ_{t+k}, over the tokens that were said."""
    rewards, values, mask = drawn(seed)
    found, returns = advantages(rewards, values, mask, discount, gae_lambda)
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        v = [*values[row, :length].tolist(), 0.0]
        errors = [float(rewards[row, t]) + discount * v[t + 1] - v[t] for t in range(length)]
        for t in range(length):
            expected = sum((discount * gae_lambda) ** k * error for k, error in enumerate(errors[t:]))
            assert float(found[row, t]) == pytest.approx(expected)
            assert float(returns[row, t]) == pytest.approx(expected + v[t])
        assert not found[row, length:].any()


def test_advantages_without_discounts_are_what_is_still_to_come_less_the_value() -> None:
    rewards, values = torch.tensor([[1.0, 2.0, 4.0]]), torch.tensor([[10.0, 20.0, 30.0]])
    found, returns = advantages(rewards, values, torch.ones(1, 3, dtype=torch.bool), 1.0, 1.0)
    assert found.tolist() == [[-3.0, -14.0, -26.0]] and returns.tolist() == [[7.0, 6.0, 4.0]]


@given(seed=st.integers(0, 1000))
def test_whitened_numbers_have_mean_0_and_variance_1_over_what_was_said(seed: int) -> None:
    numbers, _, mask = drawn(seed)
    found = whitened(numbers, mask)[mask].numpy()
    assert found.mean() == pytest.approx(0, abs=1e-12) and found.var(ddof=1) == pytest.approx(1, rel=1e-4)
    assert not whitened(numbers, mask)[~mask].any()


def test_a_single_token_is_whitened_to_0() -> None:
    assert whitened(torch.tensor([[3.0]]), torch.tensor([[True]])).tolist() == [[0.0]]


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [
        (1.0, 2.0, -2.0, -2.0),
        (1.5, 2.0, -2.4, 0.0),  # as probable as it may become: no further
        (0.5, 2.0, -1.0, -1.0),  # has become improbable though it was good: back
        (0.5, -2.0, 1.6, 0.0),  # as improbable as it may become
        (1.5, -2.0, 3.0, 3.0),  # has become probable though it was bad: back
    ],
)
def test_the_clipped_surrogate_by_hand(ratio: float, advantage: float, loss: float, slope: float) -> None:
    """Figure 1 of Schulman et al. (2017), with ε = 0.2; the slope is that in the log-probability."""
    now = torch.tensor([[np.log(ratio), 5.0]], requires_grad=True)
    mask = torch.tensor([[True, False]])
    found = ppo_loss(now, torch.zeros(1, 2), torch.tensor([[advantage, 7.0]]), mask, 0.2)
    found.backward()
    assert now.grad is not None
    assert float(found.detach()) == pytest.approx(loss) and now.grad.tolist() == [[pytest.approx(slope), 0.0]]


@pytest.mark.parametrize(
    ("now", "before", "returned", "loss", "slope"),
    [
        (1.0, 1.0, 2.0, 0.5, -1.0),
        (1.5, 1.0, 2.0, 0.32, 0.0),  # 1.5 counts as 1.2: half of 0.8²
        (0.5, 1.0, 2.0, 1.125, -1.5),  # 0.5 counts as 0.8, which is nearer than it is
        (3.0, 1.0, 1.0, 2.0, 2.0),
    ],
)
def test_the_clipped_value_loss_by_hand(now: float, before: float, returned: float, loss: float, slope: float) -> None:
    value = torch.tensor([[now]], requires_grad=True)
    found = value_loss(value, torch.tensor([[before]]), torch.tensor([[returned]]), torch.tensor([[True]]), 0.2)
    found.backward()
    assert value.grad is not None
    assert float(found.detach()) == pytest.approx(loss) and float(value.grad) == pytest.approx(slope)


@pytest.mark.parametrize(
    ("divergence", "expected"),
    [(6.0, 0.2), (6.6, 0.2 * (1 + 0.1 * 5 / 10_000)), (60.0, 0.2 * (1 + 0.2 * 5 / 10_000)), (0.0, 0.2 * 0.9999)],
)
def test_the_kl_controller_follows_its_formula(divergence: float, expected: float) -> None:
    """Published constants: target 6, horizon 10,000, five answers an update."""
    assert next_kl_weight(0.2, divergence, 5, 6.0, 10_000) == pytest.approx(expected, rel=1e-12)


@given(st.lists(st.lists(NUMBERS, min_size=1, max_size=6), min_size=1, max_size=5))
def test_running_moments_are_those_of_all_rewards_so_far(batches: list[list[float]]) -> None:
    moments = Moments()
    for batch in batches:
        moments = moments.after(np.array(batch))
    together = np.concatenate([np.array(batch) for batch in batches])
    assert moments.count == len(together)
    assert moments.mean == pytest.approx(together.mean(), abs=1e-9)
    assert moments.variance == pytest.approx(together.var(), abs=1e-9)
    if len(together) > 1 and together.std() > 1e-3:
        expected = (together - together.mean()) / together.std(ddof=1)
        assert moments.scaled(together) == pytest.approx(expected, abs=1e-3)


def test_rewards_that_are_all_the_same_teach_nothing() -> None:
    rewards = np.full(5, -6.0)
    assert not Moments().after(rewards).scaled(rewards).any()
