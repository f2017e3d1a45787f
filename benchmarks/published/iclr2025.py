"""The ICLR 2025 study of Tennant, Hailes & Musolesi, "Moral alignment for LLM agents", reproduced.

A language model is fine-tuned on the prisoner's dilemma with a moral value, with the game's payoffs, with both, or
with one after the other, and then judged on five games. Run from the repository's root::

    .venv/bin/python -m benchmarks.published.iclr2025 --processes 2
    .venv/bin/python -m benchmarks.published.iclr2025 --conditions deontological --opponents random --seeds 0 --name one
    .venv/bin/python -m benchmarks.published.iclr2025 --help

Results go to ``runs/NAME``: ``results.csv``, ``metrics.json``, ``figures/``, ``judged/`` with what each model does in
every game and telling and what it says in its own words, and ``trained/`` with a fine-tuning run for each (its
checkpoints go when it is judged). A study that was killed goes on with ``--resume``, which also adds conditions,
opponents and seeds. ``benchmarks.published.iclr2025_results`` sets the results beside the published ones.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import tyro

from benchmarks.pool import each
from benchmarks.published.iclr2025_conditions import CONDITIONS, NOBODY, Subject, Tables, WithPersona, ask
from benchmarks.published.iclr2025_measures import rows
from benchmarks.published.iclr2025_options import Options
from benchmarks.published.iclr2025_other import Chances, converse, unrelated, unrelated_rows
from benchmarks.published.iclr2025_summary import markdown, over_seeds
from benchmarks.tables import write_csv
from moral_games import games
from moral_games.runs import METRICS, Run, RunError, read_json, write_json


class Judged(NamedTuple):
    """What a subject does and says."""

    tables: dict[str, Tables]
    """By game."""
    unrelated: Chances
    """After prompts that have little to do with the games."""
    said: list[dict[str, str]]
    """In its own words; see `converse`. Data, to be escaped wherever it is shown."""


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
        line for subject, found in judged.items() for line in _rows(options, subject, found, judged[Subject("none")])
    ]
    write_csv(run.path("results.csv"), lines)
    write_json(run.path(METRICS), {"results": over_seeds(lines), "given_up": given_up})
    _draw(run, lines)
    return run


def load(run: Run) -> dict[Subject, Judged]:
    """Return by subject, in the order of `CONDITIONS`, what it does and says."""
    found = {}
    for path in run.path("judged").glob("*.json"):
        kept = read_json(path)
        tables = {
            game: {telling: np.array(table) for telling, table in told.items()} for game, told in kept["tables"].items()
        }
        found[Subject(**kept["subject"])] = Judged(tables, kept["unrelated"], kept["said"])
    order = list(CONDITIONS)
    return dict(sorted(found.items(), key=lambda one: (order.index(one[0].condition), one[0].opponent, one[0].seed)))


def carry_out(options: Options, subject: Subject) -> str | None:
    """Train a subject, or what is left of it, and keep what it then does; return why if it had to be given up."""
    from moral_games.llm.finetuning import NothingLegal, finetune, load_run
    from moral_games.llm.models import load as load_model

    persona = CONDITIONS[subject.condition].persona
    if subject.opponent == NOBODY:
        model = load_model(options.model)
    else:
        try:
            with contextlib.redirect_stdout(sys.stderr):
                model = load_run(finetune(options.training(subject)).folder)
        except (NothingLegal, FloatingPointError) as error:
            return str(error)
    asked = WithPersona(model, persona) if persona else model
    tables = {name: ask(asked, games.get(name), options.wording, options.judgement) for name in options.games}
    told = {name: {telling: table.tolist() for telling, table in found.items()} for name, found in tables.items()}
    kept = {"tables": told, "unrelated": unrelated(asked), "said": converse(model, options.wording, persona)}
    path = _kept(Run(options.folder / options.name), subject)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, {"subject": asdict(subject)} | kept)
    shutil.rmtree(options.folder / options.name / "trained" / subject.name / "checkpoints", ignore_errors=True)
    return None


def _rows(options: Options, subject: Subject, found: Judged, untrained: Judged) -> Iterator[dict[str, object]]:
    """Return a subject's lines of the table of results."""
    seed = options.evaluation_seed
    yield from rows(subject, found.tables, untrained.tables, seed, options.slips())
    yield from unrelated_rows(subject, found.unrelated, untrained.unrelated, seed)


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
        for subject, reason in each(partial(carry_out, options), wave, options.processes):
            if reason:
                given_up[subject.name] = reason
            trained += subject.opponent != NOBODY
            left = sum(one.opponent != NOBODY for one in missing) - trained
            spent = time.perf_counter() - begun
            _told(subject, reason, left, spent * left / trained if trained else None)
    return given_up


def _told(subject: Subject, reason: str | None, left: int, seconds: float | None) -> None:
    ended = f"given up, {reason}" if reason else "judged"
    about = "" if seconds is None else f", about {timedelta(seconds=round(seconds))} at this pace"
    print(f"{subject.name}: {ended}; trainings left: {left}{about}", file=sys.stderr, flush=True)


def _draw(run: Run, lines: Sequence[Mapping[str, Any]]) -> None:
    from benchmarks.published import iclr2025_figures as figures

    run.path("figures").mkdir(exist_ok=True)
    opponents = list(dict.fromkeys(line["opponent"] for line in lines if line["opponent"] != NOBODY)) or [NOBODY]
    histories = {
        subject: [line["action_types"] for line in Run(run.path("trained", subject.name)).history()]
        for subject in load(run)
        if subject.opponent != NOBODY
    }
    drawn = figures.of_training(histories)
    for opponent in opponents:
        own = [line for line in lines if line["opponent"] in (opponent, NOBODY)]
        drawn |= {f"{name}-{opponent}": figure for name, figure in figures.of_judgement(own, opponent).items()}
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
