"""Games drawn by Hypothesis, and when two of them are the same."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import moral_games as mg

finite = st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@st.composite
def games(draw: st.DrawFn, names: st.SearchStrategy[str], players: tuple[int, int] = (1, 4)) -> mg.MatrixGame:
    shape = draw(st.lists(st.integers(1, 3), min_size=players[0], max_size=players[1]).map(tuple))
    payoffs = draw(arrays(np.float64, (*shape, len(shape)), elements=finite))
    actions = [draw(st.lists(names, min_size=count, max_size=count, unique=True)) for count in shape]
    return mg.MatrixGame.from_payoffs(payoffs, actions, "drawn", title=draw(names))


def same(one: mg.MatrixGame, other: mg.MatrixGame) -> bool:
    return np.array_equal(one.payoffs, other.payoffs) and one.actions == other.actions
