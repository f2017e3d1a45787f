"""What the page of portraits shows: the same measures of several models, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from moral_games.analysis.estimation import PARAMETERS
from moral_games.analysis.explanations import FREQUENCIES, HOMO_MORALIS
from moral_games.analysis.fit_summary import summarised, told
from moral_games.analysis.preferences import Preference
from moral_games.markets import Market
from moral_games.report import portrait_figures
from moral_games.report.pieces import Card, Drawing, listed
from moral_games.report.preference_figures import drawn_preferences
from moral_games.synthetic.duopoly import COLLUSIVE, COMPETITIVE, two_price_game
from moral_games.synthetic.task import good_answers

TEMPLATE = "portrait.html"

CRITERION = (
    "Everybody is asked the same, and all is exact for the models' probabilities. A column with one model says nothing "
    "about how much another seed would differ: it has no interval; one with several has its lowest and its highest."
)

Measure = Callable[[Mapping[str, Any]], float | None]
"""From one portrait to a number, None where there is none."""


class Estimated(NamedTuple):
    """What the answers of a model tell of its preferences."""

    column: str
    """The column of its portrait."""
    model: str
    """Its name."""
    cells: list[str]
    """Its preferences and its noise, each before its 95 % interval by likelihood ratio."""
    theory: str
    """What explains the answers best, by BIC."""
    p_value: str
    """Of the likelihood ratio test of homo moralis against homo economicus."""
    problems: str
    """What keeps estimates from being known, in words."""


def drawings(metrics: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, Drawing]:
    """Return the figures by name."""
    portraits = metrics["portraits"]
    drawn = {
        "dilemmas": portrait_figures.dilemmas(portraits),
        "vehicles": portrait_figures.vehicles(portraits),
        "passengers": portrait_figures.passengers(portraits),
        "prices": portrait_figures.prices(portraits),
    }
    fits, places = {}, {}
    for column, (name, found) in enumerate(portraits.items()):
        for place, each in enumerate(found, 1):
            if _tells_kappa(each):
                told = name if len(found) == 1 else f"{name} {place}"
                fits[told], places[told] = summarised(each["games"]["preferences"]), column
    return ({"preferences": drawn_preferences(fits, places)} if fits else {}) | drawn


def _tells_kappa(portrait: Mapping[str, Any]) -> bool:
    """Return whether answers bound the degree of morality on both sides."""
    found = portrait["games"]["preferences"]
    return found is not None and _is_bounded(found["estimates"]["kappa"])


def _is_bounded(row: Mapping[str, Any]) -> bool:
    return all(isinstance(end, float) for end in row["profile interval"])


def table(metrics: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return the names of the columns, and by row what is measured and a cell for each of them.

    A cell is the mean over a column's models, with the lowest and the highest where they are several, and with how many
    there are if that is not all of them. An estimate that answers do not bound on both sides is none.
    """
    portraits = metrics["portraits"]
    values = next(iter(portraits.values()))[0]["dilemmas"]["values"]
    asked = dict.fromkeys(
        kind for found in portraits.values() for each in found for kind in each["games"].get("kinds", ())
    )
    kinds = {f"games: right, {kind.replace('_', '-')} questions": _of_kind(kind) for kind in asked}
    rows = GAMES | kinds | {f"dilemmas: {value}": _dilemma(value) for value in values} | ELSEWHERE
    return list(portraits), [
        (label, [_cell([measure(each) for each in found]) for found in portraits.values()])
        for label, measure in rows.items()
    ]


def estimates(metrics: Mapping[str, Any]) -> list[Estimated]:
    """Return what is estimated of each model's preferences; nothing without a legal answer."""
    return [
        Estimated(name, each["player"], *_estimated(each["games"]["preferences"]))
        for name, found in metrics["portraits"].items()
        for each in found
    ]


def _estimated(found: Mapping[str, Any] | None) -> tuple[list[str], str, str, str]:
    if found is None:
        return ["-"] * len(PARAMETERS), "-", "-", "hardly any answer was legal"
    rows = [found["estimates"][name] for name in PARAMETERS]
    ends = [", ".join(told(end, 2) for end in row["profile interval"]) for row in rows]
    cells = [
        "-" if row["estimate"] is None else f"{told(row['estimate'], 2)} [{interval}]"
        for row, interval in zip(rows, ends, strict=True)
    ]
    theories = {row["name"]: row for row in found["explanations"] if row["name"] != FREQUENCIES}
    best = min(theories, key=lambda name: theories[name]["bic"])
    loose = [name for name, row in zip(PARAMETERS, rows, strict=True) if not _is_bounded(row)]
    problems = [*([f"{listed(loose)}: no bounds on both sides"] if loose else []), *found["problems"]]
    p_value = theories[HOMO_MORALIS]["p_value"]
    tiny = p_value is not None and p_value < 0.001
    return cells, best, "< 0.001" if tiny else told(p_value), "; ".join(problems)


def headline(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return in one sentence who gives the answers of homo moralis most often, and how sure that is."""
    right = _rights(metrics)
    best = max(right, key=lambda name: right[name])
    several = any(len(found) > 1 for found in metrics["portraits"].values())
    told = ", ".join(f"{name} {_cell(_measured(metrics, name), 2)}" for name in right if name != best)
    beside = f"; beside it {told}" if told else ""
    return (
        f"In games that nobody was taught, {best} gives the answer of homo moralis (κ = {config['kappa']:g}) with "
        f"probability {_cell(_measured(metrics, best), 2)}{beside} "
        f"({'lowest and highest where a column has several models' if several else 'one model each: no interval'})."
    )


def cards(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> list[Card]:
    """Return the numbers that matter: the right answers of the first columns."""
    legal = {name: _mean(found, GAMES["games: legal"]) for name, found in metrics["portraits"].items()}
    return [
        Card(f"right answers, {name}", f"{share:.1%}", f"{legal[name]:.0%} legal")
        for name, share in _rights(metrics).items()
    ][:5]


def _rights(metrics: Mapping[str, Any]) -> dict[str, float]:
    return {name: _mean(found, _right) for name, found in metrics["portraits"].items()}


def _measured(metrics: Mapping[str, Any], name: str) -> list[float | None]:
    return [_right(each) for each in metrics["portraits"][name]]


def content(config: Mapping[str, Any], metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the page's template is filled with, but for the figures."""
    columns, rows = table(metrics)
    taught = [(name, each["player"], each["taught"]) for name, found in metrics["portraits"].items() for each in found]
    return {
        "config": config,
        "columns": columns,
        "rows": rows,
        "estimates": estimates(metrics),
        "taught": taught,
        "regret": _regrets(metrics),
        "priced": _priced(config["kappa"]),
        "headline": headline(config, metrics),
    }


def _priced(kappa: float) -> str:
    """Return in words what homo moralis charges in the duopoly with two prices."""
    names = {(True, False): "the cartel's price", (False, True): "that of competition", (True, True): "either price"}
    game = two_price_game(Market())
    replies = [good_answers(game, Preference(kappa), [price]).tolist() for price in (COLLUSIVE, COMPETITIVE)]
    after_cartel, after_competition = (names[reply[0], reply[1]] for reply in replies)
    if after_cartel == after_competition:
        return f"{after_cartel}, whatever the other charges"
    return f"{after_cartel} after the cartel's price, and {after_competition} after that of competition"


def _regrets(metrics: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    """Return by game and value a cell a column: the regret of those that are runs."""
    portraits = metrics["portraits"]
    taught = [each["taught"] for found in portraits.values() for each in found if each["taught"]]
    judged = [(game, value) for each in taught for game, found in each["regret"].items() for value in found]
    pairs = [(game, value) for game, value in dict.fromkeys(judged) if value != "taught"]
    return [
        (
            game,
            value,
            [
                _cell([(each["taught"] or {"regret": {}})["regret"].get(game, {}).get(value) for each in found])
                for found in portraits.values()
            ],
        )
        for game, value in pairs
    ]


def _cell(found: Sequence[float | None], digits: int = 3) -> str:
    known = [entry for entry in found if entry is not None]
    if not known:
        return "-"
    mean = f"{np.mean(known):.{digits}f}"
    if len(found) == 1:
        return mean
    among = "" if len(known) == len(found) else f", {len(known)} of {len(found)}"
    return f"{mean} ({min(known):.{digits}f} to {max(known):.{digits}f}{among})"


def _mean(found: Sequence[Mapping[str, Any]], measure: Measure) -> float:
    known = [number for each in found if (number := measure(each)) is not None]
    return float(np.mean(known)) if known else 0.0


def _right(portrait: Mapping[str, Any]) -> float | None:
    return portrait["games"]["right"]


def _of_kind(kind: str) -> Measure:
    return lambda portrait: portrait["games"].get("kinds", {}).get(kind, {}).get("right")


def _estimate(parameter: str) -> Measure:
    def measure(portrait: Mapping[str, Any]) -> float | None:
        fitted = portrait["games"]["preferences"]
        row = None if fitted is None else fitted["estimates"][parameter]
        return row["estimate"] if row is not None and _is_bounded(row) else None

    return measure


def _dilemma(value: str) -> Measure:
    return lambda portrait: portrait["dilemmas"]["values"][value]["share"]


def _effect(attribute: str) -> Measure:
    def measure(portrait: Mapping[str, Any]) -> float | None:
        return next(row["estimate"] for row in portrait["vehicles"]["effects"] if row["attribute"] == attribute)

    return measure


def _market(entry: str) -> Measure:
    return lambda portrait: portrait["prices"]["market"] and portrait["prices"]["market"][entry]


GAMES: dict[str, Measure] = {
    "games: right": _right,
    "games: as homo economicus, where that is another answer": lambda portrait: portrait["games"]["selfish"],
    "games: legal": lambda portrait: portrait["games"]["legal"],
    "estimate of kappa": _estimate("kappa"),
    "estimate of alpha": _estimate("alpha"),
    "estimate of beta": _estimate("beta"),
}
"""What is told of a portrait's games, by its label."""

ELSEWHERE: dict[str, Measure] = {
    "dilemmas: legal": lambda portrait: portrait["dilemmas"]["legal_mass"],
    "vehicles: legal": lambda portrait: portrait["vehicles"]["kinds"]["choice"],
    "vehicles: spares the more": _effect("number"),
    "vehicles: spares pedestrians": _effect("relation"),
    "vehicles: distance to people": lambda portrait: portrait["vehicles"]["distance"]["euclid"][0],
    "prices: mean price": _market("price"),
    "prices: profit gain": _market("profit_gain"),
    "prices: legal": lambda portrait: portrait["prices"]["legal"],
}
"""What is told of everything else."""
