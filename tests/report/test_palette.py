"""Colours of figures are told apart by colour-blind readers and on white paper; curves by more than their colours."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from moral_games.report import palette

# Machado, Oliveira & Fernandes (2009), severity 1: linear RGB as such readers see it.
SIGHTS = {
    "all colours": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
NOTICEABLE = 10
"""A difference in CIELAB that nobody overlooks; 2.3 is just noticeable."""


def seen(colour: str, sight: str) -> np.ndarray:
    """A colour in CIELAB, as it is seen."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(SIGHTS[sight]) @ linear, 0, 1) / (0.95047, 1, 1.08883)
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize(
    "colours",
    [palette.LINES, tuple(palette.TYPES.values()), (palette.BEFORE, palette.AFTER)],
    ids=["lines", "action types", "before and after"],
)
def test_colours_differ_for_every_sight(colours: tuple[str, ...], sight: str) -> None:
    for one, other in combinations(colours, 2):
        assert np.linalg.norm(seen(one, sight) - seen(other, sight)) > NOTICEABLE, (one, other)


@pytest.mark.parametrize("colour", [*palette.LINES, palette.BEFORE, palette.AFTER])
def test_lines_and_bars_stand_out_from_paper(colour: str) -> None:
    assert palette.contrast(colour, "#FFFFFF") >= 3


@pytest.mark.parametrize("fill", [*palette.FILLS, *palette.TYPES.values()])
def test_words_on_areas_can_be_read(fill: str) -> None:
    ink = "#FFFFFF" if palette.ink(fill) == "white" else palette.ink(fill)
    assert palette.contrast(ink, fill) >= 4.5


def test_many_curves_are_told_apart_without_colour() -> None:
    looks = [palette.style(place) for place in range(140)]
    assert len({tuple(look.values()) for look in looks}) == 140
    assert len({(look["linestyle"], look["marker"]) for look in looks[:28]}) == 28


@given(st.tuples(*[st.integers(0, 255)] * 6))
def test_contrast_is_symmetric_and_at_least_one(parts: tuple[int, ...]) -> None:
    one, other = ("#" + "".join(f"{part:02X}" for part in half) for half in (parts[:3], parts[3:]))
    assert palette.contrast(one, other) == palette.contrast(other, one) >= 1
    assert palette.contrast(one, one) == 1
