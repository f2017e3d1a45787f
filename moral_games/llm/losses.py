"""The mathematics of proximal policy optimisation on sampled answers, as pure functions.

N answers of at most L tokens are arrays (N, L) with a mask of the tokens that were said: each row's first ones.
Sources: Schulman et al. (2016, 2017), Ziegler et al. (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray


def token_rewards(scores: torch.Tensor, divergence: torch.Tensor, mask: torch.Tensor, weight: float) -> torch.Tensor:
    """Return each token's reward (N, L): minus its weighted divergence, and the score on an answer's last token.

    Parameters
    ----------
    scores
        (N,) rewards of the answers.
    divergence
        (N, L): log-probability of each token minus that under the base model.
    mask
        (N, L) bool: the tokens that were said; each row's first ones.
    weight
        Of the divergence.
    """
    last = mask.sum(dim=1, keepdim=True) - 1
    return (-weight * divergence * mask).scatter_add(1, last, scores[:, None])


def advantages(
    rewards: torch.Tensor, values: torch.Tensor, mask: torch.Tensor, discount: float, gae_lambda: float
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return generalised advantage estimates and returns, (N, L) each.

    A_t = Σ_k (γλ)^k δ_{t+k} with δ_t = r_t + γ V_{t+1} - V_t, and 0 after the last token; the return is
    A_t + V_t. Source: Schulman et al. (2016), equation 16.
    """
    rewards, values = rewards * mask, values * mask
    following = torch.cat([values[:, 1:], torch.zeros_like(values[:, :1])], dim=1)
    errors = rewards + discount * following - values
    found = torch.zeros_like(values)
    ahead = torch.zeros_like(values[:, 0])
    for step in reversed(range(values.shape[1])):
        ahead = errors[:, step] + discount * gae_lambda * ahead
        found[:, step] = ahead
    return found, found + values


def whitened(numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return numbers (N, L) with mean 0 and variance 1 over the masked ones (unbiased; 1e-8 added to it)."""
    count = mask.sum()
    mean = (numbers * mask).sum() / count
    variance = ((numbers - mean) ** 2 * mask).sum() / (count - 1).clamp_min(1)
    return (numbers - mean) * torch.rsqrt(variance + 1e-8) * mask


def ppo_loss(
    now: torch.Tensor, before: torch.Tensor, advantage: torch.Tensor, mask: torch.Tensor, clip: float
) -> torch.Tensor:
    """Return the clipped surrogate loss, the mean over masked tokens.

    With the ratio ρ = exp(now - before) of a token's probabilities it is the mean of
    max(-ρ A, -clip(ρ, 1-ε, 1+ε) A). Source: Schulman et al. (2017), equation 7.
    """
    ratio = torch.exp(now - before)
    losses = torch.maximum(-ratio * advantage, -ratio.clamp(1 - clip, 1 + clip) * advantage)
    return (losses * mask).sum() / mask.sum()


def value_loss(
    now: torch.Tensor, before: torch.Tensor, returns: torch.Tensor, mask: torch.Tensor, clip: float
) -> torch.Tensor:
    """Return half the mean squared error of values, the larger of that of the value and of the value clipped.

    A value counts as moved by `clip` at most from where it was, so that moving it further earns nothing.
    """
    near = torch.minimum(torch.maximum(now, before - clip), before + clip)
    losses = torch.maximum((now - returns) ** 2, (near - returns) ** 2)
    return 0.5 * (losses * mask).sum() / mask.sum()


def next_kl_weight(weight: float, divergence: float, answers: int, target: float, horizon: int) -> float:
    """Return the weight of the divergence after so many answers of a mean divergence.

    It grows by the factor 1 + clip(divergence / target - 1, ±0.2) answers / horizon. Source: Ziegler et
    al. (2019), section 2.2.
    """
    error = float(np.clip(divergence / target - 1, -0.2, 0.2))
    return weight * (1 + error * answers / horizon)


@dataclass(frozen=True)
class Moments:
    """Mean and variance of all rewards so far."""

    count: int = 0
    """How many rewards there were."""
    mean: float = 0.0
    """Their mean."""
    variance: float = 1.0
    """Their variance."""

    def after(self, rewards: NDArray[np.float64]) -> Moments:
        """Return the moments with further rewards, (N,), among them."""
        count = self.count + len(rewards)
        shift = float(rewards.mean()) - self.mean
        squares = self.variance * self.count + float(rewards.var()) * len(rewards)
        squares += shift**2 * self.count * len(rewards) / count
        return Moments(count, self.mean + shift * len(rewards) / count, squares / count)

    def scaled(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rewards less the mean, over the (unbiased) standard deviation."""
        deviation = np.sqrt(self.variance * self.count / max(self.count - 1, 1))
        return (rewards - self.mean) / (deviation + np.finfo(np.float32).eps)
