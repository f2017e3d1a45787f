"""Direct preference optimisation (Rafailov et al., 2023) with TRL's loss, on preferences that a value has.

No one is asked for preferences: which of two answers is better follows from the game, the value and the opponent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from moral_games.llm.borrowed import BorrowedTrainer, Config, borrow_gradient
from moral_games.llm.preferences import preferences
from moral_games.llm.sampling import Asked, Tokens
from moral_games.llm.scoring import Question
from moral_games.llm.settings import DPO, Algorithm

Pair = tuple[Tokens, Tokens, Tokens]
"""The tokens of a prompt, of the answer that is chosen, and of the one that is rejected."""


@dataclass(eq=False)
class DPOTrainer(BorrowedTrainer):
    """A language model that learns by DPO; see `moral_games.llm.whole_table.TableTrainer`."""

    own: DPO

    algorithm: ClassVar[Algorithm] = "dpo"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.preferences = preferences(self.lesson, self.own.discount, self.settings.rounds)

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        pairs, ties = len(self.preferences.pairs), self.preferences.ties
        return f"{self.lesson.described(self.settings.tellings)}; {pairs} preferences and {ties} ties, DPO by TRL"

    def _borrow(self, questions: Sequence[Question], policies: NDArray[np.float64]) -> float:
        asked = [Asked.of(self.model, question) for question in questions]
        pairs = [
            (entry.prompts[state], entry.labels[chosen], entry.labels[rejected])
            for entry in asked
            for state, chosen, rejected in self.preferences.pairs
        ]
        longest = 2 * max(len(prompt) + max(len(chosen), len(rejected)) for prompt, chosen, rejected in pairs)
        seed, at_once = int(self.rng.integers(2**31)), self.settings.micro_batch_tokens
        return borrow_gradient(
            self.model, lambda config: self._trainer(pairs, config), len(pairs), longest, at_once, seed
        )

    def _trainer(self, pairs: Sequence[Pair], config: Config) -> Any:
        """Return TRL's trainer on these pairs; their tokens are given, so that it adds none of its own."""
        import trl
        from datasets import Dataset

        class OnTokens(trl.DPOTrainer):
            def _prepare_dataset(self, dataset: Any, *_: Any) -> Any:
                return dataset

        prompts, chosen, rejected = (list(map(list, column)) for column in zip(*pairs, strict=True))
        own = self.own
        losses: Config = {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, own.imitation]}
        return OnTokens(
            self.model.model,
            args=trl.DPOConfig(**config, **(losses if own.imitation else {}), beta=own.beta, max_length=None),
            train_dataset=Dataset.from_dict({"prompt_ids": prompts, "chosen_ids": chosen, "rejected_ids": rejected}),
            processing_class=self.model.tokenizer,
        )
