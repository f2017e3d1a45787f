"""A fine-tuning run from beginning to end: judged before, trained, judged after, kept on disk."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from moral_games import games, text
from moral_games.analysis import seated
from moral_games.analysis.tellings import summarise
from moral_games.llm import adapters
from moral_games.llm.models import BUNDLED, TextModel, load
from moral_games.llm.policy import tables
from moral_games.llm.scoring import check_tokens
from moral_games.llm.training import Settings, Training
from moral_games.repeated import RepeatedGame
from moral_games.rewards import parse
from moral_games.runs import METRICS, POLICY, Run, read_json, write_json
from moral_games.text.wordings import WORDINGS, unknown_wording

STUDY = ("ipd", "stag_hunt", "chicken", "bach_or_stravinsky", "defective_coordination")
"""The five games on which Tennant et al. (2025) judge a model."""

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Finetune:
    """Fine-tune a language model with a moral reward, and judge it before and after.

    Attributes
    ----------
    name
        Name of the run, and of its folder.
    folder
        Where runs are kept.
    model
        "bundled", a folder, or a Hugging Face id.
    game
        The game to train on.
    reward
        The value to teach, e.g. "utilitarian + illegal(penalty=6)".
    opponent
        Who plays against the model in training.
    wording
        The wording of all prompts.
    test_games
        The games to judge on.
    test_opponent
        Against whom regret is judged.
    lora_rank
        Rank of the adapters.
    seed
        Seeds everything that is drawn.
    train
        How to train.
    checkpoint_every
        Updates between two checkpoints.
    resume
        Continue the run of that name where it stopped.
    checkpoint
        Resume from this checkpoint, e.g. step-000020, instead of the newest.
    """

    name: str = "finetune"
    folder: Path = Path("runs")
    model: str = BUNDLED
    game: str = "ipd"
    reward: str = "deontological(penalty=3) + illegal(penalty=6)"
    opponent: str = "tit_for_tat"
    wording: str = "compact"
    test_games: tuple[str, ...] = STUDY
    test_opponent: str = "random"
    lora_rank: int = 16
    seed: int = 0
    train: Settings = field(default_factory=Settings)
    checkpoint_every: int = 10
    resume: bool = False
    checkpoint: str | None = None

    def check(self) -> None:
        """Raise a ValueError if anything asked for does not exist or does not fit, before any work."""
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ValueError(f"a run's name is a plain folder name, got {self.name!r}")
        if self.seed < 0 or self.lora_rank < 1 or self.checkpoint_every < 1:
            raise ValueError("seed must be at least 0, lora_rank and checkpoint_every at least 1")
        if self.wording not in WORDINGS:
            raise unknown_wording(self.wording)
        reward = parse(self.reward)
        for name in (self.game, *self.test_games):
            game = games.get(name)
            if game.players != 2:
                raise ValueError(f"language models are trained and judged on games of two players; {name!r} has {game.players}")
            RepeatedGame.compile(game, reward)
            seated(self.opponent if name == self.game else self.test_opponent, game)
            text.held_out(game.shape[0], self.wording)

    def to_json(self) -> dict[str, Any]:
        """Return what defines the run: all but how and where it is carried out."""
        skipped = {"folder", "resume", "checkpoint"}
        return json.loads(json.dumps({key: value for key, value in asdict(self).items() if key not in skipped}))


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
    model = load(options.model)
    for told in (*text.validation(), *text.held_out()):
        check_tokens(model, told.labels)
    model = adapters.add_lora(model, options.lora_rank, options.seed)
    weights = sum(parameter.numel() for parameter in adapters.trainable(model).values()) * 4
    open_run = Run.resume if options.resume else Run.create
    # Per checkpoint: weights, best weights and two averages; two are kept while a third is written.
    run = open_run(options.folder / options.name, options.to_json(), needs=3 * 4 * weights + weights)

    seconds: dict[str, float] = {}
    with _timed(seconds, "evaluate_before"):
        _judge(run, model, options, BEFORE)
    training = Training(
        model, games.get(options.game), parse(options.reward), options.opponent, options.train, np.random.default_rng(options.seed), options.wording
    )
    spent = _restore(run, training, options)
    _train(run, training, options, spent)
    training.keep_best()
    adapters.save_weights(model, run.path("adapter.safetensors"))
    with _timed(seconds, "evaluate_after"):
        _judge(run, model, options, AFTER, again=True)
    _write_results(run, training, seconds | {"train": spent[0]})
    return run


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
    # Illegal answers count in every regret as they count in the reward that is taught.
    illegal = [term for term in reward.terms if term[1].judges_illegal]
    for name in options.test_games:
        game = games.get(name)
        told = text.held_out(game.shape[0], options.wording)
        found = tables(model, game, told)
        rewards = {value: type(reward)((*parse(value).terms, *illegal)) for value in ("deontological", "utilitarian")}
        results["games"][name] = summarise(game, found, reward, rewards, options.test_opponent)
        results["policy"][name] = {str(presentation): np.round(table, 6).tolist() for presentation, table in zip(told, found, strict=True)}
    return results


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
    adapters.load_weights(training.model, folder / "best.safetensors")
    training.best_weights = adapters.copy_weights(training.model)
    adapters.load_weights(training.model, folder / "weights.safetensors")
    adapters.load_optimizer(training.optimizer, folder / "optimizer.safetensors")
    training.rng.bit_generator.state = state["rng"]
    training.done, training.passes, training.best_update = state["done"], state["passes"], state["best_update"]
    training.best_regret = float("inf") if state["best_regret"] is None else state["best_regret"]
    run.rewind(training.done)
    return [state["seconds"]]


def _save(run: Run, training: Training, seconds: float) -> None:
    def write(folder: Path) -> None:
        adapters.save_weights(training.model, folder / "weights.safetensors")
        now = adapters.copy_weights(training.model)
        training.keep_best()
        adapters.save_weights(training.model, folder / "best.safetensors")
        adapters.set_weights(training.model, now)
        adapters.save_optimizer(training.optimizer, folder / "optimizer.safetensors")
        state = {
            "done": training.done,
            "passes": training.passes,
            "best_update": training.best_update,
            "best_regret": training.best_regret if np.isfinite(training.best_regret) else None,
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
                progress.console.print(f"update {training.done:3d}: reward {record['reward']:.3f}; validation {line}")
            progress.update(task, completed=training.done)
            if training.done % options.checkpoint_every == 0 or training.finished:
                _save(run, training, spent[0])


def _write_results(run: Run, training: Training, seconds: dict[str, float]) -> None:
    judged = {when: read_json(run.path(f"judged-{when}.json")) for when in (BEFORE, AFTER)}
    write_json(run.path(POLICY), {when: content["policy"] for when, content in judged.items()})
    metrics = {when: content["games"] for when, content in judged.items()}
    details = {"updates": training.done, "chosen_update": training.best_update, "validation_regret_highest": round(training.best_regret, 6)}
    write_json(run.path(METRICS), metrics | {"training": details, "seconds": {k: round(v, 2) for k, v in seconds.items()}, "machine": machine()})


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
