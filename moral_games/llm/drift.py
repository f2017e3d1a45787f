"""What becomes of a model from checkpoint to checkpoint, through one run or several that follow each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from moral_games.analysis import drift
from moral_games.analysis.factorial import Design, ToldPolicy, observe
from moral_games.llm import adapters
from moral_games.llm.adapters import ADAPTER, WEIGHTS
from moral_games.llm.models import TextModel
from moral_games.llm.ordinary import perplexity
from moral_games.llm.policy import tables
from moral_games.llm.stepping import AVERAGE
from moral_games.rewards import RewardFunction, parse
from moral_games.runs import METRICS, Run, read_json


@dataclass(frozen=True)
class Stage:
    """One run of a sequence, each of which starts from what the one before it has kept.

    Attributes
    ----------
    folder
        The run's folder.
    reward
        What it teaches.
    begins
        How many updates the runs before it made.
    updates
        How many it made.
    looks
        After which of its updates there are weights to look at, and their file; None for the model without adapters.
    """

    folder: Path
    reward: str
    begins: int
    updates: int
    looks: tuple[tuple[int, Path | None], ...]


def stages(folder: str | Path) -> tuple[Stage, ...]:
    """Return a finished run and those that it started from, the first of them first.

    Raises
    ------
    RunError
        If a run is not there or not finished, or a checkpoint is corrupt.
    """
    run = Run(folder)
    config, metrics = run.config(), read_json(run.path(METRICS))
    earlier = () if config.get("start_from") is None else stages(config["start_from"])
    start = earlier[-1].folder / ADAPTER if earlier else None
    begins = earlier[-1].begins + earlier[-1].updates if earlier else 0
    kept = [run.checkpoint(home.name) for home in run.checkpoints()]
    looks = [(_updates(home), _weights(home)) for home in kept if home is not None]
    if not looks:  # a run whose checkpoints are gone still has what it kept
        looks = [(int(metrics["training"]["chosen_update"]), run.path(ADAPTER))]
    updates = int(metrics["training"]["updates"])
    return (*earlier, Stage(run.folder, config["reward"], begins, updates, ((0, start), *looks)))


def taught(sequence: Sequence[Stage]) -> dict[str, RewardFunction]:
    """Return the values that runs teach, by their texts without what judges illegal answers."""
    found = {}
    for reward in (parse(stage.reward) for stage in sequence):
        valued = tuple(term for term in reward.terms if not term[1].judges_illegal)
        found[str(RewardFunction(valued or reward.terms)).replace("()", "")] = reward
    return found


def follow(
    model: TextModel, sequence: Sequence[Stage], design: Design, opponent: str, wrap: Callable[[ToldPolicy], ToldPolicy]
) -> dict[str, Any]:
    """Look at a model after every checkpoint of a sequence of runs.

    Parameters
    ----------
    model
        The model with adapters of the runs' rank (`moral_games.llm.finetuning.load_run`). It is left with the last
        weights that were looked at.
    sequence
        The runs (`stages`).
    design
        What is asked at every look.
    opponent
        Against whom regret is taken.
    wrap
        Is given what asks the model, and returns what is called in its place, e.g. to tell how far it is.

    Returns
    -------
    dict
        JSON: ``values`` (names), ``runs`` (``name``, ``reward``, ``begins``, ``updates``), ``base`` (``legal_mass`` and
        ``perplexity`` of the model without adapters), ``looks`` (``run``, ``update`` in it, ``total`` since the first
        began, ``perplexity``, and what `moral_games.analysis.drift.measure` says) and ``undone`` (`undoing`).
    """
    values, asked = taught(sequence), wrap(partial(tables, model))
    with model.model.disable_adapter():
        base, plain = observe(asked, design), perplexity(model)
    looks = []
    for place, stage, update, weights in _each(sequence):
        if weights is None:
            answers, wavers = base, plain
        else:
            adapters.set_weights(model, load_file(weights, device=str(model.device)))
            answers, wavers = observe(asked, design), perplexity(model)
        when = {"run": place, "update": update, "total": stage.begins + update, "perplexity": round(wavers, 6)}
        looks.append(when | drift.measure(answers, base, design, values, opponent))
    return {
        "values": list(values),
        "runs": [
            {"name": stage.folder.name, "reward": stage.reward, "begins": stage.begins, "updates": stage.updates}
            for stage in sequence
        ],
        "base": {"legal_mass": round(float(base.sum(axis=-1).mean()), 6), "perplexity": round(plain, 6)},
        "looks": looks,
        "undone": undoing(looks, next(iter(values))),
    }


def undoing(looks: Sequence[Mapping[str, Any]], value: str) -> dict[str, Any] | None:
    """Return how many updates of later training undo the first run's value.

    Returns
    -------
    dict or None
        JSON: ``value``, its regret ``before`` and as ``learned`` by the first run, ``after`` how many updates of later
        training it is back above half-way (None if it is not), and the ``updates`` that were looked at. None if there
        was no later training, or the first run taught nothing.
    """
    later = [look for look in looks if look["run"] > 0]
    if not later:
        return None
    before, regrets = looks[0]["regret"][value], [look["regret"][value] for look in later]
    if not drift.learned(before, regrets[0]):
        return None
    updates = [look["total"] - later[0]["total"] for look in later]
    after = drift.undone_after(updates, regrets, before)
    return {
        "value": value,
        "before": before,
        "learned": regrets[0],
        "after": None if after is None else round(after, 2),
        "updates": updates[-1],
    }


def look_count(sequence: Sequence[Stage]) -> int:
    """Return how many times `follow` asks all that a design holds."""
    return sum(len(stage.looks) for stage in sequence)


def _each(sequence: Sequence[Stage]) -> Iterator[tuple[int, Stage, int, Path | None]]:
    for place, stage in enumerate(sequence):
        for update, weights in stage.looks:
            yield place, stage, update, weights


def _updates(checkpoint: Path) -> int:
    return int(checkpoint.name.removeprefix("step-"))


def _weights(checkpoint: Path) -> Path:
    """Return the weights that validation judges: the running average, where the trainer has one."""
    average = checkpoint / AVERAGE
    return average if average.exists() else checkpoint / WEIGHTS
