"""From a model's words to an action, or to an explicit illegal answer with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

ILLEGAL = -1


@dataclass(frozen=True)
class Answer:
    """What an answer means.

    Attributes
    ----------
    action
        The index of the label that was given, or -1 for an illegal answer.
    reason
        ``"ok"``, or why the answer is illegal: ``"empty"``, ``"no label"``, ``"several labels"``
        or ``"more than the label"``.
    text
        What was read.
    """

    action: int
    reason: str
    text: str

    @property
    def legal(self) -> bool:
        """Whether the answer is an action."""
        return self.action != ILLEGAL


def parse(text: str, labels: Sequence[str], strict: bool = True) -> Answer:
    """Read free text as one of the labels.

    Parameters
    ----------
    text
        What the model wrote.
    labels
        ``labels[a]`` stands for action a.
    strict
        If true, only the label itself is legal, with space around it at most, as in the published
        protocol. If false, any text is legal in which exactly one of the labels occurs as a whole
        word, whatever its case; a text with two of them stays illegal.

    Returns
    -------
    Answer
        Never a default action: what cannot be read is illegal and says why.
    """
    answer = text.strip()
    if not answer:
        return Answer(ILLEGAL, "empty", text)
    if answer in labels:
        return Answer(list(labels).index(answer), "ok", text)
    found = [action for action, label in enumerate(labels) if _occurs(label, answer)]
    if not found:
        return Answer(ILLEGAL, "no label", text)
    if len(found) > 1:
        return Answer(ILLEGAL, "several labels", text)
    if strict:
        return Answer(ILLEGAL, "more than the label", text)
    return Answer(found[0], "ok", text)


def _occurs(label: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(label)}(?!\w)", text, flags=re.IGNORECASE) is not None
