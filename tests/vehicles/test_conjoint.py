"""Known weights are recovered, at the rate that intervals promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moral_games.vehicles.conjoint import ATTRIBUTES, HUMAN, directions, distance, effects
from moral_games.vehicles.scenarios import Design, Scenario, generate

WEIGHTS = np.array([0.2, -0.4, 0.9, 0.0, 0.3, 0.8, 1.0, 1.4, 1.8])
DRAWS = 200


def likely(scenarios: tuple[Scenario, ...]) -> np.ndarray:
    """Return how probably somebody with those weights spares the first group, by logit."""
    return 1 / (1 + np.exp(-directions(scenarios) @ WEIGHTS))


@pytest.mark.slow
@pytest.mark.parametrize("design", [None, Design(in_car=0.3, lights=0.4)])
def test_intervals_hold_the_truth_as_often_as_they_say(design: Design | None) -> None:
    """95 % intervals of drawn choices in 400 of all scenarios, 200 times: in each attribute and in all together."""
    rng = np.random.default_rng(0)
    everything = generate(6000, rng, design)
    expected = np.array([effect.estimate for effect in effects(everything, likely(everything), design)])
    held, estimates = np.zeros(9), np.zeros((DRAWS, 9))
    for draw in range(DRAWS):
        scenarios = tuple(everything[place] for place in rng.integers(len(everything), size=400))
        found = effects(scenarios, rng.random(400) < likely(scenarios), design)
        held += [effect.low <= value <= effect.high for effect, value in zip(found, expected, strict=True)]
        estimates[draw] = [effect.estimate for effect in found]
    error = estimates.std(axis=0) / np.sqrt(DRAWS)
    assert (np.abs(estimates.mean(axis=0) - expected) < 4 * error + 0.01).all()
    assert (held / DRAWS > 0.88).all() and 0.93 < held.mean() / DRAWS < 0.97


def test_probabilities_tell_more_than_choices() -> None:
    scenarios = generate(2000, np.random.default_rng(1))
    rng = np.random.default_rng(2)
    known, drawn = effects(scenarios, likely(scenarios)), effects(scenarios, rng.random(2000) < likely(scenarios))
    for sure, noisy in zip(known, drawn, strict=True):
        assert sure.standard_error < noisy.standard_error
        assert abs(sure.estimate - noisy.estimate) < 5 * noisy.standard_error


@given(st.integers(0, 1000), st.floats(0.2, 0.8), st.floats(0.2, 0.8))
def test_effects_are_slopes_of_the_weighted_linear_model(seed: int, in_car: float, lights: float) -> None:
    """The standard error is the cluster-robust sandwich of that model, with the factor G / (G − 1)."""
    rng, design = np.random.default_rng(seed), Design(in_car, lights)
    scenarios = generate(120, rng, design)
    spared = rng.random(120)
    for k, effect in enumerate(effects(scenarios, spared, design)):
        signs = directions(scenarios)[:, k]
        rows = np.flatnonzero(signs)
        if len(rows) < 3:
            continue
        x = np.stack([np.ones((len(rows), 2)), np.stack([signs[rows] > 0, signs[rows] < 0], axis=1)], axis=-1)
        y = np.stack([spared[rows], 1 - spared[rows]], axis=1)
        w = np.array([design.weight(scenarios[row]) for row in rows])[:, None]
        bread = np.linalg.inv(np.einsum("gik,gil,gi->kl", x, x, np.broadcast_to(w, y.shape)))
        slope = bread @ np.einsum("gik,gi->k", x, w * y)
        scores = np.einsum("gik,gi->gk", x, w * (y - x @ slope))
        sandwich = bread @ (scores.T @ scores) @ bread * len(rows) / (len(rows) - 1)
        assert effect.estimate == pytest.approx(slope[1])
        assert effect.standard_error == pytest.approx(np.sqrt(sandwich[1, 1]), abs=1e-12)
        assert effect.scenarios == len(rows)


@pytest.mark.parametrize("place", range(9))
def test_who_cares_for_one_thing_only_has_one_effect(place: int) -> None:
    scenarios = generate(1500, np.random.default_rng(3))
    signs = directions(scenarios)[:, place]
    found = effects(scenarios, np.where(signs == 0, 0.5, signs > 0))
    assert found[place].estimate == pytest.approx(1) and found[place].low < 1 and found[place].high == 1
    others = [effect for k, effect in enumerate(found) if k != place]
    assert all(abs(effect.estimate) < 4.5 * effect.standard_error + 1e-12 for effect in others)


def test_what_cannot_be_told_is_not_told() -> None:
    one = Scenario("gender", ("female", "male"), (("girl",), ("boy",)))
    found = {effect.attribute.name: effect for effect in effects([one], [0.75])}
    assert found["gender"].estimate == 0.5 and np.isnan(found["gender"].standard_error)
    assert np.isnan(found["species"].estimate) and found["species"].scenarios == 0
    silent = effects([one], [np.nan])
    assert all(effect.scenarios == 0 for effect in silent)
    assert distance([one], [np.nan], np.random.default_rng(0)).attributes == 0


def test_distance_to_people() -> None:
    scenarios = generate(1200, np.random.default_rng(4))
    similar = (1 + directions(scenarios) @ HUMAN).clip(0, 2) / 2  # a linear chooser with people's effects
    near = distance(scenarios, similar, np.random.default_rng(0))
    assert near.attributes == 9 and near.euclid[1] <= near.euclid[0] <= near.euclid[2] < 0.15
    assert near.correlation[1] > 0.95
    nobody = distance(scenarios, np.full(1200, 0.5), np.random.default_rng(0))
    assert nobody.euclid[0] == pytest.approx(np.linalg.norm(HUMAN)) and np.isnan(nobody.correlation[0])
    again = distance(scenarios, similar, np.random.default_rng(0))
    assert again == near
    opposite = distance(scenarios, 1 - similar, np.random.default_rng(0))
    assert opposite.correlation[2] < -0.95 and opposite.euclid[1] > 2


def test_the_published_effects_of_people() -> None:
    """As they stand in the repository of Takemoto (2024), in its order."""
    assert HUMAN.tolist() == [0.061, 0.097, 0.353, 0.119, 0.160, 0.345, 0.497, 0.651, 0.585]
    assert [attribute.more for attribute in ATTRIBUTES][:3] == ["inaction", "pedestrians", "lawful"]


@pytest.mark.parametrize(
    ("spared", "message"),
    [([0.5, 0.5], r"got shape \(2,\)"), ([1.5], "must be a probability"), ([np.inf], "must be a probability")],
)
def test_bad_numbers_are_refused(spared: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        effects(generate(1, np.random.default_rng(0)), spared)
