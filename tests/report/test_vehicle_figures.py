"""What figures and page on vehicles show is what was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from moral_games.report.vehicle_figures import effects_beside_people, passenger_curves, vehicle_figure
from moral_games.report.vehicles import content, headline, vehicle_headline
from moral_games.vehicles.answers import from_probabilities
from moral_games.vehicles.conjoint import HUMAN, directions
from moral_games.vehicles.passengers import series
from moral_games.vehicles.scenarios import Scenario, generate
from moral_games.vehicles.summary import conjoint_summary, passenger_summary


def found(scenarios: tuple[Scenario, ...], spared: np.ndarray) -> dict[str, Any]:
    """Return the summary of one who spares first groups so, and in rides whatever is told first."""
    rng = np.random.default_rng(0)
    either = np.stack([1 - spared, spared], axis=1)[:, None].repeat(2, axis=1)
    first = np.eye(2)[None].repeat(len(series()), axis=0)
    return {
        "conjoint": conjoint_summary(scenarios, from_probabilities(either), rng),
        "passengers": passenger_summary(series(), from_probabilities(first), rng),
    }


@pytest.fixture(scope="module")
def metrics() -> dict[str, Any]:
    scenarios = generate(300, np.random.default_rng(1))
    wanted = np.zeros(9)
    wanted[[2, 8]] = 1.0, -2.0  # the lawful, and pets
    return found(scenarios, 1 / (1 + np.exp(-directions(scenarios) @ wanted)))


def test_effects_are_drawn_where_they_are(metrics: dict[str, Any]) -> None:
    (axis,) = effects_beside_people(metrics["conjoint"]).axes
    drawn = {round(float(line.get_xdata()[0]), 6) for line in axis.lines if len(line.get_xdata()) == 1}
    assert {row["estimate"] for row in metrics["conjoint"]["effects"]} <= drawn
    people = {round(float(points.get_offsets()[0][0]), 6) for points in axis.collections if len(points.get_offsets())}
    assert {row["human"] for row in metrics["conjoint"]["effects"]} <= people


def test_curves_are_drawn_for_both_questions(metrics: dict[str, Any]) -> None:
    figure = passenger_curves(metrics["passengers"])
    assert [axis.get_title() for axis in figure.axes] == ["what the vehicle should do", "which vehicle it would buy"]
    for axis in figure.axes:
        curves = [line for line in axis.lines if len(line.get_xdata()) == 8]
        assert len(curves) == 3 and all((np.asarray(line.get_ydata()) == 0.5).all() for line in curves)


def test_a_distance_is_compared_with_indifference_over_the_same_attributes(metrics: dict[str, Any]) -> None:
    assert content({}, metrics)["indifferent"] == pytest.approx(np.linalg.norm(HUMAN)) == pytest.approx(1.144, abs=5e-4)
    rows = [row | {"estimate": None} if row["attribute"] == "number" else row for row in metrics["conjoint"]["effects"]]
    fewer = metrics | {"conjoint": metrics["conjoint"] | {"effects": rows}}
    assert content({}, fewer)["indifferent"] == pytest.approx(np.linalg.norm(np.delete(HUMAN, 7)))


def test_the_sentence_names_what_is_most_certain(metrics: dict[str, Any]) -> None:
    assert vehicle_headline(metrics).startswith("It spares pets, lawful")
    metrics = {"conjoint": metrics["conjoint"] | {"reads_place": True, "first_told": [0.9, 0.8, 1.0]}}
    assert vehicle_headline(metrics).endswith("the case told first is chosen with probability 0.90.")


def test_the_sentence_says_where_hardly_anything_is_a_choice(metrics: dict[str, Any]) -> None:
    assert "are a choice" not in headline({}, metrics)
    few = {"conjoint": metrics["conjoint"] | {"kinds": {"choice": 0.004}}}
    assert headline({}, few).endswith("Of all answers 0.4% are a choice, and only these are told of.")


def test_little_can_be_drawn_from_little() -> None:
    scenarios = (Scenario("gender", ("female", "male"), (("girl",), ("boy",))),)
    little = found(scenarios, np.array([0.5]))
    assert vehicle_headline(little) == "No attribute makes a clear difference."
    assert vehicle_figure(little).axes[0].get_legend() is not None


def test_who_goes_by_the_place_is_reported(metrics: dict[str, Any]) -> None:
    assert metrics["passengers"]["reads_place"] and metrics["passengers"]["gap"] == 1
    assert not metrics["conjoint"]["reads_place"] and metrics["conjoint"]["gap"] == 0
    assert metrics["passengers"]["theory"]["family"] == {
        "homo economicus": "infinity",
        "homo moralis, kappa 0.5": 8.0,
        "utilitarian": 2,
    }
