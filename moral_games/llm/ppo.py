"""Moral fine-tuning by proximal policy optimisation: the recipe of Tennant et al. (2025), in plain torch.

The model plays episodes of a few rounds and its answers are sampled. Every answer is one trajectory, its
tokens the steps: the reward of the round falls on the last token, and every token pays for its divergence
from the model without adapters. A linear head on the last hidden state estimates the return. The mathematics
is in `moral_games.llm.losses`; here is the order in which it is used.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from moral_games.llm import adapters
from moral_games.llm.adapters import copy_weights, trainable
from moral_games.llm.losses import (
    Moments,
    advantages,
    next_kl_weight,
    ppo_loss,
    token_rewards,
    value_loss,
    whitened,
)
from moral_games.llm.models import TextModel
from moral_games.llm.policy import question
from moral_games.llm.sampling import Answers, Asked, play, read
from moral_games.llm.settings import PPO, Algorithm
from moral_games.llm.stepping import LessonTrainer
from moral_games.llm.validation import Weights
from moral_games.runs import read_json, write_json

VALUE_HEAD = "value-head.safetensors"


@dataclass(eq=False)
class PPOTrainer(LessonTrainer):
    """A language model that learns by PPO; see `LessonTrainer`."""

    own: PPO

    moments: Moments = field(default_factory=Moments, init=False)
    """Of the rewards so far, by which they are scaled."""

    algorithm: ClassVar[Algorithm] = "ppo"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.head = _value_head(self.model, self.rng)
        self.kl_weight = self.own.kl
        self.weights = [*trainable(self.model).values(), *self.head.parameters()]
        self.optimizer = torch.optim.Adam(self.weights, lr=self.learning_rate)

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        ppo, told = self.own, self.lesson.described(self.settings.tellings)
        played = (
            f"{ppo.episodes} sampled episode(s) of {self.settings.rounds} rounds under each, {ppo.epochs} epochs of PPO"
        )
        return f"{told}; {played}" + (f", as published: {', '.join(ppo.as_published)}" if ppo.as_published else "")

    def judged(self) -> Weights:
        """Return the weights as they are."""
        return copy_weights(self.model)

    def update(self) -> dict[str, Any]:
        """Play, learn from the answers, and validate when it is due.

        Returns
        -------
        dict
            The history's line, as JSON; ``kl`` is an answer's mean divergence, ``kl_weight`` what it was
            weighted with.

        Raises
        ------
        FloatingPointError
            If the loss is not a number.
        """
        told = self.lesson.told(self.rng, self.settings.tellings)
        asked = [Asked.of(self.model, question(self.lesson.game, entry, self.lesson.memory)) for entry in told]
        answers = self._play(asked * self.own.episodes)
        divergence, learned = self._learn(answers)
        record = {
            "update": self.done + 1,
            "reward": float(answers.rewards.mean()),
            "legal_mass": answers.legal,
            "learning_rate": self.learning_rate,
            "kl": divergence,
            "kl_weight": self.kl_weight,
            **learned,
            "action_types": self.lesson.action_types(answers.shares(self.lesson)),
        }
        self.kl_weight = next_kl_weight(
            self.kl_weight, divergence, len(answers.said), self.own.kl_target, self.own.kl_horizon
        )
        self.done += 1
        return record | self._looked()

    def save(self, folder: Path) -> None:
        """Write all that what follows depends on into an empty folder."""
        adapters.save_training(self.model, self.optimizer, folder)
        save_file({name: weight.cpu() for name, weight in self.head.state_dict().items()}, folder / VALUE_HEAD)
        state = {
            "done": self.done,
            "kl_weight": self.kl_weight,
            "moments": asdict(self.moments),
            "rng": self.rng.bit_generator.state,
            "validation": self.validation.save(folder),
        }
        write_json(folder / adapters.STATE, state)

    def load(self, folder: Path) -> None:
        """Go back to where `save` was called."""
        adapters.load_training(self.model, self.optimizer, folder)
        self.head.load_state_dict(load_file(folder / VALUE_HEAD, device=str(self.model.device)))
        state = read_json(folder / adapters.STATE)
        self.done, self.kl_weight, self.moments = state["done"], state["kl_weight"], Moments(**state["moments"])
        self.rng.bit_generator.state = state["rng"]
        self.validation.load(folder, state["validation"])

    def _play(self, asked: list[Asked]) -> Answers:
        """Play an episode under each telling; where the slip is repeated, with adapters that drop out."""
        if not (self.own.repeats("dropout") and self.done):
            return play(self.model, self.lesson, asked, self.settings.rounds, self.rng)
        with torch.random.fork_rng():
            torch.manual_seed(int(self.rng.integers(2**63)))
            self.model.model.train()
            try:
                return play(self.model, self.lesson, asked, self.settings.rounds, self.rng)
            finally:
                self.model.model.eval()

    def _learn(self, answers: Answers) -> tuple[float, dict[str, float]]:
        """Learn from answers; return their mean divergence from the base model, and losses of the last epoch."""
        ppo, mask = self.own, _said(answers).to(self.model.device)
        with torch.no_grad():
            before, values = self._read(answers, range(len(answers.said)))
            with self.model.model.disable_adapter():
                base, _ = self._read(answers, range(len(answers.said)))
        rewards = token_rewards(self._scores(answers), before - base, mask, self.kl_weight)
        advantage, returns = advantages(rewards, values, mask, ppo.discount, ppo.gae_lambda)
        batch = (before, values, whitened(advantage, mask), returns, mask)
        divergence = float(((before - base) * mask).sum(dim=1).mean())
        for epoch in range(ppo.epochs):
            if epoch == 0 or not ppo.repeats("one_step"):
                self.optimizer.zero_grad()
            losses = self._accumulate(answers, batch)
            if epoch == ppo.epochs - 1 or not ppo.repeats("one_step"):
                losses["gradient_norm"] = self._step(losses["loss"])
        return divergence, losses

    def _scores(self, answers: Answers) -> torch.Tensor:
        """Return the answers' rewards, centred and scaled by all rewards so far, and clipped."""
        self.moments = self.moments.after(answers.rewards)
        scores = self.moments.scaled(answers.rewards)
        if not self.own.repeats("no_score_clip"):
            scores = scores.clip(-self.own.score_clip, self.own.score_clip)
        return torch.tensor(scores, dtype=torch.float32, device=self.model.device)

    def _read(self, answers: Answers, rows: range) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the log-probability of every token that was said, and the value before it; (rows, L) each."""
        length = max(map(len, answers.said))
        parts = []
        for group in _groups(answers, rows, self.settings.micro_batch_tokens):
            pairs = [(answers.prompts[row], answers.said[row]) for row in group]
            places = {pair: place for place, pair in enumerate(dict.fromkeys(pairs))}
            texts = [prompt + said for prompt, said in places]
            last = [len(text) - 1 for text in texts]
            positions = [
                [min(end - len(said) + step, end) for step in range(length)]
                for end, (_, said) in zip(last, places, strict=True)
            ]
            logits, hidden = read(self.model, texts, positions)
            tokens = torch.tensor([[*said, *[0] * (length - len(said))] for _, said in places], device=logits.device)
            chosen = torch.log_softmax(logits, dim=-1).gather(2, tokens[..., None])[..., 0]
            asked = torch.tensor([places[pair] for pair in pairs], device=logits.device)
            parts.append((chosen[asked], self.head(hidden)[asked, :, 0]))
        return tuple(map(torch.cat, zip(*parts, strict=True)))  # type: ignore[return-value]

    def _accumulate(self, answers: Answers, batch: tuple[torch.Tensor, ...]) -> dict[str, float]:
        """Add the gradient of the loss of all answers; return the losses."""
        ppo, total = self.own, float(batch[-1].sum())
        share = 1 / ppo.epochs if ppo.repeats("one_step") else 1.0
        losses = {"loss": 0.0, "policy_loss": 0.0, "value_loss": 0.0}
        for group in _groups(answers, range(len(answers.said)), self.settings.micro_batch_tokens):
            before, values, advantage, returns, mask = (part[group.start : group.stop] for part in batch)
            now, valued = self._read(answers, group)
            weight = float(mask.sum()) / total
            policy = weight * ppo_loss(now, before, advantage, mask, ppo.clip)
            value = weight * value_loss(valued, values, returns, mask, ppo.value_clip)
            loss = policy + ppo.value_weight * value
            (share * loss).backward()
            for name, term in (("loss", loss), ("policy_loss", policy), ("value_loss", value)):
                losses[name] += float(term.detach())
        return losses

    def _step(self, loss: float) -> float:
        """Make a step of the optimiser; return the gradient's norm."""
        norm = float(torch.nn.utils.clip_grad_norm_(self.weights, float("inf")))
        if not np.isfinite([loss, norm]).all():
            raise FloatingPointError(f"update {self.done + 1} has loss {loss} and gradient norm {norm}")
        self.optimizer.step()
        return norm


def _value_head(model: TextModel, rng: np.random.Generator) -> torch.nn.Linear:
    """Return a linear map from a hidden state to a number, with torch's usual first weights."""
    width = model.model.config.hidden_size
    head = torch.nn.Linear(width, 1, device=model.device)
    for weight in head.parameters():
        drawn = rng.uniform(-(width**-0.5), width**-0.5, tuple(weight.shape))
        weight.data = torch.tensor(drawn, dtype=torch.float32, device=model.device)
    return head


def _said(answers: Answers) -> torch.Tensor:
    """Return which tokens were said; (N, L) bool."""
    lengths = torch.tensor([len(tokens) for tokens in answers.said])
    return torch.arange(int(lengths.max())) < lengths[:, None]


def _groups(answers: Answers, rows: range, tokens: int) -> list[range]:
    """Split rows into consecutive groups of at most so many padded tokens, at least one row each."""
    longest = max(len(answers.prompts[row]) + len(answers.said[row]) for row in rows)
    size = max(1, tokens // longest)
    return [range(start, min(start + size, rows.stop)) for start in range(rows.start, rows.stop, size)]
