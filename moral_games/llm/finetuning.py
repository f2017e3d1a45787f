"""A fine-tuning run from beginning to end: judged before, trained, judged after, kept on disk."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from moral_games import games, text
from moral_games.analysis.tellings import summarise
from moral_games.llm import adapters
from moral_games.llm.adapters import ADAPTER, OTHER, OWN
from moral_games.llm.chat_judgement import judge_conversations
from moral_games.llm.data_set import JUDGEMENT
from moral_games.llm.examples import check_examples
from moral_games.llm.models import TextModel, load
from moral_games.llm.options import LEARNER, Finetune
from moral_games.llm.pair import FILES
from moral_games.llm.policy import LanguageModel, tables
from moral_games.llm.processes import ALONE, Team, check_team
from moral_games.llm.reasoner import as_taught
from moral_games.llm.scoring import check_tokens, label_tokens
from moral_games.llm.settings import still_silent
from moral_games.llm.shortage import OutOfMemory, is_shortage
from moral_games.llm.starting import check_start, start
from moral_games.llm.task_judgement import judge_tasks
from moral_games.llm.trainers import Trainer, make_trainer, with_adapters
from moral_games.names import unknown
from moral_games.progress import Show, progress, track
from moral_games.rewards import RewardFunction, parse
from moral_games.runs import METRICS, POLICY, Run, RunError, RunFailed, read_json, write_json
from moral_games.text.labels import training as training_labels

BEFORE, AFTER = "before", "after"
SECONDS = "seconds.json"

Record = dict[str, Any]
"""A line of the history."""


class NothingLegal(RunFailed, ValueError):
    """A model that is to learn from its answers gives none; the message says what to do."""


def finetune(options: Finetune, team: Team = ALONE) -> Run:
    """Carry out a fine-tuning run, or what is left of it.

    Parameters
    ----------
    options
        What is asked for.
    team
        The processes that carry it out together (`moral_games.llm.processes.joined`). They see the same disk, the
        first of them writes, and the outcome is that of one process but for rounding.

    Returns
    -------
    Run
        Its folder, with config, metrics, history, policy tables, adapters and checkpoints.

    Raises
    ------
    ValueError
        If something asked for does not exist or does not fit.
    RunError
        If the folder cannot be used, or a checkpoint is corrupt.
    OutOfMemory
        If memory does not suffice, however little is read at once.
    NothingLegal
        If the model gives no legal answer for so long that training is pointless.
    FloatingPointError
        If the loss is not a number.
    """
    options.check()
    check_start(options)
    check_team(options, team)
    folder = options.folder / options.name
    if options.resume and (folder / METRICS).exists():
        return team.once(lambda: Run.resume(folder, options.to_json()))
    model = replace(load(options.model, team.device), team=team)
    _check_labels(model, options)
    if options.algorithm == "examples":
        check_examples(model, options.data_set, options.examples)
    model = with_adapters(model, options)
    start(model, options)
    team.hold(model.model, adapters.trainable(model).values())
    weights = sum(parameter.numel() for parameter in adapters.trainable(model).values()) * 4
    weights *= 2 if options.opponent == LEARNER else 1
    # A checkpoint holds the weights, their average, the best and the optimizer's two averages; as many as
    # are kept are there while another is written.
    needs = (options.kept_checkpoints + 1) * 5 * weights + weights
    run = team.once(lambda: Run.open(folder, options.to_json(), options.resume, needs))

    seconds: dict[str, float] = {}
    with _timed(seconds, "evaluate_before"):
        _judge(run, model, options, BEFORE)
    trainer = make_trainer(model, options)
    spent = _restore(run, trainer, options)
    _train(run, trainer, options, spent)
    trainer.keep(run.folder)
    with _timed(seconds, "evaluate_after"):
        _judge(run, model, options, AFTER, again=True)
    team.once(lambda: _write_results(run, trainer, seconds | {"train": spent[0]}))
    return run


def load_run(folder: str | Path, player: str = OWN) -> TextModel:
    """Load the model that a run has trained.

    Parameters
    ----------
    folder
        The run's folder.
    player
        "default" for the model that the run is about, "other" for the one that learned beside it.

    Raises
    ------
    ValueError
        If the run has no such player.
    RunError
        If the folder holds no finished run.
    """
    if player not in FILES:
        raise unknown("player", player, FILES)
    config = Run(folder).config()
    if player == OTHER and config["opponent"] != LEARNER:
        raise ValueError(f"in {folder} no other model has learned: its opponent was {config['opponent']!r}")
    kept = Path(folder, f"{FILES[player]}{ADAPTER}")
    if not kept.exists():
        raise RunError(
            f"{folder} has no {kept.name}: its training is not finished; "
            "continue it with 'moral-games finetune --resume'"
        )
    model = adapters.add_lora(load(config["model"]), config["lora_rank"], config["seed"], config.get("lora_alpha"))
    if player == OTHER:
        adapters.add_other(model, config["seed"])
        model.model.set_adapter(OTHER)
    adapters.load_weights(model, kept)
    return model


def judge(model: LanguageModel, options: Finetune, show: Show[str] = iter) -> dict[str, Any]:
    """Judge a model on held-out presentations of every test game.

    Parameters
    ----------
    model
        The model.
    options
        What it is judged on, and by what.
    show
        Wraps the games, to tell how far it is.

    Returns
    -------
    dict
        JSON: ``games`` (by game what `summarise` says) and ``policy`` (by game the tables under each
        presentation); for a model that learns from a data set with a card, ``tasks`` (what `judge_tasks` says); for
        a model that talks, what `judge_conversations` returns.

    Raises
    ------
    ValueError
        If conversations are asked of a model that is not in this process.
    """
    reward = parse(options.reward)
    rewards = _judging(reward)
    if options.algorithm == "chat":
        if not isinstance(model, TextModel):
            raise ValueError(f"conversations need a model in this process, which {model.name!r} is not")
        return judge_conversations(model, options, rewards)
    results: dict[str, Any] = {"games": {}, "policy": {}}
    source = options.question_source
    if source is not None and isinstance(model, TextModel):
        tasks = source.questions(options.examples.judging, JUDGEMENT)
        results["tasks"] = judge_tasks(model, tasks, options.data_set.reasons)
    if options.algorithm in ("worked", "examples"):
        model = as_taught(model, options.to_json())
    for name in show(options.test_games):
        game = games.get(name)
        told = text.held_out(game.shape[0], options.wording)
        found = tables(model, game, told, options.memory)
        results["games"][name] = summarise(game, found, reward, rewards, options.test_opponent)
        results["policy"][name] = {
            str(presentation): np.round(table, 6).tolist() for presentation, table in zip(told, found, strict=True)
        }
    return results


def _judging(reward: RewardFunction) -> dict[str, RewardFunction]:
    """Return the values whose regret is reported: the study's two, and the one that is taught if it is another.

    Illegal answers count in each as they count in the reward that is taught.
    """
    illegal = tuple(term for term in reward.terms if term[1].judges_illegal)
    taught = [value.name for _, value in reward.terms if not value.judges_illegal]
    judging = {name: RewardFunction((*parse(name).terms, *illegal)) for name in ("deontological", "utilitarian")}
    return judging if taught in [[name] for name in judging] else {"taught": reward} | judging


def _check_labels(model: TextModel, options: Finetune) -> None:
    """Refuse a model whose tokenizer cannot tell apart labels that the run may use."""
    for name in {options.game, *options.test_games}:
        actions = games.get(name).shape[0]
        for told in (*text.validation(actions), *text.held_out(actions)):
            check_tokens(model, told.labels)
    for label in training_labels():
        label_tokens(model, "?", label)


def _judge(run: Run, model: TextModel, options: Finetune, when: str, again: bool = False) -> None:
    """Judge the model and keep the result, unless it is kept already."""
    path = run.path(f"judged-{when}.json")
    if model.team.once(lambda: again or not path.exists()):
        show: Show[str] = partial(track, what=f"judging {when}") if model.team.first else iter
        judged = judge(model, options, show)
        model.team.once(lambda: write_json(path, judged))


def _restore(run: Run, trainer: Trainer, options: Finetune) -> list[float]:
    """Put a trainer back to its newest checkpoint, if there is one; return the seconds spent until then."""
    team = trainer.model.team
    folder = team.once(lambda: run.checkpoint(options.checkpoint))
    if folder is not None:
        trainer.load(folder)
    team.once(lambda: run.rewind(trainer.done))
    return [read_json(folder / SECONDS) if folder else 0.0]


def _save(run: Run, trainer: Trainer, seconds: float, keep: int) -> None:
    def write(folder: Path) -> None:
        trainer.save(folder)
        write_json(folder / SECONDS, seconds)

    trainer.model.team.once(lambda: run.save_checkpoint(trainer.done, write, keep))


def _train(run: Run, trainer: Trainer, options: Finetune, spent: list[float]) -> None:
    """Update until finished, with progress, scalars and checkpoints; adds to ``spent[0]`` in seconds."""
    with _telling(run, trainer) if trainer.model.team.first else nullcontext(_say_nothing) as tell:
        silent = 0
        for record in run.history():
            silent = still_silent(silent, record)
        while not trainer.finished:
            begun = time.perf_counter()
            record = _updated(run, trainer)
            spent[0] += time.perf_counter() - begun
            tell(record | {"seconds": round(spent[0], 2)})
            silent = still_silent(silent, record)
            hopeless = silent >= options.train.patience
            if trainer.done % options.checkpoint_every == 0 or trainer.finished or hopeless:
                _save(run, trainer, spent[0], options.kept_checkpoints)
            if hopeless:
                raise NothingLegal(
                    f"in {silent} updates in a row the model gave no legal answer, so that its rewards teach nothing; "
                    f"its weights are kept in {run.checkpoints()[-1]}. Begin anew under another --name: with the exact "
                    "algorithm and --exact.legality above 0, another --wording or --model, or more --train.patience"
                )


@contextmanager
def _telling(run: Run, trainer: Trainer) -> Iterator[Callable[[Record], None]]:
    """Give what tells an update's record to the history, to TensorBoard and to whoever looks on."""
    from torch.utils.tensorboard import SummaryWriter

    scalars = SummaryWriter(run.path("tensorboard"), purge_step=trainer.done)
    with scalars, progress("training", trainer.total, trainer.done) as advance:

        def tell(record: Record) -> None:
            run.append(record)
            for key, entry in record.items():
                if isinstance(entry, float) and key != "seconds":
                    scalars.add_scalar(key, entry, trainer.done)
            if "validation" in record:
                scalars.add_scalars("validation", record["validation"], trainer.done)
                line = ", ".join(f"{key} {number:.3f}" for key, number in record["validation"].items())
                measure = "reward" if "reward" in record else "loss"
                print(f"update {trainer.done:3d}: {measure} {record[measure]:.3f}; validation {line}", flush=True)
            advance(1)

        yield tell


def _say_nothing(record: Record) -> None:
    """Leave the telling to the first process."""


def _updated(run: Run, trainer: Trainer) -> Record:
    """Make an update; where that fails, say what is left and what to do."""
    kept = run.checkpoints()
    left = f"the last checkpoint is {kept[-1]}" if kept else "no checkpoint was due yet"
    try:
        return trainer.update()
    except FloatingPointError as error:
        raise FloatingPointError(
            f"{error}; {left}. Begin anew under another --name with a lower --train.learning-rate"
        ) from error
    except (RuntimeError, MemoryError) as error:
        if not is_shortage(error):
            raise
        raise OutOfMemory(
            f"memory does not suffice for update {trainer.done + 1} ({error}); {left}. Begin anew under another --name "
            "with fewer --train.micro-batch-tokens"
        ) from error


def _write_results(run: Run, trainer: Trainer, seconds: dict[str, float]) -> None:
    judged = {when: read_json(run.path(f"judged-{when}.json")) for when in (BEFORE, AFTER)}
    metrics = {when: content["games"] for when, content in judged.items()}
    if "examples" in judged[AFTER]:
        metrics["conversations"] = {when: content["examples"] for when, content in judged.items()}
    else:
        write_json(run.path(POLICY), {when: content["policy"] for when, content in judged.items()})
    if "tasks" in judged[AFTER]:
        metrics["tasks"] = {when: content["tasks"] for when, content in judged.items()}
    details = {
        "updates": trainer.done,
        "each_update": trainer.each_update,
        "chosen_update": trainer.validation.best_update,
        "validation_fault": round(trainer.validation.best_fault, 6),
    }
    write_json(
        run.path(METRICS),
        metrics
        | {"training": details, "seconds": {k: round(v, 2) for k, v in seconds.items()}}
        | {"machine": machine() | {"processes": trainer.model.team.size}},
    )


def machine() -> dict[str, Any]:
    """Return what the run was made on."""
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begun
