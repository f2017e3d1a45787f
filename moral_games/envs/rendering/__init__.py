"""What people see of an episode: one pure function, from a plain scene to text or a picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from moral_games.envs.rendering.canvas import check_pillow
from moral_games.envs.rendering.picture import picture
from moral_games.envs.rendering.scene import Scene
from moral_games.envs.rendering.terminal import plain_text, print_panel

__all__ = ["RENDER_MODES", "Scene", "check_render_mode", "render"]

_RENDERERS: dict[str, Callable[[Scene], str | NDArray[np.uint8] | None]] = {
    "ansi": plain_text,
    "human": print_panel,
    "rgb_array": picture,
}

RENDER_MODES = tuple(_RENDERERS)
"""``"ansi"``: lines of plain text. ``"human"``: printed to the terminal. ``"rgb_array"``: pixels, (H, W, 3) uint8."""


def check_render_mode(mode: str | None) -> None:
    """Raise a ValueError unless the mode is None or one of `RENDER_MODES`, and what it needs is installed."""
    if mode not in (None, *RENDER_MODES):
        raise ValueError(f"render_mode must be one of {RENDER_MODES} or None, got {mode!r}")
    if mode == "rgb_array":
        check_pillow()


def render(mode: str | None, scene: Scene) -> str | NDArray[np.uint8] | None:
    """Show a moment of an episode: the payoffs with the current cell marked, what was played, and the totals.

    Parameters
    ----------
    mode
        One of `RENDER_MODES`; None shows nothing.
    scene
        The moment.

    Returns
    -------
    str, array or None
        The text of ``"ansi"``; the pixels of ``"rgb_array"``, (H, W, 3) uint8, whose size depends on
        the game alone; None otherwise.

    Raises
    ------
    ValueError
        If the mode is unknown, or Pillow is needed and not installed.
    """
    check_render_mode(mode)
    return None if mode is None else _RENDERERS[mode](scene)
