"""The streams of draws: uniform, independent, and each its seed's alone."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from moral_games import chance


def test_the_hash_is_splitmix64() -> None:
    """The generator's first numbers for state 1234567, worked out in integers."""
    state, expected = 1234567, []
    for _ in range(3):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
        expected += [(z ^ z >> 31) >> 32, (z ^ z >> 31) % 2**32]
    drawn = [int(draw[0] * 2**32) for draw in chance.uniforms(np.array([1234567], dtype=np.uint64), 6)]
    assert drawn == expected


@given(st.integers(0, 2**70), st.lists(st.integers(0, 9), min_size=1, max_size=200))
def test_one_row_draws_what_a_batch_draws(seed: int, counts: list[int]) -> None:
    stream, position = chance.Stream(seed), chance.positions([seed])
    for count in counts:
        assert stream.draw(count) == [draw[0] for draw in chance.uniforms(position, count)]
        position = chance.advanced(position, chance.hashes(count))


def test_rows_of_a_batch_have_consecutive_seeds() -> None:
    assert np.array_equal(chance.positions_from(7, 5), chance.positions([7, 8, 9, 10, 11]))


def test_draws_are_uniform_and_streams_unrelated() -> None:
    rows = np.array([chance.uniforms(chance.advanced(chance.positions_from(0, 1000), step), 2) for step in range(50)])
    assert stats.kstest(rows.ravel(), "uniform").pvalue > 1e-3
    by_row = rows.transpose(2, 0, 1).reshape(1000, -1)
    related = np.corrcoef(by_row) - np.eye(1000)
    assert np.abs(related).max() < 0.55 and np.abs(related).mean() < 0.1, "neighbouring seeds share nothing"
    lagged = np.corrcoef(by_row[:, :-1].ravel(), by_row[:, 1:].ravel())[0, 1]
    assert abs(lagged) < 0.02


def test_bits_and_draws_are_one_stream() -> None:
    one, other = chance.Stream(3), chance.Stream(3)
    high, low = other.draw(2)
    assert one.draw_bits() == int(high * 2**32) << 32 | int(low * 2**32)
    assert one.draw(1) == other.draw(1)
