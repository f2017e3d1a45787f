"""Everything that reads what others wrote is given damaged and hostile texts: it reads them, or says what is wrong.

Each reader gets texts that it should understand, after random edits, and texts of any characters. It may return
whatever it makes of them, or raise an error of ours: a ValueError, TypeError or RunError that a ``raise`` of this
library says, and not one that Python happened to run into. Run it from the repository's root with, for example::

    python -m benchmarks.fuzz --cases 10000
    python -m benchmarks.fuzz --cases 200 --readers "reward expressions" "game files, TOML"
"""

from __future__ import annotations

import json
import linecache
import math
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
import tyro

import moral_games as mg
from moral_games import games, opponents, rewards, text
from moral_games.analysis.choices import read_choices
from moral_games.llm.readings import read as read_replies
from moral_games.llm.readings import replies
from moral_games.markets import prompts
from moral_games.names import check_folder_name, unknown
from moral_games.opponents import saved
from moral_games.runs import CONFIG, HISTORY, MANIFEST, POLICY, Run, RunError
from moral_games.text.dilemmas import reading as dilemmas

LIBRARY = str(Path(mg.__file__).parent)
IPD = games.get("ipd")

GAME = games.to_toml(IPD)
NFG = games.to_nfg(IPD)
OUTCOMES = 'NFG 1 R "g" { "1" "2" } { 2 2 } { { "a" 1, 1/2 } { "b" 0 3e2 } } 1 2 0 1'
DILEMMA = """[lift]
title = "A lift"
kind = "unclassified"
unit = "minutes"
setup = "Two drivers."
options = ["wait", "drive"]
outcomes = [["You gain 3.", "You lose 1 and she gains 4."], ["You gain 4 and she loses 1.", "You gain 0."]]
before = ["waited", "drove"]
first_time = "It is the first time."
first = 0
payoffs = [[[3, 3], [-1, 4]], [[4, -1], [0, 0]]]
"""
REWARDS = (
    "selfish + 0.5 * deontological(penalty=3)",
    "-virtue_mixed(equality_weight=0.25) - 2 * utilitarian + illegal(penalty=6)",
    'norm("own == 0 and others != 1 or not action > 0", penalty=2)',
    "inequity_aversion(alpha=1, beta=0.5)",
)
PLAYERS = ("tit_for_tat", "generous_tit_for_tat(generosity=0.2)", "zd_extort(factor=3)", "human", "run:runs/demo")
GAMES = ("public_goods(players=3, multiplier=1.5)", "ipd", "ug6", "travelers_dilemma(high=5)", "random_game(seed=1)")
CHOICES = "chooser,protocol,strategy,weight,belief\nanna,tg1,0,1,\nben,ug6,2,0.5,0.25 0.25 0.25 0.25\n"
PRICE = "THOUGHTS: we share the market\nPLANS: stay\nINSIGHTS: none\nPRICE: $1.80"
COMPLETION = (
    '{"choices": [{"message": {"content": "Salt"}, "logprobs": {"content": [{"token": "Salt", "logprob": -0.1, '
    '"top_logprobs": [{"token": "Salt", "logprob": -0.1}, {"token": " Salt", "logprob": -3}]}]}}]}'
)
TABLE = (
    '{"name": "p", "probabilities": [[1, 0], [1, 0], [0, 1], [1, 0], [0.5, 0.5]]}',
    '{"name": "m", "probabilities": [[1, 0], [0, 1]], "transitions": [[0, 1, 0, 1], [1, 1, 1, 1]]}',
    '{"after": {"ipd": {"told": [[1, 0], [1, 0], [0, 1], [1, 0], [0.5, 0.5]]}}}',
)
ASKED = '{"format": 1, "game": "ipd", "seed": 0, "reward": "selfish"}'
LINES = '{"update": 1, "reward": [0.5, 1.0]}\n{"update": 2, "reward": [null, -1e9]}\n'
KEPT = '{"data": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"}'

HOSTILE = (
    *("", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\ud800", "İ", "٣", "é", "\r", "\n", "\t", " ", "\\", '"', "'"),
    *("(", ")", "[", "]", "{", "}", "[" * 2000, "(" * 150, "-" * 3000, ",", ":", "=", "#", "/", "//", "../", "%s"),
    *("nan", "inf", "-inf", "1e999", "1e308", "-0", "0", "1/0", "9" * 400, "9" * 5000, "0x10", "1_0", ".5", "-1"),
    *("null", "true", "None", "__import__('os')", "lambda: 0", "x if x else y", "*", "**", "<script>", "* 1e400"),
)
"""What is put into texts: what languages, encodings, numbers and paths trip over."""

WORTHLESS = (None, True, 0, -1, 10**400, 0.5, float("nan"), float("inf"), "", "Salt", "\ud800", [], [[]], {}, {"a": {}})
"""What is put into JSON where something else should be."""

MOST_EDITS, MOST_CHARACTERS = 4, 60

Make = Callable[[np.random.Generator], Any]
"""Draws something to be read."""


def texts(*samples: str) -> Make:
    """Return what draws texts: samples after up to four edits, and now and then any characters."""

    def make(rng: np.random.Generator) -> str:
        if rng.random() < 0.1:
            return "".join(map(chr, rng.integers(0, 0x110000, rng.integers(MOST_CHARACTERS))))
        told = str(rng.choice(samples))
        for _ in range(rng.integers(MOST_EDITS + 1)):
            start, put = rng.integers(len(told) + 1), HOSTILE[rng.integers(len(HOSTILE))]
            told = told[:start] + put + told[start + round(rng.random() ** 4 * len(told)) :]
        return told

    return make


def contents(*samples: str) -> Make:
    """Return what draws the same as files hold it, and now and then any bytes."""
    draw = texts(*samples)

    def make(rng: np.random.Generator) -> bytes:
        if rng.random() < 0.1:
            return rng.bytes(rng.integers(MOST_CHARACTERS))
        return draw(rng).encode(errors="surrogatepass")

    return make


def structures(sample: str) -> Make:
    """Return what draws JSON in which up to four entries are something else, or gone."""

    def make(rng: np.random.Generator) -> Any:
        whole = [json.loads(sample)]
        for _ in range(rng.integers(MOST_EDITS + 1)):
            _damage(whole, rng)
        return whole[0]

    return make


def _damage(holder: Any, rng: np.random.Generator) -> None:
    """Replace or drop an entry of a list or an object, or of one in it."""
    if not holder:
        return
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    key = keys[rng.integers(len(keys))]
    if isinstance(holder[key], dict | list) and rng.random() < 0.8:
        _damage(holder[key], rng)
    elif isinstance(holder, dict) and rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = WORTHLESS[rng.integers(len(WORTHLESS))]


class Reader(NamedTuple):
    """Something that reads what others wrote: what it is given, and how it is called."""

    make: Make
    read: Callable[[Any], object]


def _file(name: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    """Return what reads a file of that name, from the file's content."""
    home = tempfile.TemporaryDirectory(prefix="moral-games-fuzz-")

    def reading(content: bytes) -> object:
        path = Path(home.name, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return read(path)

    return reading


def _checkpoint(manifest: Path) -> object:
    (manifest.parent / "data").write_text("x")
    return Run(manifest.parents[2]).checkpoint()


def _completion(answer: object) -> object:
    return read_replies(replies(answer), ("Salt", "Iron"), 0.01)


def _policy(path: Path) -> object:
    return saved(path, IPD)


READERS: dict[str, Reader] = {
    "game files, TOML": Reader(contents(GAME), _file("game.toml", games.read)),
    "game files, .nfg": Reader(contents(NFG, OUTCOMES), _file("game.nfg", games.read)),
    "names of games": Reader(texts(*GAMES), games.get),
    "dilemmas, TOML": Reader(texts(DILEMMA), lambda given: dilemmas.from_toml(given, "theme")),
    "reward expressions": Reader(texts(*REWARDS), lambda given: str(rewards.parse(given))),
    "names of opponents": Reader(texts(*PLAYERS), lambda given: opponents.as_player(given, IPD)),
    "choices, CSV": Reader(contents(CHOICES), _file("choices.csv", read_choices)),
    "answers in words": Reader(
        texts("Salt", " iron. ", "I choose Salt, not Iron"), lambda given: text.parse(given, ("Salt", "Iron"))
    ),
    "answers with a price": Reader(texts(PRICE), lambda given: prompts.read(given, 4.5)),
    "servers' answers": Reader(structures(COMPLETION), _completion),
    "config.json": Reader(contents(ASKED), _file(f"run/{CONFIG}", lambda path: Run(path.parent).config())),
    "history.jsonl": Reader(contents(LINES), _file(f"run/{HISTORY}", lambda path: Run(path.parent).history())),
    "policy.json": Reader(contents(*TABLE), _file(POLICY, _policy)),
    "checkpoints": Reader(contents(KEPT), _file(f"run/checkpoints/step-000001/{MANIFEST}", _checkpoint)),
    "names of runs": Reader(texts("deontological-1", "a b"), lambda given: check_folder_name("run", given)),
}


def is_ours(error: BaseException) -> bool:
    """Return whether an error says in our words what was wrong: a ``raise`` in the library made it."""
    if type(error) not in (ValueError, TypeError, RunError) or not str(error).strip():
        return False
    end = error.__traceback__
    assert isinstance(end, TracebackType)
    while end.tb_next is not None:
        end = end.tb_next
    file = end.tb_frame.f_code.co_filename
    return file.startswith(LIBRARY) and linecache.getline(file, end.tb_lineno).lstrip().startswith("raise ")


def check(reader: Reader, given: Any) -> bool:
    """Let a reader read; return whether it understood. Any error that is not ours is raised."""
    try:
        reader.read(given)
    except Exception as error:
        if not is_ours(error):
            raise
        return False
    return True


@dataclass(frozen=True)
class Options:
    """Give damaged and hostile texts to all that reads."""

    cases: int = 10_000
    """How many each reader gets."""
    readers: tuple[str, ...] = ()
    """Which readers; all by default."""
    seed: int = 0
    """Where the cases come from."""


class Found(NamedTuple):
    """How many cases a reader got and understood, and the errors that were not ours, with what caused them."""

    cases: int
    read: int
    errors: list[tuple[Any, Exception]]


def fuzz(reader: Reader, cases: int, rng: np.random.Generator) -> Found:
    """Give a reader so many cases."""
    understood, errors = 0, []
    for _ in range(cases):
        given = reader.make(rng)
        try:
            understood += check(reader, given)
        except Exception as error:
            errors.append((given, error))
    return Found(cases, understood, errors)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz, print a line a reader, and return 1 if an error was not ours."""
    asked = tyro.cli(Options, args=arguments)
    for name in asked.readers:
        if name not in READERS:
            print(f"error: {unknown('reader', name, READERS)}", file=sys.stderr)
            return 2
    failed = 0
    print("| reader | cases | read | refused | other errors | seconds |\n|---|---|---|---|---|---|")
    for name in asked.readers or READERS:
        begun = time.process_time()
        found = fuzz(READERS[name], asked.cases, np.random.default_rng(asked.seed))
        spent = math.ceil(time.process_time() - begun)
        other = len(found.errors)
        refused = found.cases - found.read - other
        print(f"| {name} | {found.cases:,} | {found.read:,} | {refused:,} | {other} | {spent} |", flush=True)
        failed |= bool(other)
        for given, error in found.errors[:3]:
            print(f"  {ascii(given)[:300]}: {type(error).__name__}: {ascii(error)[:300]}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
