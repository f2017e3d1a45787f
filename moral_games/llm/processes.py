"""One run carried out by several processes, as ``accelerate launch`` or ``torchrun`` starts them.

Each process holds the same model and makes the same steps. What is asked in an update, or in judging, is shared out
among them, and gradients are added up. All that is sent is small: the gradients of adapters, and tables. So it goes
through gloo, between graphics cards too, and what is tested on processors is what runs on cards.

A model that is too large for one card is held by all of them together (``accelerate launch --use_fsdp``): then weights
are what is shared out, and every process reads all that is asked.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as distributed

from moral_games.llm.options import Finetune
from moral_games.runs import RunError, RunFailed

Item = TypeVar("Item")

SHARED = ("exact", "sft")
"""The algorithms whose updates several processes share."""


class ProcessLost(RunFailed, RunError):
    """Another process of the run has ended; the message says what goes on with it."""


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

    def least(self, texts: Sequence[Sized], tokens: int) -> int:
        """Return how few tokens at once make a difference to this process, where so many are allowed."""
        return max(map(len, texts), default=0)

    def hold(self, model: torch.nn.Module, trained: Iterable[torch.nn.Parameter]) -> None:
        """Keep the whole model, as it is."""


class ShardedTeam(Team):
    """Processes that hold one model together, by PyTorch's `fully_shard`.

    Each keeps a part of every layer's weights, and gets the others' when the layer's turn has come. So all read the
    same at the same time. The weights that are trained are few, and whole in every process.
    """

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """Return all items."""
        return items

    def everyones(self, own: Item) -> list[Item]:
        """Return what this process gives, since all give the same."""
        return [own]

    def add_up(self, weights: Mapping[str, torch.nn.Parameter]) -> None:
        """Leave the gradients, since all have all of them."""

    def least(self, texts: Sequence[Sized], tokens: int) -> int:
        """Return how many are allowed: one process cannot read less than the others."""
        return tokens

    def hold(self, model: torch.nn.Module, trained: Iterable[torch.nn.Parameter]) -> None:
        """Keep this process's part of a model with adapters, which is in the processor's memory until then."""
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard
        from transformers.modeling_layers import GradientCheckpointingLayer

        mesh = init_device_mesh("cuda" if torch.cuda.is_available() else "cpu", (self.size,))
        whole = set(trained)
        for parameter in whole:
            parameter.data = parameter.data.to(mesh.device_type)
        base = model.get_base_model()  # type: ignore[operator]
        for part in (*(part for part in base.modules() if isinstance(part, GradientCheckpointingLayer)), base):
            fully_shard(part, mesh=mesh, ignored_params=whole)


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
    if _asked_for("DEEPSPEED"):
        raise RunError("DeepSpeed is not supported; launch the processes with --multi_gpu, or with --use_fsdp")
    cards, sharded = torch.cuda.device_count(), _asked_for("FSDP")
    # Else transformers would load weights into the first process alone.
    os.environ["FSDP_CPU_RAM_EFFICIENT_LOADING"] = "false"
    try:
        distributed.init_process_group("cpu:gloo,cuda:nccl" if sharded and cards else "gloo")
    except (RuntimeError, ValueError) as error:
        raise RunError(
            f"WORLD_SIZE is {size}, and the other processes of this run cannot be met ({error}); start them with "
            "'accelerate launch --multi_gpu --num_processes N -m moral_games finetune ...', or unset WORLD_SIZE"
        ) from error
    card = int(os.environ.get("LOCAL_RANK", "0")) % max(cards, 1)
    if cards:
        torch.cuda.set_device(card)
    team = ShardedTeam if sharded else Team
    try:
        yield team(distributed.get_rank(), size, f"cuda:{card}" if cards and not sharded else "cpu")
    finally:
        distributed.destroy_process_group()


def _asked_for(plugin: str) -> bool:
    return os.environ.get(f"ACCELERATE_USE_{plugin}", "false").lower() in ("1", "true")


def interleaved(shares: Sequence[Sequence[Item]]) -> list[Item]:
    """Return items in their order from every process's share of them (see `Team.share`)."""
    return [shares[place % len(shares)][place // len(shares)] for place in range(sum(map(len, shares)))]


def check_team(options: Finetune, team: Team) -> None:
    """Raise a ValueError if a run is of a kind that several processes cannot share."""
    if team.size > 1 and options.algorithm not in SHARED:
        raise ValueError(
            f"{team.size} processes cannot share the updates of algorithm {options.algorithm!r}; start one process for "
            f"each run, or use --algorithm {' or '.join(SHARED)}"
        )


@contextmanager
def _reaching_all() -> Iterator[None]:
    """Say what it means when another process does not answer."""
    try:
        yield
    except RuntimeError as error:
        raise ProcessLost(
            f"another process of this run has ended, and says above why ({error}); what was kept goes on with --resume"
        ) from error
