"""The audit in everyday language: a policy is told dilemmas, and each value judges what it chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from moral_games.analysis.dilemmas import Floats, Judged, agreement, checked, expected_rewards, judged
from moral_games.rewards import RewardFunction, as_reward
from moral_games.text import Presentation, dilemmas
from moral_games.text.dilemmas import Dilemma

Reader = Callable[[Dilemma, Sequence[Presentation]], Floats]
"""Who is told dilemmas: from one and P presentations of it to probabilities (P, 3, 2), one row for each of `STATES`.
What a row lacks to 1 is the probability of an illegal answer."""


def tellings(dilemma: Dilemma, labels: tuple[str, str]) -> tuple[Presentation, ...]:
    """Return the two ways in which an audit tells a dilemma: its own order, and the options changing places and labels.

    So neither a label nor a place in a list is worth anything by itself.
    """
    return dilemma.presentation(labels).assignments()


def ask(reader: Reader, names: Iterable[str], labels: tuple[str, str]) -> dict[str, Floats]:
    """Return what somebody answers to dilemmas, by name: (2, 3, 2), one row of states for each of `tellings`.

    Raises
    ------
    ValueError
        If a dilemma is unknown, or the reader gives no such probabilities.
    """
    found = {}
    for name in names:
        told = tellings(dilemmas.get(name), labels)
        answers = np.asarray(reader(dilemmas.get(name), told), dtype=np.float64)
        if len(answers) != len(told):
            raise ValueError(f"dilemma {name!r} was told in {len(told)} ways and answered in {len(answers)}")
        found[name] = np.stack([checked(name, table) for table in answers])
    return found


def right_choices(answers: Mapping[str, Floats], values: Sequence[str], rng: np.random.Generator) -> dict[str, Any]:
    """Return by value and theme how often what is best was chosen, and what was lost where it was not.

    Parameters
    ----------
    answers
        As `ask` returns them.
    values
        Texts of rewards. Each counts on those dilemmas on which it is defined; one that decides none is left out.
    rng
        Draws the bootstrap's resamples.

    Returns
    -------
    dict
        JSON: ``dilemmas``, ``prompts`` (how many were read), ``legal_mass``, ``telling_gap`` (by how much the
        probability of an option depends on its label and place, the mean) and ``values``: by value ``share``, ``low``,
        ``high``, ``regret``, ``dilemmas`` and ``states`` as in `Agreement`, and ``themes``, by theme ``share``,
        ``regret`` and ``dilemmas``.

    Raises
    ------
    ValueError
        If there are no answers.
    """
    if not answers:
        raise ValueError("there are no answers to judge; give those to at least one dilemma")
    every = np.stack(list(answers.values()))
    found = {}
    for text in values:
        value = as_reward(text)
        defined = {name: table.mean(axis=0) for name, table in answers.items() if _defined(dilemmas.get(name), value)}
        by_dilemma = judged(value, {dilemmas.get(name): table for name, table in defined.items()})
        if by_dilemma:
            (overall,) = agreement(defined, {text: value}, rng)
            found[text] = {
                **{key: round(getattr(overall, key), 6) for key in ("share", "low", "high", "regret")},
                **{key: getattr(overall, key) for key in ("dilemmas", "states")},
                "themes": _by_theme(by_dilemma),
            }
    return {
        "dilemmas": len(answers),
        "prompts": int(every[..., 0].size),
        "legal_mass": round(float(every.sum(axis=-1).mean()), 6),
        "telling_gap": round(float(np.ptp(every, axis=1).mean()), 6),
        "values": found,
    }


def _by_theme(by_dilemma: Mapping[Dilemma, Judged]) -> dict[str, dict[str, float]]:
    themes: dict[str, list[Judged]] = {}
    for dilemma, found in by_dilemma.items():
        themes.setdefault(dilemma.theme, []).append(found)
    return {
        theme: {
            "share": round(float(np.mean([one.share for one in found])), 6),
            "regret": round(float(np.mean([one.regret for one in found])), 6),
            "dilemmas": len(found),
        }
        for theme, found in sorted(themes.items())
    }


def _defined(dilemma: Dilemma, value: RewardFunction) -> bool:
    try:
        expected_rewards(dilemma, value)
    except ValueError:  # a value that needs a symmetric game says so
        return False
    return True
