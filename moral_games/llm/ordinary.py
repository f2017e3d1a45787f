"""Ordinary text, written for this library, and how well a language model predicts it: what training must not spoil."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from moral_games.llm.models import TextModel, autocast

ORDINARY = (
    "The bakery on the corner opens at six. By then the first trays of rolls have cooled, and the smell has "
    "drifted down the street as far as the bus stop. On Saturdays people wait outside before the door is "
    "unlocked, and the baker's daughter counts out change from a wooden box behind the counter.",
    "A comet is a small body of ice and dust that orbits the Sun, usually on a long, narrow path. When it comes "
    "close, heat turns part of the ice into gas. The gas carries dust away with it, and sunlight and the solar "
    "wind push both into tails that can stretch for millions of kilometres.",
    "To repot a fern, water it an hour beforehand and tip it out of its old pot. Loosen the outer roots with your "
    "fingers, cut away what is brown and soft, and set the plant into fresh soil so that the crown stays at the "
    "surface. Keep it out of direct sunlight for a week.",
    "Dear Aunt Helen, thank you for the parcel, which arrived on Tuesday. The scarf is exactly the right green, "
    "and the jam did not last until the weekend. We have finished painting the hall. Tom has changed schools and "
    "now takes the train with two friends from our road. Come and see us when the days are longer.",
    "The old bridge was built for carts and had stood for two hundred years when the flood of that spring "
    "undermined its middle pier. Engineers closed it the same evening. Traffic was sent over the motorway until "
    "autumn, and the ferry, which had almost been given up, carried more passengers than at any time since the "
    "war.",
    "Bring a large pot of water to the boil and add a tablespoon of salt. While the pasta cooks, warm the oil "
    "over a low flame with the sliced garlic, and take it from the heat as soon as the garlic begins to colour. "
    "Keep a cup of the cooking water; it binds the sauce.",
    "In a warm year the swallows come back in the last week of March. They look for the nests of the year before, "
    "under the eaves of the barn, and repair them with mud from the edge of the pond. Both parents feed the "
    "young, and on a good day they return with food every few minutes from dawn to dusk.",
    "The meeting began ten minutes late because the key to the room could not be found. The treasurer reported "
    "that the club had ended the year with a small surplus. It was agreed to buy two new boats, to repair the "
    "landing stage before the summer, and to ask the council about lights along the path.",
    "A library is sorted so that a reader can find one book among a hundred thousand. Each has a number for its "
    "subject and letters for its author, and stands between the numbers before and after it. A book that is put "
    "back in the wrong place is as good as lost until somebody happens to look for its neighbour.",
    "She walked along the harbour wall as far as the lighthouse and sat down on the warm stones. A fishing boat "
    "was coming in, low in the water, with a cloud of gulls behind it. Somewhere in the town a clock struck four. "
    "There was no hurry; the last bus would not leave for another hour.",
)
"""Ten paragraphs on everyday matters, without games, payoffs or moral words."""


def perplexity(model: TextModel, texts: Sequence[str] = ORDINARY) -> float:
    """Return how many tokens a model wavers between, on average, when it predicts ordinary text.

    It is exp of the mean negative log-likelihood of a token given those before it in its text; the first token of
    a text is given. Texts are read as they are, without a chat template.

    Raises
    ------
    ValueError
        If no text has two tokens or more.
    """
    total, count = 0.0, 0
    for text in texts:
        tokens = torch.tensor([list(model.tokenizer(text).input_ids)], device=model.device)
        if tokens.shape[1] < 2:
            continue
        with torch.no_grad(), autocast(model):
            logits = model.model(input_ids=tokens, use_cache=False).logits[0, :-1]
        total += float(torch.nn.functional.cross_entropy(logits.float(), tokens[0, 1:], reduction="sum"))
        count += tokens.shape[1] - 1
    if not count:
        raise ValueError("perplexity needs a text of two tokens or more")
    return float(torch.exp(torch.tensor(total / count, dtype=torch.float64)))
