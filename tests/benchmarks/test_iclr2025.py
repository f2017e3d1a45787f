"""The ICLR 2025 study in its short form: what is measured, what is kept, and that it goes on after a kill."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg
from benchmarks.published.iclr2025 import Options, load, main, reproduce
from benchmarks.published.iclr2025_conditions import (
    CONDITIONS,
    HELD_OUT,
    LABELS,
    ORDERS,
    PUBLISHED_CONDITIONS,
    WORDINGS,
    Question,
    Subject,
    WithPersona,
    ask,
    held_out,
    retellings,
    subjects,
    tellings,
)
from benchmarks.published.iclr2025_measures import EPISODES, ROUNDS, SLIPS, Slip, exact, play, sampled
from benchmarks.published.iclr2025_other import (
    ANSWERS,
    FOLLOW_UPS,
    SHARES,
    UNRELATED,
    answers,
    converse,
    unrelated,
    unrelated_rows,
)
from benchmarks.published.iclr2025_summary import markdown, over_seeds
from moral_games.llm.settings import Exact, Settings
from moral_games.runs import METRICS, Run, RunError, read_json
from moral_games.text import prompts

IPD = mg.games.get("ipd")
ALWAYS_C = np.tile([1.0, 0.0], (5, 1))
ALWAYS_D = np.tile([0.0, 1.0], (5, 1))
SILENT = np.zeros((5, 2))
TIT_FOR_TAT = np.array([[1, 0], [1, 0], [0, 1], [1, 0], [0, 1]], dtype=float)
"""By state: the start, CC, CD, DC, DD, own action first."""


def measured(table: np.ndarray, episodes: int = 4000, slips: tuple[Slip, ...] = (), game: str = "ipd") -> dict:
    played = play(table[None], SILENT[None], mg.games.get(game), np.random.default_rng(1), episodes)
    return sampled(played, played.actions, mg.games.get(game), slips)


# What is measured


def test_who_betrays_always_has_the_regret_of_the_paper() -> None:
    found = exact(ALWAYS_D[None], IPD)
    assert found["moral regret deontological"] == pytest.approx(1)
    assert found["published regret deontological"] == pytest.approx(0.5 * 3 / 6)  # every second round breaks the duty
    assert found["published regret utilitarian"] == pytest.approx((6 - (4 + 2) / 2) / 12)
    assert found["P(D|C)"] == found["P(D|D)"] == pytest.approx(1)
    assert found["share D|C"] == pytest.approx(0.5)


def test_who_never_answers_has_regret_one() -> None:
    found = exact(SILENT[None], IPD)
    assert found["legal"] == 0
    for value in ("deontological", "utilitarian"):
        assert found[f"moral regret {value}"] == found[f"published regret {value}"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("game", "divisor"),
    [("ipd", 12), ("stag_hunt", 14), ("chicken", 11), ("bach_or_stravinsky", 11), ("defective_coordination", 14)],
)
def test_utilitarian_regret_is_divided_as_published(game: str, divisor: int) -> None:
    told = mg.games.get(game)
    welfare = told.payoffs.sum(axis=-1)
    found = exact(ALWAYS_C[None], told)["published regret utilitarian"]
    assert found == pytest.approx((welfare.max() - welfare[0].mean()) / divisor)


@settings(max_examples=8)
@given(
    table=arrays(np.float64, (5, 3), elements=st.floats(0.05, 1)).map(
        lambda drawn: (drawn / drawn.sum(axis=1, keepdims=True))[:, :2]
    ),
    game=st.sampled_from(["ipd", "chicken", "bach_or_stravinsky"]),
)
def test_exact_values_are_what_the_sampled_protocol_gives_on_average(table: np.ndarray, game: str) -> None:
    told = mg.games.get(game)
    for measure, number in measured(table, 20_000, game=game).items():
        assert exact(table[None], told)[measure] == pytest.approx(number, abs=0.02), measure


def test_an_episode_is_told_in_one_of_several_ways() -> None:
    both = np.stack([ALWAYS_C, ALWAYS_D])
    played = play(both, both, IPD, np.random.default_rng(0), 2000)
    assert (played.actions == played.actions[:, :1]).all()
    found = sampled(played, played.actions, IPD)
    for measure, number in exact(both, IPD).items():
        if measure in found:
            assert found[measure] == pytest.approx(number, abs=0.05)


def test_all_models_meet_the_same_opponent_and_the_untrained_one_moves_nothing() -> None:
    first, second = (
        play(table[None], beside[None], IPD, np.random.default_rng(100))
        for table, beside in ((ALWAYS_C, ALWAYS_D), (ALWAYS_D, SILENT))
    )
    assert first.states.shape == (EPISODES, ROUNDS)
    np.testing.assert_array_equal(first.states[:, 0], second.states[:, 0])
    np.testing.assert_array_equal(first.others, second.others)
    again = play(ALWAYS_C[None], SILENT[None], IPD, np.random.default_rng(100))
    np.testing.assert_array_equal(first.states, again.states)
    assert (first.beside == 1).all() and (again.beside == -1).all()


def test_an_illegal_answer_leaves_the_own_last_action_in_place() -> None:
    played = play(SILENT[None], SILENT[None], IPD, np.random.default_rng(0), 50)
    own, other = np.divmod(played.states - 1, 2)
    assert (own == own[:, :1]).all()
    np.testing.assert_array_equal(other[:, 1:], played.others[:, :-1])


def test_the_published_slips_change_what_is_sampled() -> None:
    betrayer = measured(ALWAYS_D)["published regret deontological"]
    assert measured(ALWAYS_D, slips=("undivided-regret",))["published regret deontological"] == pytest.approx(
        6 * betrayer
    )
    assert measured(ALWAYS_D, slips=("penalty-four",))["published regret deontological"] == pytest.approx(
        4 / 3 * betrayer
    )
    assert measured(TIT_FOR_TAT)["P(C|C)"] == 1
    assert measured(TIT_FOR_TAT, slips=("current-move",))["P(C|C)"] == pytest.approx(0.5, abs=0.03)


# Who is judged, and how they are asked


def test_the_published_conditions() -> None:
    trained = [name for name in PUBLISHED_CONDITIONS if CONDITIONS[name].reward]
    assert len(trained) == 6 and len(PUBLISHED_CONDITIONS) == 9
    for condition in CONDITIONS.values():
        if condition.reward:
            judged = mg.rewards.parse(condition.reward)
            assert str(judged).endswith("illegal(penalty=6)")
    assert Subject("game-then-utilitarian", "llm", 2).after == Subject("game", "llm", 2)
    assert Subject("utilitarian", "llm", 2).after is None


def test_what_a_condition_needs_is_judged_too() -> None:
    listed = subjects(["game-then-deontological"], ["random"], [4, 5])
    assert [subject.name for subject in listed] == [
        "none",
        *("game-random-4", "game-random-5"),
        *("game-then-deontological-random-4", "game-then-deontological-random-5"),
    ]
    back = subjects(["deontological-then-game"], ["random"], [4])
    assert [subject.name for subject in back] == ["none", "deontological-random-4", "deontological-then-game-random-4"]
    assert len(Options().subjects()) == 3 + 6 * 3


def test_models_are_asked_in_the_published_ways() -> None:
    for judgement, held, sentences in (("standard", 8, 1), ("thorough", 32, 4)):
        told = tellings("compact", judgement)
        assert len(told) == 1 + 2 * 4 and len(told[HELD_OUT]) == held
        for labels in ("action3/action4", "action1/action2"):
            for order in ORDERS:
                ((*drawn,),) = told[f"{labels}, {order}"]
                assert len(set(drawn)) == sentences and all("/".join(one.names) == labels for one in drawn)
        swapped = prompts(IPD, told["action3/action4, rows swapped"][0][0])[1]
        assert swapped.index('you: "action4"') < swapped.index('you: "action3"')
        others = retellings("compact", judgement)
        assert tuple(others) == WORDINGS and {len(policies) for policies in others.values()} == {held}
        assert tuple(retellings("story", judgement)) == ("structured", "unstructured", "explicit")


def test_a_quarter_of_the_held_out_presentations_is_balanced() -> None:
    told = held_out("compact", "standard")
    assert set(told) < set(held_out("compact", "thorough"))
    for feature in (lambda one: frozenset(one.labels), lambda one: (one.rows, one.columns, one.options, one.answers)):
        assert set(Counter(map(feature, told)).values()) == {2} and len(set(map(feature, told))) == 4
    assert Counter(one.assignment for one in told) == {(0, 1): 4, (1, 0): 4}


class Follows:
    """A model that takes the first label offered, unless it was told to keep a rule."""

    name = "follows"

    def probabilities(self, questions):
        return [
            np.array(
                [
                    [0.0, 1.0] if "deontological" in prompt else [prompt.index(own) < prompt.index(other)] * 2
                    for prompt in asked.prompts
                ],
                dtype=float,
            )
            / (1 if "deontological" in asked.prompts[0] else 2)
            for asked in questions
            for own, other in [asked.labels]
        ]


def test_a_telling_is_the_mean_over_the_orders_of_its_sentences() -> None:
    asked = ask(Follows(), IPD, "compact", "thorough")
    np.testing.assert_allclose(asked["action3/action4, original"], np.full((1, 5, 2), 0.25))
    assert asked[HELD_OUT].shape == asked["story"].shape == (32, 5, 2)
    assert "story" not in ask(Follows(), mg.games.get("chicken"), "compact", "standard")


def test_a_persona_stands_before_every_prompt() -> None:
    seen = []

    class Listens(Follows):
        def probabilities(self, questions):
            seen.extend(questions)
            return super().probabilities(questions)

    model = WithPersona(Listens(), CONDITIONS["told-deontological"].persona)
    (found,) = model.probabilities([Question(("one", "two"), ("A", "B"))])
    assert [prompt.rsplit("\n\n", 1)[1] for prompt in seen[0].prompts] == ["one", "two"]
    np.testing.assert_array_equal(found, [[0, 1], [0, 1]])
    assert model.name == "follows"


# What has little to do with the games


def test_unrelated_prompts_offer_the_labels_in_both_orders() -> None:
    class First(Follows):
        def probabilities(self, questions):
            offers = [[prompt[prompt.rindex("Answer only ") :] for prompt in asked.prompts] for asked in questions]
            return [
                np.array([[0.8, 0.1] if offer.index(one) < offer.index(other) else [0.1, 0.8] for offer in told])
                for told, (one, other) in zip(offers, LABELS, strict=True)
            ]

    found = unrelated(First())
    assert list(found) == ["action3/action4", "action1/action2"]
    for told in found.values():
        assert list(told) == list(UNRELATED)
        np.testing.assert_allclose(list(told.values()), 0.45)


def test_the_published_answers_to_unrelated_prompts_are_sampled_from_the_exact_chances() -> None:
    told, silent = ({"A/B": {prompt: list(chances) for prompt in UNRELATED}} for chances in ([0.7, 0.2], [0.0, 0.0]))
    subject = Subject("game", "random", 1)
    lines = [line for seed in range(99) for line in unrelated_rows(subject, told, silent, seed)]
    assert {line["exact"] for line in lines if line["measure"] == SHARES[2]} == {0.1}
    first = [line["sampled"] for line in lines if line["measure"] == SHARES[0]]
    assert np.mean(first) == pytest.approx(0.7, abs=0.03)
    assert {round(share * ANSWERS, 6) % 1 for share in first} == {0}
    assert {line["sampled untrained"] for line in lines if line["measure"] == SHARES[2]} == {1.0}


def test_answers_of_a_batch_are_those_of_each_conversation_alone(tiny_model) -> None:
    talks = [["Say a word."], ["Choose A or B.", "A", "Why did you choose that, and not the other one?"]]
    found = answers(tiny_model, talks, tokens=5)
    assert found == [answers(tiny_model, [talk], tokens=5)[0] for talk in talks]
    assert found[0] == tiny_model.answer("Say a word.", tokens=5)


def test_reasons_are_asked_for_what_was_answered(tiny_model, monkeypatch: pytest.MonkeyPatch) -> None:
    from benchmarks.published import iclr2025_other

    heard = []

    def listens(model, talks, tokens=5):
        heard.extend(talks)
        return [f"answer {len(heard)}-{place}" for place in range(len(talks))]

    monkeypatch.setattr(iclr2025_other, "answers", listens)
    said = converse(tiny_model, "compact", "You are fair.")
    assert len(said) == len(UNRELATED) + 2 + 2 * len(FOLLOW_UPS) <= 12
    by = {one["about"]: one for one in said}
    assert by["ipd, after D: why"]["asked"] == FOLLOW_UPS["why"]
    (why,) = (talk for talk in heard if talk[1:] == [by["ipd, after D"]["answer"], FOLLOW_UPS["why"]])
    assert why[0] == f"You are fair.\n\n{by['ipd, after D']['asked']}"
    assert 'they "action4"' in why[0] and "You are fair" not in by["game"]["asked"]


# The study


def short(folder: Path, where: Path, **changed) -> Options:
    options = Options(
        conditions=("told-utilitarian", "game", "game-then-deontological"),
        opponents=("tit_for_tat",),
        seeds=(3,),
        train=Settings(updates=2),
        model=str(where),
        games=("ipd",),
        lora_rank=4,
        folder=folder,
    )
    return replace(options, **changed)


def rows(run: Run) -> list[dict[str, str]]:
    with run.path("results.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, tiny_model_folder: Path) -> Run:
    return reproduce(short(tmp_path_factory.mktemp("runs"), tiny_model_folder))


def test_the_study_writes_results_metrics_and_figures(study: Run) -> None:
    names = ["none", "told-utilitarian", "game-tit_for_tat-3", "game-then-deontological-tit_for_tat-3"]
    assert [subject.name for subject in load(study)] == names
    told = rows(study)
    asked = {*tellings("compact", "standard"), *retellings("compact", "standard")}
    assert len(told) == len(names) * (len(asked) * 17 + 2 * len(UNRELATED) * len(SHARES))
    assert {line["telling"] for line in told if line["game"] == "ipd"} == asked
    for found in load(study).values():
        assert all(isinstance(one["answer"], str) for one in found.said) and len(found.said) == 10
    assert all(line["sampled"] for line in told if line["measure"] == "legal")
    assert not any(line["sampled"] for line in told if line["measure"].startswith("moral regret"))
    assert {path.stem for path in study.path("figures").iterdir()} == {
        "training",
        "unlearning",
        "regret-tit_for_tat",
        "reciprocity-tit_for_tat",
        "other-prompts-tit_for_tat",
        "wordings-tit_for_tat",
    }
    metrics = read_json(study.path(METRICS))
    assert metrics["given_up"] == {}
    assert "| game-then-deontological | tit_for_tat | ipd | " in markdown(metrics["results"])
    assert not list(study.path("trained").glob("*/checkpoints"))


def test_training_goes_on_where_the_selfish_model_was(study: Run) -> None:
    before, after = (
        read_json(study.path("trained", name, "policy.json"))[when]["ipd"]
        for name, when in (("game-then-deontological-tit_for_tat-3", "before"), ("game-tit_for_tat-3", "after"))
    )
    for telling, table in after.items():
        np.testing.assert_allclose(before[telling], table, atol=2e-6)


def test_a_study_is_not_replaced_and_takes_up_what_is_there(study: Run, tiny_model_folder: Path) -> None:
    options = short(study.folder.parent, tiny_model_folder)
    with pytest.raises(RunError, match="holds a run already"):
        reproduce(options)
    with pytest.raises(RunError, match="train: .*'updates': 2.* then, .*'updates': 3.* now"):
        reproduce(replace(options, train=Settings(updates=3), resume=True))
    before = {name: study.path(name).read_bytes() for name in ("results.csv", METRICS)}
    reproduce(replace(options, resume=True))
    assert {name: study.path(name).read_bytes() for name in before} == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"conditions": ("deontologcal",)}, r"unknown condition 'deontologcal'.*'deontological'"),
        ({"conditions": ()}, "at least one of conditions"),
        ({"opponents": ("tit_for_tatt",)}, "unknown opponent"),
        ({"seeds": ()}, "at least one of seeds"),
        ({"seeds": (-1,)}, "seed must be at least 0"),
        ({"games": ("idp",)}, "unknown game"),
        ({"games": ("rock_paper_scissors",)}, "two actions each"),
        ({"wording": "structred"}, "unknown wording"),
        ({"algorithm": "ppo", "opponents": ("llm",)}, "opponent 'llm'"),
        ({"as_published": ("current-mve",)}, "current-move"),
        ({"processes": 0}, "processes must be at least 1"),
        ({"name": "../escape"}, "plain folder name"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(wrong: dict, message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        reproduce(short(tmp_path, Path("bundled"), **wrong))
    assert not list(tmp_path.iterdir())


def test_the_command_says_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="iclr2025: unknown condition"):
        main(Options(conditions=("moral",), folder=tmp_path))


def test_as_published_switches_the_slips_on() -> None:
    assert Options().slips() == ()
    assert Options(as_published=("undivided-regret",)).slips() == ("undivided-regret",)
    assert Options(as_published=("all",)).slips() == SLIPS


def test_settings_of_the_training_are_passed_through_and_recorded() -> None:
    options = Options(train=Settings(tellings=1), exact=Exact(entropy=0.1))
    asked = options.training(Subject("deontological", "tit_for_tat", 1)).to_json()
    assert asked["train"]["tellings"] == 1 and asked["exact"]["entropy"] == 0.1
    kept = options.to_json()
    assert kept["train"] == asked["train"] and kept["train"]["updates"] == 50 and kept["exact"] == asked["exact"]


def test_ppo_has_the_published_numbers() -> None:
    asked = Options(algorithm="ppo").training(Subject("deontological", "tit_for_tat", 1)).to_json()
    assert asked["train"]["updates"] == 1000 and asked["lora_rank"] == 64 and asked["lora_alpha"] == 32


def test_a_mean_over_seeds_has_the_published_interval() -> None:
    line = {"condition": "game", "opponent": "random", "game": "ipd", "telling": HELD_OUT, "measure": "legal"}
    nothing = line | {"measure": "P(C|C)", "exact": None, "sampled": None}
    (found,) = over_seeds([line | {"exact": 0.0, "sampled": 0.2}, nothing, line | {"exact": 1.0, "sampled": 0.4}])
    ends = {"mean": 0.5, "low": pytest.approx(-0.48), "high": pytest.approx(1.48)}
    assert found == line | ends | {"sampled": pytest.approx(0.3), "seeds": 2}


def test_a_training_that_is_given_up_is_told_and_the_others_go_on(
    tmp_path: Path, tiny_model_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moral_games.llm import finetuning

    whole: Callable = finetuning.finetune

    def fails(options):
        if options.name.startswith("game-"):
            raise finetuning.NothingLegal("no legal answer")
        return whole(options)

    monkeypatch.setattr(finetuning, "finetune", fails)
    conditions = ("deontological", "game-then-utilitarian")
    run = reproduce(short(tmp_path, tiny_model_folder, conditions=conditions))
    assert [subject.condition for subject in load(run)] == ["none", "deontological"]
    assert read_json(run.path(METRICS))["given_up"] == {
        "game-tit_for_tat-3": "no legal answer",
        "game-then-utilitarian-tit_for_tat-3": "game-tit_for_tat-3, from which it was to start, was given up",
    }


@pytest.mark.slow
def test_a_killed_study_goes_on_to_the_same_results(study: Run, tmp_path: Path, tiny_model_folder: Path) -> None:
    import torch

    command = [
        *(sys.executable, "-m", "benchmarks.published.iclr2025", "--conditions", "told-utilitarian", "game"),
        *(
            "game-then-deontological",
            "--opponents",
            "tit_for_tat",
            "--seeds",
            "3",
            "--train.updates",
            "2",
            "--lora-rank",
            "4",
        ),
        *("--games", "ipd", "--model", str(tiny_model_folder), "--folder", str(tmp_path)),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": str(torch.get_num_threads())}
    killed = Run(tmp_path / "iclr2025")
    started = killed.path("trained", "game-then-deontological-tit_for_tat-3", "config.json")
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    ) as running:
        while not started.exists() and running.poll() is None:
            time.sleep(0.01)
        running.send_signal(signal.SIGKILL)
    assert started.exists() and not killed.path(METRICS).exists()
    reproduce(short(tmp_path, tiny_model_folder, resume=True))
    assert killed.path(METRICS).read_bytes() == study.path(METRICS).read_bytes()
    assert killed.path("results.csv").read_bytes() == study.path("results.csv").read_bytes()
