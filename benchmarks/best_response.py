"""How many rounds PPO, A2C and DQN need to find the exact best response to each fixed opponent.

The best response is known exactly, by policy iteration; a learner has reached it when it could earn less than 2 % of
the range of payoffs more (`agents.judgement.best_response_gap`) at several looks in a row, and then stops. Against
opponents that remember more than the last round learners observe several. Run from the repository's root; a few
opponents take minutes, all of them an hour or two::

    OMP_NUM_THREADS=1 python -m benchmarks.best_response --opponents tit_for_tat grim random > best_response.md
    OMP_NUM_THREADS=1 python -m benchmarks.best_response --processes 2 > best_response.md

Markdown goes to stdout, and each number as soon as it is known to stderr. The numbers do not depend on how many
processes there are.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from multiprocessing import get_context

import numpy as np
import tyro

import moral_games as mg
from agents import sb3

NEAR = 0.02
"""How much more a best response may earn, as a share of the range of payoffs."""


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
    """Rounds that are played at most."""
    block: int = 2_048
    """Rounds between two looks."""
    looks: int = 3
    """Looks in a row at which a learner must be near the best response."""
    memory: int = 3
    """How many rounds a learner observes where the opponent remembers more than one."""
    processes: int = 1
    """How many learn at the same time."""


@dataclass(frozen=True)
class Found:
    """What the seeds of one algorithm have come to against one opponent.

    ``steps`` holds for each seed the rounds it needed, or None; ``gaps`` how far it is off in the end.
    """

    steps: tuple[int | None, ...]
    gaps: tuple[float, ...]

    def __str__(self) -> str:
        needed = [steps for steps in self.steps if steps is not None]
        if len(needed) < len(self.steps):
            return f"{len(needed)} of {len(self.steps)} seeds, gap {max(self.gaps):.3f}"
        return f"{int(np.median(needed)):,}"


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


def find(asked: Options, game: str, opponent: str, algorithm: str) -> Found:
    """Let the seeds of one algorithm learn against one opponent."""
    settings = sb3.Options(
        game=game,
        opponent=(opponent,),
        algorithm=algorithm,  # type: ignore[arg-type]
        steps=asked.steps,
        block=asked.block,
        memory=memory(opponent, mg.games.get(game), asked.memory),
    )
    steps, last = [], []
    for seed in range(asked.seeds):
        models = sb3.IndependentModels(settings.seats(), replace(settings, seed=seed))
        gaps: list[float] = []
        while models.done < models.total and reached(gaps, asked.looks) is None:
            gaps.append(models.advance()["exploitability/player_0"])
        found = reached(gaps, asked.looks)
        steps.append(None if found is None else found * asked.block)
        last.append(gaps[-1])
    outcome = Found(tuple(steps), tuple(last))
    print(f"{game}, {opponent}, {algorithm}: {outcome}", file=sys.stderr, flush=True)
    return outcome


def find_all(asked: Options, lines: Sequence[tuple[str, str]]) -> Iterator[Found]:
    """Return for each game and opponent what each algorithm has found, in order."""
    cells = [(asked, game, opponent, algorithm) for (game, opponent), algorithm in product(lines, asked.algorithms)]
    if asked.processes == 1:
        yield from (find(*cell) for cell in cells)
        return
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        yield from pool.map(find, *zip(*cells, strict=True))


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table: a line for each game and opponent, a column for each algorithm."""
    asked = tyro.cli(Options, args=arguments)
    played = {name: mg.games.get(name) for name in asked.games}
    lines = [(name, opponent) for name, game in played.items() for opponent in asked.opponents or opponents(game)]
    for algorithm in asked.algorithms:
        sb3.Options(algorithm=algorithm, seeds=asked.seeds, steps=asked.steps, block=asked.block).check()  # type: ignore[arg-type]
    found = find_all(asked, lines)
    print(
        f"Median rounds over {asked.seeds} seeds until the exploitability was below {NEAR} at {asked.looks} looks in a "
        f"row, {asked.block:,} rounds apart; {asked.steps:,} rounds at most.\n"
    )
    print(f"| game | opponent | rounds observed | {' | '.join(asked.algorithms)} |")
    print(f"|---|---|---|{'---|' * len(asked.algorithms)}")
    for name, opponent in lines:
        cells = " | ".join(str(next(found)) for _ in asked.algorithms)
        print(f"| {name} | {opponent} | {memory(opponent, played[name], asked.memory)} | {cells} |", flush=True)


def _understands(name: str, game: mg.MatrixGame) -> bool:
    try:
        mg.opponents.as_policy(name, game.seen_by(1))
    except ValueError:
        return False
    return True


if __name__ == "__main__":
    main()
