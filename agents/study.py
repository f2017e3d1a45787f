"""What every agent's command shares: a study is a learner in a run folder, judged exactly at the end.

An agent brings a `Learner` and a dataclass that extends `agents.options.Options`; `study` carries it out, or what
is left of it, and `agents.command.command` reads the options and shows what came out.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

import moral_games as mg
from agents.judgement import summarise
from agents.options import Options
from agents.seats import Seats
from moral_games.progress import progress
from moral_games.report import write_report
from moral_games.runs import METRICS, POLICY, Run, RunError, read_json, write_json

Arrays = dict[str, NDArray[Any]]
State = tuple[Arrays, dict[str, Any]]
"""What a learner is restored from: arrays by name, and the rest as JSON."""

ARRAYS, REST, TIMES, POLICIES, SCALARS = "arrays.safetensors", "state.json", "seconds.json", "policies", "tensorboard"


class Learner(Protocol):
    """One or many seeds that learn together."""

    @property
    def done(self) -> int:
        """How far it is, in rounds, updates or whatever it counts."""
        ...

    @property
    def total(self) -> int:
        """How far it goes."""
        ...

    def advance(self) -> Mapping[str, ArrayLike]:
        """Do a chunk of the work, so that `done` grows; return scalars by name, each one number or one a seed.

        A name is a measure, or a measure and whose, as in ``reward/player_0``; the report draws a panel
        for each measure.
        """
        ...

    def state(self) -> State:
        """Return all that what follows depends on."""
        ...

    def restore(self, state: State) -> None:
        """Go back to where `state` was returned."""
        ...

    def policies(self) -> Sequence[Sequence[Any]]:
        """Return by seed what each seat that learns has learned, in order.

        Each is a policy with finite memory, or has a ``table(game)`` that returns one, the game being
        seen from its own seat.
        """
        ...


def study(options: Options, seats: Seats, learner: Learner) -> Run:
    """Let a learner learn in its run folder, or what is left of it, and judge exactly what it has learned.

    A run that was killed and goes on with ``resume`` leaves the same history, metrics and policies as one
    that was not: what depends on the clock is in ``seconds.json`` and the TensorBoard events alone.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used, or a checkpoint is corrupt or another run's.
    """
    options.check()
    asked = options.to_json()
    needs = 4 * sum(array.nbytes for array in learner.state()[0].values())
    run = Run.open(options.folder / asked["name"], asked, options.resume, needs)
    if not run.path(METRICS).exists():
        carry_out(run, learner, asked, options.checkpoint_every, options.checkpoint)
        _conclude(run, options, seats, learner)
    write_report(run.folder)
    return run


def carry_out(run: Run, learner: Learner, asked: dict[str, Any], every: int, checkpoint: str | None = None) -> None:
    """Let a learner learn in an open run, from its newest checkpoint on, and note how long it took.

    Parameters
    ----------
    run, learner
        The run's folder, and who learns in it.
    asked
        What defines the run, its name included.
    every
        Chunks of work between two checkpoints.
    checkpoint
        Which one to go on from instead of the newest.

    Raises
    ------
    RunError
        If a checkpoint is corrupt or another run's.
    """
    seconds = _restore(run, learner, asked, checkpoint)
    seconds = _learn(run, learner, asked, every, seconds)
    write_json(run.path(TIMES), {"learning": round(seconds, 3)})


def as_policy(learned: Any, game: mg.MatrixGame) -> mg.FiniteStatePolicy:
    """Return what was learned as a policy of player 0 of `game`.

    Raises
    ------
    TypeError
        If it is no policy and has no ``table(game)``.
    """
    policy = learned.table(game) if hasattr(learned, "table") else learned
    if not isinstance(policy, mg.FiniteStatePolicy):
        raise TypeError(f"a learner's policy has finite memory, or a table(game) that returns one; got {learned!r}")
    policy.check(game)
    return policy


def _restore(run: Run, learner: Learner, asked: dict[str, Any], checkpoint: str | None) -> float:
    """Put a learner back to a checkpoint, if there is one; return the seconds spent until then."""
    from safetensors.numpy import load_file

    folder = run.checkpoint(checkpoint)
    if folder is None:
        run.rewind(0)
        return 0.0
    kept = read_json(folder / REST)
    if kept["asked"] != asked:
        raise RunError(
            f"checkpoint {folder} is of another run ({kept['asked']}); begin anew under another --name, "
            "or resume the run that it belongs to"
        )
    learner.restore((load_file(folder / ARRAYS), kept["rest"]))
    run.rewind(kept["chunks"])
    return float(kept["seconds"])


def _learn(run: Run, learner: Learner, asked: dict[str, Any], every: int, seconds: float) -> float:
    """Advance until finished, with progress, scalars and checkpoints; return the seconds spent in all."""
    from tensorboard.summary import Writer  # type: ignore[import-untyped]

    history = run.history()
    shutil.rmtree(run.path(SCALARS), ignore_errors=True)
    scalars = Writer(str(run.path(SCALARS)))
    for record in history:
        _log(scalars, record)
    chunks = len(history)
    with progress(asked["name"], learner.total, learner.done) as advance:
        while learner.done < learner.total:
            before, begun = learner.done, time.perf_counter()
            found = learner.advance()
            seconds += time.perf_counter() - begun
            chunks += 1
            record = {"done": learner.done} | {
                key: np.round(np.asarray(entry, dtype=np.float64), 6).tolist() for key, entry in found.items()
            }
            run.append(record)
            _log(scalars, record)
            advance(learner.done - before)
            if chunks % every == 0 or learner.done >= learner.total:
                _save(run, learner, {"asked": asked, "chunks": chunks, "seconds": seconds})
    scalars.close()
    return seconds


def _log(scalars: Any, record: dict[str, Any]) -> None:
    """Add a line of the history to TensorBoard's scalars: means over seeds."""
    for key, entry in record.items():
        if key != "done":
            scalars.add_scalar(key, float(np.mean(entry)), record["done"])


def _save(run: Run, learner: Learner, kept: dict[str, Any]) -> None:
    from safetensors.numpy import save_file

    arrays, rest = learner.state()

    def write(folder: Path) -> None:
        save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, folder / ARRAYS)
        write_json(folder / REST, kept | {"rest": rest})

    run.save_checkpoint(kept["chunks"], write)


def _conclude(run: Run, options: Options, seats: Seats, learner: Learner) -> None:
    """Write the learned policies and their exact judgement."""
    learned = [
        [as_policy(policy, seats.game.seen_by(seat)) for seat, policy in zip(seats.learners, policies, strict=True)]
        for policies in learner.policies()
    ]
    run.path(POLICIES).mkdir(exist_ok=True)
    for number, policies in enumerate(learned, start=options.seed):
        for seat, policy in zip(seats.learners, policies, strict=True):
            policy.save(run.path(POLICIES, f"seed_{number}_player_{seat}.json"))
    learned[0][0].save(run.path(POLICY))
    write_json(run.path(METRICS), summarise(seats, learned, options.discount, options.initial))
