"""Whether a value that was learned in public goods reaches pairwise games and everyday dilemmas, and the reverse.

A language model is taught a value on one family of games and judged on both families and on dilemmas in everyday
language. It is reported (2026) that training on iterated public goods generalises and training on pairwise games of
reciprocity does not; here both learn by the same exact gradient, from the same opponents, for equally many updates. Run
from the repository's root. Twelve trainings and fourteen judgements are about an hour and a half of two free cores,
reckoned by the tokens that are read (a telling of the prisoner's dilemma has 190, of three players' public good 391)::

    python -m benchmarks.transfer
    python -m benchmarks.transfer --rewards utilitarian --seeds 0 --name one
    python -m benchmarks.transfer --players 4 --multiplier 2 --name four

Results go to ``runs/NAME``: ``results.csv``, ``metrics.json``, ``figures/transfer.png``, ``trained/`` with a
fine-tuning run a subject, and ``judged/``. What was killed goes on with ``--resume``, which also adds values and seeds.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sys
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import tyro

from benchmarks.pool import each
from benchmarks.tables import write_csv
from benchmarks.transfer_judging import GOODS, ILLEGAL, PAIRWISE, UNTRAINED, Exam, figure, judge, markdown, summary
from moral_games import games
from moral_games.llm.options import BUNDLED, STUDY, Finetune
from moral_games.llm.settings import Settings
from moral_games.names import check_folder_name
from moral_games.opponents import seated
from moral_games.runs import METRICS, Run, RunError, read_json, write_json
from moral_games.text import dilemmas


@dataclass(frozen=True)
class Subject:
    """Whom to judge: what it was trained on, for which value, and the seed."""

    trained_on: str
    reward: str
    seed: int

    @property
    def name(self) -> str:
        """What its folder and file are called."""
        words = "".join(letter if letter.isalnum() else "-" for letter in f"{self.trained_on}-{self.reward}")
        return f"{words.strip('-')}-{self.seed}"


@dataclass(frozen=True)
class Options:
    """Train on public goods and judge on pairwise games, and the reverse."""

    rewards: tuple[str, ...] = ("utilitarian", "deontological(penalty=3)")
    """The values that are taught, one a training; illegal answers cost 6 besides."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the training."""
    pairwise: str = "ipd"
    """The pairwise game that is trained on."""
    players: int = 3
    """Players of the public good that is trained on."""
    multiplier: float = 1.5
    """What its fund is multiplied by."""
    levels: int = 2
    """Its levels of contribution."""
    rounds: int = 5
    """Rounds of an episode."""
    opponent: str = "random"
    """Who takes all other seats, in training and judgement; it must understand both families."""
    pairwise_tests: tuple[str, ...] = STUDY
    """The pairwise games that judge."""
    goods_tests: tuple[str, ...] = (
        "public_goods(players=3, multiplier=1.5)",
        "public_goods(players=3, multiplier=2.5)",
        "threshold_public_goods(players=3)",
    )
    """The games of many that judge."""
    themes: tuple[str, ...] = dilemmas.themes()
    """Themes of the dilemmas that judge."""
    updates: int = 50
    """Most updates of a training."""
    model: str = BUNDLED
    """The model: bundled, a folder or a Hugging Face id."""
    lora_rank: int = 16
    """Rank of the adapters."""
    processes: int = 1
    """How many subjects are worked on at the same time."""
    name: str = "transfer"
    """Name of the study's folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped, or add values and seeds."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, before any work."""
        for option in ("rewards", "seeds", "themes"):
            if not getattr(self, option):
                raise ValueError(f"name at least one of {option}")
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, got {self.processes}")
        check_folder_name("study", self.name)
        for theme in self.themes:
            dilemmas.names(theme)
        for subject in self.subjects():
            self.training(subject).check()
        for game in map(games.get, (*self.pairwise_tests, *self.goods_tests)):
            seated(self.opponent, game)

    @property
    def goods(self) -> str:
        """The public good that is trained on."""
        return f"public_goods(players={self.players}, multiplier={self.multiplier:g}, levels={self.levels})"

    def subjects(self) -> list[Subject]:
        """Return whom to judge, untrained models first."""
        bare = [Subject(UNTRAINED, reward, 0) for reward in self.rewards]
        families = (
            (reward, family, seed) for reward in self.rewards for family in (PAIRWISE, GOODS) for seed in self.seeds
        )
        return bare + [Subject(family, reward, seed) for reward, family, seed in families]

    def trained_game(self, subject: Subject) -> str | None:
        """Return the game that a subject is trained on, None if on none."""
        return {PAIRWISE: self.pairwise, GOODS: self.goods}.get(subject.trained_on)

    def exam(self) -> Exam:
        """Return what judges."""
        told = tuple(name for theme in self.themes for name in dilemmas.names(theme))
        return Exam({PAIRWISE: self.pairwise_tests, GOODS: self.goods_tests}, told, self.opponent)

    def training(self, subject: Subject) -> Finetune:
        """Return what is asked of a subject's training."""
        return Finetune(
            name=subject.name,
            folder=self.folder / self.name / "trained",
            model=self.model,
            game=self.trained_game(subject) or self.pairwise,
            reward=f"{subject.reward} + {ILLEGAL}",
            opponent=self.opponent,
            test_games=(),
            test_opponent=self.opponent,
            lora_rank=self.lora_rank,
            seed=subject.seed,
            train=Settings(updates=self.updates, rounds=self.rounds),
            resume=True,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what decides the results of each subject."""
        apart = {"rewards", "seeds", "processes", "name", "folder", "resume"}
        kept = {key: entry for key, entry in asdict(self).items() if key not in apart}
        return json.loads(json.dumps({"study": "transfer"} | kept))


def measure(options: Options) -> Run:
    """Train and judge whoever is not judged yet, and write results and a figure of all that are.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used.
    """
    options.check()
    run = Run.open(options.folder / options.name, options.to_json(), options.resume)
    missing = [subject for subject in options.subjects() if not _kept(run, subject).exists()]
    for done, (subject, _) in enumerate(each(partial(carry_out, options), missing, options.processes), 1):
        print(f"{subject.name}: judged; {len(missing) - done} to go", file=sys.stderr, flush=True)
    lines = [line for path in sorted(run.path("judged").glob("*.json")) for line in read_json(path)]
    write_csv(run.path("results.csv"), lines)
    found = summary(lines)
    write_json(run.path(METRICS), {"summary": found})
    run.path("figures").mkdir(exist_ok=True)
    figure(found).savefig(run.path("figures", "transfer.png"), dpi=110, metadata={"Software": None})
    return run


def carry_out(options: Options, subject: Subject) -> None:
    """Train a subject, or what is left of it, judge it, and keep the judgement."""
    from moral_games.llm.finetuning import finetune, load_run
    from moral_games.llm.models import load

    if subject.trained_on == UNTRAINED:
        model = load(options.model)
    else:
        with contextlib.redirect_stdout(sys.stderr):
            model = load_run(finetune(options.training(subject)).folder)
    path = _kept(Run(options.folder / options.name), subject)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = judge(model, subject.reward, options.trained_game(subject), options.exam())
    write_json(path, [asdict(subject) | line for line in lines])
    shutil.rmtree(options.folder / options.name / "trained" / subject.name / "checkpoints", ignore_errors=True)


def _kept(run: Run, subject: Subject) -> Path:
    return run.path("judged", f"{subject.name}.json")


def main(options: Options) -> None:
    """Carry the study out, and print what came of it."""
    try:
        run = measure(options)
    except (RunError, ValueError, OSError) as error:
        sys.exit(f"transfer: {error}")
    print(markdown(read_json(run.path(METRICS))["summary"]))
    print(f"results: {run.folder}", file=sys.stderr)


if __name__ == "__main__":
    main(tyro.cli(Options))
