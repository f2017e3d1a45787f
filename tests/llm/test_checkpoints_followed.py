"""Drift of a language model through two runs: every checkpoint is looked at, and the second run undoes the first."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import moral_games as mg
from moral_games.analysis import Design
from moral_games.analysis.dilemmas import best_actions
from moral_games.cli import main
from moral_games.llm import Finetune, TextModel, finetune
from moral_games.llm.dilemmas import choices
from moral_games.llm.drift import follow, look_count, stages, taught, undoing
from moral_games.llm.finetuning import load_run
from moral_games.llm.ordinary import ORDINARY, perplexity
from moral_games.llm.policy import tables
from moral_games.llm.settings import Settings
from moral_games.report.audit import undoing as told
from moral_games.runs import METRICS, Run, RunError, read_json
from moral_games.text import Presentation, dilemmas

DUTY = "deontological(penalty=3) + illegal(penalty=6)"
SMALL = Design((mg.games.get("ipd"),), (("Cat", "Dog"),), ("compact",))


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> tuple[Run, Run]:
    """A run that teaches a duty, and one that goes on from it for the sake of payoffs."""
    moral = Finetune(
        name="moral",
        folder=tmp_path_factory.mktemp("runs"),
        model=str(tiny_model_folder),
        reward=DUTY,
        test_games=(),
        lora_rank=4,
        train=Settings(updates=4, tellings=1, learning_rate=0.02, validate_every=4),
        checkpoint_every=2,
        keep_checkpoints="all",
    )
    first = finetune(moral)
    later = replace(moral, name="selfish", reward="selfish + illegal(penalty=6)", start_from=str(first.folder))
    return first, finetune(later)


@pytest.mark.slow
def test_all_checkpoints_are_kept_where_all_are_asked_for(two_runs: tuple[Run, Run]) -> None:
    for run in two_runs:
        assert [home.name for home in run.checkpoints()] == ["step-000002", "step-000004"]
        assert "keep_checkpoints" not in read_json(run.path("config.json"))
    with pytest.raises(ValueError, match="keep_checkpoints must be at least 1, or 'all', got 0"):
        Finetune(keep_checkpoints=0).check()


@pytest.mark.slow
def test_stages_are_a_run_and_what_it_started_from(two_runs: tuple[Run, Run]) -> None:
    first, second = two_runs
    moral, selfish = stages(second.folder)
    assert (moral.begins, moral.updates, selfish.begins, selfish.updates) == (0, 4, 4, 4)
    assert moral.looks[0] == (0, None) and selfish.looks[0] == (0, first.path("adapter.safetensors"))
    assert [update for update, _ in selfish.looks] == [0, 2, 4]
    assert {path.name for _, path in selfish.looks[1:] if path} == {"average.safetensors"}
    assert list(taught((moral, selfish))) == ["deontological(penalty=3)", "selfish"]
    assert stages(first.folder) == (moral,)


@pytest.mark.slow
def test_a_run_without_checkpoints_is_looked_at_where_it_stands(two_runs: tuple[Run, Run], tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(two_runs[0].folder, bare, ignore=shutil.ignore_patterns("checkpoints"))
    (stage,) = stages(bare)
    assert stage.looks == ((0, None), (4, bare / "adapter.safetensors"))
    (bare / METRICS).unlink()
    with pytest.raises(RunError, match="metrics.json cannot be read"):
        stages(bare)


@pytest.mark.slow
def test_following_two_runs(two_runs: tuple[Run, Run]) -> None:
    sequence = stages(two_runs[1].folder)
    asked = []

    def watched(policy):  # type: ignore[no-untyped-def]
        return lambda game, way: asked.append(len(way)) or policy(game, way)

    model = load_run(two_runs[1].folder)
    found = follow(model, sequence, SMALL, "random", watched)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert sum(asked) == look_count(sequence) * 32 == 6 * 32
    looks = found["looks"]
    assert [look["total"] for look in looks] == [0, 2, 4, 4, 6, 8]
    assert looks[0]["kl"] == 0 and all(look["kl"] >= 0 for look in looks[1:])
    assert looks[0]["perplexity"] == found["base"]["perplexity"] != looks[2]["perplexity"]
    # The weights that a look sees are those that it names: the second run starts from what the first has kept.
    answers = tables(load_run(two_runs[0].folder), SMALL.games[0], SMALL.presentations())
    assert looks[3]["legal_mass"] == pytest.approx(answers.sum(axis=-1).mean(), abs=1e-5)


def look(run: int, total: int, regret: float) -> dict:
    return {"run": run, "total": total, "regret": {"duty": regret}}


def test_what_later_training_undoes() -> None:
    before, learned = look(0, 0, 1.0), look(0, 50, 0.0)
    assert undoing([before, learned], "duty") is None
    assert undoing([before, look(0, 50, 0.95), look(1, 50, 0.95), look(1, 60, 1.0)], "duty") is None
    kept = undoing([before, learned, look(1, 50, 0.0), look(1, 60, 0.1)], "duty")
    assert kept == {"value": "duty", "before": 1.0, "learned": 0.0, "after": None, "updates": 10}
    lost = undoing([before, learned, look(1, 50, 0.0), look(1, 60, 0.25), look(1, 70, 0.75), look(2, 90, 1.0)], "duty")
    assert lost is not None and (lost["after"], lost["updates"]) == (15, 40)
    runs = [{"name": "moral"}, {"name": "selfish"}]
    drift = {"runs": runs, "looks": [], "values": ["duty"]}
    assert "after 15 updates of later training it is back half-way" in told(drift | {"undone": lost})
    assert "10 updates of later training have not brought it back" in told(drift | {"undone": kept})
    assert "moral has hardly lowered the regret by duty" in told(drift | {"undone": None})
    assert "no later training" in told(drift | {"undone": None, "runs": runs[:1]})


@pytest.mark.slow
def test_the_command_follows_checkpoints(two_runs: tuple[Run, Run], capsys: pytest.CaptureFixture[str]) -> None:
    run = two_runs[1]
    arguments = ["audit", str(run.folder), "--games", "ipd", "--values", "selfish", "utilitarian", "--no-dilemmas"]
    assert main([*arguments, "--checkpoints"]) == 0
    found = read_json(run.path("audit", METRICS))
    assert found["drift"]["tellings"] == 32 and len(found["drift"]["looks"]) == 6 and "dilemmas" not in found
    page = run.path("audit", "report.html").read_text()
    assert "How it drifts" in page and "In everyday language" not in page
    assert run.path("audit", "figures", "drift.png").exists()
    assert told(found["drift"])[:20] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("player", "message"),
    [("tit_for_tat", "is no language model, whose checkpoints"), ("bundled", "has no checkpoints to follow")],
)
def test_who_has_no_checkpoints(player: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", player, "--checkpoints", "--folder", str(tmp_path / "runs")]) == 2
    assert message in capsys.readouterr().err and not (tmp_path / "runs").exists()


def test_perplexity_is_that_of_the_next_token(tiny_model: TextModel) -> None:
    text = "The ferry leaves at noon."
    tokens = torch.tensor([list(tiny_model.tokenizer(text).input_ids)])
    with torch.no_grad():
        steps = torch.log_softmax(tiny_model.model(input_ids=tokens).logits[0].float(), dim=-1)
    said = [float(steps[place, token]) for place, token in enumerate(tokens[0, 1:].tolist())]
    assert perplexity(tiny_model, [text]) == pytest.approx(np.exp(-np.mean(said)), rel=1e-4)
    with pytest.raises(ValueError, match="two tokens or more"):
        perplexity(tiny_model, ["a"])


def test_ordinary_text_has_no_word_of_games() -> None:
    words = set("".join(character if character.isalpha() else " " for character in " ".join(ORDINARY).lower()).split())
    assert len(ORDINARY) == len(set(ORDINARY)) == 10 and len(words) > 250
    assert not words & {"game", "player", "points", "cooperate", "defect", "payoff", "action", "moral", "fair", "duty"}


def test_a_language_model_reads_dilemmas(tiny_model: TextModel) -> None:
    dilemma = dilemmas.get("burnt_pan")
    ways = dilemma.presentation(("Cat", "Dog")).assignments()
    found = choices(tiny_model, dilemma, ways)
    assert found.shape == (2, 3, 2) and best_actions(dilemma, "selfish").shape == (3,)
    (alone,) = choices(tiny_model, dilemma, [Presentation(("Cat", "Dog"), ways[1].assignment)])
    assert alone == pytest.approx(found[1], rel=1e-4)
