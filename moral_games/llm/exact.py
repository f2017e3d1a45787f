"""Moral fine-tuning by the exact policy gradient.

In a repeated matrix game a language model is a small table of action probabilities, so nothing
needs to be sampled: the gradient of the expected reward is a sum over all states, weighted by how
often they are visited, and over all actions, weighted by what they bring.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.llm.scoring import TokenTree, log_probabilities
from moral_games.llm.settings import Algorithm, Exact
from moral_games.llm.shaping import shaping
from moral_games.llm.whole_table import ScoreTrainer, with_illegal


@dataclass(eq=False)
class ExactTrainer(ScoreTrainer):
    """A language model that follows the exact policy gradient; see `ScoreTrainer`."""

    own: Exact

    algorithm: ClassVar[Algorithm] = "exact"

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        return f"{self.lesson.described(self.settings.tellings)}; exact gradient over all states and actions"

    def _base_scores(self, trees: Sequence[TokenTree]) -> torch.Tensor | None:
        if not self.own.kl:
            return None
        with torch.no_grad(), self.model.model.disable_adapter():
            return torch.stack(log_probabilities(self.model, trees))

    def _loss(self, scores: torch.Tensor, base: torch.Tensor | None) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Return minus the objective, summed over tellings, and the policies it was taken at.

        Parameters
        ----------
        scores
            (Q, S, A) label log-probabilities.
        base
            The same of the base model, or None.
        """
        policy = with_illegal(scores)
        fixed = policy.detach().double().cpu().numpy()
        rounds, settings = self.settings.rounds, self.own
        weights = np.stack([self.lesson.problem.policy_gradient(table, rounds, settings.discount) for table in fixed])
        if settings.look_ahead:
            weights = weights + settings.look_ahead * shaping(self.lesson, fixed.mean(axis=0), rounds)
        objective = (torch.as_tensor(weights, dtype=policy.dtype, device=policy.device) * policy).sum()
        objective = objective + settings.legality * torch.logsumexp(scores, dim=-1).mean(dim=1).sum()
        if settings.entropy:
            legal = torch.log_softmax(scores, dim=-1)
            objective = objective - settings.entropy * (legal.exp() * legal).sum(dim=-1).mean(dim=1).sum()
        if base is not None:
            divergence = policy * (torch.log(policy.clamp_min(1e-9)) - torch.log(with_illegal(base).clamp_min(1e-9)))
            objective = objective - settings.kl * divergence.sum(dim=-1).mean(dim=1).sum()
        return -objective, fixed
