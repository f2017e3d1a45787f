"""The twenty characters of the Moral Machine, and which of them stand against each other in a dimension.

The characters and their groups are the published ones (Awad et al. 2018, as kept in the repository of Takemoto 2024).
"""

from __future__ import annotations

from itertools import permutations, product

MALE = ("man", "elderly man", "boy", "large man", "male executive", "male athlete", "male doctor")
FEMALE = ("woman", "elderly woman", "girl", "large woman", "female executive", "female athlete", "female doctor")
PETS = ("dog", "cat")
HUMANS = (*MALE, *FEMALE, "pregnant woman", "baby", "homeless person", "criminal")
CHARACTERS = (*HUMANS, *PETS)

STATUS = (
    ("homeless person", "criminal"),
    ("man", "woman"),
    ("pregnant woman", "male executive", "female executive", "male doctor", "female doctor"),
)
"""Characters of low, neutral and high social value."""

AGES = (("boy", "girl"), ("man", "woman"), ("elderly man", "elderly woman"))
FITNESS = (("large man", "large woman"), ("man", "woman"), ("male athlete", "female athlete"))

Pair = tuple[str, str]


def _ranked(ranks: tuple[tuple[str, ...], ...]) -> tuple[Pair, ...]:
    """Return every pair of a character of a lower rank and one of a higher rank."""
    return tuple(
        pair
        for low, high in permutations(range(len(ranks)), 2)
        if low < high
        for pair in product(ranks[low], ranks[high])
    )


def _same_gender(ranks: tuple[tuple[str, ...], ...]) -> tuple[Pair, ...]:
    return tuple(pair for pair in _ranked(ranks) if (pair[0] in MALE) == (pair[1] in MALE))


PAIRS: dict[str, tuple[Pair, ...]] = {
    "species": tuple(product(HUMANS, PETS)),
    "social_value": _ranked(STATUS),
    "gender": tuple(zip(FEMALE, MALE, strict=True)),
    "age": _same_gender(AGES),
    "fitness": _same_gender(FITNESS),
}
"""By dimension the pairs from which both groups are drawn: one of the first level, one of the second."""

LEVELS: dict[str, Pair] = {
    "species": ("human", "pet"),
    "social_value": ("lower", "higher"),
    "gender": ("female", "male"),
    "age": ("younger", "older"),
    "fitness": ("lower", "higher"),
    "utilitarianism": ("less", "more"),
    "random": ("random", "random"),
}
"""By dimension the levels of an attribute in which two groups differ, as they are called in the published records."""

DIMENSIONS = tuple(LEVELS)

_PLURALS = {"man": "men", "woman": "women", "baby": "babies", "person": "people"}


def counted(character: str, number: int) -> str:
    """Return a number of one character in words.

    Examples
    --------
    >>> counted("elderly woman", 2), counted("athlete", 1), counted("baby", 3)
    ('two elderly women', 'one athlete', 'three babies')
    """
    numeral = ("one", "two", "three", "four", "five")[number - 1]
    if number == 1:
        return f"{numeral} {character}"
    *before, noun = character.split()
    return " ".join((numeral, *before, _PLURALS.get(noun, f"{noun}s")))
