"""What trainers share that see a language model as the table that it is: every state, every action, no sampling.

Every update tells the game in several ways, each under every assignment of its labels, so that no label
earns anything by itself. The objective is the subclass's.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.analysis.chain import discounted_occupancy
from moral_games.llm.adapters import trainable
from moral_games.llm.policy import question
from moral_games.llm.scoring import Question, TokenTree, batches, log_probabilities, tree
from moral_games.llm.stepping import SteppingTrainer

GOES_ON = 0.8
"""How probable another round is in the episodes whose action types the history tells: five rounds on average."""


@dataclass(eq=False)
class TableTrainer(SteppingTrainer):
    """A language model whose whole table is trained at once; see `SteppingTrainer`."""

    def update(self) -> dict[str, Any]:
        """Make one step, and validate when it is due; see `SteppingTrainer.update`."""
        return self.learn(self.questions())

    def questions(self) -> list[Question]:
        """Draw what is asked in an update."""
        lesson = self.lesson
        return [question(lesson.game, told, lesson.memory) for told in lesson.told(self.rng, self.settings.tellings)]

    def learn(self, questions: Sequence[Question]) -> dict[str, Any]:
        """Make the step of an update that asks these questions; see `update`."""
        self.optimizer.zero_grad()
        policies, loss = self._accumulate(questions)
        record = self._step(loss) | {
            "reward": float(
                np.mean([self.lesson.problem.episode_reward(policy, self.settings.rounds) for policy in policies])
            ),
            "legal_mass": float(policies[..., :-1].sum(-1).mean()),
            "p_cooperate": policies[..., 0].mean(axis=0).tolist(),
            "action_types": self._action_types(policies),
        }
        return record | self._looked()

    @abstractmethod
    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        """Add the gradient of all questions; return their policies (Q, S, A + 1) and mean loss."""

    def _action_types(self, policies: NDArray[np.float64]) -> dict[str, float]:
        """Return the mean share of action types in episodes against the opponent."""
        problem = self.lesson.problem
        acting = policies.mean(axis=0)[problem.situations.memory[:, 0]]
        first, moves = problem.situations.first("random"), np.einsum("ka,kal->kl", acting, problem.moves)
        return self.lesson.action_types(discounted_occupancy(moves, first, GOES_ON)[:, None] * acting)


class ScoreTrainer(TableTrainer):
    """A trainer whose objective is a function of the labels' log-probabilities; the objective is the subclass's."""

    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        """Add the gradient of all questions; return their policies (Q, S, A + 1) and mean loss."""
        team = self.model.team
        trees = [tree(self.model, asked) for asked in team.share(questions)]
        policies, loss = self._read_at_once(
            lambda tokens: self._read(trees, len(questions), tokens),
            least=team.least(trees, self.settings.micro_batch_tokens),
        )
        team.add_up(trainable(self.model))
        return np.stack(team.gathered(policies)), sum(team.everyones(loss))

    def _read(self, trees: Sequence[TokenTree], of: int, tokens: int) -> tuple[list[NDArray[np.float64]], float]:
        """Leave the gradient of the loss of these trees, over how many there are of all, in the weights.

        So many tokens are read at once. Returns the policies, and the loss.
        """
        self.optimizer.zero_grad()
        policies: list[NDArray[np.float64]] = []
        total = 0.0
        for group in batches(trees, tokens):
            part = [trees[k] for k in group]
            scores = torch.stack(log_probabilities(self.model, part))
            loss, now = self._loss(scores, self._base_scores(part))
            (loss / of).backward()
            policies += list(now)
            total += float(loss.detach()) / of
        return policies, total

    def _base_scores(self, trees: Sequence[TokenTree]) -> torch.Tensor | None:
        """Return what the model says without adapters, (Q, S, A), where the objective asks for it."""
        return None

    @abstractmethod
    def _loss(self, scores: torch.Tensor, base: torch.Tensor | None) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Return minus the objective, summed over tellings, and the policies (Q, S, A + 1) it was taken at.

        Parameters
        ----------
        scores
            (Q, S, A) label log-probabilities.
        base
            The same of the base model, or None.
        """


def with_illegal(scores: torch.Tensor) -> torch.Tensor:
    """Return probabilities (..., A + 1), an illegal answer last, from label log-probabilities (..., A)."""
    legal = scores.exp()
    return torch.cat([legal, (1.0 - legal.sum(dim=-1, keepdim=True)).clamp_min(0.0)], dim=-1)
