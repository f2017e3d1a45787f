"""A fine-tuning run from beginning to end: judged before, trained, judged after, kept on disk."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from moral_games import games, text
from moral_games.analysis.tellings import summarise
from moral_games.llm import adapters
from moral_games.llm.models import TextModel, load
from moral_games.llm.options import Finetune
from moral_games.llm.policy import tables
from moral_games.llm.scoring import check_tokens, label_tokens
from moral_games.llm.training import Training
from moral_games.rewards import RewardFunction, parse
from moral_games.runs import CONFIG, METRICS, POLICY, Run, RunError, read_json, write_json
from moral_games.text.labels import training as training_labels

BEFORE, AFTER = "before", "after"
ADAPTER = "adapter.safetensors"


def finetune(options: Finetune) -> Run:
    """Carry out a fine-tuning run, or what is left of it.

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
    """
    options.check()
    folder = options.folder / options.name
    if options.resume and (folder / METRICS).exists():
        return Run.resume(folder, options.to_json())
    model = load(options.model)
    _check_labels(model, options)
    model = adapters.add_lora(model, options.lora_rank, options.seed)
    weights = sum(parameter.numel() for parameter in adapters.trainable(model).values()) * 4
    open_run = Run.resume if options.resume else Run.create
    # A checkpoint holds the weights, their average, the best and the optimizer's two averages; two
    # checkpoints are kept while a third is written.
    run = open_run(folder, options.to_json(), needs=3 * 5 * weights + weights)

    seconds: dict[str, float] = {}
    with _timed(seconds, "evaluate_before"):
        _judge(run, model, options, BEFORE)
    training = Training(
        model,
        games.get(options.game),
        parse(options.reward),
        options.opponent,
        options.train,
        np.random.default_rng(options.seed),
        options.wording,
    )
    spent = _restore(run, training, options)
    _train(run, training, options, spent)
    training.keep_best()
    adapters.save_weights(model, run.path(ADAPTER))
    with _timed(seconds, "evaluate_after"):
        _judge(run, model, options, AFTER, again=True)
    _write_results(run, training, seconds | {"train": spent[0]})
    return run


def load_run(folder: str | Path) -> TextModel:
    """Load the model that a run has trained.

    Raises
    ------
    RunError
        If the folder holds no finished run.
    """
    config = read_json(Path(folder, CONFIG))
    if not Path(folder, ADAPTER).exists():
        raise RunError(
            f"{folder} has no {ADAPTER}: its training is not finished; continue it with 'moral-games finetune --resume'"
        )
    model = adapters.add_lora(load(config["model"]), config["lora_rank"], config["seed"])
    adapters.set_weights(model, load_file(Path(folder, ADAPTER), device=str(model.device)))
    return model


def judge(model: TextModel, options: Finetune) -> dict[str, Any]:
    """Judge a model on held-out presentations of every test game.

    Returns
    -------
    dict
        JSON: ``games`` (by game what `summarise` says) and ``policy`` (by game the tables under each
        presentation).
    """
    results: dict[str, Any] = {"games": {}, "policy": {}}
    reward = parse(options.reward)
    rewards = _judging(reward)
    for name in options.test_games:
        game = games.get(name)
        told = text.held_out(game.shape[0], options.wording)
        found = tables(model, game, told)
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
    if again or not path.exists():
        write_json(path, judge(model, options))


def _restore(run: Run, training: Training, options: Finetune) -> list[float]:
    """Put a training back to its newest checkpoint, if there is one; return the seconds spent until then."""
    folder = run.checkpoint(options.checkpoint)
    if folder is None:
        run.rewind(0)
        return [0.0]
    state = read_json(folder / "state.json")
    training.best_weights = load_file(folder / "best.safetensors", device=str(training.model.device))
    training.average = load_file(folder / "average.safetensors", device=str(training.model.device))
    adapters.set_weights(training.model, load_file(folder / "weights.safetensors", device=str(training.model.device)))
    adapters.load_optimizer(training.optimizer, folder / "optimizer.safetensors")
    training.rng.bit_generator.state = state["rng"]
    training.done, training.passes, training.best_update = state["done"], state["passes"], state["best_update"]
    training.best_fault = float("inf") if state["best_fault"] is None else state["best_fault"]
    run.rewind(training.done)
    return [state["seconds"]]


def _save(run: Run, training: Training, seconds: float) -> None:
    def write(folder: Path) -> None:
        adapters.save_weights(training.model, folder / "weights.safetensors")
        save_file(training.average, folder / "average.safetensors")
        save_file(training.best_weights, folder / "best.safetensors")
        adapters.save_optimizer(training.optimizer, folder / "optimizer.safetensors")
        state = {
            "done": training.done,
            "passes": training.passes,
            "best_update": training.best_update,
            "best_fault": training.best_fault if np.isfinite(training.best_fault) else None,
            "rng": training.rng.bit_generator.state,
            "seconds": seconds,
        }
        write_json(folder / "state.json", state)

    run.save_checkpoint(training.done, write)


def _train(run: Run, training: Training, options: Finetune, spent: list[float]) -> None:
    """Update until finished, with progress, scalars and checkpoints; adds to ``spent[0]`` in seconds."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from torch.utils.tensorboard import SummaryWriter

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns) as progress, SummaryWriter(run.path("tensorboard"), purge_step=training.done) as scalars:
        task = progress.add_task("training", total=options.train.updates, completed=training.done)
        while not training.finished:
            begun = time.perf_counter()
            record = training.update()
            spent[0] += time.perf_counter() - begun
            run.append(record | {"seconds": round(spent[0], 2)})
            for key in ("loss", "reward", "legal_mass", "gradient_norm", "learning_rate"):
                scalars.add_scalar(key, record[key], training.done)
            if "validation" in record:
                scalars.add_scalars("validation", record["validation"], training.done)
                line = ", ".join(f"{key} {number:.3f}" for key, number in record["validation"].items())
                told = f"update {training.done:3d}: reward {record['reward']:.3f}; validation {line}"
                progress.console.print(told, soft_wrap=True)
            progress.update(task, completed=training.done)
            if training.done % options.checkpoint_every == 0 or training.finished:
                _save(run, training, spent[0])


def _write_results(run: Run, training: Training, seconds: dict[str, float]) -> None:
    judged = {when: read_json(run.path(f"judged-{when}.json")) for when in (BEFORE, AFTER)}
    write_json(run.path(POLICY), {when: content["policy"] for when, content in judged.items()})
    metrics = {when: content["games"] for when, content in judged.items()}
    details = {
        "updates": training.done,
        "chosen_update": training.best_update,
        "validation_fault": round(training.best_fault, 6),
    }
    write_json(
        run.path(METRICS),
        metrics | {"training": details, "seconds": {k: round(v, 2) for k, v in seconds.items()}, "machine": machine()},
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
