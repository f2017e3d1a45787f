"""The colours of all figures, told apart by colour-blind readers, and what tells curves apart without any colour."""

from __future__ import annotations

from typing import Any

# Okabe & Ito (2008), "Color universal design".
BLUE, VERMILLION, GREEN, PURPLE, BLACK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000"
ORANGE, SKY = "#E69F00", "#56B4E9"
DARK_GREY, GREY, LIGHT_GREY, PALE = "#555555", "#777777", "#BBBBBB", "#EEEEEE"

LINES = (BLUE, VERMILLION, GREEN, PURPLE, BLACK)
"""Colours of lines and marks: on white each has a contrast of at least 3, as WCAG 2.2 (1.4.11) asks of graphics."""

FILLS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, SKY, GREY)
"""Colours of areas, which may be paler."""

DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

FIRST, SECOND, ILLEGAL, BEFORE, AFTER = BLUE, VERMILLION, LIGHT_GREY, "#666666", GREEN
TYPES = {
    "C|C": BLUE,
    "C|D": SKY,
    "D|C": VERMILLION,
    "D|D": ORANGE,
    "illegal|C": GREY,
    "illegal|D": LIGHT_GREY,
}
"""Colours of action types."""


def style(place: int) -> dict[str, Any]:
    """Return colour, dash and marker of the curve at a place; 140 of them differ.

    Examples
    --------
    >>> style(0)
    {'color': '#0072B2', 'linestyle': '-', 'marker': 'o'}
    """
    return {
        "color": LINES[place % len(LINES)],
        "linestyle": DASHES[place % len(DASHES)],
        "marker": MARKERS[place % len(MARKERS)],
    }


def ink(fill: str) -> str:
    """Return the colour of words on an area: black or white, whichever has more contrast."""
    return "white" if contrast(fill, "#FFFFFF") > contrast(fill, BLACK) else BLACK


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21.

    Parameters
    ----------
    one, other
        As ``"#rrggbb"``.

    Notes
    -----
    Source: WCAG 2.2, "contrast ratio" and "relative luminance".

    Examples
    --------
    >>> contrast("#000000", "#FFFFFF")
    21.0
    """
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
