"""A run in which language models set prices: what is kept of it, and going on where it stopped."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np

from moral_games.analysis.price_paths import MEASURED, anchors, impulse_response, measures
from moral_games.llm.policy import LanguageModel
from moral_games.llm.pricing_options import PricingOptions, fixed_policy
from moral_games.llm.sellers import GridSeller, NotesSeller
from moral_games.llm.writing import as_writer, check_room
from moral_games.markets.market import Floats
from moral_games.markets.prompts import ATTITUDES, Notes, read
from moral_games.markets.trading import Asked, FixedSeller, Offer, Seller, Trading
from moral_games.progress import progress
from moral_games.runs import METRICS, Run, RunError, RunFailed, whole_file, write_json

TRANSCRIPT = "transcript.jsonl"
"""What the models answered: a line for each firm, market and round; how many times in a row each answer came."""
Load = Callable[[str], LanguageModel]
"""From the name of a language model to the model."""


class NoPrices(RunFailed, RunError):
    """A seller names no prices, however often it is asked; the message says why and what to do."""


def trade(options: PricingOptions, load: Load) -> Run:
    """Carry out a run, or what is left of it.

    A run that was killed and goes on with ``resume`` leaves the same files as one that was not, as far as models answer
    the same: those behind servers replay what they have answered before.

    Parameters
    ----------
    options
        What is asked.
    load
        Returns a language model by its name.

    Raises
    ------
    ValueError
        If an option is out of range, or something is unknown.
    RunError
        If the folder cannot be used; `NoPrices` if a model gives no prices.
    """
    options.check()
    folder = options.folder / options.name
    if options.resume and (folder / METRICS).exists():
        return Run.resume(folder, options.to_json())
    models = {name: load(name) for name in options.models}
    trading = Trading(options.places, _seated(options, models), options.by_firm("attitude"), options.attempts)
    run = Run.open(folder, options.to_json(), options.resume)
    _go_on(run, trading)
    _play(run, trading, options)
    write_json(run.path(METRICS), summarise(options, trading.history, _transcript(run)))
    return run


def summarise(options: PricingOptions, prices: Floats, transcript: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the rounds amount to; JSON.

    Parameters
    ----------
    options
        What was asked.
    prices
        (T, M, n): everybody's, NaN without an offer.
    transcript
        What the models answered.

    Returns
    -------
    dict
        ``sellers``: by firm who it is, how often it answered and was without a price, by reason. ``markets``: their
        seeds, currencies and ceilings. ``measures``, ``impulse_response`` and ``anchors``: see
        `moral_games.analysis.price_paths`; prices and profits are in units of the currency. ``quoted``: some answers.
    """
    markets = [place.market for place in options.places]
    found: dict[str, Any] = {
        "rounds": options.rounds,
        "measured": min(MEASURED, options.rounds),
        "sellers": [_counted(firm, name, transcript) for firm, name in enumerate(options.by_firm("sellers"))],
        "markets": [
            {"seed": place.seed, "currency": place.market.currency, "ceiling": place.ceiling}
            for place in options.places
        ],
        "measures": measures(markets, prices[: options.rounds]),
        "anchors": anchors(markets[0]),
        "quoted": _quoted(options, transcript),
    }
    if options.deviation:
        found["impulse_response"] = impulse_response(markets, prices, options.rounds)
    return found


def _seated(options: PricingOptions, models: Mapping[str, LanguageModel]) -> list[Seller]:
    """Return who sells for each firm; the same name is the same seller."""
    made: dict[str, Seller] = {}
    for name in options.by_firm("sellers"):
        policy = fixed_policy(name)
        if policy is not None:
            made[name] = FixedSeller(policy)
        elif options.answers == "grid":
            made[name] = namer = GridSeller(models[name], options.told)
            asked = _most_told(options)
            most = max(len(label) for label in asked.place.labels[0])
            check_room(models[name], namer.question(asked).prompts[0], most, "offer fewer prices (--prices)")
        else:
            made[name] = writer = NotesSeller(as_writer(models[name]), options.words, options.told)
            longest = writer.prompt(_most_told(options))
            check_room(models[name], longest, 2 * options.words, "allow shorter answers (--words)")
    return [made[name] for name in options.by_firm("sellers")]


def _most_told(options: PricingOptions) -> Asked:
    """Return a question as long as any, but for the notes."""
    rounds = min(options.told, options.rounds + options.deviation)
    place = max(options.places, key=lambda place: place.ceiling)
    attitude = max(options.by_firm("attitude"), key=lambda name: len(ATTITUDES[name]))
    prices = np.full((rounds, options.firms), place.ceiling - 0.0001)
    return Asked(place, 0, prices, Notes(), attitude)


def _go_on(run: Run, trading: Trading) -> None:
    """Put markets back to the last round that was finished; what was begun of the next is forgotten."""
    history = run.history()
    run.rewind(len(history))
    done = [entry for entry in _transcript(run) if entry["round"] < len(history)]
    with whole_file(run.path(TRANSCRIPT)) as path:
        path.write_text("".join(json.dumps(entry) + "\n" for entry in done), encoding="utf-8")
    for record in history:
        prices = np.array(record["prices"], dtype=np.float64)
        trading.history = np.concatenate([trading.history, prices[None]])
    for entry in done:
        if entry["price"] is not None:
            said = read(entry["answers"][-1]["text"], trading.places[entry["market"]].ceiling)
            trading.notes[entry["market"]][entry["firm"]] = said.notes


def _play(run: Run, trading: Trading, options: PricingOptions) -> None:
    """Play what is left, with progress; every round is kept before the next is begun."""
    total = options.rounds + (1 + options.deviation if options.deviation else 0)
    with progress(options.name, total, len(trading.history)) as advance:
        while (number := len(trading.history)) < total:
            offers = trading.play(trading.cuts() if number == options.rounds else None)
            _keep(run, number, offers)
            advance(1)
            _check_heard(trading, options, run)


def _keep(run: Run, number: int, offers: Sequence[Sequence[Offer]]) -> None:
    """Add a round to the transcript, and then to the history: whatever is in the history is in both."""
    with run.path(TRANSCRIPT).open("a", encoding="utf-8") as transcript:
        for market, row in enumerate(offers):
            for firm, offer in enumerate(row):
                if offer.answers:
                    said = [
                        {"reason": reason, "text": text, "times": len(list(same))}
                        for (reason, text), same in groupby(offer.answers, lambda answer: (answer.reason, answer.text))
                    ]
                    entry = {"round": number, "market": market, "firm": firm, "price": offer.price}
                    transcript.write(json.dumps(entry | {"legal": offer.legal, "answers": said}) + "\n")
    run.append({"done": number + 1, "prices": [[offer.price for offer in row] for row in offers]})


def _check_heard(trading: Trading, options: PricingOptions, run: Run) -> None:
    """Stop where a firm gives no prices at all."""
    last_measured = len(trading.history) == options.rounds
    rounds = min(options.patience, options.rounds) if last_measured else options.patience
    firm = trading.silent(rounds)
    if firm is None:
        return
    last = next(entry for entry in reversed(_transcript(run)) if entry["firm"] == firm)["answers"][-1]
    raise NoPrices(
        f"{options.by_firm('sellers')[firm]} gave no price for player_{firm} in {rounds} rounds in a row, in any of "
        f"{len(options.places)} markets, in {options.attempts} attempts each; its last answer ({last['reason']}) "
        f"begins {last['text'][:200]!r}. All answers are in {run.path(TRANSCRIPT)}. {options.advice}"
    )


def _transcript(run: Run) -> list[dict[str, Any]]:
    """Return the transcript's complete lines."""
    path = run.path(TRANSCRIPT)
    if not path.exists():
        return []
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
    except (OSError, ValueError) as error:
        raise RunError(f"{path} cannot be read: {error}") from error


def _quoted(options: PricingOptions, transcript: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the last written answer of each firm in the first market, before any forced cut."""
    if options.answers == "grid":
        return []
    seen = {e["firm"]: e for e in transcript if e["market"] == 0 and e["round"] < options.rounds}
    return [{"firm": firm, "round": seen[firm]["round"]} | seen[firm]["answers"][-1] for firm in sorted(seen)]


def _counted(firm: int, name: str, transcript: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how often a seller was asked, and what came of it."""
    own = [entry for entry in transcript if entry["firm"] == firm]
    reasons: Counter[str] = Counter()
    for answer in (answer for entry in own for answer in entry["answers"]):
        reasons[answer["reason"]] += answer["times"]
    legal = [entry["legal"] for entry in own if entry["legal"] is not None]
    return {
        "seller": name,
        "asked": len(own),
        "answers": sum(reasons.values()),
        "without a price": {reason: count for reason, count in sorted(reasons.items()) if reason != "ok"},
        "no offer": sum(entry["price"] is None for entry in own),
        "legal": round(float(np.mean(legal)), 6) if legal else None,
    }
