"""The command ``moral-games data``: its options and what it prints."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import ClassVar

from rich.table import Table

from moral_games.analysis.preferences import Preference
from moral_games.cli.command import Command
from moral_games.cli.console import console
from moral_games.names import check_folder_name
from moral_games.progress import track
from moral_games.runs import read_json
from moral_games.synthetic import KINDS, write_data


@dataclass(frozen=True)
class Data(Command):
    """Write questions about games with the answers of a preference, and the reasons for them, for fine-tuning."""

    uses: ClassVar = {
        "500 examples and 100 for the test, in data/moralis": "moral-games data --kappa 0.5 --name moralis",
        "labels alone, without reasons": "moral-games data --name economicus --no-reasons",
        "averse to being ahead": "moral-games data --beta 0.4 --kinds simultaneous two_stage --name averse",
    }

    kappa: float = 0.0
    """Degree of morality in [0, 1]: 0 for homo economicus, 1 for homo kantiensis."""
    alpha: float = 0.0
    """Aversion to being behind; negative for one who likes it."""
    beta: float = 0.0
    """Aversion to being ahead; negative for spite."""
    count: int = 500
    """How many examples to learn from."""
    test: int = 100
    """How many examples about other games, with other labels, for the test."""
    seed: int = 0
    """What games, labels and orders are drawn from."""
    kinds: tuple[str, ...] = KINDS
    """Kinds of questions: simultaneous, asymmetric, two_stage, equilibrium."""
    highest: int = 9
    """The highest payoff of random games; payoffs are whole numbers from 0."""
    contrast: float = 0.5
    """The least share of questions that homo economicus answers otherwise (homo moralis, if the data are of him)."""
    reasons: bool = True
    """Whether answers begin with a calculation, or are labels alone."""
    name: str = "preferences"
    """The data set's folder."""
    folder: Path = Path("data")
    """Where folders of data sets are."""

    def run(self) -> None:
        """Write the data set, and print what is in it."""
        check_folder_name("data set", self.name)
        preference = Preference(self.kappa, self.alpha, self.beta)
        options = (self.count, self.test, self.seed, self.kinds, self.highest, self.contrast, self.reasons)
        show = partial(track, what="questions")
        folder = write_data(self.folder / self.name, preference, *options, show)
        card = read_json(folder / "card.json")
        console.print(f"{folder}: the answers of {preference}", markup=False)
        table = Table("kind of question", box=None, pad_edge=False)
        for name in ("train", "test"):
            table.add_column(name, justify="right", no_wrap=True)
        for kind in self.kinds:
            table.add_row(kind, *(str(card[split]["kinds"].get(kind, 0)) for split in ("train", "test")))
        for reason in sorted({*card["train"]["dropped"], *card["test"]["dropped"]}):
            dropped = (str(card[split]["dropped"].get(reason, 0)) for split in ("train", "test"))
            table.add_row(f"dropped: {reason}", *dropped)
        console.print(table)
