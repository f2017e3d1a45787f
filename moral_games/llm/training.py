"""Moral fine-tuning by the exact policy gradient.

In a repeated matrix game a language model is a small table of action probabilities, so nothing
needs to be sampled: the gradient of the expected reward is a sum over all states, weighted by how
often they are visited, and over all actions, weighted by what they bring. Every update tells the
game in several ways, each under every assignment of its labels to the actions, so that no label
earns anything by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games import text
from moral_games.analysis import DecisionProblem, evaluate
from moral_games.games import MatrixGame
from moral_games.llm.adapters import copy_weights, set_weights, trainable
from moral_games.llm.models import TextModel
from moral_games.llm.options import Settings
from moral_games.llm.policy import question, tables
from moral_games.llm.scoring import Question, TokenTree, batches, log_probabilities, tree
from moral_games.opponents import AnyOpponent, seated
from moral_games.policy import PolicyTable
from moral_games.repeated import RepeatedGame
from moral_games.rewards import RewardFunction

SMALL_FAULT = 0.05
"""Validation faults up to this are not told apart when it is decided which weights to keep."""


@dataclass(eq=False)
class Training:
    """A language model learning to play a game under a value; call `update` until it is `finished`.

    Parameters
    ----------
    model
        A model with adapters (`adapters.add_lora`).
    game
        A game of two players; the model is player 0.
    reward
        The value that is taught.
    opponent
        Who plays against the model.
    settings
        How.
    rng
        Where every draw comes from.
    wording
        The wording of the prompts.
    """

    model: TextModel
    game: MatrixGame
    reward: RewardFunction
    opponent: AnyOpponent
    settings: Settings
    rng: np.random.Generator
    wording: str = "compact"

    done: int = 0
    best_fault: float = float("inf")
    best_update: int = 0
    passes: int = 0

    def __post_init__(self) -> None:
        self.problem = DecisionProblem.build(
            RepeatedGame.compile(self.game, self.reward), seated(self.opponent, self.game)
        )
        weights = list(trainable(self.model).values())
        self.optimizer = torch.optim.AdamW(weights, lr=self.settings.learning_rate, weight_decay=0.0)
        self.average = copy_weights(self.model)
        self.best_weights = copy_weights(self.model)

    @property
    def finished(self) -> bool:
        """Whether the last update is done, or validation was passed twice in a row."""
        return self.done >= self.settings.updates or self.passes >= 2

    @cached_property
    def validation(self) -> tuple[text.Presentation, ...]:
        """The presentations that decide when to stop; never trained on, never judged on."""
        return text.validation(self.game.shape[0], self.wording)

    def update(self) -> dict[str, Any]:
        """Make one step of gradient ascent, and validate when it is due.

        Returns
        -------
        dict
            What happened, as JSON: the history's line.

        Raises
        ------
        FloatingPointError
            If the loss is not a number; the weights are those of the last update.
        """
        told = [
            told
            for _ in range(self.settings.tellings)
            for told in text.draw(self.rng, self.game.shape[0], self.wording).assignments()
        ]
        questions = [question(self.game, presentation) for presentation in told]
        learning_rate = self._learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.zero_grad()
        policies, loss = self._accumulate(questions)
        norm = float(torch.nn.utils.clip_grad_norm_(list(trainable(self.model).values()), 1.0))
        if not np.isfinite([loss, norm]).all():
            raise FloatingPointError(
                f"update {self.done + 1} has loss {loss} and gradient norm {norm}; lower the learning rate and resume"
            )
        self.optimizer.step()
        self.done += 1
        self._follow()
        record = {
            "update": self.done,
            "loss": loss,
            "reward": float(
                np.mean([self.problem.episode_reward(policy, self.settings.rounds) for policy in policies])
            ),
            "gradient_norm": norm,
            "learning_rate": learning_rate,
            "legal_mass": float(policies[..., :-1].sum(-1).mean()),
            "p_cooperate": policies[..., 0].mean(axis=0).tolist(),
            "action_types": self._action_types(policies),
        }
        if self.done % self.settings.validate_every == 0 or self.done == self.settings.updates:
            record["validation"] = self._validate()
        return record

    def keep_best(self) -> None:
        """Put back the weights that did best on the validation presentations."""
        set_weights(self.model, self.best_weights)

    def _follow(self) -> None:
        """Move the running average towards the present weights, faster in the first updates."""
        keep = min(self.settings.averaging, (self.done - 1) / (self.done + 8))
        for name, parameter in trainable(self.model).items():
            self.average[name].lerp_(parameter.detach(), 1 - keep)

    def _learning_rate(self) -> float:
        """Return the learning rate of the next update."""
        settings = self.settings
        warm = min(1.0, (self.done + 1) / max(settings.warm_up, 1))
        return settings.learning_rate * warm * (1 - self.done / settings.updates) ** 2

    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        """Add the gradient of all questions; return their policies (Q, S, A + 1) and mean loss."""
        trees = [tree(self.model, asked) for asked in questions]
        policies, total = [], 0.0
        for group in batches(trees, self.settings.micro_batch_tokens):
            part = [trees[k] for k in group]
            scores = torch.stack(log_probabilities(self.model, part))
            loss, now = self._loss(scores, self._base_scores(part))
            (loss / len(trees)).backward()
            policies.append(now)
            total += float(loss.detach()) / len(trees)
        return np.concatenate(policies), total

    def _base_scores(self, trees: Sequence[TokenTree]) -> torch.Tensor | None:
        if not self.settings.kl:
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
        settings = self.settings
        weights = np.stack([self.problem.policy_gradient(table, settings.rounds, settings.discount) for table in fixed])
        objective = (torch.as_tensor(weights, dtype=policy.dtype, device=policy.device) * policy).sum()
        objective = objective + settings.legality * torch.logsumexp(scores, dim=-1).mean(dim=1).sum()
        if settings.entropy:
            legal = torch.log_softmax(scores, dim=-1)
            objective = objective - settings.entropy * (legal.exp() * legal).sum(dim=-1).mean(dim=1).sum()
        if base is not None:
            divergence = policy * (torch.log(policy.clamp_min(1e-9)) - torch.log(with_illegal(base).clamp_min(1e-9)))
            objective = objective - settings.kl * divergence.sum(dim=-1).mean(dim=1).sum()
        return -objective, fixed

    def _validate(self) -> dict[str, float]:
        """Judge the averaged weights on the validation presentations, and remember them if they are the best.

        Their *fault* is the largest moral regret of any presentation, or the largest illegal mass in
        any of its states, whichever is more.
        """
        present = copy_weights(self.model)
        set_weights(self.model, self.average)
        told = tables(self.model, self.game, self.validation)
        set_weights(self.model, present)
        regrets = [
            evaluate(PolicyTable(table), "random", self.game, self.reward, initial="random").moral_regret
            for table in told
        ]
        legal = told.sum(axis=-1)
        fault = max(*regrets, 1.0 - float(legal.min()))
        # Of two policies that hardly differ the later one has seen more.
        if fault <= max(self.best_fault, SMALL_FAULT):
            self.best_fault, self.best_update = fault, self.done
            self.best_weights = {name: weight.clone() for name, weight in self.average.items()}
        self.passes = self.passes + 1 if fault <= self.settings.stop_fault else 0
        return {"fault": fault, "regret": float(np.mean(regrets)), "legal_mass": float(legal.mean())}

    def _action_types(self, policies: NDArray[np.float64]) -> dict[str, float]:
        """Return the mean share of action types in episodes against the opponent."""
        mean = PolicyTable(policies[..., :-1].mean(axis=0))
        types = evaluate(mean, self.opponent, self.game, self.reward, discount=0.8, initial="random").action_types
        return {key: share for key, share in types.items() if not key.endswith("|start")}


def with_illegal(scores: torch.Tensor) -> torch.Tensor:
    """Return probabilities (..., A + 1), an illegal answer last, from label log-probabilities (..., A)."""
    legal = scores.exp()
    return torch.cat([legal, (1.0 - legal.sum(dim=-1, keepdim=True)).clamp_min(0.0)], dim=-1)
