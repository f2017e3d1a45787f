"""Whether a language model reads payoffs: trained on drawn games, examined in games that nobody was taught.

Every way to teach that is compared gets the same games, as many updates, and the same exam: unseen games of whole
payoffs, held-out labels and orders, every state after a round. Run from the repository's root; each way takes about
half an hour of one core::

    OMP_NUM_THREADS=1 python -m benchmarks.payoff_reading
    OMP_NUM_THREADS=1 python -m benchmarks.payoff_reading --values utilitarian selfish --ways calculation --seeds 0 1

Each training is a run of ``moral-games finetune`` in ``runs/NAME/trained``; what its exam said is kept in
``runs/NAME`` and printed as a table, and ``--resume`` goes on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import tyro
from matplotlib.figure import Figure

from moral_games import games
from moral_games.llm.lesson import Lesson
from moral_games.llm.options import BUNDLED, Finetune
from moral_games.llm.settings import BEFORE, Settings, Worked
from moral_games.names import check_folder_name, unknown
from moral_games.rewards import parse
from moral_games.runs import Run, RunError, write_json
from moral_games.text.reckoning import RECKONINGS

UNTRAINED = "untrained"
WORDING = "worked"
OPPONENT = "tit_for_tat"
EXAM_SEED = 1000


@dataclass(frozen=True)
class Options:
    """Teach a language model to read payoffs, in several ways, and examine it."""

    values: tuple[str, ...] = ("utilitarian",)
    """What an action is good for."""
    ways: tuple[str, ...] = BEFORE
    """What comes before the label in the answers that are taught: a calculation, or nothing."""
    seeds: tuple[int, ...] = (0,)
    """Seeds of the training."""
    updates: int = 160
    """Updates of each training."""
    games: int = 50
    """Games of the exam; four states of each, less ties."""
    model: str = BUNDLED
    """The model: bundled, a folder or a Hugging Face id."""
    settings: Worked = field(default_factory=Worked)
    """Games of an update, and how high their payoffs are."""
    name: str = "payoff_reading"
    """Name of the folder."""
    folder: Path = Path("runs")
    """Where runs are kept."""
    resume: bool = False
    """Continue where it stopped, or add values, ways and seeds."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, before any work."""
        check_folder_name("study", self.name)
        for given, known in ((self.values, RECKONINGS), (self.ways, BEFORE)):
            for name in given:
                if name not in known:
                    raise unknown("value or way", name, known)
        if self.games < 1:
            raise ValueError(f"an exam needs at least one game, got {self.games}")
        for value, way, seed in self.trainings():
            self.training(value, way, seed).check()

    def trainings(self) -> Iterator[tuple[str, str, int]]:
        """Return value, way and seed of every training."""
        return product(self.values, self.ways, self.seeds)

    def training(self, value: str, way: str, seed: int) -> Finetune:
        """Return what is asked of a training."""
        own = Worked(**asdict(self.settings) | {"before": way})
        return Finetune(
            algorithm="worked",
            name=f"{value}-{way}-{seed}",
            folder=self.folder / self.name / "trained",
            model=self.model,
            reward=f"{value} + illegal(penalty=6)",
            opponent=OPPONENT,
            wording=WORDING,
            test_games=("ipd",),
            seed=seed,
            train=Settings(updates=self.updates, validate_every=max(self.updates // 8, 1)),
            worked=own,
            resume=True,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what decides the numbers of each training."""
        return {
            "updates": self.updates,
            "games": self.games,
            "model": self.model,
            "settings": {key: entry for key, entry in asdict(self.settings).items() if key != "before"},
        }


def carry_out(asked: Options, value: str, way: str, seed: int) -> dict[str, Any]:
    """Train as asked, and examine; without a seed of training, `UNTRAINED`, the model as it is."""
    from moral_games.llm.exam import examine, papers
    from moral_games.llm.finetuning import finetune, load_run
    from moral_games.llm.models import load
    from moral_games.llm.worked import as_player

    training = asked.training(value, "nothing" if way == UNTRAINED else way, seed)
    lesson = Lesson(games.get("ipd"), parse(training.reward), OPPONENT, WORDING)
    exam = papers(lesson, asked.games, np.random.default_rng(EXAM_SEED), asked.settings.highest)
    if way == UNTRAINED:
        return {"way": way, "value": value, "seed": seed} | examine(load(asked.model), exam)
    run = finetune(training)
    found = examine(as_player(load_run(run.folder), training.worked), exam)
    curve = [[line["update"], line["validation"]["right"]] for line in run.history() if "validation" in line]
    seconds = run.history()[-1]["seconds"]
    return {"way": way, "value": value, "seed": seed} | found | {"curve": curve, "seconds": seconds}


def carry_out_all(asked: Options) -> Run:
    """Train and examine whatever is not examined yet."""
    asked.check()
    run = Run.open(asked.folder / asked.name, asked.to_json(), asked.resume)
    known = {(line["value"], line["way"], line["seed"]) for line in run.history()}
    untrained = ((value, UNTRAINED, 0) for value in asked.values)
    for cell in (*untrained, *asked.trainings()):
        if cell not in known:
            run.append(carry_out(asked, *cell))
            print(", ".join(map(str, cell)), file=sys.stderr, flush=True)
    write_json(run.path("results.json"), run.history())
    curves(run.history()).savefig(run.path("curves.png"), dpi=110, metadata={"Software": None})
    return run


def table(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return what the exams said, as a Markdown table."""
    rows = [
        "| value | what comes before the label | seed | P(right) | chosen right | legal | states |",
        "|---" * 7 + "|",
    ]
    for line in lines:
        numbers = " | ".join(f"{line[key]:.3f}" for key in ("right", "chosen", "legal"))
        rows.append(f"| {line['value']} | {line['way']} | {line['seed']} | {numbers} | {line['asked']} |")
    return "\n".join(rows)


def curves(lines: Sequence[Mapping[str, Any]]) -> Figure:
    """Draw how often answers were right, over updates: a line each training, on the exam of its validation."""
    figure = Figure(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.subplots()
    for line in lines:
        if "curve" in line:
            updates, right = zip(*line["curve"], strict=True)
            axes.plot(updates, right, marker="o", label=f"{line['value']}, {line['way']}, seed {line['seed']}")
    axes.axhline(0.5, color="0.6", linewidth=1, linestyle=":")
    axes.set(xlabel="updates", ylabel="P(right) in unseen games", ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize="small")
    return figure


def main(asked: Options) -> None:
    """Teach, examine, and print the table."""
    try:
        run = carry_out_all(asked)
    except (ValueError, RunError, OSError) as error:
        sys.exit(f"payoff_reading: {error}")
    print(table(run.history()))


if __name__ == "__main__":
    main(tyro.cli(Options))
