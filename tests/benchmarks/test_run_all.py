"""Benchmarks are run within a time, keep what they find, and make one table that hides nothing."""

from __future__ import annotations

import re
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import pytest
import tyro

from benchmarks import ratios, run_all
from benchmarks.catalogue import BENCHMARKS, JSON, Benchmark
from benchmarks.env_speed.timing import Speed
from benchmarks.llm_learning import HELD_OUT, TRAINING, Learned, Look
from benchmarks.llm_reading import IN_FULL, TREE
from benchmarks.ratios import BENCH, PUBLISHED_ROUND, everything, table
from benchmarks.run_all import Options, main
from moral_games.provenance import ROOT
from moral_games.runs import Run, read_json


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Benchmarks of no length in a package of their own: one that finds something, one that fails, one that hangs."""
    home = tmp_path / "benchmarks"
    home.mkdir()
    (home / "__init__.py").touch()
    found = '{"loop": 3.0, "batched": {"1": 1.0, "10": 5.0}}'
    (home / "population_speed.py").write_text(
        f"import sys\nopen(sys.argv[2], 'w').write('{found}')\nprint('| a table |')"
    )
    (home / "fuzz.py").write_text("raise SystemExit('no | way')")
    (home / "faults.py").write_text("import time\ntime.sleep(60)")
    monkeypatch.setattr(run_all, "ROOT", tmp_path)
    registered = {
        "population_speed": Benchmark("How fast", 1, ("--json", JSON), ("--json", JSON)),
        "fuzz": Benchmark("Whether refused", 1),
        "faults": Benchmark("Whether survived", 0.001, quick=None),
        "methods": Benchmark("Long", 600),
    }
    for module in (run_all, ratios):
        monkeypatch.setattr(module, "BENCHMARKS", BENCHMARKS | registered)
    return tmp_path


def test_what_is_found_is_kept_and_told_and_what_fails_too(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = small / "runs"
    assert main(["--only", "population_speed", "fuzz", "--folder", str(folder)]) == 1
    told = capsys.readouterr().err
    assert re.search(r"population_speed: \d+ s\n", told) and "fuzz: exit status 1: no | way" in told
    kept = read_json(folder / BENCH / "population_speed.json")
    assert kept["command"] == "python -m benchmarks.population_speed" and kept["versions"]["numpy"]
    assert (folder / BENCH / "population_speed.md").read_text(encoding="utf-8") == "| a table |\n"
    monkeypatch.setattr(
        ratios, "EARLIER", {"ijcai_speed": {"begun": "2026-11-22", "ratios": [["Study", "a loop", "35"]]}}
    )
    lines = table(Run(folder / BENCH)).splitlines()
    processor = kept["machine"]["processor"]
    what = "Populations, an episode of a run, 10 runs together"
    assert lines[4].startswith(f"| {what} | plain loop | 6 | {processor}, ")
    assert lines[5].startswith(f"| {what} | published code, 0.69 s as we measured it | 1.38 |")
    assert lines[3].startswith(
        "| Study | a loop | 35 | not recorded, ? cores | 2026-11-22 | `python -m benchmarks.ijcai_"
    )
    others = [lines[2], *lines[6:]]
    assert len(others) == 2 and all(" | | not run | " in line for line in others)
    listed = everything(Run(folder / BENCH))
    assert f"| `population_speed` | How fast | 1 | {kept['begun'][:10]}, {kept['seconds'] / 60:.1f} min |" in listed
    assert rf"failed on {kept['begun'][:10]}: exit status 1: no \| way" in listed and "not by this command" in listed


def test_a_benchmark_that_fails_leaves_what_an_earlier_one_found(small: Path) -> None:
    arguments = ["--only", "population_speed", "--folder", str(small / "runs")]
    assert main(arguments) == 0
    before = table(Run(small / "runs" / BENCH))
    program = small / "benchmarks" / "population_speed.py"
    works = program.read_text(encoding="utf-8")
    program.write_text("raise SystemExit(3)", encoding="utf-8")
    assert main(arguments) == 1
    assert table(Run(small / "runs" / BENCH)) == before
    assert "exit status 3: nothing said" in everything(Run(small / "runs" / BENCH))
    program.write_text(works, encoding="utf-8")
    assert main(arguments) == 0 and "failed" not in everything(Run(small / "runs" / BENCH))


def test_what_takes_too_long_is_ended(
    small: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run_all, "LEAST", 0.01)
    assert main(["--only", "faults", "--folder", str(small / "runs")]) == 1
    assert "faults: not finished after" in capsys.readouterr().err


def test_quick_keeps_nothing(small: Path) -> None:
    assert main(["--only", "population_speed", "--quick", "--folder", str(small / "runs")]) == 0
    assert not (small / "runs").exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [(["--only", "speed"], "unknown benchmark 'speed'"), (["--only", "faults", "--quick"], "faults has no quick way")],
)
def test_what_cannot_be_run_is_refused(
    small: Path, given: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*given, "--folder", str(small / "runs")]) == 2
    assert said in capsys.readouterr().err and not (small / "runs").exists()


def test_by_default_what_is_short_is_run_and_with_quick_all_that_can_be_small() -> None:
    assert "methods" not in Options().chosen() and "env_speed" in Options().chosen()
    assert set(Options(quick=True).chosen()) == {name for name, one in BENCHMARKS.items() if one.quick is not None}


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_is_a_module_whose_options_are_known(name: str) -> None:
    one = BENCHMARKS[name]
    assert ((ROOT / "benchmarks").joinpath(one.told)).resolve().is_file()
    module = import_module(f"benchmarks.{name}")
    if not hasattr(module, "Options"):
        module = import_module(f"benchmarks.{name}.__main__")
    for arguments in (one.arguments, one.quick or ()):
        assert tyro.cli(module.Options, args=list(arguments)) is not None


def test_the_registry_names_all_that_can_be_run_by_hand() -> None:
    home = ROOT / "benchmarks"
    commands = {
        str(path.relative_to(home).with_suffix("")).replace("/", ".").removesuffix(".__main__")
        for path in home.rglob("*.py")
        if re.search(r'^if __name__ == "__main__":', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    }
    others = {"compare", "results", "run_all", "published.iclr2025_results"}
    assert commands == set(BENCHMARKS) | others


# --- ratios -----------------------------------------------------------------------------------


def speed(name: str, seconds: float, environments: int = 1) -> dict[str, object]:
    return asdict(Speed(name, environments, (seconds, seconds, seconds)))


def test_an_environment_at_its_best_stands_beside_each_peer_at_its_best() -> None:
    speeds = [
        speed("MatrixGameVectorEnv", 3e-6),
        speed("MatrixGameVectorEnv", 1e-6, 64),
        speed("SyncVectorEnv of MatrixGameEnv", 5e-4),
        speed("SyncVectorEnv of MatrixGameEnv", 4e-4, 64),
        asdict(Speed("JaxMARL storm_2p", 1, missing="missing (no jaxmarl); install with `pip install jaxmarl`")),
    ]
    found = {"sections": [{"title": "Vector", "note": "", "speeds": speeds}]}
    assert list(ratios.env_speed(found)) == [
        ("Vector: MatrixGameVectorEnv", "SyncVectorEnv of MatrixGameEnv", "400"),
        ("Vector: MatrixGameVectorEnv", "JaxMARL storm_2p", "missing (no jaxmarl)"),
    ]


def test_the_tabular_study_stands_beside_the_loop_and_the_published_code() -> None:
    found = {"speeds": [speed("plain loop, one pair", 4e-6), speed("ours, one pair", 1e-6), speed("grid", 1e-7)]}
    assert [one.times for one in ratios.ijcai_speed(found)] == ["40", f"{PUBLISHED_ROUND / 1e-7:,.0f}"]


def test_methods_that_never_keep_a_duty_have_a_lower_bound(tmp_path: Path) -> None:
    def learned(*looks: tuple[float, float]) -> dict[str, object]:
        seen = (
            Look(k, seconds, seconds, {TRAINING: kept, HELD_OUT: kept}, 1.0) for k, (seconds, kept) in enumerate(looks)
        )
        return asdict(Learned(tuple(seen)))

    run = Run.create(tmp_path / "llm_speed", {"target": 0.95, "machine": {"CPU": "a processor, 2 cores usable"}})
    read = {IN_FULL: {"seconds": 40.0}, TREE: {"seconds": 0.5}}
    run.append({"cell": ["reading"], "found": read})
    run.append({"cell": ["ppo", "0"], "found": learned((50.0, 0.5), (600.0, 0.6))})
    run.append({"cell": ["sft", "0"], "found": learned((30.0, 0.5), (60.0, 0.99))})
    first = [line.split(" | ")[1:3] for line in table(Run(tmp_path / BENCH)).splitlines() if "Language" in line]
    assert first == [[IN_FULL, "80"]], "without the reference no ratio is claimed"
    run.append({"cell": ["exact", "0"], "found": learned((20.0, 0.97))})
    lines = table(Run(tmp_path / BENCH)).splitlines()
    told = [line.split(" | ")[1:3] for line in lines if "until a duty is kept" in line]
    assert told == [["ppo", "more than 30"], ["sft", "3"]]
