"""When memory does not suffice: less is read at once, and work goes on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

import torch

from moral_games.runs import RunFailed

Result = TypeVar("Result")


class OutOfMemory(RunFailed, ValueError):
    """Memory does not suffice however little is read at once; the message says what to do."""


def halving(work: Callable[[int], Result], tokens: int, least: int) -> tuple[Result, int]:
    """Call ``work(tokens)``, with half as many tokens as often as memory does not suffice, and say so.

    Parameters
    ----------
    work
        What is to be done with at most so many tokens at once. It must be able to begin anew.
    tokens
        How many to begin with.
    least
        As few as make a difference: what cannot be divided any further.

    Returns
    -------
    tuple
        What came of the work, and how many tokens were not too many.

    Raises
    ------
    OutOfMemory
        If ``least`` tokens are too many.
    """
    while True:
        try:
            return work(tokens), tokens
        except (RuntimeError, MemoryError) as error:
            if not is_shortage(error):
                raise
            if tokens <= least:
                raise OutOfMemory(
                    f"memory does not suffice to read even {least} tokens at once, which cannot be divided here; add "
                    "--train.gradient-checkpointing, give fewer --train.micro-batch-tokens, or choose a smaller model, "
                    "a smaller game or a shorter --wording"
                ) from error
        # Not in the handler: until it is left, the error holds on to what was computed.
        torch.cuda.empty_cache()
        tokens = max(tokens // 2, least)
        warnings.warn(f"memory did not suffice; from here on {tokens} tokens are read at once", stacklevel=2)


def is_shortage(error: BaseException) -> bool:
    """Tell whether an error says that there is no memory left: of a graphics card, or of torch or NumPy without one."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)
