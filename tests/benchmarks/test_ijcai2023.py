"""The study's arrays agree with a plain loop, its known results hold, and it goes on where it was broken off."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import moral_games as mg
from agents.tabular_q import QLearning
from benchmarks.ijcai_speed import Options as SpeedOptions
from benchmarks.ijcai_speed import main as measure_speed
from benchmarks.published import ijcai2023, ijcai2023_grid, ijcai2023_loop, ijcai2023_measures
from benchmarks.published.ijcai2023_grid import BATCHES, GAMES, KINDS, LEARNERS, Batch
from moral_games import chance
from moral_games.runs import RunError

ROUNDS = 250
RUNS = 3


def shared_draws(seed: int) -> tuple[tuple[float, float], list[list[tuple[float, float]]]]:
    """What a run with this seed draws: two numbers for the first states, then four in each round."""
    stream = chance.Stream(seed)
    first = stream.draw(2)
    drawn = [stream.draw(4) for _ in range(ROUNDS)]
    return (first[0], first[1]), [[(row[0], row[1]), (row[2], row[3])] for row in drawn]


@pytest.mark.parametrize("batch", BATCHES, ids=lambda batch: batch.name)
def test_every_match_is_that_of_the_plain_loop_to_the_last_bit(batch: Batch) -> None:
    learner = QLearning(ijcai2023_grid.matches(batch), ijcai2023_grid.settings(RUNS, ROUNDS, 1))
    joints = np.concatenate([learner.play(70).joints for _ in range(4)])
    first, draws = shared_draws(2)
    for match, players in enumerate(batch.pairs):
        history, values = ijcai2023_loop.run(batch.game, players, first, draws)
        assert joints[:, match, 1].tolist() == [2 * record["actions"][0] + record["actions"][1] for record in history]
        for seat, learning in learner.learning.items():
            own = learning.values[:, match, 1, 1:].T.reshape(2, 2, 2)
            for state, row in values[seat].items():
                assert own[state].tolist() == row


@pytest.mark.parametrize("batch", [Batch("IPD", "learners"), Batch("ISH", "fixed")], ids=lambda batch: batch.name)
def test_measures_are_those_of_the_loops_records(batch: Batch) -> None:
    counts = ijcai2023_grid.play(batch, ijcai2023_grid.settings(RUNS, ROUNDS, 1))
    rows = list(ijcai2023_measures.results(batch, counts))
    for match in (2, 7):
        histories = [ijcai2023_loop.run(batch.game, batch.pairs[match], *shared_draws(seed))[0] for seed in (1, 2, 3)]
        payoffs = np.array([[record["payoffs"] for record in history] for history in histories])
        rewards = np.array([[record["rewards"] for record in history] for history in histories])
        low, high = payoffs.min(axis=2), payoffs.max(axis=2)
        expected = {
            "payoff_row": payoffs[..., 0],
            "payoff_column": payoffs[..., 1],
            "collective": payoffs.sum(axis=2),
            "equality": 1 - (high - low) / (high + low),
            "minimum": low,
            "reward_row": rewards[..., 0],
            "reward_column": rewards[..., 1],
        }
        for name, by_round in expected.items():
            sums = by_round.sum(axis=1)
            assert rows[match][name] == pytest.approx(sums.mean(), abs=1e-5)
            assert rows[match][f"{name}_ci"] == pytest.approx(1.96 * sums.std(ddof=1) / 3**0.5, abs=1e-5)


def test_with_its_own_chance_a_loop_agrees_within_sampling_error() -> None:
    batch, rounds, runs = Batch("IPD", "learners"), 1_000, 40
    match = batch.pairs.index(("Selfish", "Deontological"))
    counts = ijcai2023_grid.play(batch, ijcai2023_grid.settings(runs, rounds, 1))
    rng = np.random.default_rng(7)
    sums = []
    for _ in range(runs):
        draws = rng.random((rounds, 2, 2)).tolist()
        history, _ = ijcai2023_loop.run("IPD", batch.pairs[match], tuple(rng.random(2)), draws)
        sums.append(np.sum([record["payoffs"] for record in history], axis=0))
    theirs, ours = (
        np.array(sums, dtype=float),
        counts.joints[-1, match] @ mg.games.get(GAMES["IPD"]).payoffs.reshape(4, 2),
    )
    error = np.sqrt((theirs.var(axis=0, ddof=1) + ours.var(axis=0, ddof=1)) / runs)
    assert (np.abs(theirs.mean(axis=0) - ours.mean(axis=0)) < 4 * error).all()


@pytest.mark.parametrize(
    ("row", "column", "joint", "least"),
    [
        ("Deontological", "Deontological", "CC", 1.0),
        ("Selfish", "Selfish", "DD", 0.9),
        ("Utilitarian", "Selfish", "CD", 0.85),
        ("Virtue-kindness", "Virtue-kindness", "CC", 1.0),
    ],
)
def test_known_results_of_the_prisoners_dilemma(row: str, column: str, joint: str, least: float) -> None:
    """Tennant et al. (2023), section 5: where pairs of learners end."""
    seats = ijcai2023_grid.take_seats(GAMES["IPD"], LEARNERS[row], (), (LEARNERS[column],))
    last = QLearning([seats], ijcai2023_grid.settings(20, 10_000, 1)).play(10_000).joints[-1, 0]
    assert (last == ijcai2023_measures.JOINTS.index(joint)).mean() >= least


def test_action_types_are_shares_that_both_players_see_from_their_own_side() -> None:
    batch = Batch("IVD", "learners")
    counts = ijcai2023_grid.play(batch, ijcai2023_grid.settings(RUNS, 100, 1))
    row, column = (ijcai2023_measures.action_types(counts, player) for player in (0, 1))
    played = counts.rounds > 1  # the first round followed none
    for shares in (row, column):
        np.testing.assert_allclose(shares[played].sum(axis=(2, 3)), 1)
    np.testing.assert_allclose(row.sum(axis=2)[..., [0, 2, 1, 3]], column.sum(axis=2))


def test_a_slip_switched_on_makes_virtue_mixed_kindness_alone_and_changes_nobody_else() -> None:
    slipped = ijcai2023_grid.values(["truncated-weight"])
    game = mg.games.get(GAMES["IPD"])
    compiled = mg.RepeatedGame.compile(game, slipped["Virtue-mixed"]).legal_rewards[..., 0]
    np.testing.assert_array_equal(
        compiled, mg.RepeatedGame.compile(game, "virtue_kindness(bonus=1)").legal_rewards[..., 0]
    )
    assert {name for name in LEARNERS if slipped[name] != LEARNERS[name]} == {"Virtue-mixed"}
    assert ijcai2023_grid.settings(1, 10, 0).learning_rate_decay == 0
    assert ijcai2023_grid.settings(1, 10, 0, ["readme-decay"]).learning_rate_decay == 0.0005


def test_a_weight_of_the_sweep_is_a_match_of_the_grid_and_as_published_all_below_one_are_kindness() -> None:
    protocol = ijcai2023_grid.settings(RUNS, ROUNDS, 1)
    _, fixed = ijcai2023_grid.sweep((0.0, 0.5, 1.0))[:2]
    grid, swept = ijcai2023_grid.play(Batch("IPD", "fixed"), protocol), ijcai2023_grid.play(fixed, protocol)
    place = Batch("IPD", "fixed").pairs.index
    for match, name in ((1, "Virtue-mixed"), (2, "Virtue-equality")):
        np.testing.assert_array_equal(swept.joints[:, match], grid.joints[:, place((name, "AD"))])
    slipped = ijcai2023_grid.play(fixed, protocol, ["truncated-weight"])
    for match, alike in enumerate((0, 0, 2)):
        np.testing.assert_array_equal(slipped.joints[:, match], swept.joints[:, alike])
    assert ijcai2023_grid.sweep(()) == ()


def test_the_first_and_last_rounds_are_those_of_the_whole_run() -> None:
    batch, protocol = Batch("IVD", "fixed"), ijcai2023_grid.settings(RUNS, ROUNDS, 1)
    whole = QLearning(ijcai2023_grid.matches(batch), protocol).play(ROUNDS).joints
    counts = ijcai2023_grid.play(batch, protocol)
    np.testing.assert_array_equal(counts.first, whole[:20])
    np.testing.assert_array_equal(counts.last, whole[-20:])
    rows = list(ijcai2023_measures.first_and_last(batch, counts))
    assert [row["round"] for row in rows[:40]] == [*range(1, 21), *range(ROUNDS - 19, ROUNDS + 1)]
    assert rows[39]["DC"] == (whole[-1, 0] == 2).mean()


@pytest.mark.slow
def test_the_whole_study_in_short_goes_on_where_it_was_broken_off(tmp_path: Path) -> None:
    short = ijcai2023.Options(runs=2, iterations=40, folder=tmp_path, processes=1)
    run = ijcai2023.reproduce(short)
    names = ("results.csv", "over_time.csv", "first_and_last.csv", "metrics.json", "figures/ISH-endings.png")
    whole = {name: run.path(name).read_bytes() for name in names}
    with run.path("results.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * (21 + 24 + 6 + 6)
    assert all(sum(float(row[f"ends_{joint}"]) for joint in ("CC", "CD", "DC", "DD")) == 1 for row in rows)
    assert len(list(run.path("figures").glob("*.png"))) == 3 * 4 + 1
    run.path("batches", "IVD-fixed.safetensors").unlink()
    for name in names:
        run.path(name).unlink()
    with pytest.raises(RunError, match="holds a run already"):
        ijcai2023.reproduce(short)
    ijcai2023.reproduce(ijcai2023.Options(runs=2, iterations=40, folder=tmp_path, processes=2, resume=True))
    assert {name: run.path(name).read_bytes() for name in names} == whole


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"runs": 0}, "must be at least"),
        ({"iterations": 0}, "must be at least"),
        ({"seed": -1}, "must be at least"),
        ({"processes": 0}, "must be at least"),
        ({"weights": (0.2, 1.2)}, "1.2"),
        ({"weights": (0.2, 0.2)}, "must differ"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ijcai2023.reproduce(ijcai2023.Options(folder=tmp_path, **changes))
    assert not list(tmp_path.iterdir())


def test_every_type_meets_every_other_once_and_every_fixed_player() -> None:
    assert [len(Batch("IPD", kind).pairs) for kind in KINDS] == [21, 24]
    assert {(batch.game, batch.kind) for batch in BATCHES} == set(product(GAMES, KINDS))


def test_the_speed_script_prints_the_ratio_to_the_loop(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.ijcai_speed.SIZES", (1, 10))
    measure_speed(SpeedOptions(rounds=2, turns=1))
    said = capsys.readouterr().out
    assert "| plain loop, one pair | 1 |" in said and "| ours, one pair | 10 |" in said and "The whole grid" in said
