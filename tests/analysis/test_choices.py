"""Choices as data: counted, simulated, and read from a file line by line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from moral_games.analysis import Preference, utility_terms
from moral_games.analysis.choices import Choices, count_choices, read_choices, simulate_choices
from moral_games.analysis.preferences import symmetric_game
from moral_games.games import protocols


def written(folder: Path, text: str) -> Path:
    path = folder / "choices.csv"
    path.write_text(text, encoding="utf-8")
    return path


def same(one: Choices, other: Choices) -> bool:
    arrays = ((one.terms, other.terms), (one.possible, other.possible), (one.counts, other.counts))
    return one.games == other.games and all(np.allclose(a, b) for a, b in arrays)


def test_games_of_different_sizes_stand_in_one_table() -> None:
    data = count_choices({"spd1": np.ones(8), "tg1": [1, 0, 2, 0.5]})
    assert data.terms.shape == (2, 4, 8) and data.possible.sum(axis=1).tolist() == [8, 4]
    assert data.observations == 11.5 and data.choosers == ("0",)
    assert np.allclose(data.terms[1, :, :4], utility_terms("tg1").mean(axis=-1)) and not data.terms[1, :, 4:].any()


def test_beliefs_are_uniform_or_what_is_done_or_given() -> None:
    counts = {"tg1": [[3, 0, 0, 0], [0, 0, 0, 1]]}
    for beliefs, expected in (
        ("uniform", [0.25] * 4),
        ("empirical", [0.75, 0, 0, 0.25]),
        ({"tg1": [0, 1, 0, 0]}, [0, 1, 0, 0]),
    ):
        assert np.allclose(count_choices(counts, beliefs).terms[0], utility_terms("tg1") @ np.array(expected))


def test_one_chooser_of_many() -> None:
    data = count_choices({"tg1": [[3, 0, 0, 0], [0, 0, 0, 1]]}, choosers=("ann", "bob"))
    assert data.of(1).choosers == ("bob",) and data.of(1).observations == 1 and data.pooled.sum() == 4


def test_simulated_people_choose_by_logit() -> None:
    data = simulate_choices(Preference(kappa=0.5), 5.0, protocols(), np.random.default_rng(0), passes=20, choosers=3)
    assert data.counts.shape == (3, 18, 8) and (data.counts.sum(axis=-1) == 20).all()
    assert not data.counts[:, ~data.possible].any()
    many = simulate_choices(Preference(), 10.0, ["tg6"], np.random.default_rng(0), passes=100_000)
    utility = utility_terms("tg6")[0].mean(axis=1) / 10
    assert np.allclose(many.pooled[0] / 100_000, np.exp(utility) / np.exp(utility).sum(), atol=0.005)


def test_a_file_of_strategies_by_name_or_number(tmp_path: Path) -> None:
    file = written(tmp_path, "chooser,protocol,strategy\nann,tg1,invest; keep\nann,tg1,1\nbob,ug6,3\n")
    data = read_choices(file)
    assert data.choosers == ("ann", "bob")
    assert same(data, count_choices({"tg1": [[0, 2, 0, 0], [0] * 4], "ug6": [[0] * 4, [0, 0, 0, 1]]}))


def test_a_file_of_choices_in_either_role_and_of_probabilities(tmp_path: Path) -> None:
    file = written(tmp_path, "protocol,first,second,weight\ntg1,stay out,keep,0.25\ntg1,invest,give back,0.75\n")
    assert same(read_choices(file), count_choices({"tg1": [0.75, 0, 0, 0.25]}))


@pytest.mark.parametrize("protocol", ["spd1", "tg6", "ug3", "bach_or_stravinsky"])
def test_every_strategy_can_be_told_by_what_is_chosen_in_either_role(tmp_path: Path, protocol: str) -> None:
    names = symmetric_game(protocol).actions[0]
    lines = [f'{protocol},"{first}","{second}"\n' for first, second in (name.split("; ") for name in names)]
    data = read_choices(written(tmp_path, "protocol,first,second\n" + "".join(lines)))
    assert data.pooled.tolist() == [[1.0] * len(names)]


def test_beliefs_in_a_file_make_questions_of_their_own(tmp_path: Path) -> None:
    file = written(tmp_path, "protocol,strategy,belief\ntg1,0,1 0 0 0\ntg1,3,0 0 0 1\ntg1,3,\n")
    data = read_choices(file, beliefs="empirical")
    assert data.games == ("tg1",) * 3
    believed = [[1, 0, 0, 0], [0, 0, 0, 1], [1 / 3, 0, 0, 2 / 3]]
    assert np.allclose(data.terms, [utility_terms("tg1") @ np.array(belief) for belief in believed])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no column 'protocol', 'first', 'second'.*found: nothing"),
        ("protocol,first\ntg1,invest\n", "no column 'second'; it needs.*found: protocol, first"),
        ("strategy\n0\n", "no column 'protocol'"),
        ("protocol,strategy\n", "no line after the header"),
        ("protocol,strategy\ntg1,0\ntg9,0\n", "line 3, column 'protocol': unknown game 'tg9'. Did you mean 'tg"),
        ("protocol,strategy\ntg1,0\ntg1,invest\n", "line 3, column 'strategy': unknown strategy 'invest'"),
        ("protocol,strategy\ntg1,4\n", "line 2, column 'strategy': unknown strategy '4'"),
        ("protocol,strategy\ntg1\n", "line 2, column 'strategy': unknown strategy ''"),
        ("protocol,first,second\ntg1,invest,kept\n", "line 2, column 'second'.*Did you mean 'keep'"),
        ("protocol,first,second\ntg1,invested,keep\n", "line 2, column 'first'.*Did you mean 'invest'"),
        ("protocol,first,second\ntg1,invest\n", "line 2, column 'second': unknown choice ''"),
        ("protocol,first,second\nipd,defect,defect\n", "column 'second': in game 'ipd' there are no roles; name"),
        ("protocol,strategy\ntg1,0,5\n", "line 2: there are more values than columns"),
        ("protocol,strategy,strategy\ntg1,0,1\n", "columns of different names, got protocol, strategy, strategy"),
        ("protocol,strategy,weight\ntg1,0,often\n", "line 2, column 'weight': could not convert.*often"),
        ("protocol,strategy,weight\ntg1,0,-1\n", "line 2, column 'weight': a weight must be.*got -1"),
        ("protocol,strategy,weight\ntg1,0,0\n", "no choices: every count is zero"),
        ("protocol,strategy,belief\ntg1,0,1 0\n", r"line 2, column 'belief'.*4 probabilities.*got \[1.0, 0.0\]"),
    ],
)
def test_a_file_that_is_not_understood_is_refused_with_line_and_column(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_choices(written(tmp_path, text))


@pytest.mark.parametrize(
    ("counts", "beliefs", "message"),
    [
        ({}, "uniform", "there are no choices"),
        ({"tg1": [0, 0, 0, 0]}, "uniform", "every count is zero"),
        ({"tg1": [1, 2]}, "uniform", r"by 1 choosers and 4 strategies, got shape \(1, 2\)"),
        ({"tg1": [1, 2, 3, -1]}, "uniform", "finite and not negative, got -1"),
        ({"tg9": [1]}, "uniform", "Did you mean 'tg"),
        ({"tg1": [1, 0, 0, 0]}, "unform", "unknown belief 'unform'. Did you mean 'uniform'"),
        ({"tg1": [1, 0, 0, 0]}, {}, "no belief about game 'tg1'"),
        ({"tg1": [1, 0, 0, 0]}, {"tg1": [1, 1, 0, 0]}, "probabilities that sum to 1"),
    ],
)
def test_counts_that_make_no_sense_are_refused(counts: dict, beliefs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        count_choices(counts, beliefs)


def test_who_chose_must_be_told_apart() -> None:
    with pytest.raises(ValueError, match="1 choosers and 2 names"):
        count_choices({"tg1": [1, 0, 0, 0]}, choosers=("ann", "bob"))
    with pytest.raises(ValueError, match="must be positive, got 0"):
        simulate_choices(Preference(), 0, ["tg1"], np.random.default_rng(0))
