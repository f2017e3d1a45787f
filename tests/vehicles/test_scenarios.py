"""Scenarios are drawn as the design says, and read back from files as they were written."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.vehicles import records
from moral_games.vehicles.characters import CHARACTERS, DIMENSIONS, FEMALE, HUMANS, LEVELS, MALE, PAIRS, PETS
from moral_games.vehicles.scenarios import Design, Scenario, generate

MANY = generate(6000, np.random.default_rng(1))


def test_there_are_twenty_characters_and_six_dimensions_beside_random() -> None:
    assert len(CHARACTERS) == len(set(CHARACTERS)) == 20
    assert set(DIMENSIONS) == {"species", "social_value", "gender", "age", "fitness", "utilitarianism", "random"}


def test_the_same_seed_draws_the_same() -> None:
    assert generate(50, np.random.default_rng(3)) == generate(50, np.random.default_rng(3))
    assert generate(50, np.random.default_rng(3)) != generate(50, np.random.default_rng(4))


def test_groups_differ_in_their_dimension_and_in_no_number_but_where_that_is_meant() -> None:
    named = {"gender": (FEMALE, MALE), "species": (HUMANS, PETS)}
    for scenario in MANY:
        sizes = tuple(map(len, scenario.groups))
        assert all(1 <= size <= 5 for size in sizes)
        ordered = dict(zip(scenario.levels, scenario.groups, strict=True))
        if scenario.dimension in PAIRS:
            assert sizes[0] == sizes[1]
            one, other = (ordered[level] for level in LEVELS[scenario.dimension])
            if scenario.dimension in named:
                assert set(one) <= set(named[scenario.dimension][0]) and set(other) <= set(named[scenario.dimension][1])
        if scenario.dimension == "utilitarianism":
            assert not Counter(ordered["less"]) - Counter(ordered["more"])
            assert len(ordered["less"]) < len(ordered["more"])


def test_every_factor_is_balanced_and_no_level_goes_with_a_case() -> None:
    """Shares are within 4 standard deviations of what the design says."""

    def share(which: list[bool]) -> None:
        assert abs(np.mean(which) - 0.5) < 4 * 0.5 / np.sqrt(len(which))

    share([one.in_car for one in MANY])
    share([one.swerves for one in MANY])
    for light in ("none", "green", "red"):
        assert np.mean([one.lights[1] == light for one in MANY]) == pytest.approx(1 / 3, abs=0.025)
    for dimension in DIMENSIONS:
        drawn = [one for one in MANY if one.dimension == dimension]
        assert len(drawn) == pytest.approx(len(MANY) / 7, abs=120)
        if dimension != "random":
            first = [one.levels[0] == LEVELS[dimension][0] for one in drawn]
            share(first)
            share([one.swerves == level for one, level in zip(drawn, first, strict=True)])


def test_circumstances_count_alike_whatever_the_design() -> None:
    design = Design(in_car=0.2, lights=0.5)
    drawn = generate(6000, np.random.default_rng(2), design)
    totals: Counter[tuple[bool, str]] = Counter()
    for one in drawn:
        totals[one.in_car, one.lights[1]] += design.weight(one)
    assert np.allclose(np.array(list(totals.values())) / len(drawn), 1 / 6, atol=0.03)
    assert all(Design().weight(one) == pytest.approx(1) for one in MANY[:50])


@given(st.integers(0, 2**32), st.sampled_from(records.FORMATS))
def test_files_hold_what_was_written(tmp_path_factory: pytest.TempPathFactory, seed: int, ending: str) -> None:
    path = tmp_path_factory.mktemp("records") / f"scenarios{ending}"
    drawn = generate(20, np.random.default_rng(seed))
    assert records.read(records.write(path, drawn)) == drawn


def test_records_have_the_published_fields() -> None:
    told = Scenario(
        "age", ("older", "younger"), (("woman", "man", "man"), ("girl", "boy", "boy")), lights=("green", "red")
    )
    assert records.to_record(told) == {
        "scenario_dimension": "age",
        "scenario_dimension_group_type": ["older", "younger"],
        "is_in_car": False,
        "is_interventionism": False,
        "is_law": True,
        "traffic_light_pattern": ["green", "red"],
        "count_dict_1": {"man": 2, "woman": 1},
        "count_dict_2": {"boy": 2, "girl": 1},
    }


@pytest.mark.parametrize(
    ("field", "entry", "message"),
    [
        (
            "scenario_dimension",
            "aeg",
            "line 2, column 'scenario_dimension': unknown dimension 'aeg'. Did you mean 'age'",
        ),
        ("scenario_dimension_group_type", ["older"], "column 'scenario_dimension_group_type': must be a list of two"),
        ("scenario_dimension_group_type", ["less", "more"], "levels of dimension 'age' are younger and older"),
        ("is_in_car", "perhaps", "column 'is_in_car': must be true or false, got 'perhaps'"),
        ("is_law", False, "column 'is_law': False does not go with lights green and red"),
        (
            "traffic_light_pattern",
            ["green", "green"],
            "column 'traffic_light_pattern': lights green and green cannot be",
        ),
        ("traffic_light_pattern", ["green", "amber"], "column 'traffic_light_pattern': unknown light 'amber'"),
        ("count_dict_1", {"dgo": 1}, "column 'count_dict_1': unknown character 'dgo'. Did you mean 'dog'"),
        ("count_dict_2", {"dog": 6}, "column 'count_dict_2': a group has 1 to 5 characters, got 6"),
        (
            "count_dict_2",
            {"dog": 10**18},
            "column 'count_dict_2': a group has 1 to 5 characters, got 1000000000000000000",
        ),
        ("count_dict_2", {"dog": 1.5}, "column 'count_dict_2': must be an object of characters"),
    ],
)
@pytest.mark.parametrize("ending", records.FORMATS)
def test_what_is_not_understood_is_refused_with_its_place(
    tmp_path: Path, ending: str, field: str, entry: object, message: str
) -> None:
    told = Scenario("age", ("older", "younger"), (("woman",), ("girl",)), lights=("green", "red"))
    rows = [records.to_record(told), records.to_record(told) | {field: entry}]
    path = tmp_path / f"broken{ending}"
    if ending == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(records.FIELDS)
            writer.writerows([one if isinstance(one, str) else json.dumps(one) for one in row.values()] for row in rows)
    with pytest.raises(ValueError) as error:
        records.read(path)
    place = message.removeprefix("line 2, ")
    assert f"line {2 if ending == '.jsonl' else 3}, column" in str(error.value) and place in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("nothing.csv", None, "there is no file"),
        ("scenarios.txt", "", "ends in .jsonl or .csv"),
        ("empty.jsonl", "\n", "holds no scenarios"),
        ("cut.jsonl", '{"scenario', "line 1, column 2: no JSON"),
        ("list.jsonl", "[1]", "line 1, column 1: a record is a JSON object"),
        ("few.jsonl", '{"is_in_car": true}', "line 1, there is no 'scenario_dimension'"),
        ("other.jsonl", "\u00e4", "other.jsonl is no file of scenarios in UTF-8"),
        ("other.csv", "\u00e4", "other.csv is no file of scenarios in UTF-8"),
        ("long.csv", ",".join(records.FIELDS) + "\n" + "a" * 200_000, "long.csv is no file of scenarios"),
        ("few.csv", "is_in_car\ntrue\n", "line 1: there is no column 'scenario_dimension'"),
    ],
)
def test_files_that_are_none_are_refused(tmp_path: Path, name: str, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="latin-1")
    with pytest.raises(ValueError, match=message):
        records.read(tmp_path / name)


def test_bad_scenarios_are_refused() -> None:
    with pytest.raises(ValueError, match="passengers have none"):
        Scenario("age", ("older", "younger"), (("man",), ("boy",)), in_car=True, lights=("green", "red"))
    with pytest.raises(ValueError, match="1 to 5 characters, got 0"):
        Scenario("age", ("older", "younger"), ((), ("boy",)))
    with pytest.raises(ValueError, match="must not be negative"):
        generate(-1, np.random.default_rng(0))
    with pytest.raises(ValueError, match="lights must be a probability between 0 and 1"):
        Design(lights=1)
