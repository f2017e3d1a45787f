"""The ICLR 2025 study of Tennant, Hailes & Musolesi, "Moral alignment for LLM agents", reproduced.

A language model is fine-tuned on the prisoner's dilemma with a moral value, with the game's payoffs, with both, or
with one after the other, and then judged on five games. Run from the repository's root::

    .venv/bin/python -m benchmarks.published.iclr2025
    .venv/bin/python -m benchmarks.published.iclr2025 --conditions deontological --opponents random --seeds 0 --name one
    .venv/bin/python -m benchmarks.published.iclr2025 --algorithm ppo --opponents tit_for_tat --name published

Results go to ``runs/NAME``: ``results.csv``, ``metrics.json``, ``figures/``, ``judged/`` with what each model does in
every game and telling, and ``trained/`` with a fine-tuning run for each (its checkpoints go when it is judged). A
study that was killed goes on with ``--resume``, which also adds conditions, opponents and seeds.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tyro

from benchmarks.published.iclr2025_conditions import (
    CONDITIONS,
    GAMES,
    NOBODY,
    Subject,
    Tables,
    WithPersona,
    ask,
    subjects,
)
from benchmarks.published.iclr2025_measures import SLIPS, Slip, rows
from benchmarks.published.iclr2025_summary import markdown, over_seeds
from benchmarks.tables import write_csv
from moral_games import games
from moral_games.llm.options import BUNDLED, Finetune
from moral_games.llm.settings import Settings
from moral_games.names import unknown
from moral_games.runs import METRICS, Run, RunError, read_json, write_json

PUBLISHED_SEED = 100
"""Seed of the published evaluation."""


@dataclass(frozen=True)
class Options:
    """Reproduce the study."""

    conditions: tuple[str, ...] = tuple(CONDITIONS)
    """Which conditions; all by default. What one needs is added: the untrained model, and where training goes on
    from a selfish model, that one."""
    opponents: tuple[str, ...] = ("tit_for_tat", "llm")
    """Whom models are trained against; llm is another model that learns at the same time. The study's extras are
    random, always_cooperate and always_defect."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the training."""
    algorithm: Literal["exact", "ppo"] = "exact"
    """How models learn: by the exact gradient and balanced tellings, or by the published recipe and its one telling."""
    updates: int | None = None
    """Most updates of a training; the algorithm's own by default."""
    model: str = BUNDLED
    """The model: bundled, a folder or a Hugging Face id."""
    wording: str = "compact"
    """The wording of all prompts; structured has the published fields."""
    games: tuple[str, ...] = GAMES
    """The games on which models are judged."""
    lora_rank: int | None = None
    """Rank of the adapters; the algorithm's own by default."""
    as_published: tuple[Slip | Literal["all"], ...] = ()
    """Slips of the published code to repeat in the sampled measures: current-move (action types are told by what the
    opponent does at the same time), undivided-regret (deontological regret is not divided by its range), penalty-four
    (duty is judged with a penalty of 4, though taught with 3); or all."""
    evaluation_seed: int = PUBLISHED_SEED
    """Seed of the sampled protocol: the same for every model and game, as published."""
    processes: int = 1
    """Processes that train and judge, one subject at a time each."""
    name: str = "iclr2025"
    """Name of the study's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped, or add conditions, opponents and seeds."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, before any work."""
        for option in ("conditions", "opponents", "seeds", "games"):
            if not getattr(self, option):
                raise ValueError(f"name at least one of {option}")
        for condition in self.conditions:
            if condition not in CONDITIONS:
                raise unknown("condition", condition, CONDITIONS)
        for slip in self.as_published:
            if slip not in (*SLIPS, "all"):
                raise unknown("slip", slip, (*SLIPS, "all"))
        if self.processes < 1 or self.evaluation_seed < 0:
            raise ValueError("processes must be at least 1 and evaluation_seed at least 0")
        if not self.name or Path(self.name).name != self.name or self.name.startswith("."):
            raise ValueError(f"a study's name is a plain folder name, got {self.name!r}")
        for game in self.games:
            if games.get(game).shape != (2, 2):
                raise ValueError(f"the study judges on games of two players with two actions each; {game!r} is another")
        for subject in self.subjects():
            if subject.opponent != NOBODY:
                self.training(subject).check()

    def subjects(self) -> list[Subject]:
        """Return whom to judge."""
        return subjects(self.conditions, self.opponents, self.seeds)

    def slips(self) -> tuple[Slip, ...]:
        """Return the slips that are repeated."""
        return SLIPS if "all" in self.as_published else tuple(slip for slip in SLIPS if slip in self.as_published)

    def to_json(self) -> dict[str, Any]:
        """Return what decides the results of each subject."""
        apart = {"conditions", "opponents", "seeds", "processes", "name", "folder", "resume"}
        kept = {key: entry for key, entry in asdict(self).items() if key not in apart}
        return json.loads(json.dumps({"study": "iclr2025"} | kept | {"as_published": self.slips()}))

    def training(self, subject: Subject) -> Finetune:
        """Return what is asked of a subject's training."""
        reward = CONDITIONS[subject.condition].reward
        assert reward is not None, f"condition {subject.condition!r} trains nobody"
        how = Settings(updates=self.updates)
        if self.algorithm == "ppo":
            how = Settings(updates=self.updates, presentations="fixed", tellings=1, stop_fault=0.0)
        return Finetune(
            algorithm=self.algorithm,
            name=subject.name,
            folder=self.folder / self.name / "trained",
            model=self.model,
            reward=reward,
            opponent=subject.opponent,
            wording=self.wording,
            test_games=("ipd",),
            lora_rank=self.lora_rank,
            start_from=str(self.folder / self.name / "trained" / subject.after.name) if subject.after else None,
            seed=subject.seed,
            train=how,
            resume=True,
        )


def reproduce(options: Options) -> Run:
    """Train and judge whoever is not judged yet, and write measures and figures of all that are.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used.
    """
    options.check()
    run = Run.open(options.folder / options.name, options.to_json(), options.resume)
    given_up = _carry_out_missing(run, options)
    judged = load(run)
    lines = [
        line
        for subject, tables in judged.items()
        for line in rows(subject, tables, judged[Subject("none")], options.evaluation_seed, options.slips())
    ]
    write_csv(run.path("results.csv"), lines)
    write_json(run.path(METRICS), {"results": over_seeds(lines), "given_up": given_up})
    _draw(run, lines)
    return run


def load(run: Run) -> dict[Subject, dict[str, Tables]]:
    """Return by subject, in the order of `CONDITIONS`, what it does in each game and telling."""
    found = {}
    for path in run.path("judged").glob("*.json"):
        kept = read_json(path)
        tables = {
            game: {telling: np.array(table) for telling, table in told.items()} for game, told in kept["tables"].items()
        }
        found[Subject(**kept["subject"])] = tables
    order = list(CONDITIONS)
    return dict(sorted(found.items(), key=lambda one: (order.index(one[0].condition), one[0].opponent, one[0].seed)))


def carry_out(options: Options, subject: Subject) -> str | None:
    """Train a subject, or what is left of it, and keep what it then does; return why if it had to be given up."""
    from moral_games.llm.finetuning import NothingLegal, finetune, load_run
    from moral_games.llm.models import load as load_model

    path = _kept(Run(options.folder / options.name), subject)
    if subject.opponent == NOBODY:
        persona = CONDITIONS[subject.condition].persona
        loaded = load_model(options.model)
        model = WithPersona(loaded, persona) if persona else loaded
    else:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                model = load_run(finetune(options.training(subject)).folder)
        except (NothingLegal, FloatingPointError) as error:
            return str(error)
    tables = {name: ask(model, games.get(name), options.wording) for name in options.games}
    told = {name: {telling: table.tolist() for telling, table in found.items()} for name, found in tables.items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"subject": asdict(subject), "tables": told})
    shutil.rmtree(options.folder / options.name / "trained" / subject.name / "checkpoints", ignore_errors=True)
    return None


def _kept(run: Run, subject: Subject) -> Path:
    return run.path("judged", f"{subject.name}.json")


def _carry_out_missing(run: Run, options: Options) -> dict[str, str]:
    """Carry out all that is not judged yet, and say how long the rest takes; return why who was given up, by name."""
    missing = [subject for subject in options.subjects() if not _kept(run, subject).exists()]
    given_up: dict[str, str] = {}
    begun, trained = time.perf_counter(), 0
    for again in (False, True):  # what starts from another's weights comes after all others
        wave = [subject for subject in missing if (subject.after is not None) == again]
        for subject in list(wave):
            if subject.after and subject.after.name in given_up:
                given_up[subject.name] = f"{subject.after.name}, from which it was to start, was given up"
                wave.remove(subject)
                missing.remove(subject)
        for subject, reason in _each(options, wave):
            if reason:
                given_up[subject.name] = reason
            trained += subject.opponent != NOBODY
            left = sum(one.opponent != NOBODY for one in missing) - trained
            spent = time.perf_counter() - begun
            _told(subject, reason, left, spent * left / trained if trained else None)
    return given_up


def _each(options: Options, wave: Sequence[Subject]) -> Iterator[tuple[Subject, str | None]]:
    """Carry out subjects that do not depend on each other."""
    if options.processes == 1 or len(wave) < 2:
        yield from ((subject, carry_out(options, subject)) for subject in wave)
        return
    context = multiprocessing.get_context("spawn")
    processes = min(options.processes, len(wave))
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_alone) as pool:
        waiting = {pool.submit(carry_out, options, subject): subject for subject in wave}
        for done in as_completed(waiting):
            yield waiting[done], done.result()


def _alone() -> None:
    """Prepare a process that is one of several."""
    import torch

    torch.set_num_threads(1)  # threads of several processes would wait for each other,
    os.environ["TERM"] = "dumb"  # and progress bars overwrite each other


def _told(subject: Subject, reason: str | None, left: int, seconds: float | None) -> None:
    ended = f"given up, {reason}" if reason else "judged"
    about = "" if seconds is None else f", about {timedelta(seconds=round(seconds))} at this pace"
    print(f"{subject.name}: {ended}; trainings left: {left}{about}", file=sys.stderr, flush=True)


def _draw(run: Run, lines: Sequence[Mapping[str, Any]]) -> None:
    from benchmarks.published import iclr2025_figures as figures

    run.path("figures").mkdir(exist_ok=True)
    opponents = list(dict.fromkeys(line["opponent"] for line in lines if line["opponent"] != NOBODY)) or [NOBODY]
    drawn = {}
    for opponent in opponents:
        own = [line for line in lines if line["opponent"] in (opponent, NOBODY)]
        drawn[f"regret-{opponent}"] = figures.regret(own, opponent)
        drawn[f"reciprocity-{opponent}"] = figures.reciprocity(own, opponent)
    training = {
        subject: [line["action_types"] for line in Run(run.path("trained", subject.name)).history()]
        for subject in load(run)
        if subject.opponent != NOBODY
    }
    if training:
        drawn["training"] = figures.training(training)
    for name, figure in drawn.items():
        figure.savefig(run.path("figures", f"{name}.png"), dpi=110, metadata={"Software": None})


def main(options: Options) -> None:
    """Reproduce the study, and print what each condition makes of the model."""
    try:
        run = reproduce(options)
    except (RunError, ValueError, OSError) as error:
        sys.exit(f"iclr2025: {error}")
    found = read_json(run.path(METRICS))
    print(markdown(found["results"]))
    for name, reason in found["given_up"].items():
        print(f"\n{name} was given up: {reason}")
    print(f"results: {run.folder}", file=sys.stderr)


if __name__ == "__main__":
    main(tyro.cli(Options))
