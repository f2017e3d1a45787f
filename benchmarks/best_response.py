"""How many rounds PPO, A2C and DQN need to find the exact best response to each fixed opponent.

The best response is known exactly, by policy iteration; a learner has reached it when it could earn less than 2 % of
the range of payoffs more (`agents.judgement.best_response_gap`) at several looks in a row, and then stops. Against
opponents that remember more than the last round learners observe several. Where a seed does not get there, all seeds
try again, and if need be once more (`ATTEMPTS`). Run from the repository's root; a few opponents take minutes, all of
them an hour or two::

    OMP_NUM_THREADS=1 python -m benchmarks.best_response --opponents tit_for_tat grim random --name few
    OMP_NUM_THREADS=1 python -m benchmarks.best_response --processes 2

Each cell is kept in ``runs/NAME`` as soon as it is known, and the table printed at the end; ``--resume`` goes on. The
numbers do not depend on how many processes there are.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tyro

import moral_games as mg
from agents import sb3
from benchmarks.pool import each
from moral_games.names import check_folder_name
from moral_games.runs import Run, RunError

NEAR = 0.02
"""How much more a best response may earn, as a share of the range of payoffs."""

EXPLORING: Mapping[str, float] = {"longer": 4, "entropy": 2.0, "exploration": 0.5}
ATTEMPTS: tuple[Mapping[str, float], ...] = ({}, EXPLORING, {**EXPLORING, "learning_rate": 0.01, "observed": 1})
"""What is tried, one after the other: how many times the rounds (``longer``), how many rounds more a learner observes
of an opponent that remembers several (``observed``), and options of `agents.sb3`."""

TIMES = ("", " (again)", " (a third time)")
"""What the table says of each attempt."""

ELSEWHERE = {"processes", "name", "folder", "resume"}
"""Options that say how and where the work is done, and not what it is."""

Cell = tuple[str, str, str]
"""A game, an opponent and an algorithm."""


@dataclass(frozen=True)
class Options:
    """Let algorithms of stable-baselines3 learn against fixed opponents, and count the rounds they need."""

    games: tuple[str, ...] = ("ipd", "stag_hunt")
    """What is played."""
    algorithms: tuple[str, ...] = tuple(sb3.ALGORITHMS)
    """Who learns."""
    opponents: tuple[str, ...] = ()
    """Against whom; everybody who understands the game by default."""
    seeds: int = 3
    """Seeds of each learner."""
    steps: int = 40_960
    """Rounds that are played at most in a first attempt."""
    block: int = 2_048
    """Rounds between two looks."""
    looks: int = 3
    """Looks in a row at which a learner must be near the best response."""
    memory: int = 3
    """How many rounds a learner observes where the opponent remembers more than one."""
    processes: int = 1
    """How many cells are worked on at the same time."""
    name: str = "best_response"
    """Name of the run's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped."""

    @classmethod
    def of(cls, run: Run) -> Options:
        """Return what a run was asked for."""
        kept = {key: entry for key, entry in run.config().items() if key != "attempts"}
        return cls(**{key: tuple(entry) if isinstance(entry, list) else entry for key, entry in kept.items()})

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, or an opponent does not understand a game."""
        check_folder_name("study", self.name)
        for name in ("processes", "looks", "memory"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for algorithm in self.algorithms:
            sb3.Options(algorithm=algorithm, seeds=self.seeds, steps=self.steps, block=self.block).check()  # type: ignore[arg-type]
        for game, opponent in product(map(mg.games.get, self.games), self.opponents):
            mg.opponents.as_policy(opponent, game.seen_by(1))

    def to_json(self) -> dict[str, Any]:
        """Return what decides the numbers."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE}
        asked: dict[str, Any] = json.loads(json.dumps(kept | {"attempts": [dict(each) for each in ATTEMPTS]}))
        return asked


@dataclass(frozen=True)
class Found:
    """What the seeds of one algorithm have come to against one opponent.

    ``steps`` holds for each seed the rounds it needed, or None; ``gaps`` how far it is off in the end; ``attempt``
    counts from 1.
    """

    steps: tuple[int | None, ...]
    gaps: tuple[float, ...]
    attempt: int = 1

    @property
    def everyone(self) -> bool:
        """Whether every seed got there."""
        return None not in self.steps

    @property
    def settled(self) -> bool:
        """Whether nothing is left to try."""
        return self.everyone or self.attempt == len(ATTEMPTS)

    def __str__(self) -> str:
        needed = [steps for steps in self.steps if steps is not None]
        if not self.everyone:
            return f"{len(needed)} of {len(self.steps)} seeds, gap {max(self.gaps):.3f}"
        return f"{int(np.median(needed)):,}{TIMES[self.attempt - 1]}"


def opponents(game: mg.MatrixGame) -> list[str]:
    """Return the strategies that understand a game, by name."""
    return [name for name in mg.opponents.names() if _understands(name, game)]


def memory(opponent: str, game: mg.MatrixGame, longest: int) -> int:
    """Return how many rounds a learner is to observe: one, where the opponent remembers no more."""
    return 1 if isinstance(mg.opponents.as_policy(opponent, game.seen_by(1)), mg.PolicyTable) else longest


def reached(gaps: Sequence[float], looks: int) -> int | None:
    """Return after how many blocks a learner was near the best response for so many looks in a row; None if never.

    Parameters
    ----------
    gaps
        How far it was off after each block.
    looks
        Looks in a row, of which the first counts.
    """
    near = [gap < NEAR for gap in gaps]
    return next((first + 1 for first in range(len(near) - looks + 1) if all(near[first : first + looks])), None)


def find(asked: Options, known: Mapping[Cell, Found], cell: Cell) -> Found:
    """Let the seeds of one algorithm learn against one opponent, and try again if one does not get there.

    Parameters
    ----------
    asked
        What is asked.
    known
        What attempts have come to already.
    cell
        Who learns what against whom.
    """
    game, opponent, algorithm = cell
    found = known.get(cell, Found((None,), (1.0,), 0))
    for number, attempt in enumerate(ATTEMPTS[found.attempt :], start=found.attempt + 1):
        options = {key: amount for key, amount in attempt.items() if key not in ("longer", "observed")}
        settings = sb3.Options(
            game=game,
            opponent=(opponent,),
            algorithm=algorithm,  # type: ignore[arg-type]
            steps=asked.steps * int(attempt.get("longer", 1)),
            block=asked.block,
            memory=memory(opponent, mg.games.get(game), asked.memory + int(attempt.get("observed", 0))),
            **options,  # type: ignore[arg-type]
        )
        each = [_learn(replace(settings, seed=seed), asked.looks) for seed in range(asked.seeds)]
        found = Found(tuple(steps for steps, _ in each), tuple(gap for _, gap in each), number)
        if found.everyone:
            break
    return found


def find_all(asked: Options) -> dict[Cell, Found]:
    """Return what each algorithm has found in each game against each opponent, in order; keep each as it is known.

    Raises
    ------
    RunError
        If the folder cannot be used.
    """
    cells = list(_cells(asked))
    run = Run.open(asked.folder / asked.name, asked.to_json(), asked.resume)
    run.rewind(len(run.history()))
    known = read(run)
    left = [cell for cell in cells if cell not in known or not known[cell].settled]

    for cell, found in each(partial(find, asked, dict(known)), left, asked.processes):
        known[cell] = found
        run.append({"cell": cell, **asdict(found)})
        print(f"{', '.join(cell)}: {found}", file=sys.stderr, flush=True)
    return {cell: known[cell] for cell in cells}


def read(run: Run) -> dict[Cell, Found]:
    """Return what a run's folder holds; of a cell that was tried again, the last attempt."""
    return {tuple(record["cell"]): _from_json(record) for record in run.history()}


def in_order(asked: Options, found: Mapping[Cell, Found]) -> dict[Cell, Found]:
    """Return the cells that are known in the order in which they are asked for."""
    return {cell: found[cell] for cell in _cells(asked) if cell in found}


def summary(asked: Options, found: Mapping[Cell, Found]) -> str:
    """Return as Markdown how often all seeds of each algorithm got there, in which attempt, and after how long."""
    counted = ["best response reached by every seed", "in the first attempt", "in a second", "in a third"]
    lines = [
        f"| | matches | {' | '.join(counted)} | median rounds in the first |",
        "|---|" + "--:|" * (len(counted) + 2),
    ]
    for algorithm in asked.algorithms:
        own = [one for cell, one in found.items() if cell[2] == algorithm]
        there = [one.attempt for one in own if one.everyone]
        first = [np.median(one.steps) for one in own if one.everyone and one.attempt == 1]  # type: ignore[arg-type]
        counts = " | ".join(str(number) for number in (len(own), len(there), *map(there.count, (1, 2, 3))))
        lines.append(
            f"| {algorithm} | {counts} | {int(np.median(first)):,} |" if first else f"| {algorithm} | {counts} | |"
        )
    return "\n".join(lines)


def table(asked: Options, found: Mapping[Cell, Found]) -> str:
    """Return the table as Markdown: a line for each game and opponent, a column for each algorithm."""
    lines = [
        f"Median rounds over {asked.seeds} seeds until the exploitability was below {NEAR} at {asked.looks} looks in a "
        f"row, {asked.block:,} rounds apart; {asked.steps:,} rounds at most. In a second attempt (again) "
        f"{EXPLORING['longer']:g} times as many with more exploration; in a third with a larger learning rate besides, "
        "and where several rounds are observed one more.\n",
        f"| game | opponent | rounds observed | {' | '.join(asked.algorithms)} |",
        f"|---|---|---|{'---|' * len(asked.algorithms)}",
    ]
    for game, opponent in dict.fromkeys(cell[:2] for cell in found):
        told = " | ".join(str(found[game, opponent, algorithm]) for algorithm in asked.algorithms)
        lines.append(f"| {game} | {opponent} | {memory(opponent, mg.games.get(game), asked.memory)} | {told} |")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Let everybody learn, and print the table."""
    asked = tyro.cli(Options, args=arguments)
    try:
        asked.check()
        print(table(asked, find_all(asked)))
    except (ValueError, RunError, OSError) as error:
        sys.exit(f"best_response: {error}")


def _learn(settings: sb3.Options, looks: int) -> tuple[int | None, float]:
    """Let one seed learn until it stays near the best response, or to the end; return rounds, and how far it is off."""
    models = sb3.IndependentModels(settings.seats(), settings)
    gaps: list[float] = []
    while models.done < models.total and reached(gaps, looks) is None:
        gaps.append(float(models.advance()["exploitability/player_0"]))
    blocks = reached(gaps, looks)
    return None if blocks is None else blocks * settings.block, gaps[-1]


def _cells(asked: Options) -> Iterator[Cell]:
    for name in asked.games:
        against = asked.opponents or opponents(mg.games.get(name))
        yield from ((name, opponent, algorithm) for opponent, algorithm in product(against, asked.algorithms))


def _from_json(record: Mapping[str, Any]) -> Found:
    return Found(tuple(record["steps"]), tuple(record["gaps"]), record["attempt"])


def _understands(name: str, game: mg.MatrixGame) -> bool:
    try:
        mg.opponents.as_policy(name, game.seen_by(1))
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    main()
