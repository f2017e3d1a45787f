"""Where training starts: at a model as it is, or at what an earlier run has kept."""

from __future__ import annotations

from pathlib import Path

from moral_games.llm import adapters
from moral_games.llm.adapters import ADAPTER, OTHER, acting_as
from moral_games.llm.models import TextModel
from moral_games.llm.options import LEARNER, Finetune
from moral_games.llm.pair import FILES
from moral_games.runs import Run, RunError


def check_start(options: Finetune) -> None:
    """Refuse a run to start from whose adapters do not fit.

    Raises
    ------
    RunError
        If it is not there or not finished.
    ValueError
        If its model, or the rank or alpha of its adapters, is another.
    """
    if options.start_from is None:
        return
    folder = Path(options.start_from)
    begun = Run(folder).config()
    if not (folder / ADAPTER).exists():
        raise RunError(
            f"{folder} has no {ADAPTER} to start from: its training is not finished; "
            "continue it with 'moral-games finetune --resume'"
        )
    rank, alpha = options.lora
    asked = {"model": options.model, "lora_rank": rank, "lora_alpha": alpha}
    for name, wanted in asked.items():
        if begun.get(name) != wanted:
            raise ValueError(
                f"{folder}, to start from, has {name} {begun.get(name)!r}, this one {wanted!r}; both must be the same"
            )


def start(model: TextModel, options: Finetune) -> None:
    """Give a model with fresh adapters those of the run that is started from, if there is one.

    Where another model learns beside it, that one starts from the run's other model, if the run has
    one. Weights are all that is taken over: the optimiser and everything else begin anew.
    """
    if options.start_from is None:
        return
    adapters.load_weights(model, Path(options.start_from, ADAPTER))
    other = Path(options.start_from, f"{FILES[OTHER]}{ADAPTER}")
    if options.opponent == LEARNER and other.exists():
        adapters.add_other(model, options.seed)
        with acting_as(model, OTHER):
            adapters.load_weights(model, other)
