"""What a language model is taught by examples: questions and answers from a file, and whose answers they are.

Without torch, so that what is wrong with a data set is said before a model is loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from moral_games.analysis.preferences import Preference
from moral_games.runs import digest, read_json
from moral_games.synthetic import Task, read_examples, tasks
from moral_games.synthetic.folder import CARD, TEST, TRAIN
from moral_games.text.reckoning import ANSWER

HELD_OUT_OF = 10
"""Of a single file one example in so many is held out."""

VALIDATION, JUDGEMENT = 1, 2
"""Seeds of the questions of the test side that validate weights, and that judge a model; the same for every run."""


class Example(NamedTuple):
    """What is asked, and what is answered."""

    prompt: str
    """What is asked."""
    answer: str
    """What is answered."""


@dataclass(frozen=True)
class Source:
    """Where questions like those of a data set come from, as its card says.

    Attributes
    ----------
    preference
        Whose answers are right.
    kinds, highest, contrast
        How questions are drawn; see `moral_games.synthetic.tasks`.
    """

    preference: Preference
    kinds: tuple[str, ...]
    highest: int
    contrast: float

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Source:
        """Return what a card says was asked for, or what `to_json` returned."""
        return cls(Preference(**asked["preference"]), tuple(asked["kinds"]), asked["highest"], asked["contrast"])

    def to_json(self) -> dict[str, Any]:
        """Return what `of` reads."""
        return {
            "preference": dict(vars(self.preference)),
            "kinds": list(self.kinds),
            "highest": self.highest,
            "contrast": self.contrast,
        }

    def questions(self, count: int, seed: int) -> list[Task]:
        """Draw questions of the test side, none of whose games is in a training file."""
        rng = np.random.default_rng(seed)
        return tasks(self.preference, "test", count, rng, self.kinds, self.highest, self.contrast)


@dataclass(frozen=True, eq=False)
class DataSet:
    """Examples from files.

    Attributes
    ----------
    taught, held_out
        What is trained on, and what is not.
    reasons
        Whether every answer is a calculation and then a label; else none is.
    source
        Where the questions come from; None without a card.
    digests
        The SHA-256 of each file.
    """

    taught: tuple[Example, ...]
    held_out: tuple[Example, ...]
    reasons: bool
    source: Source | None
    digests: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return what a run's configuration tells of its data: any other data make it another run."""
        return {
            "examples": len(self.taught),
            "reasons": self.reasons,
            "source": None if self.source is None else self.source.to_json(),
            "sha256": dict(self.digests),
        }


def read_data_set(path: str | Path) -> DataSet:
    """Read a data set.

    Parameters
    ----------
    path
        A folder with ``train.jsonl`` and ``test.jsonl``, and perhaps a ``card.json`` as `moral-games data` writes it;
        or one .jsonl file, of which one example in ten is held out.

    Raises
    ------
    ValueError
        If there is no such data set, a file is empty or imbalanced, a line is broken, some answers begin with a
        calculation and others do not, or the card is of other data.
    RunError
        If the card is no JSON.
    """
    folder = Path(path)
    if not str(path) or not folder.exists():
        raise ValueError(
            f"there is no data set {str(path)!r}; give --examples.data the folder that 'moral-games data' has written, "
            "or a .jsonl file"
        )
    files = (folder / TRAIN, folder / TEST) if folder.is_dir() else (folder,)
    for file in files:
        if not file.is_file():
            raise ValueError(f"data set {str(path)!r} has no {file.name}; write it anew with 'moral-games data'")
    read = [tuple(Example(*pair) for pair in read_examples(file)) for file in files]
    taught, held_out = read if len(read) == 2 else _parted(read[0], folder)
    digests = {file.name: digest(file) for file in files}
    reasons = _reasons([*taught, *held_out], path)
    has_card = folder.is_dir() and (folder / CARD).exists()
    source = _source(folder, reasons, digests) if has_card else None
    return DataSet(taught, held_out, reasons, source, digests)


def _parted(examples: Sequence[Example], file: Path) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Return the examples of one file that are taught, and those that are held out: the same ones every time."""
    if len(examples) < HELD_OUT_OF:
        raise ValueError(
            f"{file} has {len(examples)} example(s), of which one in {HELD_OUT_OF} is held out; give at least "
            f"{HELD_OUT_OF}, or a folder with {TRAIN} and {TEST}"
        )
    order = np.random.default_rng(VALIDATION).permutation(len(examples))
    held_out = set(order[: len(examples) // HELD_OUT_OF].tolist())
    taught = tuple(example for place, example in enumerate(examples) if place not in held_out)
    return taught, tuple(examples[place] for place in sorted(held_out))


def _reasons(examples: Sequence[Example], path: str | Path) -> bool:
    """Return whether answers are calculations that end in a label."""
    reasoned = sum(ANSWER in example.answer for example in examples)
    if reasoned not in (0, len(examples)):
        raise ValueError(
            f"data set {str(path)!r} is mixed: {reasoned} of {len(examples)} answers have a calculation, which ends "
            f"with {ANSWER!r} and a label, and the others have none; a model plays in one way, so teach it one"
        )
    return reasoned > 0


def _source(folder: Path, reasons: bool, digests: Mapping[str, str]) -> Source:
    """Return what the card of a folder says, if it is the card of this folder's files."""
    card = read_json(folder / CARD)
    try:
        source, told = Source.of(card["asked"]), bool(card["asked"]["reasons"])
        said = {file: card[side]["sha256"] for file, side in ((TRAIN, "train"), (TEST, "test"))}
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{folder / CARD} is no card of a data set ({error!r}); write it anew with 'moral-games data'"
        ) from None
    changed = [name for name, found in digests.items() if said[name] != found]
    if changed or told != reasons:
        raise ValueError(
            f"{folder / CARD} is the card of other data: {' and '.join(changed) or 'the way of answering'} has changed "
            "since; write the data set anew with 'moral-games data', or leave the card out"
        )
    return source
