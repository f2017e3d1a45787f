"""Baselines on one board: every agent in every game, under every value, against fixed opponents; exact moral regret.

Each combination is a study as in `benchmarks.compare`, judged by the exact analysis; a study that fails stays on the
board. Run it from the repository's root, about twelve minutes of one core, and write the page from it::

    OMP_NUM_THREADS=1 python -m benchmarks.leaderboard
    python -m benchmarks.results

Results go to ``runs/NAME``: ``metrics.json``, ``leaderboard.png``, and ``cells/`` with a run folder a study, as a
comparison has them. ``--resume`` goes on, tries failed studies again, and may add agents; on the board are those that
were asked for last.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tyro

import moral_games as mg
from agents.judgement import interval
from benchmarks.blocks import Block, seeds_asked, table, with_interval
from benchmarks.compare import CELLS, rows
from benchmarks.compare_grid import Cell, Common, grid
from benchmarks.compare_running import finished, on_this_machine
from benchmarks.leaderboard_figure import figure
from moral_games.names import check_folder_name
from moral_games.runs import METRICS, Run, RunError, read_json, whole_file, write_json

ELSEWHERE = {"agents", "name", "folder", "resume", "workers"}
"""Options that say who is on the board, and how and where the work is done, and not what it is."""

MEASURE = "moral regret"
UNLEARNED = "random"
"""Who stands beside the learners: a player that has learned nothing."""

FAILED = "failed"
FIGURE = "leaderboard.png"
DIGITS = 3

Entry = Mapping[str, Any]
"""A study on the board: agent, game, value, opponent, seconds, and its regret, or why it failed."""


@dataclass(frozen=True)
class Options:
    """Let the baselines learn each value in each game against each opponent, and judge them exactly."""

    agents: tuple[str, ...] = (
        "tabular_q",
        "actor_critic",
        "reinforce",
        "evolution",
        "sb3:ppo(steps=8192)",
        "sb3:dqn(steps=4096)",
    )
    """Agents of the package agents, with their own options if need be."""
    games: tuple[str, ...] = ("ipd", "stag_hunt", "chicken")
    """What is played."""
    values: tuple[str, ...] = ("utilitarian", "deontological", "virtue_mixed")
    """What the learner values."""
    opponents: tuple[str, ...] = ("tit_for_tat", "random")
    """Against whom; they do not learn."""
    seeds: int = 5
    """How many seeds learn, from --seed upwards."""
    seed: int = 0
    """The first seed."""
    discount: float = 0.9
    """Discount of later rounds, in learning and in judging; play begins after a random joint action."""
    workers: int = 1
    """How many studies are carried out at once, each in a process of its own; the numbers are the same."""
    name: str = "leaderboard"
    """Name of the run's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped, or add agents."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range."""
        check_folder_name("leaderboard", self.name)
        if self.workers < 1:
            raise ValueError(f"workers must be at least 1, got {self.workers}")

    def to_json(self) -> dict[str, Any]:
        """Return what decides the numbers."""
        kept = {key: entry for key, entry in asdict(self).items() if key not in ELSEWHERE}
        asked: dict[str, Any] = json.loads(json.dumps(kept))
        return asked


def play(asked: Options) -> Run:
    """Carry out the studies, or what is left of them, and put all on the board, those that failed too.

    Raises
    ------
    ValueError, TypeError
        If something is unknown, out of range or does not fit; nothing was run then.
    RunError
        If the folder cannot be used.
    """
    asked.check()
    common = Common(asked.seeds, asked.seed, asked.discount, "random")
    home = (asked.folder / asked.name).absolute()
    cells = grid(asked.agents, asked.games, asked.values, asked.opponents, common, home / CELLS)
    run = Run.open(home, asked.to_json(), asked.resume)
    failures: dict[str, str] = {}
    left = [cell for cell in cells if not finished(cell)]
    with on_this_machine(asked.workers) as carry_out_all:
        for done, outcome in enumerate(carry_out_all(left), 1):
            if outcome.failure:
                failures[outcome.cell.name] = outcome.failure
            print(f"{outcome.cell.name}: {outcome.failure or 'judged'}; {len(left) - done} to go", file=sys.stderr)
    studies = [entry(cell, failures.get(cell.name)) for cell in cells]
    write_json(run.path(METRICS), {"studies": studies})
    drawn = figure(asked.to_json(), studies, [unlearned(*which, asked.discount) for which in _everything(run.config())])
    with whole_file(run.path(FIGURE)) as partial:
        drawn.savefig(partial, format="png", dpi=110, metadata={"Software": None})
    return run


def entry(cell: Cell, failure: str | None) -> dict[str, Any]:
    """Return what the board keeps of a study; JSON."""
    which = {"agent": cell.agent, "game": cell.game, "value": cell.reward, "opponent": cell.opponent}
    if failure:
        return which | {"failure": failure, "seconds": None, "regret": None}
    (row,) = rows(cell)
    return which | {"failure": None, "seconds": row["seconds"], "regret": row["measures"][MEASURE]}


def unlearned(game: str, value: str, opponent: str, discount: float) -> float:
    """Return the exact moral regret of a player that chooses at random."""
    return mg.evaluate(UNLEARNED, opponent, mg.games.get(game), value, discount, "random").moral_regret


def overall(studies: Sequence[Entry], seeds: int) -> dict[str, dict[str, Any]]:
    """Return by agent, the best first, what it comes to over all its studies.

    Returns
    -------
    dict
        By agent: ``regret`` (its mean over studies, with the interval over seeds; a study that failed counts as 1, for
        nothing was learned), ``worst`` (the study with the largest mean, or the first that failed), ``failed``
        (how many), ``seconds`` of learning in the others.
    """
    found = {}
    for agent in dict.fromkeys(study["agent"] for study in studies):
        own = [study for study in studies if study["agent"] == agent]
        by_seed = [study["regret"]["by_seed"] if study["regret"] else [1.0] * seeds for study in own]
        worst = max(own, key=lambda study: study["regret"]["mean"] if study["regret"] else np.inf)
        found[agent] = {
            "regret": interval(np.mean(by_seed, axis=0)),
            "worst": worst,
            "failed": sum(study["regret"] is None for study in own),
            "seconds": sum(study["seconds"] for study in own if study["regret"]),
        }
    return dict(sorted(found.items(), key=lambda item: item[1]["regret"]["mean"]))


def standings(run: Run) -> str:
    """Return the board's first table: the agents over all studies, the best first."""
    studies = read_json(run.path(METRICS))["studies"]
    asked = run.config()
    lines = []
    for agent, found in overall(studies, asked["seeds"]).items():
        mean, seconds = with_interval(found["regret"], DIGITS), f"{found['seconds']:.0f}"
        lines.append((f"`{agent}`", mean, _told(found["worst"]), found["failed"], seconds))
    chance = np.mean([unlearned(*which, asked["discount"]) for which in _everything(asked)])
    lines.append(("(plays at random)", f"{chance:.{DIGITS}f}", "", "", ""))
    return table(("agent", "mean moral regret", "worst study", "failed", "seconds of learning"), lines)


def _told(study: Entry) -> str:
    """Return a study's regret and which it is; where there is none to speak of, all studies are as good."""
    regret = study["regret"]
    if regret and round(regret["mean"], DIGITS) == 0:
        return with_interval(regret, DIGITS)
    told = with_interval(regret, DIGITS) if regret else FAILED
    return f"{told} ({study['game']}, {study['value']}, against {study['opponent']})"


def board(run: Run) -> str:
    """Return the board's second table: a line for each game, value and opponent, a column for each agent.

    The least regret of a line, as it is printed, is in bold; below stands why studies failed.
    """
    studies, asked = read_json(run.path(METRICS))["studies"], run.config()
    found = {tuple(study[key] for key in ("game", "value", "opponent", "agent")): study for study in studies}
    agents = list(dict.fromkeys(study["agent"] for study in studies))
    lines = [
        (
            *which,
            *cells([found[*which, agent] for agent in agents]),
            f"{unlearned(*which, asked['discount']):.{DIGITS}f}",
        )
        for which in _everything(asked)
    ]
    heads = ("game", "value", "opponent", *(f"`{agent}`" for agent in agents), "plays at random")
    return "\n".join([table(heads, lines, words=3), *failures(studies)])


def cells(studies: Iterable[Entry]) -> list[str]:
    """Return a line's cells: means above their intervals, the least mean in bold, and who failed."""
    listed = list(studies)
    shown = [round(study["regret"]["mean"], DIGITS) if study["regret"] else np.inf for study in listed]
    told = [with_interval(study["regret"], DIGITS).split(" ", 1) if study["regret"] else [FAILED] for study in listed]
    for mean, parts in zip(shown, told, strict=True):
        if mean == min(shown) < np.inf:
            parts[0] = f"**{parts[0]}**"
    return ["<br>".join(parts) for parts in told]


def failures(studies: Iterable[Entry]) -> list[str]:
    """Return a line for each study that failed: which, and why."""
    failed = [study for study in studies if study["failure"]]
    told = (
        f"- `{study['agent']}` failed in {study['game']}, {study['value']}, against {study['opponent']}: "
        f"{' '.join(study['failure'].split())}"
        for study in failed
    )
    return ["", *told] if failed else []


def _everything(asked: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    return product(asked["games"], asked["values"], asked["opponents"])


BLOCKS: Mapping[str, Block] = {
    "leaderboard": Block(("leaderboard",), standings, seeds_asked),
    "leaderboard-studies": Block(("leaderboard",), board),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry the studies out, and print the board; return the exit status."""
    asked = tyro.cli(Options, args=arguments)
    try:
        run = play(asked)
        print(f"{standings(run)}\n\n{board(run)}")
    except (ValueError, TypeError, RunError, OSError) as error:
        print(f"leaderboard: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
