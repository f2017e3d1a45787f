"""Runs are killed, their files damaged and their disk filled; each goes on to the undisturbed result, or says why not.

Every fault hits a process of its own, forked from this one, at a time drawn at random. Then the run is resumed, and
all that it leaves is compared byte by byte with a run that nothing happened to; seconds alone may differ. Run it from
the repository's root (Linux, macOS) with, for example::

    python -m benchmarks.faults --kills 50 --damages 20 --full-disks 10
    python -m benchmarks.faults --works "tabular agents" --kills 5
"""

from __future__ import annotations

import csv
import io
import json
import multiprocessing
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import tyro

from moral_games.names import unknown
from moral_games.runs import METRICS, Run, RunError

Work = Callable[[Path, bool, str | None], Run]
"""Carries out a run below a folder: anew, or resumed, from a named checkpoint or the newest."""

PATIENCE = 600.0
"""Seconds after which a run is taken to hang."""

CLOCK = {"seconds", "machine"}
"""Keys whose entries depend on the clock and on the machine."""

UNCOMPARED = {"provenance.json", "tensorboard", "checkpoints", "figures", ".lock", "log.txt", "seconds.json"}
SAME, REFUSED, LOST = "the same at once", "refused with the reason, then the same", "lost"


def tabular(folder: Path, resume: bool, checkpoint: str | None) -> Run:
    """Let Q-tables learn."""
    from agents import tabular_q

    asked = tabular_q.Options(steps=3000, seeds=2, checkpoint_every=1, reward="deontological", folder=folder)
    return tabular_q.learn(_going_on(asked, resume, checkpoint))


def population(folder: Path, resume: bool, checkpoint: str | None) -> Run:
    """Let a population with partner selection learn."""
    from agents import population_dqn

    small = {"players": 4, "episodes": 240, "chunk": 20, "hidden": 8}
    asked = population_dqn.Options(reward=("selfish", "utilitarian") * 2, checkpoint_every=1, folder=folder, **small)
    return population_dqn.study(_going_on(asked, resume, checkpoint))


def comparison(folder: Path, resume: bool, checkpoint: str | None) -> Run:
    """Compare an agent with two settings against two opponents."""
    from benchmarks import compare

    agents = ("tabular_q(steps=400)", "tabular_q(steps=800)")
    return compare.compare(compare.Options(agents=agents, seeds=2, folder=folder, resume=resume))


def fine_tuning(folder: Path, resume: bool, checkpoint: str | None) -> Run:
    """Fine-tune a tiny language model with random weights."""
    from moral_games.llm import Finetune, finetune
    from moral_games.llm.settings import Settings
    from moral_games.report import write_report

    train = Settings(updates=8, tellings=1, learning_rate=0.02, validate_every=4)
    asked = Finetune(
        model=str(tiny_model()), test_games=("ipd",), lora_rank=4, train=train, checkpoint_every=1, folder=folder
    )
    run = finetune(_going_on(asked, resume, checkpoint))
    write_report(run.folder)
    return run


WORKS: dict[str, Work] = {
    "tabular agents": tabular,
    "population": population,
    "comparison": comparison,
    "fine-tuning": fine_tuning,
}
ONE_RUN = ("tabular agents", "population", "fine-tuning")
"""Works with checkpoints of their own; a comparison's are those of its studies."""


def kept(run: Run) -> dict[str, str]:
    """Return a digest of each file that a run leaves, without what depends on the clock."""
    timed = '"seconds"' in run.path(METRICS).read_text(encoding="utf-8")
    found = {}
    for path in sorted(run.folder.rglob("*")):
        parts = path.relative_to(run.folder).parts
        if path.is_dir() or UNCOMPARED & set(parts) or (timed and path.suffix == ".html"):
            continue
        found["/".join(parts)] = sha256(_timeless(path)).hexdigest()
    return found


@dataclass(frozen=True)
class Options:
    """Disturb runs, resume them, and compare what they leave with undisturbed ones."""

    works: tuple[str, ...] = tuple(WORKS)
    """What is disturbed."""
    kills: int = 50
    """How many processes are killed, by turns with SIGKILL and SIGTERM, shared out among the works."""
    damages: int = 20
    """How many checkpoints are damaged: a file is cut short, changed, emptied or taken away."""
    full_disks: int = 10
    """How many runs cannot write files beyond a size."""
    seed: int = 0
    """Where times and places come from."""


class Laboratory:
    """Undisturbed runs, and what disturbs others.

    Parameters
    ----------
    home
        A folder for all runs.
    rng
        Draws when and where.
    """

    def __init__(self, home: Path, rng: np.random.Generator) -> None:
        self.home, self.rng = home, rng
        self._count = 0
        self._whole: dict[str, tuple[dict[str, str], float, Path]] = {}

    def undisturbed(self, name: str) -> tuple[dict[str, str], float, Path]:
        """Return what a work leaves if nothing happens, how long it takes, and its folder."""
        if name not in self._whole:
            begun = time.monotonic()
            folder = self._folder()
            said = _carried_out(WORKS[name], folder)
            if said is not None:
                raise RunError(f"{name} does not work undisturbed: {said}")
            self._whole[name] = kept(_run(folder)), time.monotonic() - begun, folder
        return self._whole[name]

    def kill(self, name: str, number: signal.Signals) -> str:
        """Kill a run at a random time and resume it; return what became of it."""
        whole, seconds, _ = self.undisturbed(name)
        folder = self._folder()
        process = _started(WORKS[name], folder)
        process.join(float(self.rng.uniform(0.05, 0.95)) * seconds)
        if process.pid is not None and process.is_alive():
            os.kill(process.pid, number)
        process.join()
        return self._outcome(name, folder, whole)

    def damage(self, name: str) -> str:
        """Damage the newest checkpoint of a run that is not finished and resume it; return what became of it."""
        whole, _, finished = self.undisturbed(name)
        folder = self._folder()
        shutil.copytree(finished, folder)
        run = _run(folder)
        run.path(METRICS).unlink()
        files = sorted(run.checkpoints()[-1].iterdir())
        _harm(files[self.rng.integers(len(files))], self.rng)
        return self._outcome(name, folder, whole)

    def fill_disk(self, name: str) -> str:
        """Let a run meet files that cannot grow, and resume it with room enough; return what became of it."""
        whole, _, finished = self.undisturbed(name)
        largest = max(path.stat().st_size for path in finished.rglob("*") if path.is_file())
        folder = self._folder()
        _carried_out(WORKS[name], folder, most_bytes=int(self.rng.integers(1, largest)))
        return self._outcome(name, folder, whole)

    def _outcome(self, name: str, folder: Path, whole: dict[str, str]) -> str:
        """Resume a run, from an earlier checkpoint if the newest is refused, and say what came out."""
        said, outcome = _carried_out(WORKS[name], folder, resume=True), SAME
        if said is not None and " --checkpoint " in said:
            offered = said.rpartition(" --checkpoint ")[2].split()[0]
            said, outcome = _carried_out(WORKS[name], folder, resume=True, checkpoint=offered), REFUSED
        if said is None and kept(_run(folder)) == whole:
            return outcome
        print(f"{name} in {folder}: {said or 'resumed to another result'}", file=sys.stderr)
        return LOST

    def _folder(self) -> Path:
        self._count += 1
        return self.home / str(self._count)


def main(arguments: Sequence[str] | None = None) -> int:
    """Disturb, print a table, and return 1 if anything was lost."""
    asked = tyro.cli(Options, args=arguments)
    for name in asked.works:
        if name not in WORKS:
            print(f"error: {unknown('work', name, WORKS)}", file=sys.stderr)
            return 2
    _warm_up(asked.works)
    with tempfile.TemporaryDirectory(prefix="moral-games-faults-") as home:
        laboratory = Laboratory(Path(home), np.random.default_rng(asked.seed))
        counts = disturb(laboratory, asked)
    print(f"| fault | run | times | {SAME} | {REFUSED} | {LOST} |\n|---|---|---|---|---|---|")
    for (fault, name), found in counts.items():
        print(f"| {fault} | {name} | {found.total()} | {found[SAME]} | {found[REFUSED]} | {found[LOST]} |")
    return int(any(found[LOST] for found in counts.values()))


def disturb(laboratory: Laboratory, asked: Options) -> dict[tuple[str, str], Counter[str]]:
    """Return by fault and work how often what became of the runs."""
    single = [name for name in asked.works if name in ONE_RUN]
    signals = (signal.SIGKILL, signal.SIGTERM)
    plan: list[tuple[str, str, Callable[[], str]]] = []
    for turn in range(asked.kills):
        name, number = asked.works[turn % len(asked.works)], signals[turn // len(asked.works) % 2]
        plan.append((number.name, name, lambda name=name, number=number: laboratory.kill(name, number)))
    for turn in range(asked.damages if single else 0):
        name = single[turn % len(single)]
        plan.append(("damaged checkpoint", name, lambda name=name: laboratory.damage(name)))
    for turn in range(asked.full_disks):
        name = asked.works[turn % len(asked.works)]
        plan.append(("full disk", name, lambda name=name: laboratory.fill_disk(name)))
    counts: dict[tuple[str, str], Counter[str]] = {}
    for done, (fault, name, work) in enumerate(plan, start=1):
        outcome = work()
        counts.setdefault((fault, name), Counter())[outcome] += 1
        print(f"{done} of {len(plan)}: {fault}, {name}: {outcome}", file=sys.stderr, flush=True)
    return dict(sorted(counts.items()))


def _going_on(asked: Any, resume: bool, checkpoint: str | None) -> Any:
    return replace(asked, resume=resume, checkpoint=checkpoint)


def _run(folder: Path) -> Run:
    """Return the one run in a folder."""
    (home,) = folder.iterdir()
    return Run(home)


def _started(
    work: Work,
    folder: Path,
    resume: bool = False,
    checkpoint: str | None = None,
    most_bytes: int | None = None,
    tell: Any = None,
) -> Any:
    """Return a process that carries out a work, and sends what is wrong, or None, when it is done."""

    def carry_out() -> None:
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
        said = None
        try:
            work(folder, resume, checkpoint)
        except (RunError, ValueError, OSError) as error:
            said = f"{type(error).__name__}: {error}"
        if tell is not None:
            tell.send(said)

    process = multiprocessing.get_context("fork").Process(target=carry_out)  # nothing is imported anew
    process.start()
    return process


def _carried_out(
    work: Work, folder: Path, resume: bool = False, checkpoint: str | None = None, most_bytes: int | None = None
) -> str | None:
    """Carry out a work in a process of its own; return what was wrong."""
    hear, tell = multiprocessing.Pipe(duplex=False)
    process = _started(work, folder, resume, checkpoint, most_bytes, tell)
    process.join(PATIENCE)
    if process.is_alive():
        process.kill()
        return f"it hung for {PATIENCE:.0f} s"
    return hear.recv() if hear.poll() else f"it ended with {process.exitcode}"


def _harm(file: Path, rng: np.random.Generator) -> None:
    content = bytearray(file.read_bytes())
    place = int(rng.integers(len(content)))
    match rng.integers(4):
        case 0:
            file.write_bytes(content[:place])
        case 1:
            content[place] ^= 1 << int(rng.integers(8))
            file.write_bytes(content)
        case 2:
            file.write_bytes(b"")
        case _:
            file.unlink()


def _timeless(path: Path) -> bytes:
    """Return a file's content without what depends on the clock."""
    content = path.read_bytes()
    if path.suffix == ".json":
        return json.dumps(_without_clock(json.loads(content))).encode()
    if path.suffix == ".jsonl":
        return json.dumps([_without_clock(json.loads(line)) for line in content.splitlines()]).encode()
    if path.suffix == ".csv":
        lines = csv.DictReader(io.StringIO(content.decode()))
        return json.dumps([_without_clock(line) for line in lines]).encode()
    return content


def _without_clock(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {key: _without_clock(value) for key, value in entry.items() if key not in CLOCK}
    return [_without_clock(value) for value in entry] if isinstance(entry, list) else entry


_TINY: list[Path] = []


def tiny_model() -> Path:
    """Return the folder of a language model of two small layers with random weights, made when first asked for."""
    if not _TINY:
        import torch
        from transformers import LlamaConfig, LlamaForCausalLM

        from moral_games.llm.models import load

        tokenizer = load("bundled", device="cpu").tokenizer
        torch.manual_seed(0)
        sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
        config = LlamaConfig(vocab_size=len(tokenizer), num_key_value_heads=2, tie_word_embeddings=True, **sizes)
        folder = Path(tempfile.mkdtemp(prefix="moral-games-tiny-"))
        LlamaForCausalLM(config).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        _TINY.append(folder)
    return _TINY[0]


def _warm_up(works: Sequence[str]) -> None:
    """Import what works need and make what they share, so that forked processes have it."""
    needed = [
        "agents.tabular_q",
        "agents.population_dqn",
        "benchmarks.compare",
        "safetensors.numpy",
        "tensorboard.summary",
    ]
    if "fine-tuning" in works:
        tiny_model()
        needed += ["moral_games.llm.finetuning", "torch.utils.tensorboard", "peft"]
    for name in needed:
        import_module(name)


if __name__ == "__main__":
    raise SystemExit(main())
