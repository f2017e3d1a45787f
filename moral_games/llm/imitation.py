"""Supervised fine-tuning towards a policy: the cross-entropy from a table, over all states and actions at once.

It needs no reward and no opponent. So a value can be compared with the mere imitation of whoever keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from moral_games.llm.settings import SFT, Algorithm
from moral_games.llm.targets import target_table
from moral_games.llm.whole_table import ScoreTrainer, with_illegal


@dataclass(eq=False)
class ImitationTrainer(ScoreTrainer):
    """A language model that learns to do what another policy does; see `ScoreTrainer`."""

    own: SFT

    algorithm: ClassVar[Algorithm] = "sft"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.target = target_table(self.lesson, self.own.target, self.own.discount).probabilities

    @property
    def each_update(self) -> str:
        """What an update is made of, in words."""
        told = self.lesson.described(self.settings.tellings)
        return f"{told}; cross-entropy from {self.own.target!r} in all states"

    def _loss(self, scores: torch.Tensor, base: torch.Tensor | None) -> tuple[torch.Tensor, NDArray[np.float64]]:
        target = torch.tensor(self.target, dtype=scores.dtype, device=scores.device)
        loss = -(target * scores).sum(dim=-1).mean(dim=1).sum()
        return loss, with_illegal(scores).detach().double().cpu().numpy()
