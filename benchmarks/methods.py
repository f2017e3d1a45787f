"""Two ways to the same value: a reward to learn from, and examples to imitate; one model, equally many updates.

A language model is taught homo moralis by the exact policy gradient of an intrinsic reward, by examples that are labels
alone, and by examples that begin with a calculation; and homo economicus by such calculations, to be told from. Each is
then portrayed: its preferences in games that nobody was taught, dilemmas, vehicles, prices. Run from the repository's
root::

    OMP_NUM_THREADS=1 python -m benchmarks.methods --processes 2
    OMP_NUM_THREADS=1 python -m benchmarks.methods --methods calculation economicus --seeds 0 1 2 --resume

Results go to ``runs/NAME``: ``report.html``, ``metrics.json``, ``figures/``, ``data/`` with the data sets, and
``trained/`` with a fine-tuning run a cell. What was killed goes on with ``--resume``, which also
adds methods and seeds.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import tyro

from benchmarks.blocks import table
from benchmarks.pool import each
from moral_games.analysis.estimation import PARAMETERS
from moral_games.analysis.preferences import Preference
from moral_games.llm.options import BUNDLED, Finetune
from moral_games.llm.settings import Examples, Settings
from moral_games.names import check_folder_name, unknown
from moral_games.report import portrait, write_report
from moral_games.runs import METRICS, Run, RunError, read_json, write_json
from moral_games.synthetic import write_data
from moral_games.text import dilemmas

UNTRAINED, START = "none", "start"
"""The model as it is, and the one at whose weights trainings start."""


class Method(NamedTuple):
    """How a model is taught."""

    kappa: float
    """The degree of morality of what it is taught."""
    examples: bool
    """By examples, or by a reward."""
    reasons: bool = False
    """Whether its answers begin with a calculation."""


METHODS: Mapping[str, Method] = {
    "reward": Method(0.5, examples=False),
    "labels": Method(0.5, examples=True),
    "calculation": Method(0.5, examples=True, reasons=True),
    "economicus": Method(0.0, examples=True, reasons=True),
}


class Cell(NamedTuple):
    """A model that is taught and portrayed."""

    method: str
    seed: int


@dataclass(frozen=True)
class Options:
    """Teach a value by a reward and by examples, and portray what came of it."""

    methods: tuple[str, ...] = tuple(METHODS)
    """Of "reward", "labels", "calculation" and "economicus"."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Seeds of the data and of the training."""
    updates: int = 120
    """Most updates of a training."""
    batch: int = 16
    """Examples of an update."""
    kinds: tuple[str, ...] = ("simultaneous",)
    """Kinds of questions of the data sets; see `moral-games data`."""
    game: str = "ipd"
    """The game that the reward is earned in."""
    opponent: str = "tit_for_tat"
    """Against whom."""
    questions: int = 100
    """Questions of a portrait about games that nobody was taught."""
    scenarios: int = 100
    """Dilemmas of autonomous vehicles of a portrait."""
    themes: tuple[str, ...] = dilemmas.themes()
    """Themes of its dilemmas in everyday language."""
    test_games: tuple[str, ...] = ()
    """Repeated games that trainings are judged on besides, before and after."""
    model: str = BUNDLED
    """The model: bundled, a folder or a Hugging Face id."""
    start_from: Path | None = None
    """The folder of a finished run on that model, at whose weights all trainings start; it has a column of its own."""
    processes: int = 1
    """How many cells are worked on at the same time."""
    name: str = "methods"
    """Name of the folder."""
    folder: Path = Path("runs")
    """Where it is kept."""
    resume: bool = False
    """Continue where it stopped, or add methods and seeds."""

    def check(self) -> None:
        """Raise a ValueError if an option is out of range, before any work."""
        check_folder_name("study", self.name)
        for method in self.methods:
            if method not in METHODS:
                raise unknown("method", method, METHODS)
        if not self.methods or not self.seeds or self.processes < 1 or self.updates < 1 or self.batch < 1:
            raise ValueError("name at least one method and seed; processes, updates and batch are at least 1")
        for method in self.methods:
            if not METHODS[method].examples:
                self.training(Cell(method, 0)).check()

    @property
    def home(self) -> Path:
        """The study's folder."""
        return self.folder / self.name

    def data(self, cell: Cell) -> Path:
        """Return the folder of a cell's data set: as many examples as it has time for, so that it meets each once."""
        return self.home / "data" / f"{cell.method}-{cell.seed}"

    def training(self, cell: Cell) -> Finetune:
        """Return what is asked of a cell's training."""
        method = METHODS[cell.method]
        taught = (
            {"examples": Examples(data=str(self.data(cell)), batch=self.batch, judging=24)} if method.examples else {}
        )
        return Finetune(
            algorithm="examples" if method.examples else "exact",
            name=f"{cell.method}-{cell.seed}",
            folder=self.home / "trained",
            model=self.model,
            game=self.game,
            reward=f"homo_moralis(kappa={method.kappa:g}) + illegal(penalty=6)",
            opponent=self.opponent,
            test_games=self.test_games,
            start_from=None if self.start_from is None else str(self.start_from),
            seed=cell.seed,
            train=Settings(updates=self.updates, validate_every=10),
            resume=True,
            **taught,
        )

    def to_json(self) -> dict[str, Any]:
        """Return what decides the result of a cell."""
        apart = {"methods", "seeds", "processes", "name", "folder", "resume"}
        kept = {key: entry for key, entry in asdict(self).items() if key not in apart}
        # What the page on portraits tells of how they were asked.
        return json.loads(
            json.dumps({"study": "methods", "name": self.name, "kappa": 0.5, "seed": 0} | kept, default=str)
        )


def measure(options: Options) -> Run:
    """Teach and portray whoever is not portrayed yet, and write the page on all that are.

    Raises
    ------
    ValueError
        If an option is out of range.
    RunError
        If the folder cannot be used.
    """
    options.check()
    run = Run.open(options.home, options.to_json(), options.resume)
    run.path("portraits").mkdir(exist_ok=True)
    begun = [Cell(UNTRAINED, 0)] + ([Cell(START, 0)] if options.start_from is not None else [])
    cells = begun + [Cell(method, seed) for seed in options.seeds for method in options.methods]
    missing = [cell for cell in cells if not _kept(options, cell).exists()]
    for done, (cell, _) in enumerate(each(partial(carry_out, options), missing, options.processes), 1):
        print(f"{cell.method}, seed {cell.seed}: portrayed; {len(missing) - done} to go", file=sys.stderr, flush=True)
    found: dict[str, list[Any]] = {}
    for method in (UNTRAINED, START, *METHODS):
        kept = sorted(run.path("portraits").glob(f"{method}-*.json"))
        found |= {method: [read_json(path) for path in kept]} if kept else {}
    write_json(run.path(METRICS), {"portraits": found})
    write_report(run.folder)
    return run


def carry_out(options: Options, cell: Cell) -> None:
    """Teach a cell's model, or what is left of it, portray it, and keep the portrait."""
    from moral_games.llm.finetuning import load_run
    from moral_games.llm.models import load
    from moral_games.llm.portrait import Sitter, Sitting, portray, taught
    from moral_games.llm.reasoner import as_taught

    sitting = Sitting(questions=options.questions, themes=options.themes, scenarios=options.scenarios)
    with contextlib.redirect_stdout(sys.stderr):
        if cell.method == UNTRAINED:
            model = load(options.model)
            found = portray(Sitter(model, model), sitting) | {"player": options.model, "taught": None}
        else:
            run = _taught(options, cell)
            model = load_run(run.folder)
            found = portray(Sitter(as_taught(model, run.config()), model), sitting)
            found |= {"player": run.folder.name, "taught": taught(run.folder)}
    write_json(_kept(options, cell), found)


def _taught(options: Options, cell: Cell) -> Run:
    """Return the run that has taught a cell's model, once it is finished."""
    from moral_games.llm.finetuning import finetune

    if cell.method == START and options.start_from is not None:
        return Run(options.start_from)
    method, folder = METHODS[cell.method], options.data(cell)
    if method.examples and not folder.exists():
        folder.parent.mkdir(exist_ok=True)
        preference, count = Preference(kappa=method.kappa), options.updates * options.batch
        write_data(folder, preference, count, 100, cell.seed, options.kinds, reasons=method.reasons)
    return finetune(options.training(cell))


def _kept(options: Options, cell: Cell) -> Path:
    return options.home / "portraits" / f"{cell.method}-{cell.seed}.json"


def markdown(metrics: Mapping[str, Any]) -> str:
    """Return the portraits' table as Markdown."""
    columns, rows = portrait.table(metrics)
    return table(("", *columns), [(label, *cells) for label, cells in rows])


def estimates(metrics: Mapping[str, Any]) -> str:
    """Return every model's estimated preferences as Markdown, with 95 % intervals by likelihood ratio."""
    heads = ("", "explained best by", *PARAMETERS[:3], "p: homo moralis against homo economicus")
    rows = [(row.column, row.theory, *row.cells[:3], row.p_value) for row in portrait.estimates(metrics)]
    return table(heads, rows, words=2)


def main(options: Options) -> None:
    """Carry the study out, and print its table as Markdown."""
    try:
        run = measure(options)
    except (RunError, ValueError, OSError) as error:
        sys.exit(f"methods: {error}")
    print(markdown(read_json(run.path(METRICS))))
    print(f"results: {run.folder}", file=sys.stderr)


if __name__ == "__main__":
    main(tyro.cli(Options))
