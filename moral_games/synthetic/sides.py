"""On which side of the split a game is: taught, or kept for the test."""

from __future__ import annotations

from hashlib import sha256
from typing import Literal

import numpy as np

from moral_games.analysis.preferences import Interaction, symmetric_game

Split = Literal["train", "test"]
TEST_SHARE = 5
"""One game in so many is kept for the test."""


def side(game: Interaction) -> Split:
    """Return the side of a game, which renaming its actions or exchanging its players does not change.

    Parameters
    ----------
    game
        A protocol's name, a two-stage game, or a matrix game for two.

    Notes
    -----
    Of the symmetric game of strategies (`moral_games.analysis.preferences.symmetric_game`) each strategy is described
    by its payoff against itself and by the sorted payoffs of its row and of its column. The sorted descriptions
    do not depend on any order, and their SHA-256 decides. Different games with the same descriptions are on the same
    side, which does no harm: games that are the same but for names always are.

    Examples
    --------
    >>> import moral_games as mg
    >>> side("tg1") == side(mg.games.get("tg1"))
    True
    """
    own = symmetric_game(game).payoffs[..., 0].round(9) + 0.0
    described = np.column_stack([np.diagonal(own), np.sort(own, axis=1), np.sort(own.T, axis=1)])
    rows = sorted(map(tuple, described.tolist()))
    value = int.from_bytes(sha256(np.array(rows, dtype="<f8").tobytes()).digest()[:8], "big")
    return "test" if value % TEST_SHARE == 0 else "train"
