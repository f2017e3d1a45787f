"""One run carried out by several processes, as ``accelerate launch`` or ``torchrun`` starts them.

Each process holds the same model and makes the same steps. What is asked in an update, or in judging, is shared out
among them, and gradients are added up. All that is sent is small: the gradients of adapters, and tables. So it goes
through gloo, between graphics cards too, and what is tested on processors is what runs on cards.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as distributed

from moral_games.llm.options import Finetune
from moral_games.runs import RunError

Item = TypeVar("Item")

SHARED = ("exact", "sft")
"""The algorithms whose updates several processes share."""


@dataclass(frozen=True)
class Team:
    """The processes of a run, as one of them sees them. All of them must ask the same of it, in the same order.

    Attributes
    ----------
    rank
        Which one this is, from 0.
    size
        How many there are.
    device
        Where this one keeps its model; None for wherever a model goes by default.
    """

    rank: int = 0
    size: int = 1
    device: str | None = None

    @property
    def first(self) -> bool:
        """Whether this is the process that writes and prints."""
        return self.rank == 0

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return what of some items is this process's to do: every size-th."""
        return items[self.rank :: self.size]

    def gathered(self, own: Sequence[Item]) -> list[Item]:
        """Return what has become of all items, in their order, of what has become of each process's share."""
        return interleaved(self.everyones(own))

    def everyones(self, own: Item) -> list[Item]:
        """Return what every process gives, in their order."""
        if self.size == 1:
            return [own]
        given: list[Any] = [None] * self.size
        with _reaching_all():
            distributed.all_gather_object(given, own)
        return given

    def once(self, work: Callable[[], Item]) -> Item:
        """Let the first process do something, once; every process gets what it returns."""
        if self.size == 1:
            return work()
        told: list[Any] = [work() if self.first else None]
        with _reaching_all():
            distributed.broadcast_object_list(told, src=0)
        return told[0]

    def add_up(self, weights: Mapping[str, torch.nn.Parameter]) -> None:
        """Give every weight the sum of the gradients that it has in all processes, in place; none counts as zero."""
        if self.size == 1:
            return
        found = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights.values()]
        total = torch.cat([gradient.flatten().float().cpu() for gradient in found])
        with _reaching_all():
            distributed.all_reduce(total)
        parts = total.split([weight.numel() for weight in weights.values()])
        for weight, part in zip(weights.values(), parts, strict=True):
            weight.grad = part.view_as(weight).to(weight)


ALONE = Team()
"""A run in one process."""


@contextmanager
def joined() -> Iterator[Team]:
    """Meet the other processes that a launcher has started for this run; without a launcher there is one.

    Raises
    ------
    RunError
        If they cannot be met.
    """
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield ALONE
        return
    for plugin in ("FSDP", "DEEPSPEED"):
        if os.environ.get(f"ACCELERATE_USE_{plugin}", "false").lower() in ("1", "true"):
            raise RunError(f"every process holds the whole model here; launch them without accelerate's {plugin}")
    try:
        distributed.init_process_group("gloo")
    except (RuntimeError, ValueError) as error:
        raise RunError(
            f"WORLD_SIZE is {size}, and the other processes of this run cannot be met ({error}); start them with "
            "'accelerate launch --multi_gpu --num_processes N -m moral_games finetune ...', or unset WORLD_SIZE"
        ) from error
    cards = torch.cuda.device_count()
    device = f"cuda:{int(os.environ.get('LOCAL_RANK', '0')) % cards}" if cards else "cpu"
    try:
        yield Team(distributed.get_rank(), size, device)
    finally:
        distributed.destroy_process_group()


def interleaved(shares: Sequence[Sequence[Item]]) -> list[Item]:
    """Return items in their order from every process's share of them (see `Team.share`)."""
    return [shares[place % len(shares)][place // len(shares)] for place in range(sum(map(len, shares)))]


def check_team(options: Finetune, team: Team) -> None:
    """Raise a ValueError if a run is of a kind that several processes cannot share."""
    if team.size > 1 and options.algorithm not in SHARED:
        raise ValueError(
            f"{team.size} processes cannot share the updates of algorithm {options.algorithm!r}, whose answers are "
            f"drawn one after another; start one process for each run, or use --algorithm {' or '.join(SHARED)}"
        )


@contextmanager
def _reaching_all() -> Iterator[None]:
    """Say what it means when another process does not answer."""
    try:
        yield
    except RuntimeError as error:
        raise RunError(
            f"another process of this run has ended, and says above why ({error}); what was kept goes on with --resume"
        ) from error
