"""From a server's answers to action probabilities: by log-probabilities where they settle it, else by counting."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moral_games.text import parse

LOG_PROBABILITIES, SAMPLES = "log-probabilities", "samples"


@dataclass(frozen=True)
class Place:
    """What is told of one place in an answer.

    Attributes
    ----------
    listed
        The probabilities of the likeliest tokens, and of any others that were said there.
    unlisted
        The most that the probability of any other token can be.
    """

    listed: Mapping[str, float]
    unlisted: float = 0.0


Branches = Mapping[tuple[str, ...], Place]
"""What is told of the place after each text, which is given token by token."""


@dataclass(frozen=True)
class Reply:
    """One answer of a model.

    Attributes
    ----------
    text
        What it said.
    tokens
        The tokens of that; empty where the server does not tell.
    places
        What is told of the place of each token.
    """

    text: str
    tokens: tuple[str, ...] = ()
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Row:
    """How probable each of A labels is after one prompt, and how well that is known.

    Attributes
    ----------
    probabilities
        (A,) float64. What is missing to 1 is the probability of an illegal answer.
    unknown
        (A,) by how much more probable each label may be, for all that the log-probabilities say; 0
        where answers were counted.
    standard_error
        (A,) of the counted shares (Agresti & Coull 1998: two successes and two failures are added, so
        that it is never 0); 0 where log-probabilities were used.
    method
        ``"log-probabilities"`` or ``"samples"``.
    samples
        How many answers were looked at.
    illegal
        How many of them were no label and nothing else, by the reason that `moral_games.text.parse`
        gives.
    """

    probabilities: NDArray[np.float64]
    unknown: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    method: str
    samples: int
    illegal: Mapping[str, int]


@dataclass(frozen=True)
class Reading:
    """What a server's answers to a `Question` say; one row a prompt."""

    rows: tuple[Row, ...]
    """What was read of each prompt's answers."""

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """The action probabilities; (S, A) float64."""
        return np.stack([row.probabilities for row in self.rows])

    def __str__(self) -> str:
        counted = [row for row in self.rows if row.method == SAMPLES]
        exact = len(self.rows) - len(counted)
        unknown = max((row.unknown.max() for row in self.rows), default=0.0)
        parts = [f"{exact} rows from log-probabilities, of which at most {unknown:.2g} is unknown"] if exact else []
        if counted:
            error = max(row.standard_error.max() for row in counted)
            fewest = min(row.samples for row in counted)
            parts.append(f"{len(counted)} rows from {fewest} samples each, with standard errors up to {error:.2g}")
        return "; ".join(parts)


def replies(answer: Any) -> list[Reply]:
    """Return what a chat completion holds.

    Parameters
    ----------
    answer
        The response's JSON.

    Raises
    ------
    ValueError
        If it is no chat completion.
    """
    try:
        found = [_reply(choice) for choice in answer["choices"]]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"no chat completion ({type(error).__name__}: {error})") from error
    if not found:
        raise ValueError("a chat completion without choices")
    return found


def settled(given: Sequence[Reply], labels: Sequence[str], tolerance: float) -> bool:
    """Return whether log-probabilities leave no label's probability unknown by more than a tolerance."""
    known = branches(given)
    return all(high - low <= tolerance for low, high in (bounds(known, label) for label in labels))


def read(given: Sequence[Reply], labels: Sequence[str], tolerance: float) -> Row:
    """Return how probable each label is.

    Parameters
    ----------
    given
        Answers to one prompt, drawn at temperature 1.
    labels
        A labels, one an action.
    tolerance
        Log-probabilities are used if they leave no label unknown by more than this, or by more than the
        standard error of counting; else the share of the answers that were the label and nothing else,
        by the strict parser.
    """
    known, found = branches(given), [parse(reply.text, labels) for reply in given]
    illegal = Counter(answer.reason for answer in found if not answer.legal)
    low, high = np.array([bounds(known, label) for label in labels]).T
    nothing = np.zeros(len(labels))
    counts = np.array([sum(answer.action == action for answer in found) for action in range(len(labels))])
    share = (counts + 2) / (len(given) + 4)
    error = np.sqrt(share * (1 - share) / (len(given) + 4))
    if (high - low).max() <= max(tolerance, error.max()):
        # Rounded log-probabilities may add up to a little more than 1.
        return Row(low / max(1.0, low.sum()), high - low, nothing, LOG_PROBABILITIES, len(given), illegal)
    return Row(counts / len(given), nothing, error, SAMPLES, len(given), illegal)


def bounds(known: Branches, label: str, said: tuple[str, ...] = ()) -> tuple[float, float]:
    """Return between what the probability lies that an answer goes on to spell a label.

    As for a model in this process, the probability is that of the label's tokens, whatever follows
    them; space before or after the label is allowed, as the strict parser allows it. Where no listed
    token ends the label, its next one may be missing from the list.

    Parameters
    ----------
    known
        What is told of places in answers.
    label
        What is to be spelled.
    said
        The tokens so far.

    Returns
    -------
    tuple of float
        The lowest and the highest possible value.

    Examples
    --------
    >>> start = Place({"C": 0.5, "Dog": 0.25}, unlisted=0.125)
    >>> bounds({(): start, ("C",): Place({"at": 0.5})}, "Cat")  # "Cat" may be a token itself
    (0.25, 0.375)
    >>> bounds({(): start}, "Dog")
    (0.25, 0.25)
    """
    if said not in known:
        return 0.0, 1.0
    low = high = 0.0
    ended = False
    for token, probability in known[said].listed.items():
        if not token:  # a special token, as the one that ends an answer, shows as nothing
            continue
        spelled = "".join((*said, token)).lstrip()
        if spelled.rstrip() == label:
            ended, share = True, (1.0, 1.0)
        elif label.startswith(spelled):
            share = bounds(known, label, (*said, token))
        else:
            continue
        low, high = low + probability * share[0], high + probability * share[1]
    if not ended:
        high += known[said].unlisted
    return min(low, 1.0), min(high, 1.0)


def branches(given: Sequence[Reply]) -> Branches:
    """Return what answers tell together of the places in them."""
    known: dict[tuple[str, ...], Place] = {}
    for reply in given:
        for position, place in enumerate(reply.places):
            told = known.get(reply.tokens[:position], Place({}, 1.0))
            listed = {**told.listed, **place.listed}
            missing = max(0.0, 1.0 - sum(listed.values()))
            known[reply.tokens[:position]] = Place(listed, min(told.unlisted, place.unlisted, missing))
    return known


def _reply(choice: Any) -> Reply:
    text = choice["message"]["content"] or ""
    if not isinstance(text, str):
        raise TypeError(f"an answer is a text, got {type(text).__name__}")
    steps = (choice.get("logprobs") or {}).get("content") or []
    return Reply(text, tuple(map(_token, steps)), tuple(_place(step) for step in steps))


def _place(step: Any) -> Place:
    """Return what is told of one place in an answer.

    Tokens that look alike are one: some servers strip the space that tells them apart. A token that
    is not among the likeliest is at most as probable as the least probable of these; the token
    that was said may be less probable than any of them.
    """
    listed: dict[str, float] = {}
    likeliest = [(_token(entry), _probability(entry["logprob"])) for entry in step.get("top_logprobs") or []]
    for token, probability in likeliest:
        listed[token] = listed.get(token, 0.0) + probability
    listed.setdefault(_token(step), _probability(step["logprob"]))
    missing = max(0.0, 1.0 - sum(listed.values()))
    return Place(listed, min([missing, *(probability for _, probability in likeliest)]))


def _token(step: Any) -> str:
    token = step["token"]
    if not isinstance(token, str):
        raise TypeError(f"a token is a text, got {type(token).__name__}")
    return token


def _probability(logarithm: Any) -> float:
    if math.isnan(logarithm):
        raise ValueError("a log-probability that is not a number")
    return math.exp(min(logarithm, 0.0))
