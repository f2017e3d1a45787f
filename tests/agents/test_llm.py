"""A language model beside other agents: the same measures, and the same numbers in one process and in many."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import moral_games as mg
from agents.llm import Options, learn
from benchmarks import compare
from benchmarks.compare_grid import Cell, read_agent
from moral_games.report import write_report
from moral_games.runs import METRICS, Run, digest, read_json

VALUE = "deontological + illegal(penalty=6)"


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> compare.Options:
    """Two agents against an opponent, and against a learner like them."""
    return compare.Options(
        agents=(f"llm:exact@{tiny_model_folder}(updates=2, tellings=1, lora_rank=2)", "tabular_q(steps=40)"),
        rewards=(VALUE,),
        opponents=("tit_for_tat", "learner"),
        seeds=1,
        folder=tmp_path_factory.mktemp("runs"),
    )


@pytest.fixture(scope="module")
def finished(asked: compare.Options) -> Run:
    return compare.compare(asked)


def cells(run: Run) -> list[Path]:
    return sorted(run.path(compare.CELLS).iterdir())


def agree(run: Run, whole: Run) -> None:
    """Demand of every study the bytes that a larger comparison has of it, and the same adapters."""
    for cell in cells(run):
        same = whole.path(compare.CELLS, cell.name)
        for name in (METRICS, "policy.json", "history.jsonl"):
            assert (cell / name).read_bytes() == (same / name).read_bytes()
        for adapter in cell.glob("seeds/*/*adapter.safetensors"):
            assert digest(adapter) == digest(same / adapter.relative_to(cell))


@pytest.mark.slow
def test_language_models_stand_in_the_table_with_the_others(finished: Run) -> None:
    rows = read_json(finished.path(METRICS))["rows"]
    learners = [row for row in rows if row["agent"].startswith("llm:exact@")]
    assert len(learners) == 1 + 2 == len(rows) - len(learners)
    assert {row["player"] for row in learners} == {"player_0", "player_1"}
    for row in learners:
        assert row["measures"]["reward"]["mean"] == pytest.approx(-6, abs=0.1), "a random model answers nothing legal"
    assert write_report(finished.folder).exists()
    assert len(list(finished.folder.glob("cells/*/seeds/seed_0/adapter.safetensors"))) == 2


@pytest.mark.slow
def test_what_is_judged_is_the_mean_over_held_out_presentations(finished: Run) -> None:
    cell = next(cell for cell in cells(finished) if (cell / "seeds").exists())
    learned = mg.PolicyTable(read_json(cell / "policies" / "seed_0_player_0.json")["probabilities"])
    told = read_json(cell / "seeds" / "seed_0" / "policy.json")["after"]["ipd"].values()
    np.testing.assert_allclose(learned.probabilities, np.mean(list(told), axis=0), atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("elsewhere", [{"workers": 2}, {"ray": "local"}], ids=["processes", "ray"])
def test_the_numbers_are_the_same_elsewhere(
    elsewhere: dict[str, object], asked: compare.Options, finished: Run, tmp_path: Path
) -> None:
    """Beside a learner of its own kind, where two models are trained."""
    run = compare.compare(replace(asked, opponents=("learner",), folder=tmp_path, **elsewhere))  # type: ignore[arg-type]
    assert len(cells(run)) == 2
    agree(run, finished)


@pytest.mark.slow
def test_a_sweep_that_was_broken_off_goes_on(
    asked: compare.Options, tmp_path: Path, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken off after the first of two seeds: the second is trained, the first is not trained again."""
    chosen = Options(
        model=str(tiny_model_folder), updates=1, tellings=1, lora_rank=2, reward=VALUE, opponent=("grim",), seeds=2
    )
    whole = learn(replace(chosen, folder=tmp_path / "whole"))
    broken = replace(chosen, folder=tmp_path / "broken", checkpoint_every=1)
    from moral_games.llm import finetuning

    original, trained = finetuning.finetune, []

    def once(options: mg.llm.Finetune) -> Run:
        if trained:
            raise KeyboardInterrupt
        trained.append(options.name)
        return original(options)

    monkeypatch.setattr(finetuning, "finetune", once)
    with pytest.raises(KeyboardInterrupt):
        learn(broken)
    monkeypatch.setattr(finetuning, "finetune", original)
    first = tmp_path / "broken" / "llm" / "seeds" / "seed_0" / "metrics.json"
    before = first.stat().st_mtime_ns
    run = learn(replace(broken, resume=True))
    assert first.stat().st_mtime_ns == before
    assert read_json(run.path(METRICS)) == read_json(whole.path(METRICS))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"algorithm": "exct"}, "unknown algorithm 'exct'. Did you mean 'exact'"),
        ({"initial": "start"}, "give --initial random"),
        ({"other_reward": ("utilitarian",)}, "learn under the same value"),
        ({"algorithm": "ppo", "opponent": ()}, "'llm' .*exact"),
        ({"opponent": ("tit_for_tatt",)}, "Did you mean 'tit_for_tat'"),
        ({"tellings": 0}, "tellings must be at least 1"),
    ],
)
def test_what_does_not_fit_is_refused_before_any_work(changed: dict[str, object], message: str, tmp_path: Path) -> None:
    chosen = Options(folder=tmp_path, opponent=("tit_for_tat",))
    with pytest.raises(ValueError, match=message):
        learn(replace(chosen, **changed))  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


def test_how_agents_are_spelt() -> None:
    chosen = read_agent("llm:sft@owner/model(updates=3)")
    assert isinstance(chosen, Options)
    assert (chosen.algorithm, chosen.model, chosen.updates) == ("sft", "owner/model", 3)
    assert read_agent("llm:sft").model == "bundled" and read_agent("sb3:dqn").algorithm == "dqn"  # type: ignore[attr-defined]
    for text in ("tabular_q:fast", "sb3@owner/model"):
        with pytest.raises(ValueError, match="to choose, got"):
            read_agent(text)


def test_the_discount_is_that_of_the_comparison() -> None:
    cell = Cell("", "", "", "", "", Options(discount=0.7, opponent=("grim",)))
    assert cell.options.run(3).exact.discount == 0.7 and cell.options.run(3).seed == 3  # type: ignore[attr-defined]
    assert Options(algorithm="sft", discount=0.7).run(0).sft.discount == 0.7
    assert Options(algorithm="ppo", discount=0.7).run(0).ppo.discount == 1.0
