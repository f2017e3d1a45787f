"""Examples in files: one conversation a line, of a question and its answer, as fine-tuning elsewhere takes it too."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any

from moral_games.text.reckoning import ANSWER

Example = tuple[str, str]
"""What is asked, and what is answered."""

ROLES = ("user", "assistant")
MOST_ALIKE = 0.8
"""The largest share of examples that may have one and the same answer."""

FAR = 5.0
"""Standard deviations from chance at which a place among the labels counts as favoured."""

_CHOICE = re.compile(r'Answer ("[^"]+"(?:, "[^"]+")* or "[^"]+")\.$')


def line(prompt: str, answer: str) -> str:
    """Return an example as a line of a file."""
    messages = [{"role": role, "content": content} for role, content in zip(ROLES, (prompt, answer), strict=True)]
    return json.dumps({"messages": messages}, ensure_ascii=False) + "\n"


def read_examples(path: str | Path) -> list[Example]:
    """Return the examples of a file, every line checked.

    Parameters
    ----------
    path
        A file with a JSON object a line: ``{"messages": [...]}`` and nothing else, a message of the user and one of
        the assistant.

    Returns
    -------
    list
        What is asked and what is answered, in the file's order.

    Raises
    ------
    ValueError
        If there is no such file or nothing in it, with the line where something is not understood, or if answers
        are so imbalanced that they can be learned without reading the question (see `check_balance`).
    """
    if not Path(path).is_file():
        raise ValueError(f"there is no file {str(path)!r}; write one with: moral-games data")
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a text in UTF-8: {error}") from None
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise ValueError(f"{path} holds no examples; write some with: moral-games data")
    examples = []
    for number, text in enumerate(lines, 1):
        try:
            examples.append(_example(text))
        except ValueError as error:
            raise ValueError(f"{path}, line {number}: {error}") from None
    try:
        check_balance(examples)
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None
    return examples


def check_balance(examples: Sequence[Example]) -> None:
    """Refuse examples whose answers can be learned without reading the questions.

    Raises
    ------
    ValueError
        If one answer is given to more than `MOST_ALIKE` of several questions; or if the questions name labels, as ours
        do, and a label at one place in the list is right more often or less than chance allows.
    """
    labels = [answer.rpartition(ANSWER)[2].removesuffix('"') for _, answer in examples]
    [(commonest, count)] = Counter(labels).most_common(1)
    if len(examples) > 1 and count > MOST_ALIKE * len(examples):
        raise ValueError(f"{count} of {len(examples)} answers are {commonest!r}; balance the answers")
    places = [
        (offered.index(label), len(offered))
        for (prompt, _), label in zip(examples, labels, strict=True)
        if label in (offered := offered_labels(prompt))
    ]
    for place in sorted({place for place, _ in places}):
        shares = [1 / size for _, size in places if place < size]
        right = sum(place == other for other, _ in places)
        spread = sqrt(sum(share * (1 - share) for share in shares))
        if abs(right - sum(shares)) > FAR * spread:
            raise ValueError(
                f"the label at place {place + 1} of the list is right in {right} of {len(shares)} questions, where "
                f"{sum(shares):.0f} are to be expected; balance the places"
            )


def offered_labels(prompt: str) -> tuple[str, ...]:
    """Return the labels that a question offers, in its order; none where it does not end as ours do.

    Examples
    --------
    >>> offered_labels('What do you choose? Answer "left" or "right".')
    ('left', 'right')
    """
    found = _CHOICE.search(prompt)
    return tuple(re.findall(r'"([^"]+)"', found[1])) if found else ()


def _example(text: str) -> Example:
    """Return the example on a line, or raise an error that says what is wrong with it."""
    try:
        read = json.loads(text)
    except ValueError as error:
        raise ValueError(f"this is not JSON: {error}") from None
    if not isinstance(read, dict) or set(read) != {"messages"}:
        found = ", ".join(map(repr, read)) if isinstance(read, dict) else type(read).__name__
        raise ValueError(f"a line is an object with the key 'messages' alone, got {found or 'nothing'}")
    messages = read["messages"]
    if not isinstance(messages, list) or [_role(message) for message in messages] != list(ROLES):
        raise ValueError("'messages' must hold one message of the 'user' and then one of the 'assistant'")
    asked, answered = (message["content"] for message in messages)
    for role, content in zip(ROLES, (asked, answered), strict=True):
        if not isinstance(content, str) or not content.strip():
            raise ValueError(f"the content of the {role}'s message must be a text, got {content!r}")
    return asked, answered


def _role(message: Any) -> str | None:
    """Return whose a message is, or None where it is not just a role and a content."""
    return message["role"] if isinstance(message, dict) and set(message) == {"role", "content"} else None
