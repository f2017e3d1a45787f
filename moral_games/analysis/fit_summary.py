"""Estimates of preferences as JSON, as files and reports keep them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite, isnan, nan
from typing import Any

import numpy as np

from moral_games.analysis.choices import Choices
from moral_games.analysis.estimation import PARAMETERS, Fit
from moral_games.analysis.explanations import compare, profile_interval

Number = float | str | None


def summary(choices: Choices, found: Fit) -> dict[str, Any]:
    """Return what is estimated from choices, how surely, and what else would explain them, as JSON.

    Parameters
    ----------
    choices
        What was chosen.
    found
        The estimates from it, of all parameters.

    Returns
    -------
    dict
        ``choices`` and ``choosers`` (how many), ``estimates`` (by parameter ``estimate``, ``standard error``,
        ``interval`` and ``profile interval``), ``covariance``, ``problems`` (what is not identified, in words), and
        ``explanations`` (see `moral_games.analysis.explanations.compare`). Numbers are as `number` says.
    """
    return {
        "choices": number(found.observations),
        "choosers": found.choosers,
        "estimates": {
            name: {
                "estimate": number(found.estimates[name]),
                "standard error": number(found.standard_errors[name]),
                "interval": [number(end) for end in found.interval(name)],
                "profile interval": [number(end) for end in profile_interval(choices, name)],
            }
            for name in PARAMETERS
        },
        "covariance": [[number(entry) for entry in row] for row in found.covariance.tolist()],
        "problems": list(found.problems),
        "explanations": [
            {key: entry if isinstance(entry, str) else number(entry) for key, entry in asdict(each).items()}
            for each in compare(choices)
        ],
    }


def summarised(entry: Mapping[str, Any]) -> Fit:
    """Return the fit that a `summary` tells of; its log-likelihood is that of all preferences together.

    Examples
    --------
    >>> from moral_games.analysis.choices import count_choices
    >>> from moral_games.analysis.estimation import fit
    >>> choices = count_choices({"tg1": [4, 3, 2, 1], "tg6": [5, 2, 3, 3], "ug6": [1, 6, 2, 2], "ug1": [5, 2, 2, 1]})
    >>> kappa, again = (each.estimates["kappa"] for each in (fit(choices), summarised(summary(choices, fit(choices)))))
    >>> abs(again - kappa) < 1e-6
    True
    """
    rows = entry["estimates"]
    estimates = {name: _float(rows[name]["estimate"]) for name in PARAMETERS}
    whole = next(each for each in entry["explanations"] if each["name"] == "all preferences")
    noise = estimates["noise"]
    return Fit(
        estimates,
        {name: _float(rows[name]["standard error"]) for name in PARAMETERS},
        np.array([[_float(number) for number in row] for row in entry["covariance"]]),
        _float(whole["log_likelihood"]),
        whole["parameters"],
        entry["choices"],
        entry["choosers"],
        tuple(entry["problems"]),
        np.array([1.0, *(estimates[name] for name in PARAMETERS[:3])]) / noise,
    )


def number(given: float) -> Number:
    """Return a number as JSON has it: six digits after the point, None for NaN, infinity in words.

    Examples
    --------
    >>> number(1 / 3), number(float("nan")), number(float("-inf"))
    (0.333333, None, '-infinity')
    """
    if isinstance(given, int):
        return given
    if isnan(given):
        return None
    if not isfinite(given):
        return "infinity" if given > 0 else "-infinity"
    return round(float(given), 6)


def told(given: Number, digits: int = 3) -> str:
    """Return a number of a summary as people read it.

    Parameters
    ----------
    given
        As `number` returns it.
    digits
        How many after the point.

    Examples
    --------
    >>> told(1 / 3), told(None), told("-infinity")
    ('0.333', '-', '-∞')
    """
    if given is None:
        return "-"
    return given.replace("infinity", "∞") if isinstance(given, str) else f"{given:.{digits}f}"


def _float(given: Number) -> float:
    return nan if given is None else float(given)
