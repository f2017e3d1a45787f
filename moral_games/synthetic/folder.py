"""A data set as a folder: examples to learn from and for the test, and a card that says what they are."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from moral_games.analysis.preferences import Preference
from moral_games.progress import Show
from moral_games.runs import digest, read_json, whole_file, write_json
from moral_games.synthetic.drawing import Drawing, check_options, draw_tasks, rival
from moral_games.synthetic.examples import line, offered_labels
from moral_games.synthetic.sides import Split
from moral_games.synthetic.sources import KINDS
from moral_games.synthetic.task import Task

TRAIN, TEST, CARD, README = "train.jsonl", "test.jsonl", "card.json", "README.md"
FILES: tuple[tuple[Split, str], ...] = (("train", TRAIN), ("test", TEST))
RULES = {
    "ties": "a question to which two answers are as good is dropped, and another drawn",
    "no equilibrium": "where it is asked what everyone does, and no pure strategy is a best reply to itself, the "
    "question is dropped; so it is where two are, or where something has two best replies",
    "split": "a hash of a game's payoffs says whether it is for the test; neither names of actions nor an exchange of "
    "the players change it; labels and orders of lists are held out too",
}


def write_data(
    folder: str | Path,
    preference: Preference,
    count: int = 500,
    test: int = 100,
    seed: int = 0,
    kinds: Sequence[str] = KINDS,
    highest: int = 9,
    contrast: float = 0.5,
    reasons: bool = True,
    show: Show[tuple[str, bool]] = iter,
) -> Path:
    """Write a data set of questions and the answers of a preference, whole or not at all.

    Parameters
    ----------
    folder
        Where; its parent is made. It may exist if it holds the very data set that is asked for.
    preference
        Whose answers are right.
    count, test
        How many examples to learn from, and how many about other games for the test.
    seed
        The same seed and options give the same files.
    kinds, highest, contrast
        As in `moral_games.synthetic.drawing.tasks`.
    reasons
        Whether answers begin with a calculation, or are labels alone.
    show
        Wraps the questions of each side, to tell how far it is.

    Returns
    -------
    Path
        The folder, with ``train.jsonl``, ``test.jsonl``, ``card.json`` and ``README.md``.

    Raises
    ------
    ValueError
        If an option is out of range, or the folder holds something else.
    """
    folder = Path(folder)
    for number in (count, test):
        check_options(number, kinds, highest, contrast)
    if seed < 0:
        raise ValueError(f"a seed is a whole number from 0 on, got {seed}")
    asked = {
        "preference": asdict(preference),
        "count": count,
        "test": test,
        "seed": seed,
        "kinds": list(kinds),
        "highest": highest,
        "contrast": contrast,
        "reasons": reasons,
        "moral_games": version("moral-games"),
    }
    if folder.exists():
        _check_same(folder, asked)
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".writing-") as partial:
        whole = Path(partial) / folder.name
        whole.mkdir()
        card: dict[str, Any] = {"name": folder.name, "asked": asked, "rival": asdict(rival(preference)), "rules": RULES}
        for (split, file), number, rng in zip(FILES, (count, test), np.random.default_rng(seed).spawn(2), strict=True):
            drawn = draw_tasks(preference, split, number, rng, kinds, highest, contrast, show)
            _write(whole / file, "".join(line(task.prompt, task.answer(reasons)) for task in drawn.tasks))
            card[split] = _described(drawn) | {"sha256": digest(whole / file)}
        write_json(whole / CARD, card)
        _write(whole / README, _readme(card, preference))
        whole.rename(folder)
    return folder


def _write(path: Path, content: str) -> None:
    with whole_file(path) as partial:
        partial.write_text(content, encoding="utf-8")


def _check_same(folder: Path, asked: dict[str, Any]) -> None:
    """Raise an error unless a folder holds, whole, the data set that is asked for."""
    if not (folder / CARD).is_file():
        raise ValueError(f"{folder} exists and is no data set; choose another --name")
    card = read_json(folder / CARD)
    try:
        kept, hashes = dict(card["asked"]), [card[split]["sha256"] for split, _ in FILES]
    except (KeyError, TypeError, ValueError):
        raise ValueError(
            f"{folder / CARD} is no card of a data set; choose another --name, or remove the folder first"
        ) from None
    different = sorted(key for key in {*kept, *asked} if kept.get(key) != asked.get(key))
    if different:
        changes = "; ".join(f"{key}: {kept.get(key)!r} there, {asked.get(key)!r} now" for key in different)
        raise ValueError(f"{folder} holds another data set ({changes}); choose another --name, or remove it first")
    for (_, file), known in zip(FILES, hashes, strict=True):
        if not (folder / file).is_file() or digest(folder / file) != known:
            raise ValueError(
                f"{folder / file} is not what its card says; remove the folder {folder} and write it again"
            )


def _described(drawn: Drawing) -> dict[str, Any]:
    """Return what a card says of one side: counts, and how balanced the answers are."""
    by_size = groupby(sorted(drawn.tasks, key=_size), key=_size)
    answers = {}
    for size, tasks in ((size, list(tasks)) for size, tasks in by_size):
        places = [offered_labels(task.prompt).index(task.labels[task.best]) for task in tasks]
        answers[str(size)] = {
            "place of the label": np.bincount(places, minlength=size).tolist(),
            "strategy": np.bincount([task.best for task in tasks], minlength=size).tolist(),
        }
    return {
        "examples": len(drawn.tasks),
        "kinds": _counted(drawn.kinds),
        "games": _counted([task.source for task in drawn.tasks]),
        "the rival answers otherwise": sum(drawn.apart),
        "right answers by number of labels": answers,
        "dropped": dict(sorted(drawn.dropped.items())),
    }


def _size(task: Task) -> int:
    return len(task.labels)


def _counted(names: Sequence[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _readme(card: dict[str, Any], preference: Preference) -> str:
    """Return the card in words."""
    asked, train, test = card["asked"], card["train"], card["test"]
    answers = "begin with the calculation that they follow from" if asked["reasons"] else "are labels alone"
    apart = f"{train['the rival answers otherwise']} of {train['examples']}"
    return "\n".join(
        [
            f"# {card['name']}",
            "",
            f"Questions about games for two, and the answers of somebody with this preference: {preference}.",
            f"Answers {answers}.",
            f"Computed by Moral Games {asked['moral_games']} with seed {asked['seed']}; no person or language model",
            "was asked.",
            "",
            f"| kind of question | {TRAIN} | {TEST} |",
            "|---|---|---|",
            *(f"| {kind} | {train['kinds'].get(kind, 0)} | {test['kinds'].get(kind, 0)} |" for kind in asked["kinds"]),
            "",
            "Each line is a conversation of one message of the user and one of the assistant. The rules:",
            "",
            *(f"- {name.capitalize()}: {rule}." for name, rule in RULES.items()),
            f"- Contrast: {apart} questions have another answer for {rival(preference)}.",
            "",
            f"`{CARD}` has the options, the counts of games, of right answers by place and by strategy and of dropped",
            "questions, and the SHA-256 of both files.",
            "",
        ]
    )
