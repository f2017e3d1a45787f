"""Ink and letters: what a picture is drawn with. Pillow is imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

PAPER, INK, GREY, LINE, EMPTY, MARK = "#FFFFFF", "#222222", "#6B6B6B", "#D9D9D9", "#F2F2F2", "#FBF3B0"

ACTION_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#F0E442", "#000000")
"""A colour for each action, which the colour-blind can tell apart (Okabe and Ito 2008); they repeat after eight."""

_DARK = ("#0072B2", "#D55E00", "#009E73", "#000000")
_SMALLEST = 7

CHIP = 22
"""Width and height of a chip, in pixels, with room for a ring."""


def check_pillow() -> None:
    """Raise a ValueError unless Pillow, which draws, is installed in a version that has a font."""
    try:
        from PIL import ImageFont

        ImageFont.load_default(size=_SMALLEST)
    except (ImportError, TypeError):
        raise ValueError(
            "render_mode 'rgb_array' needs Pillow 10.1 or newer; install it with: pip install 'moral-games[render]'"
        ) from None


def blank(width: int, height: int) -> Image:
    """Return an empty picture."""
    from PIL import Image

    return Image.new("RGB", (width, height), PAPER)


def pen(image: Image) -> ImageDraw:
    """Return what draws on a picture."""
    from PIL import ImageDraw

    return ImageDraw.Draw(image)


@lru_cache(maxsize=64)
def font(size: int) -> FreeTypeFont | ImageFont:
    """Return Pillow's own font in a size in pixels."""
    from PIL import ImageFont

    return ImageFont.load_default(size=size)


def fitting_size(texts: Iterable[str], width: int, largest: int) -> int:
    """Return the largest size, up to `largest`, in which each text takes at most `width` pixels."""
    widest = max(texts, key=font(largest).getlength)
    fits = (size for size in range(largest, _SMALLEST, -1) if font(size).getlength(widest) <= width)
    return next(fits, _SMALLEST)


def fit(text: str, width: int, size: int) -> str:
    """Return a text, in letters that the font has, shortened to at most `width` pixels."""
    kept = whole = legible(text)
    while kept and font(size).getlength(kept) > width:
        whole = whole[:-1]
        kept = f"{whole.rstrip()}…" if whole else ""
    return kept


def legible(text: str) -> str:
    """Return a text in the letters that the font has: accents are dropped, other scripts become question marks.

    Examples
    --------
    >>> legible("Déjà vu, 囚徒")
    'Deja vu, ??'
    """
    letters = (c for c in normalize("NFKD", text.replace("…", "...").replace("\u2019", "'")) if not combining(c))
    return "".join(c if c.isascii() else "?" for c in letters)


@lru_cache(maxsize=512)
def chip(action: int, letter: str, ringed: bool) -> Image:
    """Return the square that stands for an action, grey on paper for an illegal one, in a ring or without."""
    zoom = 4  # drawn larger and reduced, for smooth corners
    fill = ACTION_COLOURS[action % len(ACTION_COLOURS)] if action >= 0 else PAPER
    ink = GREY if action < 0 else PAPER if fill in _DARK else INK
    image = blank(zoom * CHIP, zoom * CHIP)
    draw = pen(image)
    if ringed:
        draw.rounded_rectangle((0, 0, zoom * CHIP - 1, zoom * CHIP - 1), 6 * zoom, PAPER, INK, 2 * zoom)
    inner = (2 * zoom, 2 * zoom, zoom * (CHIP - 2) - 1, zoom * (CHIP - 2) - 1)
    draw.rounded_rectangle(inner, 4 * zoom, fill, GREY if action < 0 and not ringed else None, zoom)
    text = legible(letter)
    size = fitting_size([text], CHIP - 8, 13)
    draw.text((zoom * CHIP / 2, zoom * CHIP / 2), text, ink, font(zoom * size), anchor="mm")
    return image.reduce(zoom)
