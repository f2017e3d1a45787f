"""Chance: for each row of a batch a stream of uniform draws that depends on the row's seed alone.

Row i of an environment that was seeded with s draws what an environment of its own, seeded with
s + i, would draw. So a batch gives the same play however it is cut, into rows or processes.

The streams are SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
generators"): the position advances by a constant and the draw is a hash of it. Each hash gives two
draws of 32 bits.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

Positions = NDArray[np.uint64]

_STEP = np.uint64(0x9E3779B97F4A7C15)
_SCRAMBLE = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = tuple(map(np.uint64, (30, 27, 31)))
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)
_UNIT = 2.0**-32
_AHEAD = 128


def positions(seeds: NDArray[np.integer] | list[int]) -> Positions:
    """Return where the stream of each seed begins; (N,) uint64."""
    return _hash(np.array([int(seed) % 2**64 for seed in seeds], dtype=np.uint64))


def positions_from(seed: int, rows: int) -> Positions:
    """Return where the streams of seed, seed + 1, ... begin; (rows,) uint64."""
    return _hash(np.uint64(seed % 2**64) + np.arange(rows, dtype=np.uint64))


def as_seed(seed: Any) -> int:
    """Return a seed as a plain int.

    Raises
    ------
    ValueError
        If it is no whole number, or negative.
    """
    if isinstance(seed, bool) or not hasattr(seed, "__index__") or index(seed) < 0:
        raise ValueError(f"a seed must be a whole number, at least 0, got {seed!r}")
    return index(seed)


def hashes(draws: int) -> int:
    """Return how many hashes so many draws take."""
    return (draws + 1) // 2


def advanced(position: Positions, count: int) -> Positions:
    """Return the positions after `count` hashes."""
    return position + np.uint64(count * int(_STEP) % 2**64)


def uniforms(position: Positions, draws: int) -> list[NDArray[np.float64]]:
    """Return the next draws of each stream, without advancing it.

    Parameters
    ----------
    position
        (N,) uint64.
    draws
        How many.

    Returns
    -------
    list
        `draws` arrays (N,) float64 in [0, 1).
    """
    drawn: list[Any] = []
    while len(drawn) < draws:
        position = position + _STEP
        hashed = _hash(position)
        drawn.append((hashed >> _HALF) * _UNIT)
        if len(drawn) < draws:
            drawn.append((hashed & _LOW) * _UNIT)
    return drawn


class Stream:
    """The draws of one row, one after the other."""

    def __init__(self, seed: int) -> None:
        self._start = positions([seed])
        self._taken = 0
        self._first = 0
        self._ahead: list[int] = []

    def draw(self, draws: int) -> list[float]:
        """Return so many uniform numbers in [0, 1), the same as `uniforms` gives the row."""
        count = hashes(draws)
        if self._taken + count > self._first + len(self._ahead) // 2:
            self._look_ahead(count)
        at = 2 * (self._taken - self._first)
        self._taken += count
        return [half * _UNIT for half in self._ahead[at : at + draws]]

    def skip(self, count: int) -> None:
        """Leave out so many hashes."""
        self._taken += count

    def draw_bits(self) -> int:
        """Return 64 random bits."""
        high, low = (int(draw / _UNIT) for draw in self.draw(2))
        return high << 32 | low

    def _look_ahead(self, count: int) -> None:
        self._first = self._taken
        steps = np.arange(self._taken + 1, self._taken + 1 + _AHEAD + count, dtype=np.uint64)
        hashed = _hash(self._start + _STEP * steps)
        self._ahead = np.stack([hashed >> _HALF, hashed & _LOW], axis=1).ravel().tolist()


def _hash(position: Positions) -> Positions:
    mixed = position ^ (position >> _SHIFTS[0])
    mixed *= _SCRAMBLE[0]
    mixed ^= mixed >> _SHIFTS[1]
    mixed *= _SCRAMBLE[1]
    mixed ^= mixed >> _SHIFTS[2]
    return mixed
