"""Language models that set prices; `moral_games.markets.trading` plays them.

In the published form a seller writes two notes and a price (`NotesSeller`); in a form for small models it names a price
of a grid (`GridSeller`). An answer without a price is never a price: the seller is asked again, and in the end makes no
offer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from moral_games.llm.policy import LanguageModel, Question
from moral_games.llm.writing import Writer
from moral_games.markets.market import Floats
from moral_games.markets.prompts import TOLD, Notes, PriceAnswer, offer, read, tell
from moral_games.markets.trading import Asked, Offer

NOT_NAMED = "no price of the grid"


@dataclass(frozen=True, eq=False)
class NotesSeller:
    """A language model that writes a note with its plans, one with its insights, and a price.

    Parameters
    ----------
    writer
        The model.
    words
        The most tokens of an answer.
    told
        How many of the last rounds it is told.
    """

    writer: Writer
    words: int = 800
    told: int = TOLD

    def offers(self, asked: Sequence[Asked], attempts: int) -> list[Offer]:
        """Return an offer for each firm; see `Seller`. Whatever is open is written side by side."""
        prompts = [self.prompt(one) for one in asked]
        answers: list[list[PriceAnswer]] = [[] for _ in asked]
        waiting = list(range(len(asked)))
        for attempt in range(attempts):
            seeds = [_as_seed(asked[number].entropy(attempt)) for number in waiting]
            texts = self.writer.write([prompts[number] for number in waiting], seeds, self.words) if waiting else []
            for number, text in zip(waiting, texts, strict=True):
                answers[number].append(read(text, asked[number].place.ceiling))
            waiting = [number for number in waiting if answers[number][-1].price is None]
        return [_noted(one, said) for one, said in zip(asked, answers, strict=True)]

    def prompt(self, asked: Asked) -> str:
        """Return what the model is told."""
        place = asked.place
        return tell(place.market, asked.firm, asked.history, place.ceiling, asked.attitude, asked.notes, self.told)


@dataclass(frozen=True, eq=False)
class GridSeller:
    """A language model that names a price of a grid, asked for how probable each is.

    Each prompt is told twice, with prices that rise and with prices that fall, and the mean of both is what the model
    does: a place in the list earns nothing by itself.

    Parameters
    ----------
    model
        The model.
    told
        How many of the last rounds it is told.
    """

    model: LanguageModel
    told: int = TOLD

    def rows(self, asked: Sequence[Asked]) -> list[Floats]:
        """Return how probable each price is, (m,) each; what is missing to 1 is the probability of no price."""
        found = self.model.probabilities([self.question(one) for one in asked])
        return [answer.mean(axis=0) for answer in found]

    def question(self, asked: Asked) -> Question:
        """Return what the model is asked: the prices that rise, and those that fall."""
        labels = asked.place.labels[asked.firm]
        prompts = tuple(
            offer(asked.place.market, asked.firm, asked.history, order, asked.attitude, self.told)
            for order in (labels, labels[::-1])
        )
        return Question(prompts, labels)

    def offers(self, asked: Sequence[Asked], attempts: int) -> list[Offer]:
        """Return an offer for each firm; see `Seller`. Attempts are draws from the same row."""
        return [_named(one, row, attempts) for one, row in zip(asked, self.rows(asked), strict=True)]


def _noted(asked: Asked, answers: Sequence[PriceAnswer]) -> Offer:
    """Return what written answers come to: notes are those of the answer that gave a price, else they stay."""
    last = answers[-1]
    return Offer(last.price, asked.notes if last.price is None else last.notes, tuple(answers))


def _named(asked: Asked, row: Floats, attempts: int) -> Offer:
    """Draw a price from a row, as often as is allowed until there is one."""
    labels, steps = asked.place.labels[asked.firm], row.cumsum()
    draws = np.random.default_rng(asked.entropy(0)).random(attempts)
    drawn = np.searchsorted(steps, draws, side="right")
    first = int(np.argmax(np.append(drawn, 0) < len(labels)))
    answers = (PriceAnswer(None, NOT_NAMED, Notes(), ""),) * first
    if first < attempts:
        label = labels[drawn[first]]
        answers = (*answers, PriceAnswer(float(label), "ok", Notes(), label))
    return Offer(answers[-1].price, Notes(), answers, float(steps[-1]))


def _as_seed(entropy: Sequence[int]) -> int:
    """Return a seed of 31 bits, as servers take them."""
    return int(np.random.SeedSequence(entropy).generate_state(1)[0] >> 1)
