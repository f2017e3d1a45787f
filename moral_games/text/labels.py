"""The words that may stand for actions, split so that no label judges a model that was trained on it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product

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
    onsets = (
        "b bl br c ch cl cr d dr f fl fr g gl gr h j k kl l m n p pl pr r s sk sl sm sn sp st t th tr v w y z".split()
    )
    vowels, codas = (
        "a e i o u ai ee oa ou".split(),
        "b ck d ff g l m n nd ng nk p rd rk rm rn rt sh sk st t x z".split(),
    )
    endings = ["", "", "", "o", "a", "is", "en", "or"]
    rng = np.random.default_rng(seed)
    reserved = {label.casefold() for family in (*VALIDATION, *HELD_OUT) for label in family}
    words: dict[str, None] = {}
    while len(words) < count:
        word = "".join(str(rng.choice(part)) for part in (onsets, vowels, codas, endings))
        if word not in reserved and word not in WORDS:
            words[word.capitalize() if rng.random() < 0.4 else word] = None
    return tuple(words)


SINGLES = LETTERS + WORDS + invented(250)
"""Labels that have nothing to do with one another."""

TRAINING = SINGLES + tuple(label for family in FAMILIES for label in family)
"""Labels to train on; none of them is used for validation or judgement."""

FAMILY_SHARE = 1 / 3
"""How often labels of one family are drawn together, rather than any."""


def check_labels(labels: Sequence[str]) -> None:
    """Refuse labels that a reader could not tell apart.

    Raises
    ------
    ValueError
        If a label is empty or has space around it, or occurs inside another (case aside).
    """
    for label in labels:
        if not label or label != label.strip():
            raise ValueError(f"label {label!r} must be a text without space around it")
    for one, other in product(labels, repeat=2):
        if one is not other and one.casefold() in other.casefold():
            raise ValueError(
                f"label {one!r} occurs inside label {other!r}, so an answer could mean both; choose other labels"
            )
    for one, other in combinations(labels, 2):
        if one == other:
            raise ValueError(f"label {one!r} stands for two actions; choose other labels")


def draw_labels(rng: np.random.Generator, count: int) -> tuple[str, ...]:
    """Draw `count` training labels of which none occurs inside another."""
    while True:
        family = FAMILIES[rng.integers(len(FAMILIES))]
        among = family if rng.random() < FAMILY_SHARE and count <= len(family) else SINGLES
        labels = tuple(str(label) for label in rng.choice(among, size=count, replace=False))
        if not any(a is not b and a.casefold() in b.casefold() for a in labels for b in labels):
            return labels
