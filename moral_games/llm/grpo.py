"""Group relative policy optimisation (Shao et al., 2024) with TRL's loss, on answers that are ours.

Situations are drawn as an episode meets them, each is answered several times, and an answer is paid its exact
expected reward against the opponent, in one group with the other answers to the same question. TRL normalises
rewards within groups and gives the loss. A model that hardly ever answers legally has nothing to compare, so the first
updates teach it how to answer, and not what: a cold start (DeepSeek-AI, 2025).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.analysis.chain import episode_occupancy
from moral_games.llm.borrowed import BorrowedTrainer, Config, borrow_gradient
from moral_games.llm.lesson import Lesson
from moral_games.llm.sampling import Asked, Tokens, answer, meaning
from moral_games.llm.scoring import Question
from moral_games.llm.settings import GRPO, Algorithm
from moral_games.llm.whole_table import ScoreTrainer, with_illegal
from moral_games.runs import RunFailed, read_json, write_json

GROUPS = "groups.json"


class NothingToCompare(RunFailed, ValueError):
    """All answers of all groups earn the same, so that none is better than another; the message says what to do."""


@dataclass(frozen=True, eq=False)
class Groups:
    """G groups of N answers each.

    Attributes
    ----------
    prompts
        The tokens of each group's prompt.
    situations
        (G,) int: where it is asked (see `moral_games.situations.Situations`).
    said
        The answers' tokens, those to the first prompt first.
    rewards
        (G, N): what each answer earns.
    """

    prompts: tuple[Tokens, ...]
    situations: NDArray[np.int64]
    said: tuple[Tokens, ...]
    rewards: NDArray[np.floating]

    @property
    def even(self) -> float:
        """The share of groups in which all answers earn the same."""
        return float((np.ptp(self.rewards, axis=1) == 0).mean())


@dataclass(eq=False)
class GRPOTrainer(BorrowedTrainer, ScoreTrainer):
    """A language model that learns by GRPO, after a cold start; see `moral_games.llm.whole_table.TableTrainer`."""

    own: GRPO

    idle: int = field(default=0, init=False)
    """In how many updates in a row there was nothing to compare."""

    algorithm: ClassVar[Algorithm] = "grpo"

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        own, told = self.own, self.lesson.described(self.settings.tellings)
        cold = f"; the first {own.cold_start} updates teach all labels alike instead" if own.cold_start else ""
        drawn = f"{own.groups} situations drawn under each, {own.generations} sampled answers to each"
        return f"{told}; {drawn}, GRPO by TRL{cold}"

    def learn(self, questions: Sequence[Question]) -> dict[str, Any]:
        """Make the step of an update; ``even_groups`` of its line is the share of groups that teach nothing.

        A cold start's lines have none.

        Raises
        ------
        NothingToCompare
            If in the last `Settings.patience` updates, or in all there are, no group had two answers that earn
            differently.
        """
        if self.idle >= self.settings.patience:
            raise self._given_up()
        record = super().learn(questions)
        if self.done <= self.own.cold_start:
            return record
        self.idle = self.idle + 1 if self.even == 1 else 0
        if self.idle == self.total - self.own.cold_start:
            raise self._given_up()
        return record | {"even_groups": self.even}

    def _given_up(self) -> NothingToCompare:
        return NothingToCompare(
            f"in {self.idle} update(s) in a row all answers to each question earned the same, so that GRPO learned "
            "nothing. Begin anew under another --name: with the exact algorithm, which compares all actions, more "
            "--grpo.generations, another --reward or --wording, or more --train.patience"
        )

    def save(self, folder: Path, player: str = "") -> None:
        """Write all that what follows depends on into a folder, in files whose names begin with the player's."""
        super().save(folder, player)
        write_json(folder / f"{player}{GROUPS}", self.idle)

    def load(self, folder: Path, player: str = "") -> None:
        """Go back to where `save` was called."""
        super().load(folder, player)
        self.idle = read_json(folder / f"{player}{GROUPS}")

    def _accumulate(self, questions: Sequence[Question]) -> tuple[NDArray[np.float64], float]:
        cold = self.done < self.own.cold_start
        return (ScoreTrainer if cold else BorrowedTrainer)._accumulate(self, questions)

    def _loss(self, scores: torch.Tensor, base: torch.Tensor | None) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Return the cross-entropy from a policy that gives all labels alike: the loss of a cold start."""
        return -scores.mean(dim=(1, 2)).sum(), with_illegal(scores).detach().double().cpu().numpy()

    def _borrow(self, questions: Sequence[Question], policies: NDArray[np.float64]) -> float:
        groups = self._answered([Asked.of(self.model, asked) for asked in questions], policies)
        self.even = groups.even
        seed = int(self.rng.integers(2**31))
        longest = max(map(len, groups.prompts)) + max(map(len, groups.said))
        at_once = self.settings.micro_batch_tokens
        return borrow_gradient(
            self.model, lambda config: self._trainer(groups, config), len(groups.said), longest, at_once, seed
        )

    def _answered(self, asked: Sequence[Asked], policies: NDArray[np.float64]) -> Groups:
        """Draw situations as they are met under each telling, and answers to them."""
        problem, own = self.lesson.problem, self.own
        prompts: list[Tokens] = []
        labels: list[tuple[Tokens, ...]] = []
        drawn = []
        for entry, policy in zip(asked, policies, strict=True):
            situations = self.rng.choice(
                len(problem.rewards), own.groups, p=visited(self.lesson, policy, self.settings.rounds)
            )
            prompts += [entry.prompts[state] for state in problem.situations.memory[situations, 0]]
            labels += [entry.labels] * own.groups
            drawn.append(situations)
        situations = np.concatenate(drawn)
        repeated = np.repeat(np.arange(len(prompts)), own.generations)
        said = answer(self.model, [prompts[row] for row in repeated], [labels[row] for row in repeated], self.rng)
        actions = np.array([meaning(tokens, labels[row]) for tokens, row in zip(said, repeated, strict=True)])
        rewards = expected_rewards(self.lesson, situations[repeated], actions)
        return Groups(tuple(prompts), situations, tuple(said), rewards.reshape(-1, own.generations))

    def _trainer(self, groups: Groups, config: Config) -> Any:
        """Return TRL's trainer on answers that are given; each prompt comes as often as it was answered, in order."""
        import trl
        from datasets import Dataset

        own, said = self.own, groups.said
        answered = {
            "prompt_ids": [list(prompt) for prompt in groups.prompts for _ in range(own.generations)],
            "completion_ids": [list(tokens) for tokens in said],
            "logprobs": None,
        }
        return trl.GRPOTrainer(
            self.model.model,
            reward_funcs=lambda **_: groups.rewards.ravel().tolist(),
            args=trl.GRPOConfig(
                **config,
                num_generations=own.generations,
                beta=own.kl,
                scale_rewards=own.scale,
                max_completion_length=max(map(len, said)),
                shuffle_dataset=False,
            ),
            train_dataset=Dataset.from_dict({"prompt": [str(place) for place in range(len(groups.prompts))]}),
            processing_class=self.model.tokenizer,
            rollout_func=lambda prompts, trainer: answered,
        )


def visited(lesson: Lesson, policy: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    """Return how often each situation is met in an episode of a policy (S, A + 1), as shares (K,) of its rounds."""
    problem = lesson.problem
    acting = policy[problem.situations.memory[:, 0]]
    moves = np.einsum("ka,kal->kl", acting, problem.moves)
    visits = episode_occupancy(moves, problem.situations.first("random"), rounds)
    return visits / visits.sum()


def expected_rewards(lesson: Lesson, situations: NDArray[np.int64], actions: NDArray[np.int64]) -> NDArray[np.floating]:
    """Return what each action (N,), -1 if illegal, earns in its situation (N,), the opponent averaged out."""
    return lesson.problem.rewards[situations, actions]
