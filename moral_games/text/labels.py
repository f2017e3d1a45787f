"""The words that may stand for actions, split so that no label judges a model that was trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations

import numpy as np

LETTERS = tuple("BEFGHJKLMNPQRSTUVWXYZ")

WORDS = tuple(
    """left right up down north south east west red blue green black white pink gold iron copper silver
    circle square triangle oval sun moon star cloud rain snow river hill lake desert lion wolf tiger
    otter fish bird summer winter spring autumn violin piano drum flute hammer needle ladder anchor
    cotton linen velvet marble granite pebble lantern candle mirror window kettle saucer button zipper
    Apple Pear Lemon Melon Bread Rice Pasta Honey Monday Friday Paris Tokyo Cairo Oslo Oak Maple Cedar
    Birch Zeta Kappa Sigma Theta Falcon Raven Heron Kiwi Mango Fig Plum Quartz Amber Jade Opal Cobalt
    Indigo Crimson Ivory Teal alpha beta gamma delta""".split()
)

FAMILIES = tuple(
    tuple(f"{stem}{ending}" for ending in endings)
    for stem in "action option choice move item card door box path key gate lane slot tile route switch".split()
    for endings in (("1", "2", "6"), ("A", "B", "C"), ("One", "Two", "Six"))
)
"""Labels that begin alike and differ in their ending, as the published ones do."""

FAMILY_SHARE = 1 / 3
"""How often labels of one family are drawn together, rather than any."""

VALIDATION = (("plan7", "plan8", "plan9"), ("Sugar", "Salt", "Pepper"), ("brek", "Fosk", "mulpen"))
"""Labels on which the step at which to stop is chosen, and nothing else."""

HELD_OUT = (
    ("action3", "action4", "action5"),
    ("Cat", "Dog", "Horse"),
    ("Tea", "Milk", "Juice"),
    ("gorp", "Nilt", "dravo"),
)
"""Labels on which a model is judged, and nothing else: the published test labels, common words,
words of several tokens, and words that do not exist."""


def invented(count: int, seed: int = 1) -> tuple[str, ...]:
    """Return words that do not exist, made of syllables; the same for the same seed."""
    onsets = "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl l m n p pl pr r s sk sl sm sn sp st t th tr v w y z"
    vowels, codas = "a e i o u ai ee oa ou", "b ck d ff g l m n nd ng nk p rd rk rm rn rt sh sk st t x z"
    endings = ["", "", "", "o", "a", "is", "en", "or"]
    parts = (onsets.split(), vowels.split(), codas.split(), endings)
    rng = np.random.default_rng(seed)
    reserved = {label.casefold() for family in (*VALIDATION, *HELD_OUT) for label in family}
    words: dict[str, None] = {}
    while len(words) < count:
        word = "".join(str(rng.choice(part)) for part in parts)
        if word not in reserved and word not in WORDS:
            words[word.capitalize() if rng.random() < 0.4 else word] = None
    return tuple(words)


@cache
def singles() -> tuple[str, ...]:
    """Return training labels that have nothing to do with one another."""
    return LETTERS + WORDS + invented(250)


def training() -> tuple[str, ...]:
    """Return all labels to train on; none of them is used for validation or judgement."""
    return singles() + tuple(label for family in FAMILIES for label in family)


def clash(labels: Sequence[str]) -> str | None:
    """Return why labels cannot be told apart, or None where they can."""
    for label in labels:
        if not label or label != label.strip():
            return f"label {label!r} must be a text without space around it"
    for pair in combinations(labels, 2):
        short, long = sorted(pair, key=len)
        if short == long:
            return f"label {short!r} stands for two actions; choose other labels"
        if short.casefold() in long.casefold():
            return f"label {short!r} occurs inside label {long!r}, so an answer could mean both; choose other labels"
    return None


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels that a reader could not tell apart.

    Raises
    ------
    ValueError
        If a label is empty or has space around it, or occurs inside another (case aside).
    """
    reason = clash(labels)
    if reason:
        raise ValueError(reason)


def draw_labels(rng: np.random.Generator, count: int) -> tuple[str, ...]:
    """Draw `count` training labels that can be told apart."""
    while True:
        family = FAMILIES[rng.integers(len(FAMILIES))]
        among = family if rng.random() < FAMILY_SHARE and count <= len(family) else singles()
        labels = tuple(str(label) for label in rng.choice(among, size=count, replace=False))
        if clash(labels) is None:
            return labels
