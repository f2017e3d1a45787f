"""Scenarios in files: JSON lines or CSV, in the fields in which such scenarios are published.

In a CSV file lists and counts are JSON within their cells.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from moral_games.runs import whole_file
from moral_games.vehicles.scenarios import (
    Group,
    Light,
    Scenario,
    check_dimension,
    check_group,
    check_levels,
    check_lights,
    check_size,
)

FIELDS = (
    "scenario_dimension",
    "scenario_dimension_group_type",
    "is_in_car",
    "is_interventionism",
    "is_law",
    "traffic_light_pattern",
    "count_dict_1",
    "count_dict_2",
)
"""Source: Takemoto (2024), the records of his generator. A missing light is ``NA``."""

FORMATS = (".jsonl", ".csv")


def to_record(scenario: Scenario) -> dict[str, Any]:
    """Return a scenario in the published fields."""
    lights = ["NA" if light == "none" else light for light in scenario.lights]
    told: tuple[Any, ...] = (
        scenario.dimension,
        list(scenario.levels),
        scenario.in_car,
        scenario.swerves,
        scenario.lights[1] != "none",
        lights,
        scenario.counts(0),
        scenario.counts(1),
    )
    return dict(zip(FIELDS, told, strict=True))


def from_record(record: Mapping[str, Any]) -> Scenario:
    """Return the scenario that a record tells; further fields are ignored.

    Raises
    ------
    ValueError
        If a field is missing or not understood; it is named.
    """
    missing = [name for name in FIELDS if name not in record]
    if missing:
        raise ValueError(f"there is no {', '.join(map(repr, missing))}; a record has {', '.join(FIELDS)}")
    with _column("scenario_dimension"):
        dimension = check_dimension(record["scenario_dimension"])
    with _column("scenario_dimension_group_type"):
        levels = _two(record["scenario_dimension_group_type"])
        check_levels(dimension, levels)
    in_car, swerves, lit = (_yes(record, name) for name in ("is_in_car", "is_interventionism", "is_law"))
    with _column("traffic_light_pattern"):
        told = _two(record["traffic_light_pattern"])
        lights = cast(tuple[Light, Light], tuple("none" if light == "NA" else light for light in told))
        check_lights(in_car, lights)
    with _column("is_law"):
        if lit != (lights[1] != "none"):
            raise ValueError(f"{lit} does not go with lights {' and '.join(told)}")
    groups = (_group(record, "count_dict_1"), _group(record, "count_dict_2"))
    return Scenario(dimension, levels, groups, in_car, swerves, lights)


def write(path: str | Path, scenarios: Sequence[Scenario]) -> Path:
    """Write scenarios to a file whose name ends in ``.jsonl`` or ``.csv``, whole or not at all.

    Raises
    ------
    ValueError
        If the name ends otherwise.
    """
    where = _checked(path)
    records = [to_record(scenario) for scenario in scenarios]
    with whole_file(where) as partial, partial.open("w", newline="", encoding="utf-8") as file:
        if where.suffix == ".jsonl":
            file.writelines(json.dumps(record) + "\n" for record in records)
        else:
            writer = csv.writer(file)
            writer.writerow(FIELDS)
            writer.writerows([_cell(entry) for entry in record.values()] for record in records)
    return where


def read(path: str | Path) -> tuple[Scenario, ...]:
    """Return the scenarios in a file, as they were written.

    Raises
    ------
    ValueError
        If there is no such file, it is empty, or with the line and column where something is not understood.
    """
    where = _checked(path)
    if not where.is_file():
        raise ValueError(
            f"there is no file {str(where)!r}; name a file of scenarios that ends in {' or '.join(FORMATS)}"
        )
    scenarios = []
    try:
        for line, record in _json_lines(where) if where.suffix == ".jsonl" else _csv_lines(where):
            try:
                scenarios.append(from_record(record))
            except ValueError as error:
                raise ValueError(f"{where}, line {line}, {error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{where} is no file of scenarios in UTF-8: {error}") from None
    if not scenarios:
        raise ValueError(f"{where} holds no scenarios; give a file with one a line")
    return tuple(scenarios)


def _checked(path: str | Path) -> Path:
    where = Path(path)
    if where.suffix not in FORMATS:
        raise ValueError(f"a file of scenarios ends in {' or '.join(FORMATS)}, got {str(path)!r}")
    return where


def _json_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if text.strip():
            try:
                record = json.loads(text)
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}, line {line}, column {error.colno}: no JSON: {error.msg}") from None
            if not isinstance(record, dict):
                raise ValueError(f"{path}, line {line}, column 1: a record is a JSON object, got {text[:40]}")
            yield line, record


def _csv_lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        missing = [name for name in FIELDS if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}, line 1: there is no column {', '.join(map(repr, missing))}")
        for row in reader:
            yield reader.line_num, {name: row[name] if name == FIELDS[0] else _entry(row[name]) for name in FIELDS}


def _cell(entry: Any) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry)


def _entry(cell: str | None) -> Any:
    """Return what a cell holds; text that is no JSON as it is, for its column to refuse."""
    try:
        return json.loads((cell or "").replace("True", "true").replace("False", "false"))
    except json.JSONDecodeError:
        return cell


@contextmanager
def _column(name: str) -> Iterator[None]:
    """Say of an error in which column it is."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"column {name!r}: {error}") from None


def _yes(record: Mapping[str, Any], name: str) -> bool:
    with _column(name):
        if not isinstance(record[name], bool):
            raise ValueError(f"must be true or false, got {record[name]!r}")
    return bool(record[name])


def _two(entry: Any) -> tuple[str, str]:
    if not (isinstance(entry, list) and len(entry) == 2 and all(isinstance(one, str) for one in entry)):
        raise ValueError(f"must be a list of two texts, one a group; got {entry!r}")
    return entry[0], entry[1]


def _group(record: Mapping[str, Any], name: str) -> Group:
    entry = record[name]
    with _column(name):
        if not (isinstance(entry, dict) and all(type(number) is int and number > 0 for number in entry.values())):
            raise ValueError(f"must be an object of characters and how many there are of each, got {entry!r}")
        check_size(sum(entry.values()))
        group = tuple(character for character, number in entry.items() for _ in range(number))
        check_group(group)
    return group
